"""Pictures of a recorded graph, in which one sees where the gradient goes.

Read in this order: `graph` (what is drawn, without arrays), `fold` and `contract` (at which level), `places` (which
time step each node belongs to), `show` (what is shown of it: `boxes` and `edges`), `arrange` (where), `writers` (as
which text). The page alone takes a `scene`.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from . import plots
    from .animation import animate
    from .differences import Diff, diff
    from .drawing import draw
    from .picture import Picture
    from .reading import from_json

__all__ = ["Diff", "Picture", "animate", "diff", "draw", "from_json", "plots"]

HOMES = {
    "Diff": "differences",
    "Picture": "picture",
    "animate": "animation",
    "diff": "differences",
    "draw": "drawing",
    "from_json": "reading",
}


def __getattr__(name: str) -> Any:
    """Load on first use: importing tinygrad_seq must not wait for pictures."""
    if name == "plots":
        return import_module(".plots", __name__)
    if name not in HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{HOMES[name]}", __name__), name)
