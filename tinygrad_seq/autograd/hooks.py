"""What is given to whoever registers a hook."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["RemovableHandle"]


class RemovableHandle:
    """Removes a hook: by ``handle.remove()``, as in PyTorch, or by ``handle()``; a second time changes nothing.

    >>> import tinygrad_seq as tg
    >>> x = tg.tensor([1.0, 2.0], requires_grad=True)
    >>> handle = x.register_hook(lambda g: g * 10)
    >>> handle.remove()
    """

    __slots__ = ("_remove",)

    def __init__(self, remove: Callable[[], object]):
        self._remove = remove

    def remove(self) -> None:
        """Remove the hook."""
        self._remove()

    __call__ = remove
