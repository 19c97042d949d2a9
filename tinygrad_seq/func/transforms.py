"""Transforms of functions: derivatives as functions, which nest in any order.

Each runs the function on inputs that stand at fresh places of the graph, and sweeps between these places and
the outputs, backward or forward. Since the places are fresh, transforms never take each other's inputs for
their own. A sweep is recorded just if somebody further out could ask for its derivative: if a variable
other than the fresh ones can be reached from the outputs.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np

from ..autograd import Node, Tensor, ancestors, enable_grad, tensor
from ..autograd.mode import MODE
from ..autograd.sweep import push, sweep
from ..autograd.tensor import as_array
from ..errors import DTypeError, OptionError, ShapeError
from ..ops import alias, reshape, stack
from .structure import flatten, leaves_like, map_structure

__all__ = ["grad", "hessian", "hvp", "jacobian", "jvp", "value_and_grad", "vjp"]

Function = Callable[..., Any]


class _Linearized:
    """A function's outputs at some inputs, and the graph between them."""

    def __init__(
        self, caller: str, f: Function, args: Sequence[Any], argnums: Sequence[int], has_aux: bool, **kwargs: Any
    ):
        self.caller = caller
        recording = MODE.get().recording
        with enable_grad():
            fresh: list[Any] = list(args)
            self.inputs: list[Tensor] = []
            self.rebuild_inputs: list[Callable[[list[Any]], Any]] = []
            self.counts: list[int] = []
            for k in argnums:
                leaves, rebuild = flatten(args[k])
                places = [_fresh(caller, k, leaf) for leaf in leaves]
                fresh[k] = rebuild(places)
                self.inputs += places
                self.rebuild_inputs.append(rebuild)
                self.counts.append(len(places))
            out = f(*fresh, **kwargs)
        self.aux = None
        if has_aux:
            if not isinstance(out, tuple) or len(out) != 2:
                raise DTypeError(f"{caller}: got has_aux=True and a function that returns no pair; need (output, aux)")
            out, aux = out
            self.aux = map_structure(lambda a: a.detach() if isinstance(a, Tensor) else a, aux)
        leaves, self.rebuild_output = flatten(out)
        self.outputs = [leaf if isinstance(leaf, Tensor) else Tensor(as_array(leaf)) for leaf in leaves]
        self._nodes = [o.node for o in self.outputs if o.node is not None]
        own = {x.node for x in self.inputs}
        self._order = ancestors(self._nodes)
        self.record = recording and any(not n.parents and n not in own for n in self._order)

    def output(self) -> Any:
        """The function's output, in its structure; it has history just if somebody further out has a use for it."""
        return self.rebuild_output([o if self.record else o.detach() for o in self.outputs])

    def pull(self, cotangents: Sequence[Any]) -> list[Tensor]:
        """The cotangents of the inputs, given those of the outputs."""
        wanted = {x.node for x in self.inputs if x.node is not None}
        seeds = [(o.node, self._seed(g)) for o, g in zip(self.outputs, cotangents, strict=True) if o.node is not None]
        found = sweep(seeds, wanted, record=self.record, order=self._order)
        return [_result(found.get(x.node), x) for x in self.inputs]  # type: ignore[arg-type]

    def push(self, tangents: Sequence[Any]) -> list[Tensor]:
        """The tangents of the outputs, given those of the inputs."""
        seeds: dict[Node, Any] = {x.node: self._seed(t) for x, t in zip(self.inputs, tangents, strict=True)}  # type: ignore[misc]
        found = push(seeds, self._nodes, record=self.record, order=self._order)
        return [_result(found.get(o.node), o) for o in self.outputs]  # type: ignore[arg-type]

    def _seed(self, value: Any) -> Any:
        value = value if isinstance(value, Tensor) else Tensor(np.asarray(value))
        return value if self.record else value._data

    def by_argument(self, values: list[Any]) -> tuple[Any, ...]:
        """One value for each input, as a tuple of the arguments' structures."""
        at, out = 0, []
        for count, rebuild in zip(self.counts, self.rebuild_inputs, strict=True):
            out.append(rebuild(values[at : at + count]))
            at += count
        return tuple(out)


def _fresh(caller: str, k: int, leaf: Any) -> Tensor:
    if isinstance(leaf, Tensor) and leaf.node is not None:
        return alias(leaf)
    array = as_array(leaf)
    if array.dtype.kind != "f":
        raise DTypeError(f"{caller}: got dtype {array.dtype} in argument {k}; need a floating dtype to differentiate")
    return tensor(array, requires_grad=True)


def _result(value: Any, like: Tensor) -> Tensor:
    if value is None:
        return Tensor(np.zeros(like.shape, like.dtype))
    return value if isinstance(value, Tensor) else Tensor(np.asarray(value))


def _numbers(caller: str, argnums: int | Sequence[int], count: int) -> tuple[int, ...]:
    chosen = (argnums,) if isinstance(argnums, int) else tuple(argnums)
    for k in chosen:
        if not -count <= k < count:
            raise OptionError(
                f"{caller}: got argnums={argnums} for a call with {count} arguments; need 0 ... {count - 1}"
            )
    return tuple(k % count for k in chosen)


