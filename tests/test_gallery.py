"""The gallery of the documentation: short programs, each with a title, a caption and a picture at its end."""

import ast
import re

import gallery
import pytest
from gallery import front

PROGRAMS = {path.stem: path for path in gallery.programs()}
FIGURES = [
    name for name, path in PROGRAMS.items() if "viz.draw(" not in path.read_text(encoding="utf-8").splitlines()[-1]
]


def test_there_are_about_a_dozen_and_a_half():
    assert len(PROGRAMS) >= 12
    assert FIGURES


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_is_short_and_ends_with_a_call(name):
    text = PROGRAMS[name].read_text(encoding="utf-8")
    body = ast.parse(text).body
    title, _, caption = ast.get_docstring(ast.parse(text)).partition("\n\n")
    assert title
    assert caption.endswith(".")
    assert len(text.rpartition('"""')[2].split("\n")) <= 13
    assert isinstance(body[-1], ast.Expr)
    assert isinstance(body[-1].value, ast.Call)


@pytest.mark.parametrize("name", [name for name in PROGRAMS if name not in FIGURES])
def test_a_picture_is_made_for_light_and_for_dark_pages(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    page = gallery.section(PROGRAMS[name])
    light, dark = (tmp_path / f"{name}{suffix}.svg" for suffix in ("", "_dark"))
    assert light.read_text(encoding="utf-8") != dark.read_text(encoding="utf-8")
    assert f"gallery/{light.name}\n:class: only-light" in page
    assert f"gallery/{dark.name}\n:class: only-dark" in page


@pytest.mark.slow
@pytest.mark.parametrize("name", FIGURES)
def test_a_plot_is_made_for_light_and_for_dark_pages(name, tmp_path, monkeypatch):
    pytest.importorskip("matplotlib")
    monkeypatch.chdir(tmp_path)
    gallery.section(PROGRAMS[name])
    assert len(list(tmp_path.iterdir())) == 2
    assert all(path.stat().st_size > 5000 for path in tmp_path.iterdir())


def test_the_picture_of_the_readme_is_what_is_drawn_today():
    """Words, boxes and lines; colours and numbers may differ in the last digit from machine to machine."""
    stored, drawn = (
        re.sub(r'<title>[^<]*</title>|class="[^"]*"|stroke-width="[^"]*"|<path[^>]*/>', "", text)
        for text in (front.PATH.read_text(encoding="utf-8"), front.front().svg())
    )
    assert stored.partition("</style>")[2] == drawn.partition("</style>")[2]
