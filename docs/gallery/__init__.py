"""A Sphinx extension: the gallery, whose pictures every build makes anew by the code that stands beside them.

A program in `examples` begins with a docstring, title and caption, and ends with an expression: a picture, a figure, or
a call of `animate`. It is run twice, for readers of light and of dark pages.
"""

import ast
import contextlib
from pathlib import Path
from typing import Any

import tinygrad_seq as tg

EXAMPLES = Path(__file__).parent / "examples"
GENERATED = Path(__file__).parents[1] / "_generated"
SHARED = """\
import numpy as np
import tinygrad_seq as tg

# 60 steps, a batch of 2, 3 numbers each
x = np.random.default_rng(0).normal(size=(60, 2, 3)).astype("float32")
"""
INTRODUCTION = f"""\
# Gallery

Each picture is made by the lines below it, when this page is built, after these:

```python
{SHARED}```

In a notebook a picture shows itself; elsewhere `picture.save("graph.svg")` writes it, `.html` a page in which one can
zoom in and step through the backward pass. The plots are [Matplotlib](https://matplotlib.org) figures
(`pip install "tinygrad_seq[plot]"`): `figure.savefig("plot.pdf")`. Click on a picture to see it larger.
"""


def programs() -> list[Path]:
    """All examples, in the order of the page."""
    return sorted(EXAMPLES.glob("[0-9]*.py"))


def write(_app: Any = None) -> None:
    """Make all pictures, and then the page."""
    folder = GENERATED / "gallery"
    folder.mkdir(parents=True, exist_ok=True)
    with contextlib.chdir(folder):
        sections = [section(program) for program in programs()]
    (GENERATED / "gallery.md").write_text("\n".join([INTRODUCTION, *sections]), encoding="utf-8")


def section(program: Path) -> str:
    """The part of the page about one example, whose pictures are written to the current folder."""
    text = program.read_text(encoding="utf-8")
    title, _, caption = (ast.get_docstring(ast.parse(text)) or "").partition("\n\n")
    images = ""
    for dark in (False, True):
        name = save(text, program.stem + ("_dark" if dark else ""), dark)
        images += (
            f"```{{image}} gallery/{name}\n:class: {'only-dark' if dark else 'only-light'}\n"
            f":alt: {title}\n:target: ../_images/{name}\n```\n\n"
        )
    code = text.rpartition('"""')[2].strip()
    return f"## {title}\n\n{caption}\n\n{images}```python\n{code}\n```\n"


def save(text: str, stem: str, dark: bool) -> str:
    """Run a program and write what its last expression is; the name of the file."""
    body = ast.parse(text).body
    last = body.pop()
    assert isinstance(last, ast.Expr)
    call = last.value
    assert isinstance(call, ast.Call)
    assert isinstance(call.func, ast.Attribute)
    if dark and call.func.attr != "draw":
        call.keywords.append(ast.keyword("dark", ast.Constant(value=True)))
    if call.func.attr == "animate":
        call.args[1] = ast.Constant(value=f"{stem}.gif")
    names: dict[str, Any] = {}
    exec(SHARED, names)
    exec(compile(ast.fix_missing_locations(ast.Module(body, [])), stem, "exec"), names)
    found = eval(compile(ast.fix_missing_locations(ast.Expression(call)), stem, "eval"), names)
    if isinstance(found, tg.viz.Picture):
        found.save(f"{stem}.svg", dark=dark)
        return f"{stem}.svg"
    if found is None:
        return f"{stem}.gif"
    found.savefig(f"{stem}.svg", metadata={"Date": None})
    return f"{stem}.svg"


def setup(app: Any) -> dict[str, bool]:
    app.connect("builder-inited", write)
    return {"parallel_read_safe": True}