def value_and_grad(f: Function, argnums: int | Sequence[int] = 0, has_aux: bool = False) -> Function:
    """The function that returns ``f``'s value and its gradient.

    Args:
        f: a function that returns one element (or, with ``has_aux``, a pair of that and anything).
        argnums: the position of the argument to differentiate by, or several; arguments may be
            nested dicts, lists and tuples of arrays or Tensors.
        has_aux: f returns (value, aux).

    Returns:
        A function of the same arguments that returns (value, gradient), or ((value, aux), gradient); the gradient has
        the argument's structure, and is a tuple if ``argnums`` is a sequence.

    Raises:
        ShapeError: if f returns more than one element.
        DTypeError: if an argument to differentiate by is not floating.

    >>> import tinygrad_seq as tg
    >>> value, gradient = tg.func.value_and_grad(lambda p: p["a"] * p["b"])({"a": 2.0, "b": 5.0})
    >>> value.item(), {k: g.item() for k, g in gradient.items()}
    (10.0, {'a': 5.0, 'b': 2.0})
    """

    @functools.wraps(f)
    def value_and_gradient(*args: Any, **kwargs: Any) -> Any:
        lin = _Linearized("grad", f, args, _numbers("grad", argnums, len(args)), has_aux, **kwargs)
        if len(lin.outputs) != 1 or lin.outputs[0].size != 1:
            what = ", ".join(str(o.shape) for o in lin.outputs)
            raise ShapeError(
                f"grad: got a function that returns {f'shape {what}' if what else 'nothing'}; need one element; "
                f"use jacobian or vjp"
            )
        (y,) = lin.outputs
        gradients = lin.by_argument(lin.pull([np.ones(y.shape, y.dtype)]))
        value = lin.output()
        return (value, lin.aux) if has_aux else value, gradients[0] if isinstance(argnums, int) else gradients

    return value_and_gradient


def grad(f: Function, argnums: int | Sequence[int] = 0, has_aux: bool = False) -> Function:
    """The gradient of ``f`` as a function; see `value_and_grad` for the arguments.

    Returns:
        A function that returns the gradient, or (gradient, aux).

    >>> import numpy as np, tinygrad_seq as tg
    >>> tg.func.grad(tg.func.grad(np.tanh))(0.5).item() == tg.func.hessian(np.tanh)(0.5).item()
    True
    """
    both = value_and_grad(f, argnums, has_aux)

    @functools.wraps(f)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        value, g = both(*args, **kwargs)
        return (g, value[1]) if has_aux else g

    return gradient


def vjp(f: Function, *primals: Any, has_aux: bool = False) -> Any:
    """The output of ``f`` and its pull-back: the function from a cotangent of the output to those of all primals.

    Returns:
        (output, vjp_fn), or (output, vjp_fn, aux). ``vjp_fn`` takes a cotangent of the output's structure and
        shapes, and returns a tuple with one entry for each primal. It can be called again and again.

    >>> import numpy as np, tinygrad_seq as tg
    >>> y, pull = tg.func.vjp(np.multiply, 2.0, 5.0)
    >>> [g.item() for g in pull(1.0)]
    [5.0, 2.0]
    """
    lin = _Linearized("vjp", f, primals, range(len(primals)), has_aux)
    output = lin.output()

    def vjp_fn(cotangent: Any) -> tuple[Any, ...]:
        return lin.by_argument(lin.pull(_fitting("vjp", "cotangent", cotangent, output)))

    return (output, vjp_fn, lin.aux) if has_aux else (output, vjp_fn)


def jvp(f: Function, primals: Sequence[Any], tangents: Sequence[Any], has_aux: bool = False) -> Any:
    """The output of ``f`` and its derivative along the tangents, in forward mode.

    Args:
        f: any function of arrays or structures of them.
        primals: a tuple of its arguments.
        tangents: a tuple of the same structure and shapes.
        has_aux: f returns (output, aux).

    Returns:
        (output, tangent), or (output, tangent, aux).

    Raises:
        ShapeError: if the tangents do not fit the primals.
        OptionError: if either is no tuple.

    >>> import numpy as np, tinygrad_seq as tg
    >>> y, t = tg.func.jvp(np.multiply, (2.0, 5.0), (1.0, 10.0))
    >>> y.item(), t.item()
    (10.0, 25.0)
    """
    for what, given in (("primals", primals), ("tangents", tangents)):
        if not isinstance(given, (tuple, list)):
            raise OptionError(
                f"jvp: got {what} of {type(given).__name__}; need a tuple with one entry for each argument: "
                f"jvp(f, (x,), (t,))"
            )
    primals, tangents = tuple(primals), tuple(tangents)
    fitted = _fitting("jvp", "tangent", tangents, primals)
    lin = _Linearized("jvp", f, primals, range(len(primals)), has_aux)
    pushed = lin.rebuild_output(lin.push(fitted))
    return (lin.output(), pushed, lin.aux) if has_aux else (lin.output(), pushed)


