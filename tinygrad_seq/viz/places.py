"""Where in a picture each vertex belongs: in a time step, before the first, after the last, or on the shelf.

All of it is told by the labels and by who uses whom, in a few passes over the graph, O(vertices + edges).
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Literal

from .axes import time_axes
from .graph import Graph, Vertex

__all__ = ["Places", "Where", "place"]

Where = Literal["step", "init", "before", "after", "shelf"]
State = tuple[int, int]
"""A band and a role in it: a value that one time step hands to the next."""

PARAMETER = re.compile(r"(^|\.)(weight|bias)")
REARRANGE = frozenset(
    (
        "astype",
        "broadcast_to",
        "concatenate",
        "expand_dims",
        "getitem",
        "reshape",
        "squeeze",
        "stack",
        "swapaxes",
        "transpose",
    )
)
DATA_INPUT = {"matmul": 0, "linear": 0}
"""Which input of a product is data by convention, where the other is a weight."""


@dataclass(slots=True)
class Places:
    """Where each vertex belongs, by its id.

    Attributes:
        steps: all time steps, in order; a column is a position in it. With several time axes, those of one after
            those of the other.
        axes: the time axis of each column.
        bands: the name of each band: a module that takes part in time.
        axis: the time axis of each band.
        where: a time step ("step"), a state before the first step ("init"), elsewhere "before" or "after" the time
            steps, or with the parameters ("shelf").
        column: of a vertex in a time step, otherwise -1.
        band: of a vertex in a time step, otherwise -1.
        role: of a vertex in a time step its number among the roles of the band, otherwise -1. What plays the
            same part in another step has the same role.
        strip: of a vertex before or after, the strip between two bands that it stands in: strip k lies below
            band k.
        reverse: for each band whether its time runs from the last column to the first.
        rails: what is handed from step to step: the state that (band, role, input position) takes.
        init: what stands for a state before the first step: the vertex, and then what that is made of alone.
    """

    steps: list[int]
    axes: list[int]
    bands: list[str]
    axis: list[int]
    where: list[Where]
    column: list[int]
    band: list[int]
    role: list[int]
    strip: list[int]
    reverse: list[bool] = field(default_factory=list)
    rails: dict[tuple[int, int, int], State] = field(default_factory=dict)
    init: dict[State, list[int]] = field(default_factory=dict)

    def first(self, band: int) -> int:
        """The column in which a band's time begins."""
        begin = bisect_left(self.axes, self.axis[band])
        return bisect_right(self.axes, self.axis[band]) - 1 if self.reverse[band] else begin


def place(graph: Graph, side_by_side: bool = False) -> Places:
    """Place every vertex of the graph; ``side_by_side`` puts what comes later in time, as a decoder, to the right."""
    vertices = graph.vertices
    steps = sorted({v.t for v in vertices if v.t is not None})
    column_of = {t: k for k, t in enumerate(steps)}
    n = len(vertices)
    column = [-1 if v.t is None else column_of[v.t] for v in vertices]
    where: list[Where] = ["before" if v.t is None else "step" for v in vertices]
    for v in vertices:
        if v.t is None and (not steps or any(p is not None and where[p] in ("step", "after") for p in v.parents)):
            where[v.id] = "after"
    uses = graph.uses
    names, band = _bands(graph, column, uses)
    axis = time_axes(graph, band, len(names)) if side_by_side else [0] * len(names)
    axes = [0] * len(steps)
    if any(axis):
        found = sorted({(axis[band[v.id]], v.t) for v in vertices if v.t is not None})
        column_at = {key: k for k, key in enumerate(found)}
        steps, axes = [t for _, t in found], [a for a, _ in found]
        column = [-1 if v.t is None else column_at[axis[band[v.id]], v.t] for v in vertices]
    places = Places(steps, axes, names, axis, where, column, band, [-1] * n, [0] * n)
    roles = _Roles(places)
    for v in vertices:
        if where[v.id] == "step":
            roles.give(v)
    _find_rails(graph, places)
    _place_timeless(graph, places, uses, roles)
    _find_strips(graph, places, uses)
    return places


