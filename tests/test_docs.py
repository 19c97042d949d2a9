"""Everything that is shown as code runs: README, docs and docstrings."""

import doctest
import importlib
import inspect
import os
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import tinygrad_seq as tg

TOP = Path(__file__).parents[1]
PAGES = sorted([*TOP.glob("*.md"), *TOP.glob("docs/[!_]*.md"), *TOP.glob("docs/[!_]*/**/*.md")])
FENCE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MODULES = [tg.__name__, *(m.name for m in pkgutil.walk_packages(tg.__path__, "tinygrad_seq.") if m.name[-2:] != "__")]
FINDER = doctest.DocTestFinder(exclude_empty=True)


def name(page):
    return page.relative_to(TOP).as_posix()


def blocks(page):
    """The Python of a page, each block with the number of lines above it."""
    text = page.read_text(encoding="utf-8")
    return [(text.count("\n", 0, found.start(1)), found[1]) for found in FENCE.finditer(text)]


def run_doctest(test):
    report = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    runner.run(test, out=report.append)
    if runner.summarize(verbose=False).failed:
        pytest.fail("".join(report), pytrace=False)


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page)], ids=name)
def test_page(page, tmp_path):
    """The blocks of a page are one program, which runs in a process and a folder of its own, as a reader's does."""
    program = ""
    for line, code in blocks(page):
        program += "\n" * (line - program.count("\n")) + code
    tmp_path.joinpath("page.py").write_text(program, encoding="utf-8")
    path = os.pathsep.join([str(Path(tg.__path__[0]).parent), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-W", "error", "page.py"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{name(page)}, lines as in the page:\n{done.stderr}"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_python_block_of_a_page_is_found(page):
    shown = re.findall(r"^[ \t]*(?:```|~~~)[ \t{]*(?:py|code)", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(blocks(page)) == len(shown)


def test_the_readme_shows_code():
    assert blocks(TOP / "README.md")


def test_the_api_page_has_every_public_module():
    page = TOP.joinpath("docs/api.md").read_text(encoding="utf-8")
    shown = set(re.findall(r"automodule:: (\S+)", page))
    public = {f"tinygrad_seq.{key}" for key in tg.__all__ if inspect.ismodule(getattr(tg, key))} - {"tinygrad_seq.ops"}
    operations = {module for module in MODULES if module.startswith("tinygrad_seq.ops.")}
    public |= {module for module in operations if hasattr(importlib.import_module(module), "__all__")}
    assert public <= shown


@pytest.mark.parametrize("name", MODULES)
def test_docstrings(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    module = importlib.import_module(name)
    tests = {test.name: test for test in FINDER.find(module)}
    if not hasattr(module, "__path__"):
        # Operations are made by a decorator elsewhere, so that doctest takes them for imported ones.
        for key in getattr(module, "__all__", ()):
            value = getattr(module, key)
            if getattr(value, "__module__", "").startswith("tinygrad_seq"):
                for test in FINDER.find(value, f"{name}.{key}", module=False, globs=vars(module)):
                    tests.setdefault(test.name, test)
    for test in tests.values():
        if test.examples:
            run_doctest(test)
