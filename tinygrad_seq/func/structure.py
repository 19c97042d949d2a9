"""Nested dicts, lists and tuples of arrays, as a flat list and back."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

__all__ = ["flatten", "leaves_like", "map_structure"]


def flatten(tree: Any) -> tuple[list[Any], Callable[[list[Any]], Any]]:
    """The leaves of ``tree`` in order, and the function that builds the same structure of other leaves.

    >>> leaves, rebuild = flatten({"w": 1, "layers": [2, (3,)]})
    >>> leaves, rebuild([4, 5, 6])
    ([1, 2, 3], {'w': 4, 'layers': [5, (6,)]})
    """
    leaves: list[Any] = []
    shape = _stripped(tree, leaves)
    return leaves, lambda new: _fill(shape, iter(new))


def _stripped(tree: Any, leaves: list[Any]) -> Any:
    """The structure without its leaves, which are added to a list.

    (Within `flatten` this function, which calls itself, would be a cycle, and keep the leaves alive.)
    """
    parts = _parts(tree)
    if parts is not None:
        return _of(tree, [_stripped(part, leaves) for part in parts])
    leaves.append(tree)
    return _LEAF


class _Leaf:
    """Stands where a leaf was."""


_LEAF = _Leaf()


def _fill(shape: Any, leaves: Any) -> Any:
    if shape is _LEAF:
        return next(leaves)
    return _of(shape, [_fill(part, leaves) for part in _parts(shape) or ()])


def _parts(tree: Any) -> list[Any] | None:
    """What stands in a structure, one level down; None for a leaf."""
    if isinstance(tree, dict):
        return list(tree.values())
    if type(tree) in (list, tuple) or (isinstance(tree, tuple) and hasattr(tree, "_fields")):
        return list(tree)
    return [] if tree is None else None


def _of(tree: Any, parts: list[Any]) -> Any:
    """A structure as ``tree`` with other parts: dicts keep their class and the order of their keys."""
    if type(tree) is dict:
        return dict(zip(tree, parts, strict=True))
    if isinstance(tree, dict):
        new = copy.copy(tree)
        new.update(zip(tree, parts, strict=True))
        return new
    if tree is None:
        return None
    return type(tree)(*parts) if hasattr(tree, "_fields") else type(tree)(parts)


def _kind(tree: Any) -> type:
    """The class of a structure, dict for all dicts."""
    return dict if isinstance(tree, dict) else type(tree)


def map_structure(f: Callable[[Any], Any], tree: Any) -> Any:
    """The same structure, with f applied to each leaf."""
    leaves, rebuild = flatten(tree)
    return rebuild([f(leaf) for leaf in leaves])


def leaves_like(tree: Any, like: Any) -> list[Any] | None:
    """The leaves of ``tree`` in the order of those of ``like``, or None if the two have another structure.

    Dicts are alike if their keys are, in any order.

    >>> leaves_like({"a": 1, "b": (2, 3)}, {"b": (0, 0), "a": 0})
    [2, 3, 1]
    """
    parts, others = _parts(tree), _parts(like)
    if parts is None or others is None:
        return [tree] if parts is others else None
    if _kind(tree) is not _kind(like) or len(parts) != len(others):
        return None
    if isinstance(tree, dict):
        if tree.keys() != like.keys():
            return None
        parts = [tree[key] for key in like]
    leaves: list[Any] = []
    for part, other in zip(parts, others, strict=True):
        found = leaves_like(part, other)
        if found is None:
            return None
        leaves += found
    return leaves
