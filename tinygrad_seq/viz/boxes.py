"""Which vertices of a graph are drawn, each as a box, and which stand together behind one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Literal

from .graph import Vertex
from .labels import shape_text, sign, spread_text
from .places import Places, Where
from .strips import ranks_of, thinned
from .view import Box, Gap, Step, View, spread_of

__all__ = ["add_boxes"]


def add_boxes(view: View, places: Places) -> dict[int, int]:
    """Put the boxes into a view; returns the box of each vertex. Hidden ones share what stands for them."""
    return _Boxes(view, places).of


class _Boxes:
    """Boxes in the time steps, before the first, and for what is hidden; then on the shelf and in the strips."""

    def __init__(self, view: View, places: Places):
        self.view, self.graph, self.places = view, view.graph, places
        # The vertices of the strongest path: the upper end of each of its edges, and where it begins.
        strongest = view.highlight.strongest if view.highlight else ()
        self.strong: set[int | None] = {self.graph.vertices[child].parents[i] for child, i in strongest}
        self.strong.update(child for child, _ in strongest)
        self.of: dict[int, int] = {}
        self._in_time()
        self._in_strips()

    def _hot(self, ids: Sequence[int]) -> bool:
        """Whether one of these vertices is highlighted; what carries no gradient at all is not."""
        found = self.view.highlight
        return found is not None and any(v in found.vertices and self.graph.vertices[v].norm != 0 for v in ids)

    def _add(self, ids: Sequence[int], box: Box) -> None:
        self.of.update(dict.fromkeys(ids, len(self.view.boxes)))
        self.view.boxes.append(box)

    def _draw(self, v: Vertex, where: Where, **more: Any) -> None:
        name = v.name.rpartition(".")[2] if v.leaf and where != "shelf" else v.name
        box = Box(name or ("variable" if v.leaf else ""), sign(v), shape_text(v.shape), v.id, where, norm=v.norm)
        more.setdefault("hot", self._hot([v.id]))
        more.setdefault("strong", v.id in self.strong)
        self._add([v.id], box._replace(**more))

    def _draw_all(self, members: Sequence[Vertex], **more: Any) -> None:
        """What the steps have in one role, with the gradients of all of them."""
        first, ids, spread = members[0], [v.id for v in members], spread_of([v.norm for v in members])
        more |= {"sign": "[t]"} if first.by_step else {}
        more |= {"note": spread_text(spread), "norm": spread[1], "spread": spread} if spread else {"norm": None}
        more |= {"hot": self._hot(ids), "strong": not self.strong.isdisjoint(ids), "hidden": len(ids) - 1}
        self._draw(first, "step", **more)
        self.of.update(dict.fromkeys(ids, self.of[first.id]))

    def _hide(self, ids: Sequence[int], sign: str, note: str, where: Where | Literal["gap"], **place: Any) -> None:
        """A box that stands for several."""
        self._add(ids, Box("", sign, note, None, where, hot=self._hot(ids), hidden=len(ids), **place))

    def _in_time(self) -> None:
        view, places = self.view, self.places
        shown = [k for k, column in enumerate(view.columns) for _ in range(column.count)]
        hidden: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
        every: defaultdict[tuple[int, int, int], list[Vertex]] = defaultdict(list)
        for v in self.graph.vertices:
            if places.where[v.id] == "step":
                column, band, role = shown[places.column[v.id]], places.band[v.id], places.role[v.id]
                if isinstance(view.columns[column], Step):
                    self._draw(v, "step", column=column, band=band, role=role)
                elif view.rolled:
                    every[column, band, role].append(v)
                else:
                    hidden[column, band].append(v.id)
        for (column, band, role), members in every.items():
            self._draw_all(members, column=column, band=band, role=role)
        for (band, role), made_of in places.init.items():
            for rank, k in enumerate(made_of):
                self._draw(self.graph.vertices[k], "init", band=band, role=role, rank=rank)
        for (column, band), ids in sorted(hidden.items()):
            gap = view.columns[column]
            assert isinstance(gap, Gap)
            self._hide(ids, f"{gap.count} steps", f"t = {gap.first} … {gap.last}", "gap", column=column, band=band)

    def _in_strips(self) -> None:
        places = self.places
        groups: defaultdict[tuple[Where, int], list[int]] = defaultdict(list)
        ranks: dict[int, int] = {}
        modules = self._modules_of_namesakes()
        for v in self.graph.vertices:
            if places.where[v.id] == "shelf":
                ranks[v.id] = max((ranks[p] + 1 for p in v.parents if p in ranks), default=0)
                self._draw(v._replace(name=modules.get(v.id, v.name)), "shelf", rank=ranks[v.id])
            elif places.where[v.id] in ("before", "after"):
                groups[places.where[v.id], places.strip[v.id]].append(v.id)
        for (where, strip), ids in sorted(groups.items()):
            ranks = ranks_of(self.graph, ids, from_the_right=where == "before")
            for rank, (kept, hidden) in enumerate(thinned(ids, ranks)):
                for k in kept:
                    self._draw(self.graph.vertices[k], where, strip=strip, rank=rank)
                if hidden:
                    self._hide(hidden, f"{len(hidden)} ops", "hidden", where, strip=strip, rank=rank)

    def _modules_of_namesakes(self) -> dict[int, str]:
        """Parameters of one name in several modules, as ``GRUCell.weight_ih``, by the module that uses them first."""
        namesakes: defaultdict[str, list[int]] = defaultdict(list)
        for v in self.graph.vertices:
            if self.places.where[v.id] == "shelf" and v.leaf and v.name:
                namesakes[v.name].append(v.id)
        several = {k for ids in namesakes.values() if len(ids) > 1 for k in ids}
        module: dict[int, str] = {}
        for v in self.graph.vertices:
            for p in several.intersection(p for p in v.parents if p is not None):
                module.setdefault(p, v.path.replace("/", "."))
        names = {k: f"{path}.{self.graph.vertices[k].name}" for k, path in module.items() if path}
        return names if len(set(names.values())) > 1 else {}
