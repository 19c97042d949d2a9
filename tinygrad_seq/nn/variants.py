"""The variants of the recurrences that books and papers mean, each an option with a name.

What stands in `recurrences` is the plain form; a layer takes the form here as soon as one of these options is used.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from inspect import signature
from typing import Any, Literal

import numpy as np

from ..autograd import Tensor, name
from ..errors import OptionError
from ..ops import lerp, linear, sigmoid, split, tanh
from .arguments import flags
from .functional import layer_norm
from .recurrences import Elman, Gated, LongShortTerm, Recurrence, States, Weights

__all__ = ["Ablation", "ElmanVariant", "GatedVariant", "LongShortTermVariant", "chosen"]

Ablation = Mapping[str, float]


def chosen(plain: Recurrence, variant: Callable[..., Recurrence], **options: Any) -> Recurrence:
    """The plain recurrence, or the variant where an option is not the default; it remembers which."""
    defaults = {name: option.default for name, option in signature(variant).parameters.items()}
    changed = {name: value for name, value in options.items() if value != defaults[name]}
    if changed.keys() - {"nonlinearity"}:
        plain = variant(**options)
    plain.given = options
    plain.options = {name: getattr(value, "__name__", value) for name, value in changed.items()}
    return plain


def normalised(x: Any, w: Weights, which: str) -> Any:
    """Layer normalisation by the gain and bias of that name."""
    return layer_norm(x, x.shape[-1:], w[f"norm_{which}weight"], w[f"norm_{which}bias"])


def norms(**sizes: int) -> dict[str, tuple[int, ...]]:
    """The gain and bias of each normalisation, by the middle of its name."""
    return {f"norm_{which}{part}": (size,) for which, size in sizes.items() for part in ("weight", "bias")}


def held(caller: str, ablate: Ablation | None, gates: str) -> dict[str, float]:
    """The gates that do not learn, checked."""
    if not isinstance(ablate, (Mapping, type(None))):
        raise OptionError(f"{caller}: got ablate={ablate!r}; need a dict from gates to numbers, such as {{'f': 1.0}}")
    for gate, value in (ablate or {}).items():
        if gate not in tuple(gates):
            raise OptionError(f"{caller}: got ablate={{{gate!r}: ...}}; need one of its gates: {', '.join(gates)}")
        if not isinstance(value, (int, float, np.integer, np.floating)) or not np.isfinite(value):
            raise OptionError(f"{caller}: got ablate={{{gate!r}: {value!r}}}; need a number: 0 is shut, 1 open")
    return dict(ablate or {})


def frozen(gate: str, value: Any, ablate: Ablation) -> Any:
    """The gate's value, or the constant that stands in for it."""
    return Tensor(np.full(value.shape, ablate[gate], value.dtype)) if gate in ablate else value


class ElmanVariant(Elman):
    """h' = tanh(LN(W_ih x + b_ih + W_hh h + b_hh)) (Ba, Kiros and Hinton 2016, equation 4)."""

    def __init__(self, nonlinearity: str | Callable[[Any], Tensor] = "tanh", layer_norm: bool = False):
        super().__init__(nonlinearity)
        flags("RNN", layer_norm=layer_norm)
        self.layer_norm = layer_norm

    def shapes(self, input_size: int, hidden_size: int, bias: bool) -> dict[str, tuple[int, ...]]:
        """The plain parameters, and gain and bias."""
        shapes = super().shapes(input_size, hidden_size, bias)
        return shapes | (norms(**{"": hidden_size}) if self.layer_norm else {})

    def operands(self, w: Weights, keep: Any) -> Any:
        """All parameters, and the mask."""
        return w, keep

    def step(self, x: Sequence[Tensor], state: States, operands: Any) -> States:
        """The next hidden state."""
        w, keep = operands
        a = linear(state[0] if keep is None else state[0] * keep, w["weight_hh"], x[0])
        h = self.activation(normalised(a, w, "") if self.layer_norm else a)
        name(h=h)
        return (h,)


