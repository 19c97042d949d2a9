"""Every kind of NumPy index, against the positions that NumPy itself picks with it."""

import numpy as np
import pytest
from derivatives import assert_close
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import tinygrad_seq as tg
from tinygrad_seq.autograd import grad


@st.composite
def mixed_indices(draw, shape):
    """A tuple of integers, slices, None, one Ellipsis, integer arrays that broadcast, and boolean arrays."""
    parts, axis = [], 0
    together = draw(hnp.array_shapes(min_dims=0, max_dims=2, max_side=3))
    kinds = st.sampled_from(["integer", "slice", "array", "list", "mask", "numpy integer"])
    while axis < len(shape) and draw(st.integers(0, 4)):
        size, kind = shape[axis], draw(kinds)
        if size == 0 and kind != "slice":
            break
        if kind in ("integer", "numpy integer"):
            k = draw(st.integers(-size, size - 1))
            parts.append(k if kind == "integer" else np.int64(k))
        elif kind == "slice":
            parts.append(draw(st.slices(size)))
        elif kind in ("array", "list"):
            dtype = draw(st.sampled_from(["int64", "int8"])) if size < 100 else "int64"
            picked = draw(hnp.arrays(dtype, together, elements=st.integers(-size, size - 1)))
            parts.append(picked.tolist() if kind == "list" and picked.ndim else picked)
        else:
            mask = draw(hnp.arrays(bool, (size,)))
            parts.append(mask)
        axis += 1
    for _ in range(draw(st.integers(0, 2))):
        parts.insert(draw(st.integers(0, len(parts))), None)
    if draw(st.booleans()):
        parts.append(...)
    return tuple(parts)


@st.composite
def arrays_and_indices(draw):
    shape = draw(hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))
    whole = hnp.arrays(bool, shape)
    some = st.one_of(hnp.basic_indices(shape, allow_newaxis=True), whole, mixed_indices(shape))
    if shape and all(shape):
        rows = hnp.array_shapes(min_dims=0, max_dims=2, max_side=4)
        some |= rows.flatmap(lambda s: hnp.arrays("int64", s, elements=st.integers(-shape[0], shape[0] - 1)))
        some |= hnp.integer_array_indices(shape, result_shape=hnp.array_shapes(min_dims=0, max_dims=2, max_side=3))
    return shape, draw(some)


def positions(shape, index):
    """Which elements NumPy picks, or None where it refuses."""
    try:
        return np.arange(int(np.prod(shape))).reshape(shape)[index]
    except (IndexError, ValueError):
        return None


def scattered(picked, u, shape):
    return np.bincount(np.ravel(picked), weights=np.ravel(u), minlength=int(np.prod(shape))).reshape(shape)


@given(arrays_and_indices(), st.integers(1, 3))
def test_reads_and_their_derivatives(case, times):
    shape, index = case
    picked = positions(shape, index)
    rng = np.random.default_rng(0)
    x, v = rng.normal(size=shape), rng.normal(size=shape)
    t = tg.tensor(x, requires_grad=True)
    if picked is None:
        with pytest.raises((IndexError, ValueError)):
            t[index]
        return
    ys = [t[index] for _ in range(times)]
    us = [rng.normal(size=np.shape(picked)) for _ in ys]
    np.testing.assert_array_equal(ys[0].numpy(), x[index])
    expected = sum(scattered(picked, u, shape) for u in us)
    assert_close(grad(ys, t, us)[0], expected, "first order", rtol=1e-12)

    seeds = [tg.tensor(u, requires_grad=True) for u in us]
    (g,) = grad(ys, t, seeds, create_graph=True)
    assert_close(g, expected, "recorded", rtol=1e-12)
    for back in grad((g * v).sum(), seeds):
        np.testing.assert_array_equal(back.numpy(), v[index])


@given(
    st.lists(
        st.sampled_from([0, 1, -1, slice(1, 3), slice(None), None, ..., (), "array", "mask"]), min_size=1, max_size=6
    )
)
def test_reads_of_different_kinds_of_one_array_add_up(kinds):
    indices = [
        {"array": np.array([2, 0, 2]), "mask": np.array([True, False, True])}.get(k, k) if isinstance(k, str) else k
        for k in kinds
    ]
    rng = np.random.default_rng(0)
    x = tg.tensor(rng.normal(size=(3, 2)), requires_grad=True)
    us = [rng.normal(size=x.numpy()[k].shape) for k in indices]
    expected = sum(scattered(positions((3, 2), k), u, (3, 2)) for k, u in zip(indices, us, strict=True))
    for record in (False, True):
        assert_close(grad([x[k] for k in indices], x, us, create_graph=record)[0], expected, "sum", rtol=1e-12)


@given(st.integers(0, 7), st.lists(st.integers(-9, 9), max_size=4))
def test_split_cuts_where_numpy_does(size, cuts):
    x = np.arange(2.0 * size).reshape(2, size)
    t = tg.tensor(x, requires_grad=True)
    ours, theirs = np.split(t, cuts, axis=1), np.split(x, cuts, axis=1)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(a.numpy(), b)
    rng = np.random.default_rng(0)
    us = [rng.normal(size=part.shape) for part in theirs]
    positions = np.split(np.arange(2 * size).reshape(2, size), cuts, axis=1)
    expected = sum(scattered(p, u, x.shape) for p, u in zip(positions, us, strict=True))
    assert_close(grad(ours, t, us)[0], expected, "split", rtol=1e-12)


def test_tensors_are_welcome_as_indices():
    x = tg.tensor(np.arange(12.0).reshape(3, 4), requires_grad=True)
    rows, one, mask = tg.tensor(np.array([2, 0, 2])), tg.tensor(np.array(1)), x > 5
    np.testing.assert_array_equal(x[rows].numpy(), x.numpy()[[2, 0, 2]])
    np.testing.assert_array_equal(x[rows, one].numpy(), x.numpy()[[2, 0, 2], 1])
    np.testing.assert_array_equal(x[mask].numpy(), x.numpy()[x.numpy() > 5])
    np.testing.assert_array_equal(x[one : one + 1].numpy(), x.numpy()[1:2])
    assert grad(x[rows, one].sum(), x)[0].numpy()[:, 1].tolist() == [1, 0, 2]


@pytest.mark.parametrize("dtype", ["int8", "uint8", "int16", "uint32", "int64", "uint64"])
def test_indices_of_every_integer_dtype(dtype):
    x = tg.tensor(np.arange(300.0), requires_grad=True)
    k = np.array([0, 100, 127, 100], dtype)
    for index in (k, (k,), k.reshape(2, 2)):
        (g,) = grad(x[index].sum(), x)
        assert g.numpy()[[0, 100, 127]].tolist() == [1, 2, 1]
        assert g.numpy().sum() == 4


def test_one_row_by_two_names():
    x = tg.tensor(np.ones((3, 2)), requires_grad=True)
    for index in (np.array([2, -1]), (np.array([2, -1]),), (np.array([2, -1]), slice(None))):
        assert grad(x[index].sum(), x)[0].tolist() == [[0, 0], [0, 0], [2, 2]]


def test_reading_outside_is_an_index_error():
    x = tg.tensor(np.ones((2, 3)), requires_grad=True)
    for index in (2, -3, (0, 3), np.array([5]), np.array([True]), (0, 0, 0), "a", 1.0):
        with pytest.raises(IndexError):
            x[index]


def test_a_tensor_cannot_be_written_to():
    x = tg.tensor(np.ones(3), requires_grad=True)
    with pytest.raises(TypeError, match="item assignment"):
        x[0] = 1.0
