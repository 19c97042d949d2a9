"""Every error of the operations: its class, and that it says what was got, what is needed and what to do."""

import operator

import numpy as np
import pytest
from refusals import refuses

import tinygrad_seq as tg
from tinygrad_seq import ops
from tinygrad_seq.errors import AxisError, DTypeError, IndexingError, OptionError, ShapeError, UnsupportedError


def variable(*shape):
    return tg.tensor(np.ones(shape), requires_grad=True)


LOGITS = np.zeros((2, 3))

# What provokes it, the class, and the parts of the text that matter.
ERRORS = {
    "add": (
        lambda: variable(3) + variable(4),
        ShapeError,
        r"add: got shapes \(3,\) and \(4,\), which do not broadcast; need sizes that are equal or 1.*; reshape",
    ),
    "where": (
        lambda: np.where(np.ones(2, bool), variable(3), 0.0),
        ShapeError,
        r"where: got shapes \(2,\) and \(3,\) and \(\)",
    ),
    "clip": (lambda: np.clip(variable(3), np.zeros(2), None), ShapeError, r"clip: got shapes \(3,\) and \(2,\)"),
    "matmul, inner sizes": (
        lambda: variable(3, 4) @ variable(5, 6),
        ShapeError,
        r"matmul: got shapes \(3, 4\) and \(5, 6\); the inner sizes 4 and 5 differ$",
    ),
    "matmul, transposed": (
        lambda: variable(3, 4) @ variable(5, 4),
        ShapeError,
        r"the inner sizes 4 and 5 differ; transpose one of them\?",
    ),
    "matmul, a vector": (lambda: variable(3, 4) @ variable(3), ShapeError, "the inner sizes 4 and 3 differ"),
    "matmul, a number": (
        lambda: variable(3, 4) @ variable(),
        ShapeError,
        r"matmul: got shapes \(3, 4\) and \(\); need at least one axis each; use \* to multiply by a number",
    ),
    "matmul, a Python number": (lambda: variable(3, 4) @ 2.0, ShapeError, r"use \* to multiply by a number"),
    "matmul, stacks": (
        lambda: variable(2, 3, 4) @ variable(5, 4, 6),
        ShapeError,
        r"matmul: .*the leading axes \(2,\) and \(5,\) do not broadcast",
    ),
    "linear, sizes": (
        lambda: ops.linear(variable(3, 4), variable(6, 5), variable(6)),
        ShapeError,
        r"linear: got x \(3, 4\) and weight \(6, 5\); need x \(\.\.\., 5\)",
    ),
    "linear, no matrix": (lambda: ops.linear(variable(4), variable(4)), ShapeError, r"need a weight \(H, D\)"),
    "linear, bias": (
        lambda: ops.linear(variable(3, 4), variable(6, 4), variable(2, 3, 6)),
        ShapeError,
        r"linear: got bias \(2, 3, 6\) for a product \(3, 6\); need one that broadcasts to it",
    ),
    "reshape": (lambda: variable(2, 3).reshape(4), ShapeError, r"reshape: got \(2, 3\); .*\(4,\)"),
    "broadcast_to": (lambda: np.broadcast_to(variable(3), (2, 2)), ShapeError, r"broadcast_to: got \(3,\)"),
    "concatenate": (
        lambda: np.concatenate([variable(2, 3), variable(2, 4)]),
        ShapeError,
        r"concatenate: got \(2, 3\) and \(2, 4\); ",
    ),
    "stack of many": (
        lambda: np.stack([variable(2)] * 300 + [variable(3)]),
        ShapeError,
        r"stack: got \(2,\) and \(3,\) and \.\.\. \(301 arrays\); .*same shape",
    ),
    "stack": (lambda: np.stack([variable(2), variable(3)]), ShapeError, r"stack: got \(2,\) and \(3,\); .*same shape"),
    "split": (lambda: np.split(variable(2), 5), ShapeError, "split: got 5 sections for an axis of size 2; need equal"),
    "squeeze": (lambda: np.squeeze(variable(2, 1), axis=0), ShapeError, r"squeeze: got \(2, 1\)"),
    "maximum of nothing": (lambda: variable(0).max(), ShapeError, r"max: got \(0,\)"),
    "cross_entropy, floats": (
        lambda: ops.cross_entropy(LOGITS, np.zeros(2)),
        DTypeError,
        r"cross_entropy: got targets of dtype float64; need integers; use .astype\(int\), or probabilities",
    ),
    "cross_entropy, no classes": (lambda: ops.cross_entropy(1.0, 0), ShapeError, r"got logits of shape \(\); need an"),
    "cross_entropy, shapes": (
        lambda: ops.cross_entropy(LOGITS, np.zeros(3, int)),
        ShapeError,
        r"cross_entropy: got logits \(2, 3\) and targets \(3,\); need targets \(2,\)$",
    ),
    "cross_entropy, classes last": (
        lambda: ops.cross_entropy(np.zeros((4, 2, 3)), np.zeros((4, 2), int)),
        ShapeError,
        r"need targets \(4, 3\); use axis=-1 where the last axis is that of the classes",
    ),
    "cross_entropy, class": (
        lambda: ops.cross_entropy(LOGITS, np.array([0, 3])),
        OptionError,
        r"cross_entropy: got target 3 for 3 classes; need 0 ... 2, or ignore_index=-100",
    ),
    "cross_entropy, negative class": (
        lambda: ops.cross_entropy(LOGITS, np.array([0, -1])),
        OptionError,
        "got target -1",
    ),
    "cross_entropy, weight": (
        lambda: ops.cross_entropy(LOGITS, np.array([0, 1]), weight=np.ones(2)),
        ShapeError,
        r"cross_entropy: got weight of shape \(2,\); need \(3,\), one for each class",
    ),
    "cross_entropy, smoothing": (
        lambda: ops.cross_entropy(LOGITS, np.array([0, 1]), label_smoothing=1.5),
        OptionError,
        "cross_entropy: got label_smoothing=1.5; need 0 ... 1",
    ),
    "cross_entropy, reduction": (
        lambda: ops.cross_entropy(LOGITS, np.array([0, 1]), reduction="average"),
        OptionError,
        """cross_entropy: got reduction='average'; need "mean", "sum" or "none\"""",
    ),
    "mse_loss, shapes": (
        lambda: ops.mse_loss(variable(3, 1), variable(3)),
        ShapeError,
        r"mse_loss: got shapes \(3, 1\) and \(3,\); need the same",
    ),
    "mse_loss, reduction": (lambda: ops.mse_loss(variable(3), variable(3), "average"), OptionError, "mse_loss: got"),
    # axes
    "an axis": (lambda: np.flip(variable(2, 3), 2), AxisError, r"flip: got \(2, 3\); axis 2 is out of bounds"),
    "an axis of a function": (
        lambda: np.take(variable(2, 3), 0, axis=2),
        AxisError,
        r"take: got axis 2 for shape \(2, 3\); need one of its 2 axes",
    ),
    "an axis of split": (lambda: np.split(variable(2), 2, axis=1), AxisError, r"split: got axis 1 for shape \(2,\)"),
    "moveaxis": (
        lambda: np.moveaxis(variable(2, 3), [0, 1], 0),
        AxisError,
        r"moveaxis: got shape \(2, 3\); .*same num",
    ),
    "rollaxis": (lambda: np.rollaxis(variable(2, 3), 2), AxisError, r"rollaxis: got shape \(2, 3\); axis 2"),
    "matrix_transpose": (lambda: variable(2).mT, ShapeError, "matrix_transpose: got .* need at least two axes"),
    "diagonal": (lambda: np.diagonal(variable(2)), ShapeError, r"diagonal: got shape \(2,\); .*use np.diag"),
    "diag": (lambda: np.diag(variable(2, 2, 2)), ShapeError, "diag: got .* use np.diagonal for a stack"),
    "tril": (lambda: np.tril(variable()), ShapeError, r"tril: got shape \(\); need at least one axis"),
    "dsplit": (lambda: np.dsplit(variable(2, 2), 2), ShapeError, r"dsplit: got shape \(2, 2\); need at least 3 axes"),
    # shapes
    "ravel, order": (lambda: np.ravel(variable(2), "X"), OptionError, 'ravel: got order=\'X\'; need "C", "F", "A" or'),
    "order": (lambda: variable(2).reshape(2, order="K"), OptionError, 'reshape: got order=\'K\'; need "C", "F" or "A"'),
    "broadcast_arrays": (
        lambda: np.broadcast_arrays(variable(2), variable(3)),
        ShapeError,
        r"broadcast_arrays: got shapes \(2,\) and \(3,\), which do not broadcast",
    ),
    "meshgrid": (lambda: np.meshgrid(variable(2), indexing="yx"), OptionError, "meshgrid: got indexing='yx'; need"),
    "astype": (lambda: variable(2).astype(complex), DTypeError, "astype: got complex128; need real numbers"),
    "casting": (lambda: variable(2).astype("f4", casting="safe"), DTypeError, "astype: got float64 to float32 with"),
    "block": (lambda: np.block([[variable(2)], variable(2)]), ShapeError, "block: .*lists of different depth"),
    "array_split": (lambda: np.array_split(variable(2), 0), OptionError, "array_split: got 0 sections; need at least"),
    "repeat": (
        lambda: np.repeat(variable(3), [1, 2]),
        OptionError,
        r"repeat: got repeats \[1, 2\]; need one count or 3",
    ),
    "resize": (lambda: np.resize(variable(3), -1), OptionError, "resize: got shape -1; need no negative size"),
    "windows": (
        lambda: np.lib.stride_tricks.sliding_window_view(variable(3), 4),
        ShapeError,
        r"sliding_window_view: got shape \(3,\) and windows 4; ",
    ),
    # padding
    "pad, empty": (lambda: np.pad(variable(3), 1, "empty"), UnsupportedError, "pad: got mode='empty'; need constant"),
    "pad, a function": (lambda: np.pad(variable(3), 1, print), UnsupportedError, "join a border by np.concatenate"),
    "pad, mode": (lambda: np.pad(variable(3), 1, "mirror"), OptionError, "pad: got mode='mirror'; need constant, edge"),
    "pad, a statistic of none": (
        lambda: np.pad(variable(3), 1, "maximum", stat_length=0),
        OptionError,
        r"pad: got shape \(3,\), pad_width 1 and mode='maximum'; stat_length of 0",
    ),
    "pad, a variable to end at": (
        lambda: np.pad(variable(3), 1, "linear_ramp", end_values=variable()),
        UnsupportedError,
        "pad: got end_values that require a gradient; join",
    ),
    "pad, a variable": (
        lambda: np.pad(variable(3), 1, constant_values=variable()),
        UnsupportedError,
        "pad: got constant_values that require a gradient; join",
    ),
    "pad, an option": (
        lambda: np.pad(variable(3), 1, stat_length=1),
        OptionError,
        "pad: got stat_length; mode constant",
    ),
    "pad, an option of a mode": (
        lambda: np.pad(variable(3), 1, "edge", end_values=1),
        OptionError,
        "pad: got .*end_val",
    ),
    "pad, nothing": (lambda: np.pad(variable(0), 1, "edge"), OptionError, "pad: got .*can't extend empty axis 0"),
    "pad, floats": (lambda: np.pad(variable(3), 1.0), DTypeError, "pad: got pad_width of float64; need integers"),
    "pad, widths": (
        lambda: np.pad(variable(3), (1, 2, 3)),
        ShapeError,
        r"pad: got pad_width of shape \(3,\) for an array \(3,\); need n, \(before, after\), or one pair for each",
    ),
    "pad, negative": (lambda: np.pad(variable(3), -1), OptionError, "pad: got pad_width -1; need no negative one; cut"),
    # indices
    "out of range": (
        lambda: variable(2, 3)[0, 3],
        IndexingError,
        r"getitem: got index \[0, 3\] for shape \(2, 3\); index 3 is out of bounds for axis 1 with size 3",
    ),
    "many out of range": (lambda: variable(2)[np.arange(20)], IndexingError, r"got index \[int64 array \(20,\)\] for"),
    "a float as index": (
        lambda: variable(2)[1.0],
        IndexingError,
        r"floating numbers are no indices, use .astype\(int\)",
    ),
    "floats as indices": (lambda: variable(2)[tg.tensor([1, 0])], IndexingError, "floating numbers are no indices"),
    "take": (lambda: np.take(variable(2), [0.5]), DTypeError, "take: got indices of float64; need integers"),
    "take, mode": (lambda: np.take(variable(2), 0, mode="x"), OptionError, 'take: got mode=\'x\'; need "raise", "wrap'),
    "take, out": (lambda: variable(2).take(0, out=np.ones(())), UnsupportedError, "take: got out="),
    "take_along_axis": (
        lambda: np.take_along_axis(variable(2, 3), np.array([0]), 0),
        ShapeError,
        r"take_along_axis: got shape \(2, 3\) and indices \(1,\); need as many axes of both",
    ),
    "insert": (lambda: np.insert(variable(2), 5, 0.0), IndexingError, "insert: got position 5 of an axis of size 2"),
    "delete": (lambda: np.delete(variable(2), [0, 5]), IndexingError, "delete: got position .* of an axis of size 2"),
    "choose": (
        lambda: np.choose([0, 2], [variable(2)] * 2),
        OptionError,
        "choose: got numbers outside 0 ... 1; use mode",
    ),
    "compress": (lambda: np.compress([[1]], variable(2)), ShapeError, r"compress: got a condition of shape \(1, 1\)"),
    "select, number": (
        lambda: np.select([variable(2) > 0], [1, 2]),
        ShapeError,
        "select: got 1 conditions and 2 choices; need as many of both",
    ),
    "select, condition": (
        lambda: np.select([variable(2)], [1]),
        DTypeError,
        "select: got a condition of float64; need booleans; compare, as x > 0",
    ),
    "piecewise": (
        lambda: np.piecewise(variable(2), [[True, False]], [1, 2, 3]),
        ShapeError,
        "piecewise: got 1 conditions and 3 functions; need as many, or one more",
    ),
    "apply_along_axis": (
        lambda: np.apply_along_axis(np.sum, 1, variable(0, 2)),
        ShapeError,
        r"apply_along_axis: got shape \(0, 2\); need no other axis of size 0",
    ),
    # linear algebra and products
    "inv": (lambda: np.linalg.inv(variable(2, 3)), ShapeError, r"inv: got shape \(2, 3\); need square matrices"),
    "solve": (
        lambda: np.linalg.solve(np.eye(2), variable(3)),
        ShapeError,
        r"solve: got A \(2, 2\) and b \(3,\); need b",
    ),
    "svd": (lambda: np.linalg.svd(variable(2)), ShapeError, r"svd: got shape \(2,\); need matrices"),
    "svd, full": (
        lambda: np.linalg.svd(variable(2, 3)),
        UnsupportedError,
        r"svd: got full_matrices=True for shape \(2, 3\); use full_matrices=False",
    ),
    "svd, hermitian": (lambda: np.linalg.svd(variable(2, 2), hermitian=True), UnsupportedError, "use eigh"),
    "qr": (lambda: np.linalg.qr(variable(2)), ShapeError, r"qr: got shape \(2,\); need matrices"),
    "qr, mode": (
        lambda: np.linalg.qr(variable(2, 2), mode="raw"),
        OptionError,
        "qr: got mode='raw' for .*; need \"reduced\" or",
    ),
    "pinv": (lambda: np.linalg.pinv(variable(2)), ShapeError, "pinv: got shape .*need matrices"),
    "matrix_power": (lambda: np.linalg.matrix_power(variable(2, 2), 0.5), OptionError, "got n=0.5; need an integer"),
    "norm": (lambda: np.linalg.norm(variable(2, 2, 2), ord=2), ShapeError, "need one axis, or two for a matrix"),
    "vector_norm": (lambda: np.linalg.norm(variable(2), ord="x"), OptionError, "ord='x'; need a number, inf or -inf"),
    "matrix_norm": (lambda: np.linalg.norm(variable(2, 2), ord=3), OptionError, 'matrix_norm: got ord=3; need "fro"'),
    "matrix_norm, a vector": (lambda: np.linalg.matrix_norm(variable(2)), ShapeError, "need at least two axes"),
    "tensordot": (
        lambda: np.tensordot(variable(2, 3), variable(2, 3), 1),
        ShapeError,
        r"tensordot: got shapes .* over axes \[1\] and \[0\]; the sizes differ",
    ),
    "tensordot, axes": (
        lambda: np.tensordot(variable(2), variable(2), ([0], [0, 0])),
        ShapeError,
        "axes that both have",
    ),
    "cross": (
        lambda: np.cross(variable(4), variable(2)),
        ShapeError,
        "cross: got vectors of size 4 and 2; need 3, or 2 in the plane",
    ),
    "cross of three": (
        lambda: np.linalg.cross(variable(2), variable(3)),
        ShapeError,
        r"cross: got shapes \(2,\) and \(3,\); need vectors of size 3; use np.cross",
    ),
    "multi_dot": (lambda: np.linalg.multi_dot([variable(2, 2)]), ShapeError, "got 1 arrays; need at least two"),
    "tensorsolve": (
        lambda: np.linalg.tensorsolve(variable(2, 3, 5), variable(2, 3)),
        ShapeError,
        r"tensorsolve: got a \(2, 3, 5\) and b \(2, 3\); need b.size numbers in the last axes of a",
    ),
    "tensorinv": (
        lambda: np.linalg.tensorinv(variable(2, 3, 5)),
        ShapeError,
        r"tensorinv: got shape \(2, 3, 5\) and ind=2; need as many elements before ind as after it",
    ),
    # polynomials, sets, statistics, sequences of numbers
    "polyder": (lambda: np.polyder(variable(3), -1), OptionError, "polyder: got m=-1; need 0 or more; use polyint"),
    "polyint": (lambda: np.polyint(variable(3), -1), OptionError, "polyint: got m=-1; need 0 or more; use polyder"),
    "polyint, constants": (
        lambda: np.polyint(variable(3), 3, [1.0, 2.0]),
        ShapeError,
        "polyint: got 2 constants for m=3; need one, or one for each integration",
    ),
    "poly of a matrix": (
        lambda: np.poly(variable(2, 2)),
        ShapeError,
        r"poly: got shape \(2, 2\); need roots, \(N,\); for a symmetric matrix its eigvalsh",
    ),
    "vander": (lambda: np.vander(variable(2, 2)), ShapeError, r"vander: got shape \(2, 2\); need one axis"),
    "polyfit, cov": (
        lambda: np.polyfit(variable(3), variable(3), 1, cov=True),
        UnsupportedError,
        "polyfit: got full= or cov=; need the coefficients alone; use np.linalg.lstsq and vander",
    ),
    "polyfit, points": (
        lambda: np.polyfit(variable(3), variable(4), 1),
        ShapeError,
        r"polyfit: got x \(3,\), y \(4,\) and deg=1; need \(M,\), \(M,\) or \(M, K\)",
    ),
    "cov, axes": (lambda: np.cov(variable(2, 2, 2)), ShapeError, r"cov: got shape \(2, 2, 2\); need variables and obs"),
    "cov, weights": (
        lambda: np.cov(variable(2, 3), aweights=np.ones(2)),
        ShapeError,
        r"cov: got weights of shape \(2,\); need \(3,\), one for each observation, from 0 on",
    ),
    "cov, one": (lambda: np.cov(variable(2, 1)), OptionError, "cov: got 1 observations and ddof=1; need more of them"),
    "linspace": (lambda: np.linspace(variable(), 1.0, -1), OptionError, "linspace: got num=-1; need 0 or more"),
    "geomspace": (lambda: np.geomspace(variable(), -1.0), OptionError, "geomspace: got 1.0 and -1.0; need ends of one"),
    "trim_zeros": (
        lambda: np.trim_zeros(variable(3), "x"),
        OptionError,
        'trim_zeros: got trim=\'x\'; need "f", "b" or',
    ),
    "histogram, weights": (
        lambda: np.histogram2d(variable(2), variable(2), 3, weights=variable(2)),
        UnsupportedError,
        "histogram2d: got weights that require a gradient; need constants; use np.bincount",
    ),
    # methods of ufuncs
    "reduce of nothing": (
        lambda: np.subtract.reduce(variable(0, 2)),
        ShapeError,
        r"subtract.reduce: got shape \(0, 2\) and axis=0; need at least one element",
    ),
    "reduce with where": (
        lambda: np.subtract.reduce(variable(2), where=[True, False]),
        OptionError,
        "subtract.reduce: got where; need axis, dtype and keepdims alone",
    ),
    "reduceat, out of range": (
        lambda: np.add.reduceat(variable(3), [0, 3]),
        OptionError,
        r"add.reduceat: got indices \[0, 3\]; need a row of 0 ... 2",
    ),
    "accumulate into": (
        lambda: np.subtract.accumulate(variable(3), out=np.ones(3)),
        UnsupportedError,
        "np.subtract.accumulate: got out=",
    ),
    "transpose, two of three axes": (
        lambda: np.transpose(variable(2, 3, 4), (0, 1)),
        ShapeError,
        r"transpose: got axes \(0, 1\) for shape \(2, 3, 4\); need one for each of 3; use swapaxes\(0, 1\)",
    ),
    "transpose, four of three axes": (
        lambda: variable(2, 3, 4).transpose(0, 1, 2, 3),
        ShapeError,
        "need one for each of 3$",
    ),
    "a keyword of another package": (
        lambda: variable(2).sum(dim=0),
        OptionError,
        r"t.sum: got dim=; Tensors follow NumPy; use axis=",
    ),
    "an axis that is no integer": (lambda: np.sort(variable(3), "a"), DTypeError, "sort: got axis 'a' for shape"),
    "two axes for one": (
        lambda: np.sort(variable(3, 3), (0, 1)),
        AxisError,
        r"sort: got axis \(0, 1\) .*need one axis",
    ),
    **{
        f"an axis of {name}": (
            lambda name=name: getattr(np, name)(variable(2, 3), axis=5),
            AxisError,
            rf"{name}: got .*\(2, 3\).*",
        )
        for name in (
            *("sum", "prod", "mean", "max", "min", "ptp", "var", "std", "average", "nansum", "nanprod", "nanmean"),
            *("nanmax", "nanmin", "nanvar", "nanstd", "median", "nanmedian", "sort", "cumsum", "cumprod", "diff"),
            *("gradient", "trapezoid", "nancumsum", "cumulative_sum"),
        )
    },
    "an axis of norm": (lambda: np.linalg.norm(variable(2, 3), axis=5), AxisError, r"norm: got axis 5 for shape"),
    "einsum, nothing": (lambda: ops.einsum(), OptionError, "einsum: got nothing; need a specification"),
    "einsum, operands": (lambda: np.einsum("i,i", variable(2)), OptionError, "for 1 operands; need a term for each"),
    "einsum, letters": (lambda: np.einsum("1", variable(2)), OptionError, "need letters, commas"),
    "einsum, axes": (
        lambda: np.einsum("ij", variable(2)),
        ShapeError,
        r"got 'ij' for an operand of shape \(2,\); need",
    ),
    "einsum, sizes of a diagonal": (
        lambda: np.einsum("ii->i", variable(1, 3)),
        ShapeError,
        "einsum: got sizes 1 and 3 for the index 'i'; need one size",
    ),
    "einsum, sizes": (lambda: np.einsum("i,i", variable(2), variable(3)), ShapeError, r"and shapes \(2,\), \(3,\); "),
    "einsum, result": (
        lambda: np.einsum("i->j", variable(2)),
        OptionError,
        "the result has an index that no operand has",
    ),
    "einsum, ellipsis": (lambda: np.einsum("...i->i", variable(2, 2)), OptionError, "need '...' in the result too"),
    "einsum, out": (lambda: ops.einsum("i", variable(2), out=np.ones(2)), UnsupportedError, "einsum: got out="),
    "convolve": (
        lambda: np.convolve(variable(2, 2), variable(2)),
        ShapeError,
        r"need two sequences, \(N,\) and \(M,\)",
    ),
    "convolve, mode": (lambda: np.convolve(variable(2), variable(2), "x"), OptionError, "convolve: got mode='x'; need"),
    "interp": (lambda: np.interp(0.5, variable(2), np.ones(3)), ShapeError, r"got xp \(2,\) and fp \(3,\); need two"),
    "interp, period": (lambda: np.interp(variable(), [0, 1], [0, 1], period=0), OptionError, "period=0; need an"),
    # options of reductions and of elementwise operations
    "where=": (lambda: np.sum(variable(2), where=[True] * 3), ShapeError, r"where=: got shape \(3,\); need one"),
    "max, where": (lambda: np.max(variable(2), where=[True, False]), OptionError, "got where= without initial="),
    "max, initial": (lambda: np.max(variable(2), initial=variable()), UnsupportedError, "use np.maximum or np.minimum"),
    "var, ddof twice": (lambda: np.var(variable(2), ddof=1, correction=1), OptionError, "ddof=1 and correction=1"),
    "average": (lambda: np.average(variable(2), weights=np.ones(3)), ShapeError, "average: got weights of shape"),
    "average, 0": (
        lambda: np.average(variable(2), weights=[1, -1]),
        OptionError,
        "weights that add up to 0; need another",
    ),
    "clip, twice": (lambda: ops.clip(variable(2), 0, min=0), OptionError, "clip: got a bound twice; need a_min or min"),
    "clip, out": (lambda: ops.clip(variable(2), 0, 1, np.ones(2)), UnsupportedError, "clip: got out="),
    "nan_to_num": (lambda: np.nan_to_num(variable(2), copy=False), UnsupportedError, "nan_to_num: got copy=False"),
    "gelu": (lambda: ops.gelu(variable(2), approximate="x"), OptionError, "gelu: got approximate='x'; need"),
    "celu": (lambda: ops.celu(variable(2), alpha=0), OptionError, "celu: got alpha=0; need a positive number"),
    "one_hot, floats": (lambda: ops.one_hot(np.ones(2)), DTypeError, "one_hot: got indices of dtype float64; need int"),
    "one_hot, range": (
        lambda: ops.one_hot(np.array([3]), 3),
        OptionError,
        r"got index 3 for 3 classes; need 0 \.\.\. 2",
    ),
    "one_hot, nothing": (lambda: ops.one_hot(np.array([], int)), OptionError, "got no index to count the classes by"),
    "item assignment": (
        lambda: operator.setitem(variable(2), 0, 1.0),
        UnsupportedError,
        r"t\[index\] = value: got an item assignment; need .*; write t = tg.ops.set_at",
    ),
    "floats into integers": (
        lambda: ops.set_at(tg.tensor(np.array([1, 2])), 0, variable()),
        DTypeError,
        'got float64 values for a int64 array; need a floating array; use x.astype\\("float64"\\)',
    ),
}


@pytest.mark.parametrize("name", ERRORS)
def test_error(name):
    message = refuses(*ERRORS[name])
    assert 20 < len(message) < 400
    assert len(message.splitlines()) <= 2 or "or add it:" in message


# Where NumPy's own error says it all, that is what comes.
NUMPYS = {
    "axis": lambda t: t.sum(axis=2),
    "axes": lambda t: np.transpose(t, (0, 0)),
    "index": lambda t: t[5],
    "index kind": lambda t: t["a"],
}


@pytest.mark.parametrize("name", NUMPYS)
def test_numpys_own_errors_keep_their_class(name):
    with pytest.raises(Exception) as theirs:  # noqa: PT011 - whatever NumPy raises
        NUMPYS[name](np.ones((2, 3)))
    with pytest.raises(Exception) as ours:  # noqa: PT011 - compared with it below
        NUMPYS[name](variable(2, 3))
    assert str(theirs.value) in str(ours.value)
    builtin = [kind for kind in type(theirs.value).__mro__ if kind.__module__ == "builtins"]
    assert all(isinstance(ours.value, kind) for kind in builtin)
