"""Everything that is shown as code runs: README, docs and docstrings."""

import doctest
import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import tinygrad_seq as tg

TOP = Path(__file__).parents[1]
PAGES = sorted([*TOP.glob("*.md"), *TOP.glob("docs/**/*.md")])
FENCE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MODULES = [tg.__name__, *(m.name for m in pkgutil.walk_packages(tg.__path__, "tinygrad_seq.") if m.name[-2:] != "__")]
FINDER = doctest.DocTestFinder(exclude_empty=True)


def name(page):
    return page.relative_to(TOP).as_posix()


def blocks(page):
    """The Python of a page, each block with the number of lines above it, so that a traceback points into the page."""
    text = page.read_text(encoding="utf-8")
    return [(text.count("\n", 0, found.start(1)), found[1]) for found in FENCE.finditer(text)]


def run_doctest(test):
    report = []
    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS)
    runner.run(test, out=report.append)
    if runner.summarize(verbose=False).failed:
        pytest.fail("".join(report), pytrace=False)


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page)], ids=name)
def test_page(page, tmp_path, monkeypatch):
    """The blocks of a page run from top to bottom in one namespace, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    namespace = {"__name__": "__main__"}
    for line, code in blocks(page):
        if code.startswith(">>>"):
            test = doctest.DocTestParser().get_doctest(code, namespace, page.name, str(page), line)
            run_doctest(test)
            namespace.update(test.globs)
        else:
            exec(compile("\n" * line + code, page, "exec"), namespace)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_python_block_of_a_page_is_found(page):
    shown = re.findall(r"^[ \t]*(?:```|~~~)[ \t{]*(?:py|code)", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert len(blocks(page)) == len(shown)


def test_the_readme_shows_code():
    assert blocks(TOP / "README.md")


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
