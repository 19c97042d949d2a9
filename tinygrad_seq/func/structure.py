"""Nested dicts, lists and tuples of arrays, as a flat list and back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["flatten", "map_structure", "same_structure"]


def flatten(tree: Any) -> tuple[list[Any], Callable[[list[Any]], Any]]:
    """The leaves of ``tree`` in order, and the function that builds the same structure of other leaves.

    >>> leaves, rebuild = flatten({"w": 1, "layers": [2, (3,)]})
    >>> leaves, rebuild([4, 5, 6])
    ([1, 2, 3], {'w': 4, 'layers': [5, (6,)]})
    """
    leaves: list[Any] = []
    shape = _strip(tree, leaves)
    return leaves, lambda new: _fill(shape, iter(new))


class _Leaf:
    """Stands where a leaf was."""

    def __repr__(self) -> str:
        return "*"


_LEAF = _Leaf()


def _strip(tree: Any, leaves: list[Any]) -> Any:
    if isinstance(tree, dict):
        return {key: _strip(value, leaves) for key, value in tree.items()}
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return type(tree)(*[_strip(value, leaves) for value in tree])
    if type(tree) in (list, tuple):
        return type(tree)([_strip(value, leaves) for value in tree])
    if tree is None:
        return None
    leaves.append(tree)
    return _LEAF


def _fill(shape: Any, leaves: Any) -> Any:
    if shape is _LEAF:
        return next(leaves)
    if isinstance(shape, dict):
        return {key: _fill(value, leaves) for key, value in shape.items()}
    if isinstance(shape, tuple) and hasattr(shape, "_fields"):
        return type(shape)(*[_fill(value, leaves) for value in shape])
    if isinstance(shape, (list, tuple)):
        return type(shape)([_fill(value, leaves) for value in shape])
    return None


def map_structure(f: Callable[[Any], Any], tree: Any) -> Any:
    """The same structure, with f applied to each leaf."""
    leaves, rebuild = flatten(tree)
    return rebuild([f(leaf) for leaf in leaves])


def same_structure(a: Any, b: Any) -> bool:
    """Whether two structures differ in nothing but their leaves."""
    return repr(map_structure(lambda _: _LEAF, a)) == repr(map_structure(lambda _: _LEAF, b))