def _bands(graph: Graph, column: list[int], uses: list[list[tuple[int, int]]]) -> tuple[list[str], list[int]]:
    """The bands from below to above, and that of each vertex.

    A module that hands something to its own next step has a band. One that does not joins the module around it. What
    a recorded backward sweep computes stands below what it differentiates.
    """
    vertices = graph.vertices
    keys: dict[tuple[str, str], None] = {}
    recurrent = set()
    for v in vertices:
        if column[v.id] < 0:
            continue
        keys.setdefault((v.path, v.direction))
        for p in v.parents:
            if p is not None and column[p] not in (-1, column[v.id]) and vertices[p].path == v.path:
                recurrent.add((v.path, v.direction))
    home: dict[tuple[str, str], tuple[str, str]] = {}
    for key in keys:
        around, found = key[0], key
        while key not in recurrent and "/" in around:
            around = around.rpartition("/")[0]
            if (around, key[1]) in keys:
                found = (around, key[1])
                break
        home[key] = found
    order: dict[tuple[str, str], int] = {}
    band = [-1] * len(vertices)

    def settle(key: tuple[str, str]) -> tuple[str, str]:
        while home[key] != key:
            key = home[key]
        return key

    for v in vertices:
        if column[v.id] < 0:
            continue
        key = (v.path, v.direction)
        if v.by_step and not v.path:
            # A step of the input, read outside of any module, belongs to the module that uses it.
            inside = [vertices[u] for u, _ in uses[v.id] if column[u] == column[v.id]]
            key = (inside[0].path, inside[0].direction) if inside else key
        band[v.id] = order.setdefault(settle(key), len(order))
    ordered = sorted(order, key=lambda key: (order.get((key[0], "forward"), order[key]), -_sweeps(key[1]), order[key]))
    number = {order[key]: k for k, key in enumerate(ordered)}
    return [_band_name(*key) for key in ordered], [number.get(b, -1) for b in band]


def _sweeps(direction: str) -> int:
    """How many sweeps back: 0 forward, 1 "backward", 2 "backward 2"."""
    return 0 if direction == "forward" else int(direction.partition(" ")[2] or 1)


def _band_name(path: str, direction: str) -> str:
    return path if direction == "forward" else f"{path} {direction}".lstrip()


class _Roles:
    """Gives each vertex of a time step its role: what the same operation with the same name does in every step."""

    def __init__(self, places: Places):
        self.places = places
        self.keys: list[dict[tuple[str, ...], int]] = [{} for _ in places.bands]
        self._count: defaultdict[tuple[object, ...], int] = defaultdict(int)

    def give(self, v: Vertex) -> None:
        band, column = self.places.band[v.id], self.places.column[v.id]
        # What has a name may be computed otherwise in some steps: a state that some rows keep.
        kind = ("", v.name, "") if v.name else (v.op, "", "" if v.by_step else v.key)
        ordinal = self._count[band, column, kind]
        self._count[band, column, kind] += 1
        keys = self.keys[band]
        self.places.role[v.id] = keys.setdefault((*kind, str(ordinal)), len(keys))


def _find_rails(graph: Graph, places: Places) -> None:
    """What is handed on, in the direction in which most of what a band hands to itself moves."""
    column, band, role = places.column, places.band, places.role
    moves = [
        (v.id, i, p, column[v.id] - column[p])
        for v in graph.vertices
        for i, p in enumerate(v.parents)
        if p is not None and column[v.id] >= 0 and column[p] >= 0 and abs(column[v.id] - column[p]) == 1
        if places.axis[band[v.id]] == places.axis[band[p]]
    ]
    balance = [0] * len(places.bands)
    for child, _, p, delta in moves:
        balance[band[p]] += delta * (2 if band[child] == band[p] else 1)
    places.reverse = [total < 0 for total in balance]
    for child, i, p, delta in moves:
        if (delta < 0) == places.reverse[band[p]]:
            places.rails.setdefault((band[child], role[child], i), (band[p], role[p]))


