"""A Sphinx extension: pages of tables that are made of the code, anew by every build, in `docs/_generated`."""

import sys
from pathlib import Path
from typing import Any

from . import errors, from_pytorch, operations

DOCS = Path(__file__).parents[1]
PAGES = {"operations": operations.page, "errors": errors.page, "from_pytorch": from_pytorch.page}


def write(_app: Any = None) -> None:
    """Write each page that is not yet as it should be, so that Sphinx reads again what changed and nothing else."""
    sys.path.insert(0, str(errors.TESTS))  # tests import what they share as pytest does
    folder = DOCS / "_generated"
    folder.mkdir(exist_ok=True)
    for name, page in PAGES.items():
        path, text = folder / f"{name}.md", page()
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def setup(app: Any) -> dict[str, bool]:
    app.connect("builder-inited", write)
    return {"parallel_read_safe": True}
