"""Statistics of the values that a graph keeps, so that a picture can tell them without holding an array."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..autograd import Node
from ..autograd.source import shown

__all__ = ["Values", "statistics"]

AT_ONCE = 1 << 20
"""How many numbers are looked at in one go."""


@dataclass(frozen=True, slots=True)
class Values:
    """Mean, standard deviation, minimum and maximum of values, and where in the source they arose.

    Attributes:
        ids: the vertices of `Graph` whose values are known, rising.
        numbers: of each the mean, standard deviation, minimum and maximum.
        lines: the user's line from which each vertex was recorded, file name first, for those of layers and scopes and
            for all under `detect_anomaly`.
    """

    ids: tuple[int, ...]
    numbers: tuple[tuple[float, ...], ...]
    lines: dict[int, str]


def statistics(ids: dict[Node, int]) -> Values:
    """Of each value that the derivative rule of some node keeps: its own, or one of its inputs."""
    groups: dict[tuple[int, ...], dict[int, Any]] = {}
    for node, k in ids.items():
        for vertex, array in _kept(node, k, ids):
            if array.size and array.dtype.kind == "f":
                groups.setdefault(array.shape, {}).setdefault(vertex, array)
    found: dict[int, tuple[float, ...]] = {}
    with np.errstate(all="ignore"):
        for shape, members in groups.items():
            numbers, together = list(members), max(AT_ONCE // max(int(np.prod(shape)), 1), 1)
            for start in range(0, len(numbers), together):
                part = numbers[start : start + together]
                flat = np.stack([members[k] for k in part]).reshape(len(part), -1).astype(np.float64, copy=False)
                rows = np.stack([flat.mean(1), flat.std(1), flat.min(1), flat.max(1)], axis=1)
                found.update(zip(part, map(tuple, rows.tolist()), strict=True))
    order = sorted(found)
    return Values(tuple(order), tuple(found[k] for k in order), _lines(ids))


def _lines(ids: dict[Node, int]) -> dict[int, str]:
    """The user's lines, without the folders: a page may be shown to others."""
    lines = {k: node.label.line for node, k in ids.items()}
    texts = {line: re.sub(r"^.*?[\\/]([^\\/]*:\d+)", r"\1", shown(line)) for line in set(lines.values()) if line}
    return {k: texts[line] for k, line in lines.items() if line}


def _kept(node: Node, k: int, ids: dict[Node, int]) -> Iterable[tuple[int, Any]]:
    """The arrays that a node keeps whose vertex is known, with that vertex."""
    op = node.op
    names = getattr(op, "keeps", ())
    if not names or node.kept is None:
        return
    for name, array in zip(names, (node.kept,) if len(names) == 1 else node.kept, strict=True):
        if not isinstance(array, np.ndarray):
            continue
        if name == "y":
            owner, vertex = node, k
        elif name in op.inputs and (parent := node.parents[op.inputs.index(name)]) in ids:
            assert parent is not None
            owner, vertex = parent, ids[parent]
        else:
            continue
        if array.shape == owner.shape:
            yield vertex, array