def _fitting(caller: str, what: str, given: Any, like: Any) -> list[Any]:
    """The leaves of ``given``, which must have the structure, shapes and so the dtypes of ``like``."""
    leaves = leaves_like(given, like)
    if leaves is None:
        raise ShapeError(
            f"{caller}: got a {what} of another structure than the {'primals' if what == 'tangent' else 'output'}"
        )
    out = []
    for g, x in zip(leaves, flatten(like)[0], strict=True):
        x = x if isinstance(x, Tensor) else Tensor(as_array(x))
        g = g if isinstance(g, Tensor) else Tensor(as_array(g))
        if g.shape != x.shape:
            raise ShapeError(f"{caller}: got a {what} of shape {g.shape}; need {x.shape}")
        out.append(g if g.dtype == x.dtype else g.astype(x.dtype))
    return out


def jacobian(
    f: Function,
    argnums: int | Sequence[int] = 0,
    mode: Literal["forward", "reverse"] | None = None,
    has_aux: bool = False,
) -> Function:
    """All partial derivatives of all outputs, as a function.

    Args:
        f: a function of arrays or structures of them.
        argnums: the position of the argument to differentiate by, or several.
        mode: "forward" takes a sweep for each element of the input, "reverse" one for each of the output; by
            default, whichever are fewer.
        has_aux: f returns (output, aux).

    Returns:
        A function that returns, in the output's structure with the argument's inside, arrays of the
        output's shape followed by the input's; with has_aux a pair of that and aux.

    >>> import numpy as np, tinygrad_seq as tg
    >>> tg.func.jacobian(lambda x: x * x)(np.array([1.0, 2.0, 3.0])).tolist()
    [[2.0, 0.0, 0.0], [0.0, 4.0, 0.0], [0.0, 0.0, 6.0]]
    """
    if mode not in (None, "forward", "reverse"):
        raise OptionError(f'jacobian: got mode={mode!r}; need "forward", "reverse" or None')

    @functools.wraps(f)
    def full(*args: Any, **kwargs: Any) -> Any:
        lin = _Linearized("jacobian", f, args, _numbers("jacobian", argnums, len(args)), has_aux, **kwargs)
        sizes_in, sizes_out = sum(x.size for x in lin.inputs), sum(y.size for y in lin.outputs)
        forward = sizes_in <= sizes_out if mode is None else mode == "forward"
        sources, targets = (lin.inputs, lin.outputs) if forward else (lin.outputs, lin.inputs)
        columns: list[list[list[Tensor]]] = [[[] for _ in targets] for _ in sources]
        for s, source in enumerate(sources):
            for k in range(source.size):
                unit = [np.zeros(x.shape, x.dtype) for x in sources]
                unit[s].reshape(-1)[k] = 1
                for t, value in enumerate(lin.push(unit) if forward else lin.pull(unit)):
                    columns[s][t].append(value)
        blocks = [
            [_block(columns[i][o] if forward else columns[o][i], y, x, forward) for i, x in enumerate(lin.inputs)]
            for o, y in enumerate(lin.outputs)
        ]
        rows = [lin.by_argument(row) for row in blocks]
        jacobians = lin.rebuild_output([row[0] if isinstance(argnums, int) else row for row in rows])
        return (jacobians, lin.aux) if has_aux else jacobians

    return full


def _block(parts: list[Tensor], y: Tensor, x: Tensor, forward: bool) -> Tensor:
    """The Jacobian dy/dx, ``(*y.shape, *x.shape)``, of its columns (forward) or rows."""
    if not parts:
        return Tensor(np.zeros(y.shape + x.shape, y.dtype))
    return reshape(stack(parts, axis=-1 if forward else 0), y.shape + x.shape)


def hessian(f: Function, argnums: int | Sequence[int] = 0, has_aux: bool = False) -> Function:
    """The second derivatives of a function with one element, as a function: forward over reverse.

    Returns:
        A function that returns, for an argument of shape S, an array of shape S + S; for structures, structures in
        structures, as `jacobian` does; with ``has_aux``, if f returns (output, aux), a pair of that and aux.

    >>> import numpy as np, tinygrad_seq as tg
    >>> tg.func.hessian(lambda x: (x**3).sum())(np.array([1.0, 2.0])).tolist()
    [[6.0, 0.0], [0.0, 12.0]]
    """
    return jacobian(grad(f, argnums, has_aux), argnums, mode="forward", has_aux=has_aux)


def hvp(f: Function, x: Any, v: Any) -> Any:
    """The product of the Hessian of ``f`` at x with v, at the price of a few gradients: forward over reverse.

    Args:
        f: a function of one argument, which returns one element.
        x: where; an array or a structure of arrays.
        v: of the same structure and shapes.

    >>> import numpy as np, tinygrad_seq as tg
    >>> tg.func.hvp(lambda x: (x**3).sum(), np.array([1.0, 2.0]), np.array([1.0, 10.0])).tolist()
    [6.0, 120.0]
    """
    return jvp(grad(f), (x,), (v,))[1]