class LongShortTermVariant(LongShortTerm):
    """Peepholes, coupled or missing forget gate, projection, layer normalisation, gates held fixed, in any mixture."""

    def __init__(
        self,
        proj_size: int = 0,
        peepholes: Literal["diagonal", "full"] | None = None,
        coupled: bool = False,
        forget_gate: bool = True,
        layer_norm: bool = False,
        ablate: Ablation | None = None,
    ):
        if peepholes not in (None, "diagonal", "full"):
            raise OptionError(f"LSTM: got peepholes={peepholes!r}; need None, 'diagonal' or 'full'")
        flags("LSTM", coupled=coupled, forget_gate=forget_gate, layer_norm=layer_norm)
        if coupled and not forget_gate:
            raise OptionError("LSTM: got coupled=True and forget_gate=False; a gate that is not there has no partner")
        self.gates = "ifgo" if forget_gate and not coupled else "igo"
        self.proj_size, self.peepholes, self.coupled, self.layer_norm = proj_size, peepholes, coupled, layer_norm
        self.ablate = held("LSTM", ablate, "ifgo" if forget_gate else "igo")

    def widths(self, hidden_size: int) -> tuple[int, ...]:
        """The size of h, which may be projected, and of c."""
        return self.proj_size or hidden_size, hidden_size

    def shapes(self, input_size: int, hidden_size: int, bias: bool) -> dict[str, tuple[int, ...]]:
        """The plain parameters, and what the options add."""
        H = hidden_size
        shapes = super().shapes(input_size, H, bias)
        if self.proj_size:
            shapes["weight_hr"] = (self.proj_size, H)
        if self.peepholes:
            shapes |= {f"weight_c{k}": (H,) if self.peepholes == "diagonal" else (H, H) for k in self.gates if k != "g"}
        if self.layer_norm:
            rows = len(self.gates) * H
            shapes |= norms(ih_=rows, hh_=rows, c_=H)
        return shapes

    def project(self, x: Any, w: Weights) -> tuple[Tensor, ...]:
        """The contributions to all gates; the biases stand outside of a normalisation."""
        if not self.layer_norm:
            return super().project(x, w)
        gates = normalised(linear(x, w["weight_ih"]), w, "ih_")
        return (gates if w["bias_ih"] is None else gates + (w["bias_ih"] + w["bias_hh"]),)

    def operands(self, w: Weights, keep: Any) -> Any:
        """All parameters, and the mask."""
        return w, keep

    def _peep(self, gate: str, a: Any, c: Any, w: Weights) -> Any:
        """What the cell state adds to a gate's preactivation."""
        if self.peepholes is None:
            return a
        weight = w[f"weight_c{gate}"]
        return a + weight * c if self.peepholes == "diagonal" else linear(c, weight, a)

    def step(self, x: Sequence[Tensor], state: States, operands: Any) -> States:
        """The next hidden and cell state."""
        (h, c), (w, keep) = state, operands
        kept = h if keep is None else h * keep
        if self.layer_norm:
            a = normalised(linear(kept, w["weight_hh"]), w, "hh_") + x[0]
        else:
            a = linear(kept, w["weight_hh"], x[0])
        parts = dict(zip(self.gates, split(a, len(self.gates), axis=-1), strict=True))
        i = frozen("i", sigmoid(self._peep("i", parts["i"], c, w)), self.ablate)
        g = frozen("g", tanh(parts["g"]), self.ablate)
        if "f" in parts:
            f = frozen("f", sigmoid(self._peep("f", parts["f"], c, w)), self.ablate)
        elif self.coupled:
            f = frozen("f", 1 - i, self.ablate)
        else:
            f = None
        c = (c if f is None else f * c) + i * g
        o = frozen("o", sigmoid(self._peep("o", parts["o"], c, w)), self.ablate)
        h = o * tanh(normalised(c, w, "c_") if self.layer_norm else c)
        if self.proj_size:
            h = linear(h, w["weight_hr"])
        name(i=i, g=g, o=o, c=c, h=h, **({} if f is None else {"f": f}))
        return h, c


class GatedVariant(Gated):
    """Reset before or after the matmul, the update gate in either sense, layer normalisation, gates held fixed."""

    def __init__(
        self,
        reset: Literal["after", "before"] = "after",
        update: Literal["keep", "write"] = "keep",
        layer_norm: bool = False,
        ablate: Ablation | None = None,
    ):
        if reset not in ("after", "before"):
            raise OptionError(f"GRU: got reset={reset!r}; need 'after' or 'before' (the matmul)")
        if update not in ("keep", "write"):
            raise OptionError(f"GRU: got update={update!r}; need 'keep' (z keeps h) or 'write' (z writes n)")
        flags("GRU", layer_norm=layer_norm)
        self.reset, self.update, self.layer_norm = reset, update, layer_norm
        self.ablate = held("GRU", ablate, self.gates)

    def shapes(self, input_size: int, hidden_size: int, bias: bool) -> dict[str, tuple[int, ...]]:
        """The plain parameters, and gain and bias for r with z, and for n."""
        shapes = super().shapes(input_size, hidden_size, bias)
        rz, n = 2 * hidden_size, hidden_size
        return shapes | (norms(ih_rz_=rz, ih_n_=n, hh_rz_=rz, hh_n_=n) if self.layer_norm else {})

    def project(self, x: Any, w: Weights) -> tuple[Tensor, ...]:
        """The contributions to r and z, and to n; the biases stand outside of a normalisation."""
        if not self.layer_norm:
            return super().project(x, w)
        rows = w["weight_ih"].shape[0]
        parts = split(linear(x, w["weight_ih"]), [2 * rows // 3], axis=-1)
        parts = [normalised(part, w, f"ih_{which}_") for part, which in zip(parts, ("rz", "n"), strict=True)]
        if w["bias_ih"] is None:
            return tuple(parts)
        biases = split(w["bias_ih"], [2 * rows // 3])
        return tuple([part + bias for part, bias in zip(parts, biases, strict=True)])

    def operands(self, w: Weights, keep: Any) -> Any:
        """Weights and biases of r with z, and of n; all parameters; the mask."""
        cut = [2 * w["weight_hh"].shape[0] // 3]
        biases = [None, None] if w["bias_hh"] is None else split(w["bias_hh"], cut)
        return *split(w["weight_hh"], cut), *biases, w, keep

    def _product(self, h: Any, weight: Any, bias: Any, w: Weights, which: str) -> Any:
        """A recurrent product, normalised if that is asked for."""
        if not self.layer_norm:
            return linear(h, weight, bias)
        product = normalised(linear(h, weight), w, f"hh_{which}_")
        return product if bias is None else product + bias

    def step(self, x: Sequence[Tensor], state: States, operands: Any) -> States:
        """The next hidden state."""
        (x_rz, x_n), (h,), (w_rz, w_n, b_rz, b_n, w, keep) = x, state, operands
        kept = h if keep is None else h * keep
        r, z = split(sigmoid(x_rz + self._product(kept, w_rz, b_rz, w, "rz")), 2, axis=-1)
        r, z = frozen("r", r, self.ablate), frozen("z", z, self.ablate)
        if self.reset == "after":
            n = tanh(x_n + r * self._product(kept, w_n, b_n, w, "n"))
        else:
            n = tanh(x_n + self._product(r * kept, w_n, b_n, w, "n"))
        n = frozen("n", n, self.ablate)
        h = lerp(n, h, z) if self.update == "keep" else lerp(h, n, z)
        name(r=r, z=z, n=n, h=h)
        return (h,)
