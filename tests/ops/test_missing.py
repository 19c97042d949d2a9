"""All of NumPy's functions that Tensors can reach: each works, or is refused by an error that names one that does."""

import inspect
import re

import numpy as np
import pytest

import tinygrad_seq as tg
from tinygrad_seq import ops
from tinygrad_seq.autograd.tensor import NUMPY
from tinygrad_seq.errors import UnsupportedError

T = tg.tensor(np.ones((2, 2)), requires_grad=True)
SPACES = {"np": np, "np.linalg": np.linalg, "np.fft": np.fft, "np.emath": np.emath}
REACHED = {
    f"{space}.{name}": function
    for space, module in SPACES.items()
    for name, function in vars(module).items()
    if not inspect.isclass(function) and (isinstance(function, np.ufunc) or hasattr(function, "_implementation"))
}
REFUSED = {path: f for path, f in REACHED.items() if not getattr(NUMPY.get(f), "differentiable", f in NUMPY)}
METHODS = ("reduce", "accumulate", "reduceat", "outer", "at")
SHIFTS = ("np.fft.fftshift", "np.fft.ifftshift")


def named(message):
    """What an error tells to use: a function of NumPy or of this package."""
    path = re.search(r"(?:the nearest that has is|use) (np|tg\.ops)((?:\.\w+)+)", message)
    assert path, message
    found = {"np": np, "tg.ops": ops}[path[1]]
    for part in path[2].split(".")[1:]:
        found = getattr(found, part)
    return found


def works(function):
    ours = {call for name, call in vars(ops).items() if callable(call)}
    return getattr(NUMPY.get(function), "differentiable", function in NUMPY or function in ours)


def test_there_is_much_to_reach():
    assert len(REACHED) > 350
    assert {"np.tanh", "np.linalg.eig", "np.fft.rfft", "np.emath.sqrt"} <= set(REACHED)
    assert not works(np.put)
    assert not works(np.isnan)
    assert not works(np.fft.rfft)


@pytest.mark.parametrize("path", sorted(path for path, f in REACHED.items() if f not in NUMPY and path not in SHIFTS))
def test_what_is_missing_is_refused_and_the_nearest_named(path):
    function = REACHED[path]
    protocol = (
        (lambda: T.__array_ufunc__(function, "__call__", T))
        if isinstance(function, np.ufunc)
        else (lambda: T.__array_function__(function, (tg.Tensor,), (T,), {}))
    )
    with pytest.raises(UnsupportedError, match=rf"^{re.escape(path)}: ") as caught:
        protocol()
    assert works(named(str(caught.value)))


@pytest.mark.parametrize("name", ["copyto", "fill_diagonal", "place", "put", "put_along_axis", "putmask"])
def test_what_changes_an_array_is_refused_and_what_does_not_named(name):
    with pytest.raises(UnsupportedError, match=rf"^np\.{name} changes an array in place") as caught:
        T.__array_function__(getattr(np, name), (tg.Tensor,), (T,), {})
    assert works(named(str(caught.value)))


@pytest.mark.parametrize("name", ["add", "arctan2", "maximum", "tanh", "matmul"])
def test_at_is_refused(name):
    with pytest.raises(UnsupportedError, match=rf"^np\.{name}\.at: changes an array in place; use tg\.ops\.set_at"):
        T.__array_ufunc__(getattr(np, name), "at", np.ones((2, 2)), 0, T)


def test_every_ufunc_of_two_numbers_has_its_methods():
    ufuncs = {f for f in vars(np).values() if isinstance(f, np.ufunc) and (f.nin, f.nout, f.signature) == (2, 1, None)}
    assert len(ufuncs) > 30
    assert not [(f.__name__, m) for f in ufuncs for m in METHODS[:-1] if (f, m) not in NUMPY]


def test_what_numpy_loads_on_first_use_leads_here_by_name():
    x = tg.tensor(np.arange(5.0), requires_grad=True)
    assert np.fft.fftshift(x).requires_grad
    assert np.fft.ifftshift(np.fft.fftshift(x)).tolist() == x.tolist()
    with pytest.raises(UnsupportedError, match=r"^np\.fft\.rfft: has complex values"):
        np.fft.rfft(x)
