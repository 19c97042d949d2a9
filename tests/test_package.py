"""The package as a whole: what an import costs, what is exported, and that it is documented and typed."""

import importlib
import importlib.metadata
import inspect
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import tinygrad_seq as tg

MODULES = [tg.__name__, *(m.name for m in pkgutil.walk_packages(tg.__path__, "tinygrad_seq.") if m.name[-2:] != "__")]


def fresh(script):
    """The words that a script prints in a process of its own."""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_import_brings_in_numpy_alone():
    loaded = "{name.partition('.')[0] for name in sys.modules}"
    third_party = fresh(
        f"import sys, numpy, numpy.random; before = {loaded}; import tinygrad_seq; "
        f"print(*{loaded} - before - set(sys.stdlib_module_names))"
    )
    assert third_party == ["tinygrad_seq"]


def test_all_is_what_is_exported():
    visible = fresh("import tinygrad_seq as tg; print(*[name for name in dir(tg) if name[0] != '_'])")
    # A module that another one imports becomes visible by that alone.
    meant = [key for key in visible if key in tg.__all__ or not inspect.ismodule(getattr(tg, key))]
    assert sorted(tg.__all__) == sorted(meant)


@pytest.mark.parametrize("name", MODULES)
def test_all_names_what_exists_once(name):
    module = importlib.import_module(name)
    names = getattr(module, "__all__", ())
    assert [key for key in names if not hasattr(module, key)] == []
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", MODULES)
def test_everything_public_has_a_docstring(name):
    module = importlib.import_module(name)
    missing = [] if module.__doc__ else [name]
    for key in getattr(module, "__all__", ()):
        value = getattr(module, key)
        if inspect.isclass(value) or inspect.isroutine(value):
            missing += [] if value.__doc__ else [key]
        if inspect.isclass(value):
            members = {part: m for part, m in vars(value).items() if inspect.isroutine(m) or isinstance(m, property)}
            missing += [
                f"{key}.{part}" for part in members if part[0] != "_" and not inspect.getdoc(getattr(value, part))
            ]
    assert missing == []


def test_it_is_marked_as_typed():
    assert Path(tg.__file__).with_name("py.typed").is_file()


def test_the_version_is_that_of_the_distribution():
    try:
        installed = importlib.metadata.version("tinygrad_seq")
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("tinygrad_seq runs from the checkout and is not installed")
    assert tg.__version__ == installed


def test_the_changelog_begins_with_this_version():
    text = Path(__file__).parents[1].joinpath("CHANGELOG.md").read_text(encoding="utf-8")
    newest = next(line for line in text.splitlines() if line.startswith("## ["))
    assert newest.startswith(("## [Unreleased]", f"## [{tg.__version__}]"))
