"""What is wrong with a picture, from the places that its JSON tells."""

from itertools import combinations, pairwise

import numpy as np

SLACK = 0.6  # numbers are rounded, and a line may end within the outline of a box


def inside(column, box):
    return column["x"] <= box["x"] and box["x"] + box["width"] <= column["x"] + column["width"]


def areas(boxes):
    """The upper left corners and the lower right ones."""
    first = np.array([(box["x"], box["y"]) for box in boxes]).reshape(-1, 2)
    return first, first + np.array([(box["width"], box["height"]) for box in boxes]).reshape(-1, 2)


def meeting(one, other):
    """Which of some areas have an inner point in common with which of others."""
    (first, last), (start, end) = one, other
    common = (first[:, None] < end) & (start < last[:, None])
    return np.argwhere(common.all(axis=-1)).tolist()


def touches(point, box):
    """Whether a point lies on the outline of a box."""
    dx = abs(point[0] - box["x"] - box["width"] / 2) - box["width"] / 2
    dy = abs(point[1] - box["y"] - box["height"] / 2) - box["height"] / 2
    return abs(max(dx, dy)) < SLACK


def lines(picture):
    """Every line with its two ends."""
    nodes = picture["nodes"]
    found = [(edge, nodes[edge["source"]], nodes[edge["target"]]) for edge in picture["edges"]]
    return found + [(use, use, nodes[use["target"]]) for use in picture["uses"]]


def problems(picture):
    """Everything that must not be, as text."""
    boxes = picture["nodes"] + picture["uses"]
    first, last = areas(boxes)
    found = [f"overlap: {boxes[a]} {boxes[b]}" for a, b in meeting((first, last), (first, last)) if a < b]
    for box in boxes:
        if min(box["x"], box["y"]) < 0 or box["x"] + box["width"] > picture["width"]:
            found.append(f"off the page: {box}")
        if box["y"] + box["height"] > picture["height"]:
            found.append(f"off the page: {box}")
    found += [f"columns meet: {a} {b}" for a, b in pairwise(picture["columns"]) if a["x"] + a["width"] >= b["x"]]
    for node in picture["nodes"]:
        if node["where"] in ("step", "gap") and not inside(picture["columns"][node["column"]], node):
            found.append(f"outside of its column: {node}")
    pieces = []
    for line, source, target in lines(picture):
        points = line["points"]
        if not touches(points[0], source) or not touches(points[-1], target):
            found.append(f"ends beside its box: {line}")
        for a, b in pairwise(points):
            if abs(a[0] - b[0]) > 0.02 and abs(a[1] - b[1]) > 0.02:
                found.append(f"slanted: {line}")
            if not 0 <= a[0] <= picture["width"] or not 0 <= a[1] <= picture["height"]:
                found.append(f"off the page: {line}")
            pieces.append((line, (source, target), np.minimum(a, b), np.maximum(a, b)))
    straight = tuple(np.array([piece[k] for piece in pieces]).reshape(-1, 2) for k in (2, 3))
    for n, k in meeting(straight, (first + SLACK, last - SLACK)):
        line, ends, _, _ = pieces[n]
        if not any(boxes[k] is end for end in ends):
            found.append(f"through {boxes[k]}: {line}")
    return found + confusions(picture)


def confusions(picture):
    """Lines of different sources, to different boxes, that run on top of each other for more than a corner."""
    pieces = {}
    for n, (line, _, target) in enumerate(lines(picture)):
        source = line.get("kind") and line["source"], None if "kind" in line else n
        for a, b in pairwise(line["points"]):
            level = abs(a[1] - b[1]) < 0.02
            at, ends = (a[1], sorted((a[0], b[0]))) if level else (a[0], sorted((a[1], b[1])))
            pieces.setdefault((level, round(at)), []).append((*ends, source, target["id"]))
    return [
        f"on top of each other: {a} {b}"
        for group in pieces.values()
        for a, b in combinations(group, 2)
        if a[2] != b[2] and a[3] != b[3] and min(a[1], b[1]) - max(a[0], b[0]) > 9
    ]