def _place_timeless(graph: Graph, places: Places, uses: list[list[tuple[int, int]]], roles: _Roles) -> None:
    """Backwards, from the uses: what is a first state, what belongs to one step alone, what is data or parameter."""
    vertices, where, column, band = graph.vertices, places.where, places.column, places.band
    data = [False] * len(vertices)  # an input of the model rather than a parameter, as far as its uses tell
    reaches = [False] * len(vertices)  # a time step depends on it
    adopted = []
    of_state: dict[int, State] = {}
    for v in reversed(vertices):
        if where[v.id] == "step":
            continue
        if where[v.id] == "after" and not v.leaf:
            # What one step alone reads of what comes after the steps, as a recorded backward pass does.
            users = [u for u, _ in uses[v.id]]
            if v.by_step and users and len({column[u] for u in users}) == 1 and column[users[0]] >= 0:
                where[v.id], column[v.id], band[v.id] = "step", column[users[0]], band[users[0]]
                adopted.append(v)
            continue
        columns, by_step, state, elsewhere = set(), False, None, False
        for u, i in uses[v.id]:
            if where[u] == "step":
                reaches[v.id] = True
                rail = places.rails.get((band[u], places.role[u], i))
                if vertices[u].by_step:
                    by_step = True
                elif rail is not None and rail not in places.init and column[u] == places.first(rail[0]):
                    state = rail
                columns.add(column[u])
            else:
                elsewhere = True
                reaches[v.id] |= reaches[u]
                passed_on = len(vertices[u].parents) == 1 and data[u]
                data[v.id] |= passed_on or where[u] == "init" or DATA_INPUT.get(vertices[u].op) == i
        parameter = v.leaf and PARAMETER.search(v.name) is not None
        data[v.id] = not parameter and (data[v.id] or by_step or state is not None)
        if parameter:
            where[v.id] = "shelf"
        elif by_step:
            where[v.id] = "before"
        elif state is not None:
            where[v.id] = "init"
            places.init[state] = [v.id]
            of_state[v.id] = state
        elif len(uses[v.id]) == 1 and (user := uses[v.id][0][0]) in of_state and len(vertices[user].parents) == 1:
            state = of_state[v.id] = of_state[user]
            where[v.id] = "init"
            places.init[state].append(v.id)
        elif len(columns) == 1 and not elsewhere and len(places.steps) > 1:
            user = next(u for u, _ in uses[v.id])
            where[v.id], column[v.id], band[v.id] = "step", column[user], band[user]
            adopted.append(v)
        elif v.leaf and (len(columns) > 1 or not data[v.id]) and places.steps:
            where[v.id] = "shelf"
        elif not reaches[v.id]:
            where[v.id] = "after"
    for v in reversed(adopted):
        roles.give(v)
    for v in vertices:
        # What is made of parameters alone, by moving elements or adding them up, stands with them.
        if where[v.id] in ("before", "after") and not v.leaf and not data[v.id]:
            made_of = [p for p in v.parents if p is not None]
            alone = v.op in REARRANGE or (v.op == "add" and len(made_of) == 2)
            if alone and all(where[p] == "shelf" for p in made_of):
                where[v.id] = "shelf"


def _find_strips(graph: Graph, places: Places, uses: list[list[tuple[int, int]]]) -> None:
    """Between which bands the vertices before and after the time steps stand."""
    where, strip, band = places.where, places.strip, places.band
    above = len(places.bands)
    base = [0] * len(where)  # the lowest strip that has everything in time that a vertex depends on below it
    for v in graph.vertices:
        below = [band[p] + 1 if where[p] == "step" else base[p] for p in v.parents if p is not None]
        base[v.id] = max(below, default=0)
    for v in reversed(graph.vertices):
        if where[v.id] not in ("before", "after"):
            continue
        users = [u for u, _ in uses[v.id]]
        bands = [band[u] for u in users if where[u] == "step"]
        strips = [strip[u] for u in users if where[u] == where[v.id]]
        wanted = min(bands + strips, default=above)
        strip[v.id] = wanted if where[v.id] == "before" else max(base[v.id], wanted)
