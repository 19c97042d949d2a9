"""PyTorch's names that are called otherwise here: the error of an attribute that is not there says what to write."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable

import numpy as np

from .errors import AbsentNameError, OptionError

__all__ = ["absent", "without"]

LEAVE_OUT = "leave it out"
IN_MEMORY = f"{LEAVE_OUT}, all arrays are NumPy's"
DTYPES = {
    "bool": "bool",
    "short": "int16",
    "int": "int32",
    "long": "int64",
    "half": "float16",
    "float": "float32",
    "double": "float64",
}
TENSOR = {
    **dict.fromkeys(("cpu", "cuda", "device", "is_cuda", "pin_memory", "to"), f"{IN_MEMORY}; t.astype changes a dtype"),
    **{name: f't.astype("{dtype}")' for name, dtype in DTYPES.items()},
    **dict.fromkeys(("type", "type_as"), "t.astype(dtype)"),
    **dict.fromkeys(("dim", "ndimension"), "t.ndim"),
    **dict.fromkeys(("numel", "nelement"), "t.size"),
    **dict.fromkeys(("view", "view_as", "reshape_as", "unflatten"), "t.reshape(shape)"),
    **dict.fromkeys(("mm", "bmm", "mv", "matmul"), "a @ b"),
    **dict.fromkeys(("add", "sub", "mul", "div", "pow", "neg", "rsub"), "an operator, such as a + b or a**2"),
    **dict.fromkeys(("eq", "ne", "lt", "le", "gt", "ge"), "an operator, such as a == b"),
    **dict.fromkeys(("narrow", "select"), "a slice, such as t[2:5]"),
    **dict.fromkeys(("scatter", "index_add", "index_put"), "tg.ops.set_at(t, index, values), or tg.ops.add_at"),
    **dict.fromkeys(("contiguous", "is_contiguous", "stride", "storage"), LEAVE_OUT),
    "addmm": "a + b @ c",
    "chunk": "np.array_split(t, n, axis)",
    "clamp": "t.clip(low, high)",
    "clone": "t.copy()",
    "detach_": "t = t.detach()",
    "element_size": "t.itemsize",
    "expand": "np.broadcast_to(t, shape)",
    "expand_as": "np.broadcast_to(t, shape)",
    "gather": "np.take_along_axis(t, indices, axis)",
    "grad_fn": "t.node",
    "index_select": "t.take(indices, axis)",
    "masked_fill": "np.where(mask, value, t)",
    "masked_select": "t[mask]",
    "movedim": "np.moveaxis(t, source, destination)",
    "norm": "np.linalg.norm(t)",
    "permute": "t.transpose(axes)",
    "repeat_interleave": "t.repeat(n, axis)",
    "requires_grad_": "t.requires_grad = True",
    "split": "np.split(t, positions, axis)",
    "t": "t.T",
    "topk": "np.sort(t, axis), or np.argsort, and a slice of it",
    "unbind": "tuple(t)",
    "unsqueeze": "np.expand_dims(t, axis), or t[:, None]",
}
MODULE = {
    **dict.fromkeys(("cpu", "cuda", "to"), f"{IN_MEMORY}; module.astype changes a dtype"),
    **dict.fromkeys(("half", "type"), 'module.astype(dtype), such as "float16"'),
    **dict.fromkeys(("add_module", "register_module", "register_parameter"), "setattr(module, name, value)"),
    **dict.fromkeys(("get_parameter", "all_weights"), "dict(module.named_parameters())"),
    **dict.fromkeys(
        ("register_forward_pre_hook", "register_full_backward_hook", "register_backward_hook"),
        "module.register_forward_hook(hook), and in it tensor.register_hook for gradients",
    ),
    **dict.fromkeys(("flatten_parameters", "share_memory"), LEAVE_OUT),
    "get_submodule": "dict(module.named_modules())[path]",
}
NN = {
    "utils": "tg.optim.clip_grad_norm_, tg.optim.clip_grad_value_, and lengths= in the place of packed sequences",
    "MultiheadAttention": "tg.nn.DotAttention(size, scaled=True), a single head",
    **dict.fromkeys(("ParameterList", "ParameterDict"), "setattr(module, name, parameter)"),
}
PACKAGE = {
    **dict.fromkeys(("cuda", "device"), IN_MEMORY),
    **dict.fromkeys(("rand", "randn", "randint"), "tg.tensor of what np.random.default_rng(seed) draws"),
    **dict.fromkeys(("as_tensor", "from_numpy", "FloatTensor", "DoubleTensor", "LongTensor"), "tg.tensor(data)"),
    **dict.fromkeys(("inference_mode", "set_grad_enabled"), "tg.no_grad()"),
    "Generator": "np.random.default_rng(seed)",
    "cat": "np.concatenate(tensors, axis)",
    "is_tensor": "isinstance(x, tg.Tensor)",
    "load": "tg.io.load(path)",
    "manual_seed": "tg.seed(n)",
    "save": "tg.io.save(path, state)",
    "utils": "tg.data",
}
OPTIONS = {
    "device": IN_MEMORY,
    "dtype": ".astype(dtype) on the module, or tg.set_default_dtype",
    "inplace": f"{LEAVE_OUT}, no Tensor ever changes",
    "proj_size": "an LSTM, which alone has a projection",
    "reduce": 'reduction="mean", "sum" or "none"',
    "size_average": 'reduction="mean" or "sum"',
}
REMEDIES = {"Tensor": TENSOR, "Module": MODULE, "tinygrad_seq.nn": NN, "tinygrad_seq": PACKAGE}
"""What to write instead of a name, by who does not have it."""


def absent(owner: str, name: str, told: str, operations: Collection[str] = ()) -> AttributeError:
    """The error of a name that is looked for and not there.

    Args:
        owner: a key of `REMEDIES`.
        name: what was looked for.
        told: what the owner is called in the message.
        operations: names in ``tg.ops``, which it may be one of.

    Returns:
        An `AbsentNameError` that says what to write instead; where that is not known, what Python itself raises.
    """
    remedy = REMEDIES[owner].get(name)
    if remedy is None and owner in ("Tensor", "tinygrad_seq") and not name.startswith("_"):
        remedy = _of_arrays(name, operations)
    message = f"{told} has no attribute {name!r}"
    if remedy is None:
        return AttributeError(message, name=name)
    return AbsentNameError(f"{message}; {'' if remedy.startswith(LEAVE_OUT) else 'use '}{remedy}", name=name)


def without(caller: str, name: str, known: Iterable[str]) -> OptionError:
    """The error of an option that ``caller`` does not have."""
    known = [option for option in known if option not in ("self", "stack", "options")]
    near = difflib.get_close_matches(name, known, n=1)
    remedy = OPTIONS.get(name) or (near[0] if near else f"one of {', '.join(known)}")
    return OptionError(f"{caller}: got the option {name}; {'' if remedy.startswith(LEAVE_OUT) else 'use '}{remedy}")


def _of_arrays(name: str, operations: Collection[str]) -> str | None:
    """NumPy's function of that name, or an operation."""
    if name.endswith("_"):
        return "a new Tensor, as none ever changes; for a parameter p set p.data, or use tg.nn.init"
    function = getattr(np, name, None)
    if callable(function):
        return f"np.{name}(t)" if isinstance(function, np.ufunc) and function.nin == 1 else f"np.{name}"
    return f"tg.ops.{name}" if name in operations else None
