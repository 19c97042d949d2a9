"""The page of all errors, made by provoking each as the tests do."""

import ast
import contextlib
import importlib.util
import inspect
import os
import re
import tempfile
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import tinygrad_seq.errors
from tinygrad_seq.errors import TinygradSeqError

from .markdown import code, prose, table

TESTS = Path(__file__).parents[2] / "tests"
PACKAGE = Path(tinygrad_seq.errors.__file__).parent
TABLES = ("ERRORS", "REFUSED")
"""What a test calls its table of errors: a function without parameters that provokes one, alone or first in a tuple,
by a name that says what is wrong."""

INTRODUCTION = """\
# Errors

This page is made by the tests: each error of their tables is provoked, and its message stands here as it came. In the
causes, `variable(2, 3)` and `t` are Tensors that require a gradient, and `X` is an array. A message says what was got,
what is needed, and last what to do; where NumPy refused, its own words come last.

Every class is in `tinygrad_seq.errors`, and is a `TinygradSeqError`. Each is one of Python's own as well, so that
`except ValueError` catches what a caller would expect. Where NumPy's own error says it all, that is what comes.
"""


class Provoked(NamedTuple):
    """An error, and how it came."""

    kind: type[TinygradSeqError]
    message: str
    name: str
    cause: str
    place: tuple[str, int]
    """File and line of the package that raised it."""


def page() -> str:
    """The whole page."""
    found = list(provoked())
    parts = [INTRODUCTION]
    for kind in classes():
        rows = sorted({(p.message, p.name, p.cause) for p in found if p.kind is kind})
        bases = " and ".join(code(base.__name__) for base in kind.__bases__ if base.__module__ == "builtins")
        parts.append(
            f"\n## {kind.__name__}\n\n{prose(inspect.getdoc(kind) or '')} {f'It is also {bases}.' if bases else ''}\n"
        )
        parts.append(
            table(
                ["Message", "Cause", "Remedy"],
                [
                    (code(message), f"{prose(name)}: {code(cause)}", prose(remedy(message)))
                    for message, name, cause in _first_of_each(rows)
                ],
            )
        )
    return "".join(parts)


def classes() -> list[type[TinygradSeqError]]:
    """All that are raised; the base is not."""
    found = [getattr(tinygrad_seq.errors, name) for name in tinygrad_seq.errors.__all__]
    return [kind for kind in found if kind is not TinygradSeqError]


def remedy(message: str) -> str:
    """What a message says last."""
    return message.rpartition("; ")[2] if "; " in message else ""


def provoked() -> Iterator[Provoked]:
    """What each entry of the tests' tables raises, run in an empty folder."""
    for path in sorted(TESTS.rglob("test_*.py")):
        causes = _causes(path)
        if not causes:
            continue
        module = _loaded(path)
        for table_name, name, cause in causes:
            entry = getattr(module, table_name)[name]
            with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
                yield _provoke(entry[0] if isinstance(entry, tuple) else entry, name, cause)


def _provoke(provoke: Callable[[], Any], name: str, cause: str) -> Provoked:
    try:
        provoke()
    except TinygradSeqError as error:
        message = re.sub(r"<%\d+", "<%7", str(error))  # a node's index counts what was recorded before
        for folder in (TESTS, Path.cwd()):
            message = message.replace(f"{folder}{os.sep}", "")
        return Provoked(type(error), message, name, cause, _place(error))
    raise AssertionError(f"{name}: nothing was raised by {cause}")


def _place(error: Exception) -> tuple[str, int]:
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).is_relative_to(PACKAGE)]
    return own[-1].filename, own[-1].lineno or 0


def _causes(path: Path) -> list[tuple[str, str, str]]:
    """Table, name and code of each entry of a test's tables."""
    text = path.read_text(encoding="utf-8")
    if not any(f"\n{name} = {{" in text for name in TABLES):
        return []
    found = []
    for node in ast.parse(text).body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict) and isinstance(node.targets[0], ast.Name):
            title = node.targets[0].id
            if title in TABLES:
                entries = zip(node.value.keys, node.value.values, strict=True)
                # What is spelt out, that is: **{...} gives one message for many causes.
                found += [(title, ast.literal_eval(key), _code(value)) for key, value in entries if key is not None]
    return found


def _code(entry: ast.expr) -> str:
    provoke = entry.elts[0] if isinstance(entry, ast.Tuple) else entry
    return ast.unparse(provoke.body if isinstance(provoke, ast.Lambda) else provoke)


def _loaded(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(f"provoking_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _first_of_each(rows: list[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    """One row for a message, however many ways lead to it."""
    return list({message: (message, name, cause) for message, name, cause in reversed(rows)}.values())[::-1]
