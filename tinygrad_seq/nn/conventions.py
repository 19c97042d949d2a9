"""Who stacks the gates in which order, and what the update gate means there: one table for all exchange of weights."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any, Literal

import numpy as np

from ..errors import OptionError

__all__ = ["Convention", "Conventions", "convention"]

OWN_LETTERS = {"RNN": "h", "LSTM": "ifgo", "GRU": "rzn"}


@dataclass(frozen=True, slots=True)
class Convention:
    """How one framework or text lays out, and reads, the weights of one recurrent layer.

    Attributes:
        framework: whose convention it is.
        layer: "RNN", "LSTM" or "GRU".
        gates: the blocks of the weights in their order there, in the letters of this package: i f g o are input,
            forget, candidate and output of an LSTM; r z n reset, update and candidate of a GRU; h is an RNN's only.
        letters: the same blocks as they are called there.
        kernel: "rows" where a weight is ``(gates * H, D)`` and multiplies as W x; "columns" where it is
            ``(D, gates * H)``, x W.
        joined: "xh" or "hx" where one weight multiplies [x, h] or [h, x]; "" where each has its own.
        bias: "one" ``(gates * H,)``; "two", for x and for h; or two in one array: "stacked" ``(2, gates * H)`` or
            "chained" ``(2 * gates * H,)``, that for x first.
        reset: whether a GRU's reset gate comes "after" or "before" the matmul with h; "" for others.
        update: whether a GRU's update gate is what it "keep"s of h, h' = (1 - z) n + z h, or what it "write"s of n,
            h' = (1 - z) h + z n; "" for others.
        forget_bias: what is added to an LSTM's forget gate besides the bias.
        source: where this is written.
    """

    framework: str
    layer: Literal["RNN", "LSTM", "GRU"]
    gates: str
    letters: str
    kernel: Literal["rows", "columns"]
    joined: Literal["", "xh", "hx"]
    bias: Literal["one", "two", "stacked", "chained"]
    reset: Literal["", "after", "before"] = ""
    update: Literal["", "keep", "write"] = ""
    forget_bias: float = 0.0
    source: str = ""

    def __post_init__(self) -> None:
        if sorted(self.gates) != sorted(OWN_LETTERS[self.layer]):
            raise OptionError(
                f"convention: got gates={self.gates!r}; need the letters {', '.join(OWN_LETTERS[self.layer])} "
                f"of {self.layer} in another order"
            )
        for field, known in CHOICES.items():
            allowed = ("",) if field in ("reset", "update") and self.layer != "GRU" else known
            if getattr(self, field) not in allowed:
                raise OptionError(
                    f"convention: got {field}={getattr(self, field)!r} for {self.layer}; "
                    f"need {'one of ' * (len(allowed) > 1)}{', '.join(map(repr, allowed))}"
                )
        number = isinstance(self.forget_bias, (int, float, np.integer, np.floating))
        if not number or (self.forget_bias and self.layer != "LSTM"):
            raise OptionError(
                f"convention: got forget_bias={self.forget_bias!r} for {self.layer}; need a number, 0 but for an LSTM"
            )

    def blocks(self, array: Any, gates: str, update: str = "") -> Any:
        r"""The blocks of rows of ``array``, which stand in the order of ``gates``, in the order and sense of this one.

        Where the update gates have opposite senses, z is negated: :math:`1 - \sigma(a) = \sigma(-a)`.

        Args:
            array: weight or bias, ``(gates * H, ...)``.
            gates: the order in which its blocks stand; a gate that is not among them becomes a block of zeros.
            update: the sense of z in the array.

        >>> import numpy as np, tinygrad_seq as tg
        >>> (keras,) = tg.nn.convention("keras", "LSTM")
        >>> keras.gates, keras.letters
        ('ifgo', 'i f c o')
        >>> (onnx,) = tg.nn.convention("onnx", "LSTM")
        >>> onnx.blocks(np.arange(4), "ifgo")
        array([0, 3, 1, 2])
        """
        return reordered(array, gates, self.gates, negate=update != self.update)


CHOICES = {
    "kernel": ("rows", "columns"),
    "joined": ("", "xh", "hx"),
    "bias": ("one", "two", "stacked", "chained"),
    "reset": ("", "after", "before"),
    "update": ("", "keep", "write"),
}


def reordered(array: Any, of: str, to: str, negate: bool = False) -> Any:
    """The blocks of rows that stand in the order ``of``, in the order ``to``; that of z negated if asked for."""
    array = np.asarray(array)
    parts = dict(zip(of, np.split(array, len(of)), strict=True))
    if negate and "z" in parts:
        parts["z"] = -parts["z"]
    blank = np.zeros_like(parts[of[0]])
    return np.concatenate([parts.get(gate, blank) for gate in to])


class Conventions(tuple[Convention, ...]):
    """A table of conventions, a tuple of rows; ``repr`` is the table as text, and Jupyter shows it as one."""

    __slots__ = ()

    def __repr__(self) -> str:
        cells = [SHOWN, *(tuple(str(getattr(row, field) or "-") for field in SHOWN) for row in self)]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        lines = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in cells]
        return "\n".join(line.rstrip() for line in lines)

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{field}</th>" for field in SHOWN)
        body = ["<tr>" + "".join(f"<td>{getattr(row, field) or '–'}</td>" for field in SHOWN) + "</tr>" for row in self]
        return f"<table><tr>{head}</tr>{''.join(body)}</table>"


SHOWN = tuple(field.name for field in fields(Convention) if field.name != "source")


def _rows() -> Iterable[Convention]:
    pytorch = "PyTorch's documentation of torch.nn.RNN, LSTM and GRU"
    yield Convention("pytorch", "RNN", "h", "h", "rows", "", "two", source=pytorch)
    yield Convention("pytorch", "LSTM", "ifgo", "i f g o", "rows", "", "two", source=pytorch)
    yield Convention("pytorch", "GRU", "rzn", "r z n", "rows", "", "two", "after", "keep", source=pytorch)
    cudnn = "cuDNN's documentation of cudnnRNNMode_t and cudnnGetRNNWeightParams"
    yield Convention("cudnn", "RNN", "h", "h", "rows", "", "two", source=cudnn)
    yield Convention("cudnn", "LSTM", "ifgo", "i f c o", "rows", "", "two", source=cudnn)
    yield Convention("cudnn", "GRU", "rzn", "r i h", "rows", "", "two", "after", "keep", source=cudnn)
    onnx = "ONNX's operators RNN-14, LSTM-14 and GRU-14; GRU with linear_before_reset = 1, and 0"
    yield Convention("onnx", "RNN", "h", "i", "rows", "", "chained", source=onnx)
    yield Convention("onnx", "LSTM", "iofg", "i o f c", "rows", "", "chained", source=onnx)
    yield Convention("onnx", "GRU", "zrn", "z r h", "rows", "", "chained", "after", "keep", source=onnx)
    yield Convention("onnx", "GRU", "zrn", "z r h", "rows", "", "chained", "before", "keep", source=onnx)
    keras = "Keras 3, layers.SimpleRNN, LSTM and GRU; GRU with reset_after=True, and False"
    yield Convention("keras", "RNN", "h", "h", "columns", "", "one", source=keras)
    yield Convention("keras", "LSTM", "ifgo", "i f c o", "columns", "", "one", source=keras)
    yield Convention("keras", "GRU", "zrn", "z r h", "columns", "", "stacked", "after", "keep", source=keras)
    yield Convention("keras", "GRU", "zrn", "z r h", "columns", "", "one", "before", "keep", source=keras)
    tensorflow = "TensorFlow 1, tf.nn.rnn_cell.BasicLSTMCell"
    yield Convention(
        "tensorflow", "LSTM", "igfo", "i j f o", "columns", "xh", "one", forget_bias=1.0, source=tensorflow
    )
    haiku = "dm-haiku, hk.LSTM and hk.GRU"
    yield Convention("haiku", "LSTM", "igfo", "i g f o", "columns", "xh", "one", forget_bias=1.0, source=haiku)
    yield Convention("haiku", "GRU", "zrn", "z r a", "columns", "", "one", "before", "write", source=haiku)
    cho = "Cho et al. 2014, section 2.3"
    yield Convention("cho2014", "GRU", "rzn", "r z h", "rows", "", "one", "before", "keep", source=cho)
    chung = "Chung et al. 2014, section 3.2"
    yield Convention("chung2014", "GRU", "zrn", "z r h", "rows", "", "one", "before", "write", source=chung)
    olah = "Olah 2015, Understanding LSTM networks"
    yield Convention("olah", "LSTM", "figo", "f i C o", "rows", "hx", "one", source=olah)
    yield Convention("olah", "GRU", "zrn", "z r h", "rows", "hx", "one", "before", "write", source=olah)
    textbook = "x W + h U + b, as most course notes have it; which gate comes first differs"
    yield Convention("textbook", "RNN", "h", "h", "columns", "", "one", source=textbook)
    yield Convention("textbook", "LSTM", "ifgo", "i f g o", "columns", "", "one", source=textbook)
    yield Convention("textbook", "GRU", "rzn", "r z n", "columns", "", "one", "before", "keep", source=textbook)


TABLE = Conventions(_rows())


def convention(framework: str | None = None, layer: str | None = None) -> Conventions:
    """The gate orders, signs, biases and layouts of frameworks and texts, as one table.

    `tinygrad_seq.io` reorders weights by these rows. This package follows PyTorch.

    Args:
        framework: "pytorch", "cudnn", "onnx", "keras", "tensorflow", "haiku", "cho2014", "chung2014", "olah" or
            "textbook"; None for all.
        layer: "RNN", "LSTM" or "GRU"; None for all.

    Returns:
        The rows, each a `Convention`; a framework that has a layer in two forms has two rows.

    Raises:
        OptionError: for a name that the table does not have.

    >>> import tinygrad_seq as tg
    >>> tg.nn.convention(layer="GRU")
    framework  layer  gates  letters  kernel   joined  bias     reset   update  forget_bias
    pytorch    GRU    rzn    r z n    rows     -       two      after   keep    -
    cudnn      GRU    rzn    r i h    rows     -       two      after   keep    -
    onnx       GRU    zrn    z r h    rows     -       chained  after   keep    -
    onnx       GRU    zrn    z r h    rows     -       chained  before  keep    -
    keras      GRU    zrn    z r h    columns  -       stacked  after   keep    -
    keras      GRU    zrn    z r h    columns  -       one      before  keep    -
    haiku      GRU    zrn    z r a    columns  -       one      before  write   -
    cho2014    GRU    rzn    r z h    rows     -       one      before  keep    -
    chung2014  GRU    zrn    z r h    rows     -       one      before  write   -
    olah       GRU    zrn    z r h    rows     hx      one      before  write   -
    textbook   GRU    rzn    r z n    columns  -       one      before  keep    -
    """
    found = Conventions(row for row in TABLE if framework in (None, row.framework) and layer in (None, row.layer))
    if not found:
        known = ", ".join(dict.fromkeys(f"{row.framework} {row.layer}" for row in TABLE))
        asked = " ".join(repr(name) for name in (framework, layer) if name is not None)
        raise OptionError(f"convention: got {asked}; need one of {known}")
    return found
