"""What a PyTorch user writes from memory: it works, or the error says how it is written here."""

import copy

import numpy as np
import pytest

import tinygrad_seq as tg
from tinygrad_seq import nn
from tinygrad_seq.errors import AbsentNameError, OptionError, ShapeError, TinygradSeqError
from tinygrad_seq.pytorch import MODULE, PACKAGE, TENSOR

X = np.arange(24.0).reshape(2, 3, 4)


def t():
    return tg.tensor(X, requires_grad=True)


ERRORS = {
    "view": (lambda: t().view(6, 4), AbsentNameError, r"no attribute 'view'; use t.reshape\(shape\)"),
    "a function of NumPy's": (lambda: t().exp(), AbsentNameError, r"'exp'; use np.exp\(t\)"),
    "a function of two arrays": (lambda: t().maximum(0), AbsentNameError, "'maximum'; use np.maximum$"),
    "an activation": (lambda: t().softmax(-1), AbsentNameError, "'softmax'; use tg.ops.softmax"),
    "a device": (lambda: t().to("cuda"), AbsentNameError, "'to'; leave it out, all arrays are NumPy's; t.astype"),
    "a change in place": (lambda: t().add_(1), AbsentNameError, "'add_'; use a new Tensor, as none ever changes"),
    "of a parameter": (lambda: nn.Linear(1, 1).weight.fill_(0), AbsentNameError, "'Parameter' object .* set p.data"),
    "a module's device": (lambda: nn.LSTM(1, 1).cuda(), AbsentNameError, "'LSTM' object .*'cuda'; leave it out"),
    "the memory of weights": (lambda: nn.LSTM(1, 1).flatten_parameters(), AbsentNameError, "leave it out$"),
    "packed sequences": (lambda: nn.utils.rnn, AbsentNameError, r"'utils'; use .* and lengths= in the place of packed"),
    "cat": (lambda: tg.cat([t(), t()]), AbsentNameError, r"'tinygrad_seq' .*'cat'; use np.concatenate"),
    "zeros": (lambda: tg.zeros(3), AbsentNameError, "'zeros'; use np.zeros$"),
    "an activation of the package": (lambda: tg.sigmoid(t()), AbsentNameError, "'sigmoid'; use tg.ops.sigmoid"),
    "dim": (lambda: t().mean(dim=1), OptionError, "t.mean: got dim=; Tensors follow NumPy; use axis="),
    "keepdim": (lambda: t().sum(-1, keepdim=True), OptionError, "t.sum: got keepdim=; .*; use keepdims="),
    "two axes": (lambda: t().transpose(0, 1), ShapeError, r"need one for each of 3; use swapaxes\(0, 1\) to exchange"),
    "an order of too many axes": (lambda: t().transpose(0, 1, 2, 3), ShapeError, "need one for each of 3$"),
}


@pytest.mark.parametrize("name", ERRORS)
def test_error(name):
    provoke, kind, message = ERRORS[name]
    with pytest.raises(TinygradSeqError, match=message) as caught:
        provoke()
    assert type(caught.value) is kind


def test_a_name_that_nobody_has_is_no_attribute():
    for owner, told in ((t(), "'Tensor' object"), (nn.Linear(1, 1), "'Linear' object"), (tg, "module 'tinygrad_seq'")):
        with pytest.raises(AttributeError, match=f"^{told} has no attribute 'frobnicate'$") as caught:
            owner.frobnicate  # noqa: B018 - which raises
        assert type(caught.value) is AttributeError
        assert not hasattr(owner, "_private")


def test_no_remedy_is_told_for_a_name_that_is_there():
    for owner, names in ((t(), TENSOR), (nn.Linear(1, 1), MODULE), (tg, PACKAGE)):
        assert not [name for name in names if hasattr(owner, name)]


def test_a_graph_is_kept_without_being_asked_for():
    x = t()
    loss = (x * x).sum()
    loss.backward(retain_graph=True)
    loss.backward(retain_graph=False)
    assert np.array_equal(x.grad, 4 * X)
    (g,) = tg.autograd.grad(loss, x, retain_graph=True)
    assert np.array_equal(g, 2 * X)
    assert copy.copy(x).requires_grad


# How it is written there, and here; the remedies of the errors.
SAME = {
    "view": (lambda t: t.view(6, 4), lambda t: t.reshape(6, 4)),
    "permute": (lambda t: t.permute(2, 0, 1), lambda t: t.transpose(2, 0, 1)),
    "transpose": (lambda t: t.transpose(1, 2), lambda t: t.swapaxes(1, 2)),
    "unsqueeze": (lambda t: t.unsqueeze(1), lambda t: np.expand_dims(t, 1)),
    "chunk": (lambda t: t.chunk(2, dim=2)[1], lambda t: np.array_split(t, 2, 2)[1]),
    "clamp": (lambda t: t.clamp(2, 9), lambda t: t.clip(2, 9)),
    "expand": (lambda t: t[:1].expand(5, 3, 4), lambda t: np.broadcast_to(t[:1], (5, 3, 4))),
    "gather": (
        lambda t: t.gather(1, (t[:, :1] * 0).long() + 1),
        lambda t: np.take_along_axis(t, (t[:, :1] * 0).astype("int64") + 1, 1),
    ),
    "masked_fill": (lambda t: t.masked_fill(t > 3, -1.0), lambda t: np.where(t > 3, -1.0, t)),
    "masked_select": (lambda t: t.masked_select(t > 3), lambda t: t[t > 3]),
    "movedim": (lambda t: t.movedim(0, 2), lambda t: np.moveaxis(t, 0, 2)),
    "repeat_interleave": (lambda t: t.repeat_interleave(2, 1), lambda t: t.repeat(2, 1)),
    "unbind": (lambda t: t.unbind(0)[1], lambda t: tuple(t)[1]),
    "topk": (lambda t: t.topk(2).values, lambda t: np.sort(t, -1)[..., ::-1][..., :2]),
    "norm": (lambda t: t.norm(), lambda t: np.linalg.norm(t)),
    "std": (lambda t: t.std(dim=1), lambda t: t.std(1, ddof=1)),
    "bmm": (lambda t: t.bmm(t.transpose(1, 2)), lambda t: t @ t.swapaxes(1, 2)),
    "softmax": (lambda t: t.softmax(dim=1), lambda t: tg.ops.softmax(t, axis=1)),
}


@pytest.mark.parity
@pytest.mark.parametrize("name", SAME)
def test_the_remedy_is_the_same(name):
    torch = pytest.importorskip("torch")
    theirs, ours = SAME[name]
    assert name in TENSOR or name in ("transpose", "std", "softmax")
    x = torch.tensor(X, requires_grad=True)
    mine, value = t(), theirs(x)
    result = ours(mine)
    np.testing.assert_allclose(result, value.detach().numpy(), 1e-12)
    (result * result).sum().backward()
    (value * value).sum().backward()
    np.testing.assert_allclose(mine.grad, x.grad.numpy(), 1e-12)
