"""What is written on a box: short signs for operations, shapes, parameters."""

from __future__ import annotations

import re

from .graph import Vertex

__all__ = ["power_of_ten", "shape_text", "short_name", "sign", "spread_text"]

SIGNS = {
    "absolute": "|x|",
    "add": "+",
    "linear": "@ +",
    "divide": "÷",
    "exp": "exp",
    "matmul": "@",
    "multiply": "×",
    "negative": "−x",
    "power": "xʸ",
    "sigmoid": "σ",
    "sqrt": "√",
    "square": "x²",
    "subtract": "−",
    "sum": "Σ",
    "transpose": "ᵀ",
    "variable": "",
}
MOVES = frozenset(("broadcast_to", "expand_dims", "getitem", "reshape", "squeeze"))
"""Operations that only move elements: among others they are not worth a word."""
SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


def sign(vertex: Vertex) -> str:
    """The operation, or several in order, as short as it can be said: ``σ``, ``× +``, ``[16:32]``."""
    if vertex.parts:
        return _clip(" ".join(vertex.parts), 16)
    if vertex.ops and not vertex.by_step:
        signs = dict.fromkeys(_sign(op) for op in vertex.ops if op not in MOVES)
        words = " ".join(signs)
        return words if len(words) <= 14 else "" if vertex.name else f"… {_sign(vertex.op)}"
    if vertex.op == "getitem":
        if "array" in vertex.key:
            return "[array]"
        parts = vertex.key.split(", ")
        while len(parts) > 1 and parts[0] in (":", "…"):
            parts = parts[1:]
        return _clip("[" + ", ".join(parts) + "]", 12)
    return _sign(vertex.op)


def _sign(op: str) -> str:
    return SIGNS.get(op, op.lstrip("_"))


def short_name(name: str) -> str:
    """A parameter's name for a small label: ``lstm.weight_hh_l0`` is ``W_hh``, ``head.bias`` is ``b``."""
    last = name.rpartition(".")[2]
    last = re.sub(r"_l\d+(_reverse)?$", "", last)
    last = re.sub(r"^weight", "W", last)
    last = re.sub(r"^bias", "b", last)
    return _clip(last, 10)


def shape_text(shape: tuple[int, ...]) -> str:
    """``4×16``; a number without axes is a ``scalar``."""
    return _clip("×".join(map(str, shape)), 18) or "scalar"


def spread_text(spread: tuple[float, float, float] | None) -> str:
    """``3e-05 · 0.02 · 1.1``."""
    return "" if spread is None else " · ".join(f"{x:.2g}" for x in spread)


def power_of_ten(exponent: int) -> str:
    """``10⁻³``."""
    return "10" + str(exponent).translate(SUPERSCRIPT)


def _clip(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"
