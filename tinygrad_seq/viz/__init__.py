"""Pictures of a recorded graph, in which one sees where the gradient goes.

Read in this order: `graph` (what is drawn, without arrays), `places` (which time step each node belongs to), `view`
(what is shown of it), `arrange` (where), `writers` (as which text).
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .drawing import draw
    from .picture import Picture

__all__ = ["Picture", "draw"]


def __getattr__(name: str) -> Any:
    """Load on first use: `import tinygrad_seq` must not wait for pictures."""
    if name == "draw":
        from .drawing import draw as found  # noqa: PLC0415 - as above
    elif name == "Picture":
        from .picture import Picture as found  # type: ignore[assignment]  # noqa: PLC0415 - as above
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = found
    return found
