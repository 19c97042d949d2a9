"""Functions that move elements: NumPy's values and dtypes, and each cotangent goes back to where its element was."""

import re

import numpy as np
import pytest
from derivatives import assert_close

import tinygrad_seq as tg
from tinygrad_seq.autograd import grad

windows = np.lib.stride_tricks.sliding_window_view
I = np.array
A = np.arange(1.0, 25.0).reshape(2, 3, 4)  # the number of every element; 0 is for what a function fills in
M, V, Z, E = A[0], A[0, 0], A[0, 0, 0], np.zeros((0, 3))
ORDER = I([[2, 0, 1, 3], [3, 2, 1, 0], [0, 0, 3, 3]])

MOVES = {
    "reshape": [
        *[(lambda t, o=o: np.reshape(t, (4, -1), order=o), A) for o in "CF"],
        *[(lambda t, s=s: np.reshape(t, s), A) for s in (24, np.int64(24), I([4, 6]), [3, 8])],
        (lambda t: np.reshape(t, shape=(4, 6), copy=True), A),
        *[(lambda t: t.reshape(4, 6, order="F"), A), (lambda t: t.reshape([-1]), A), (lambda t: t.reshape(()), Z)],
    ],
    "ravel": [
        *[(np.ravel, A), (lambda t: np.ravel(t, "F"), A), (lambda t: t.flatten("F"), A), (lambda t: t.ravel(), Z)],
        *[
            (lambda t, o=o, view=view: np.ravel(view(t), o), A)
            for o in "AK"
            for view in (
                *(lambda t: t, lambda t: t.T, lambda t: t.transpose(1, 0, 2), lambda t: t.transpose(2, 0, 1)[::2]),
                *(lambda t: t[:, ::-1].T, lambda t: t[:1].T, lambda t: np.broadcast_to(t[:, :, :1], A.shape).T),
                *(lambda t: np.broadcast_to(t[0], (2, 3, 4)).T, lambda t: np.broadcast_to(t[0].T, (2, 4, 3))),
            )
        ],
        *[(lambda t, f=f: f(t).reshape(4, 6, order="A"), A) for f in (lambda t: t, lambda t: t.T, lambda t: t.mT)],
        *[(lambda t, o=o: t.T.flatten(o), M) for o in "AK"],
    ],
    "axes": [
        *[(lambda t: np.transpose(t, [2, 0, 1]), A), (lambda t: np.permute_dims(t, (2, 0, 1)), A), (lambda t: t.T, A)],
        *[(np.matrix_transpose, A), (np.linalg.matrix_transpose, A), (lambda t: t.mT, A)],
        *[(lambda t: np.moveaxis(t, [0, 1], [-1, 0]), A), (lambda t: np.moveaxis(t, -1, 0), A)],
        *[(lambda t, k=k: np.rollaxis(t, *k), A) for k in ((2,), (0, 3), (-1, -2), (1, 1))],
        *[(lambda t: np.expand_dims(t, [0, -1]), A), (lambda t: np.squeeze(t[:1, :, :1], axis=(0, -1)), A)],
    ],
    "flip": [
        *[(lambda t, k=k: np.flip(t, k), M) for k in (None, 0, -1, (0, 1), ())],
        *[(np.fliplr, M), (np.flipud, M), (np.flip, Z)],
        *[(lambda t, k=k: np.rot90(t, k), M) for k in range(-2, 6)],
        *[(lambda t, k=k: np.rot90(t, k, [2, 1]), A) for k in range(4)],
    ],
    "roll": [
        *[(lambda t, s=s, k=k: np.roll(t, s, k), M) for s, k in ((1, None), (-7, None), (2, 0), ((1, 2), (0, 1)))],
        *[(lambda t, s=s, k=k: np.roll(t, s, k), M) for s, k in ((1, (0, 1)), ((1, 2), 1), ([1, 2], [1, 0]), (99, 1))],
        *[(lambda t: np.roll(t, I([1, 2]), (0, 1)), M), (lambda t: np.roll(t, 1), Z), (lambda t: np.roll(t, 1, 0), E)],
    ],
    "again": [
        *[(lambda t, n=n, k=k: np.repeat(t, n, k), M) for n in (0, 1, 3, [2]) for k in (None, 0, -1)],
        *[(lambda t: np.repeat(t, [1, 0, 2], axis=0), M), (lambda t: t.repeat(2, axis=1), M)],
        *[(lambda t, n=n: np.tile(t, n), M) for n in (2, (2,), (1, 2), (2, 1, 1, 2), 0, (), I([2, 1]))],
        *[(lambda t, n=n: np.resize(t, n), M) for n in ((4, 5), 2, 30, (), (0, 2))],
        (lambda t: np.resize(t, (2, 2)), E),
        *[(lambda t: windows(t, (2, 2)), M), (lambda t: windows(t, 2, axis=0), M), (lambda t: windows(t, 3), V)],
        *[(lambda t: np.broadcast_to(t, 3), Z), (lambda t: np.broadcast_to(t, (2, 4)), V)],
        (lambda t: np.full_like(M, 0) + np.full_like(t, t[0], shape=(3, 4)), V),
    ],
    "pad": [
        *[
            (lambda t, n=n, m=m: np.pad(t, n, m), M)
            for m in ("constant", "edge", "reflect", "symmetric", "wrap")
            for n in (0, 1, (1, 2), ((1, 2),), [[2, 0], [0, 1]], (1,), [[1], [2]], 9, I([[1, 2], [3, 4]]))
        ],
        *[(lambda t, m=m: np.pad(t, 3, mode=m), V[:1]) for m in ("constant", "edge", "reflect", "symmetric", "wrap")],
        *[(lambda t: np.pad(t, 1), E), (lambda t: np.pad(t, ((0, 0), (1, 1)), "wrap"), E), (lambda t: np.pad(t, 0), Z)],
        (lambda t: np.pad(t, 1, "reflect", reflect_type="even"), M),
    ],
    "join": [
        *[(lambda t, k=k: np.concatenate([t, 2 * 0 + t, t[:3]], k), M) for k in (0, None)],
        *[(np.concatenate, A), (np.stack, A), (np.hstack, A), (np.vstack, A), (np.dstack, A), (np.column_stack, A)],
        *[
            (lambda t, f=f: f([t, t]), x)
            for f in (np.hstack, np.vstack, np.dstack, np.column_stack)
            for x in (Z, V, M, A)
        ],
        *[(lambda t, k=k: np.stack([t, t], k), M) for k in (0, 1, 2, -1, -3)],
        (lambda t: np.concatenate([t, t], dtype=np.float32), M),
        *[(np.block, M), (lambda t: np.block([t, t]), V), (lambda t: np.block([[t, t], [t, t]]), M)],
        *[(lambda t: np.block([[[t, t]], [[t, t]]]), M), (lambda t: np.block([[A * 0, t], [t, A * 0]]), A)],
        *[
            (lambda t: np.append(t, t), M),
            (lambda t: np.append(t, t[:1], axis=0), M),
            (lambda t: np.append(V * 0, t), V),
        ],
    ],
    "insert": [
        *[
            (lambda t, k=k: np.insert(t, k, 0.0), V)
            for k in (0, 1, -1, 4, [1], [0, 2], [2, 0], [1, 1], [], slice(1, 4))
        ],
        *[(lambda t: np.insert(t, I([True, False, True, False]), t[0]), V), (lambda t: np.insert(t, 1, t[:2]), V)],
        *[(lambda t, k=k: np.insert(t, k, t[1], axis=0), M) for k in (0, [1], [0, 2])],
        *[(lambda t, k=k: np.insert(t, k, t[:, 1:2], axis=-1), M) for k in ([1], [0, 2])],
        *[(lambda t: np.insert(t, 1, t[:, 1], axis=1), M), (lambda t: np.insert(t, 1, t[:2, :3], axis=1), M)],
        *[(lambda t: np.insert(V * 0, 1, t), Z), (lambda t: np.insert(t, 2, 0.0), M)],
    ],
    "delete": [
        *[(lambda t, k=k: np.delete(t, k), V) for k in (0, -1, [1], [0, 2], [1, 1], [], slice(None, None, 2))],
        *[(lambda t: np.delete(t, I([True, False, True, False])), V), (lambda t: np.delete(t, [0, 2], axis=1), M)],
    ],
    "split": [
        *[(lambda t, n=n: np.split(t, n, axis=2)[-1], A) for n in (1, 2, 4, [1, 3], (3, 1, -1), [], [9], I([2]))],
        *[(lambda t, n=n: np.array_split(t, n)[0], V) for n in (1, 3, 9, [1, 3], I([2]))],
        *[(lambda t: np.split(t, np.int64(2))[1], V), (lambda t: np.split(t, 2)[1], E[:, 0])],
        *[(lambda t: np.hsplit(t, 2)[1], V), (lambda t: np.hsplit(t, [1])[1], A), (lambda t: np.vsplit(t, 2)[1], A)],
        *[(lambda t: np.dsplit(t, 2)[1], A), (lambda t: np.unstack(t)[1], A), (lambda t: np.unstack(t, axis=-1)[1], A)],
    ],
    "take": [
        *[
            (lambda t, i=i, k=k: np.take(t, i, k), M)
            for k in (None, 0, 1, -1)
            for i in (0, -1, [0, 1], [[0, 1], [2, 0]], I(1), [], [True, False], [-3, 2, 2], np.uint8(1))
        ],
        *[(lambda t, m=m, k=k: np.take(t, [-5, 7, 1], k, mode=m), M) for m in ("wrap", "clip") for k in (None, 0, 1)],
        (lambda t: t.take([1, 1], axis=1), M),
        *[(lambda t, k=k: np.take_along_axis(t, ORDER[:, :3] if k == 0 else ORDER, k), m) for k, m in ((1, M),)],
        *[(lambda t: np.take_along_axis(t, ORDER), M), (lambda t: np.take_along_axis(t, ORDER % 3, 0), M)],
        *[(lambda t: np.take_along_axis(t, ORDER[:1], 1), M), (lambda t: np.take_along_axis(t, I([1, 1]), None), M)],
    ],
    "choose": [
        *[(lambda t: np.choose([2, 0, 1, 1], t), M), (lambda t: np.choose([[0], [1], [2]], [t, 0.0, t[0]]), V)],
        *[(lambda t, m=m: np.choose([3, -1, 0, 9], [t, t[::-1]], mode=m), V) for m in ("wrap", "clip")],
        (lambda t: I([0, 1, 0, 1]).choose(t[:2]) if isinstance(t, np.ndarray) else np.choose([0, 1, 0, 1], t[:2]), M),
        *[(lambda t, k=k: np.compress([True, False, True], t, axis=k), M) for k in (None, 0, 1)],
        *[(lambda t: t.compress([0, 1, 1], axis=0), M), (lambda t: np.compress([1] + [0] * 9, t, axis=0), M)],
        *[
            (lambda t: np.extract(M > 5, t), M),
            (lambda t: np.extract(t > 5, t), M),
            (lambda t: np.extract([1, 0, 1], t), M),
        ],
        *[(lambda t: np.select([t > 9, t < 4], [t, t[:, :1]], 0), M), (lambda t: np.select([t > 9], [0], t), M)],
        (lambda t: np.piecewise(t, [t < 3, t > 9], [lambda v: v[::-1], 0, lambda v: v]), M),
        *[
            (lambda t: np.piecewise(t, [t > 3], [lambda v: v]), M),
            (lambda t: np.piecewise(t, [t > 99, t > 3], [lambda v: -v, lambda v: v]), M),
            (lambda t: np.piecewise(t, t > 3, [0, lambda v: v]), Z),
        ],
    ],
    "diagonal": [
        *[
            (lambda t, f=f, k=k: f(t, k), x)
            for k in (0, 1, -1, 3, -3, 9)
            for f, xs in ((np.diag, (V, M)), (np.diagflat, (Z, M)), (np.tril, (V, M, A, E)), (np.triu, (V, M, A, E)))
            for x in xs
        ],
        *[(lambda t, k=k: np.diagonal(t, k, 2, 0), A) for k in (0, 1, -1, 9)],
        *[(lambda t: t.diagonal(1), M), (lambda t: np.linalg.diagonal(t, offset=1), A)],
    ],
    "copy": [(np.copy, M), (lambda t: t.copy(), M), (lambda t: np.astype(t, np.float32), M), (lambda t: t.flat[5], M)],
}


@pytest.mark.parametrize("name", MOVES)
def test_values_and_where_cotangents_go(name):
    rng = np.random.default_rng(0)
    for move, numbers in MOVES[name]:
        expected = np.asarray(move(numbers))
        x = rng.normal(size=numbers.shape)
        t = tg.tensor(x, requires_grad=True)
        y = move(tg.tensor(numbers, requires_grad=True))
        assert y.dtype == expected.dtype
        np.testing.assert_array_equal(y.numpy(), expected)
        if numbers.size == 0:
            continue
        if name == "choose":  # what is chosen depends on the values
            t, x = tg.tensor(numbers, requires_grad=True), numbers
        y, u = move(t), rng.normal(size=expected.shape)
        picked = expected.astype(int).ravel()
        total = np.bincount(picked, weights=u.ravel(), minlength=x.size + 1)[1:].reshape(x.shape)
        rtol = 1e-6 if y.dtype == np.float32 else 1e-12
        seed = tg.tensor(u.astype(y.dtype), requires_grad=True)
        (g,) = grad(y, t, seed, create_graph=True)
        assert_close(grad(y, t, u)[0], total, name, rtol=rtol)
        assert_close(g, total, name, rtol=rtol)
        v = rng.normal(size=x.shape)
        (back,) = grad((g * v).sum(), seed)
        assert_close(back, np.append(0, v)[picked].reshape(u.shape), name, rtol=rtol)


@pytest.mark.parametrize("dtype", ["i8", "u1", "?", "f4"])
def test_integers_go_into_arrays_of_integers(dtype):
    x = np.array([1, 0, 1], dtype)
    for change in (
        *(lambda v: np.insert(v, 1, 1), lambda v: np.insert(v, [0, 2], [True, 0])),
        *(lambda v: np.ediff1d(v.astype("i8"), to_end=1), lambda v: np.piecewise(v, [v > 0], [0, 1])),
    ):
        y, expected = change(tg.tensor(x)), change(x)
        assert y.dtype == expected.dtype
        np.testing.assert_array_equal(y.numpy(), expected)
    assert tg.ops.set_at(tg.tensor(x), 1, 1).tolist() == [1, 1, 1]


SEVERAL = {
    "atleast_1d": lambda t: np.atleast_1d(t, V, Z),
    "atleast_2d": lambda t: np.atleast_2d(t, V, Z, A),
    "atleast_3d": lambda t: np.atleast_3d(t, V, Z, A),
    "broadcast_arrays": lambda t: np.broadcast_arrays(t, M[:, :1], Z),
    **{
        f"meshgrid {by} {sparse} {n}": lambda t, by=by, sparse=sparse, n=n: np.meshgrid(
            t, *[V, V[:2]][:n], indexing=by, sparse=sparse
        )
        for by in ("xy", "ij")
        for sparse in (False, True)
        for n in range(3)
    },
    "split": lambda t: np.split(t, [1, 3]),
    "array_split": lambda t: np.array_split(t, 3),
    "unstack": np.unstack,
    "ix_": lambda t: np.ix_(t > 2, [0, 1]),
    "unravel_index": lambda t: np.unravel_index(t.astype(int), (3, 4)),
}


@pytest.mark.parametrize("name", SEVERAL)
def test_several_results_come_as_numpy_gives_them(name):
    theirs, ours = SEVERAL[name](V), SEVERAL[name](tg.tensor(V, requires_grad=True))
    assert type(ours) is type(theirs)
    for a, b in zip(ours, theirs, strict=True):
        assert type(a) is tg.Tensor
        np.testing.assert_array_equal(a.numpy(), b)


def test_what_numpy_tells_about_an_array_it_tells_about_a_tensor(tmp_path):
    t = tg.tensor(M.astype(np.float32), requires_grad=True)
    assert np.result_type(t, 1.0) == np.float32
    assert np.result_type(t, np.float64(1)) == np.float64
    assert np.min_scalar_type(t) == np.float32
    assert np.common_type(t, V) is np.float64
    assert (np.iscomplexobj(t), np.isrealobj(t), np.isscalar(t), np.size(t, 1)) == (False, True, False, 4)
    assert np.array_repr(t) == np.array_repr(t.numpy())
    assert np.shares_memory(t, t.numpy())
    np.save(tmp_path / "t.npy", t)
    np.testing.assert_array_equal(np.load(tmp_path / "t.npy"), t.numpy())
    rows, columns = np.tril_indices_from(t, 1)
    np.testing.assert_array_equal(t[rows, columns].numpy(), M[np.tril_indices(3, 1, 4)])
    for like in (np.zeros_like, np.ones_like, np.empty_like):
        assert like(t, shape=(2, 2)).shape == (2, 2)
        assert not like(t).requires_grad
    np.testing.assert_array_equal(np.full_like(t, 0.1).numpy(), np.full_like(t.numpy(), 0.1))


def test_pad_takes_a_dict_of_axes_and_a_constant_tensor():
    t = tg.tensor(M, requires_grad=True)
    for width, pairs in (({1: 2}, ((0, 0), (2, 2))), ({-1: (0, 1)}, ((0, 0), (0, 1))), ({}, ((0, 0), (0, 0)))):
        np.testing.assert_array_equal(np.pad(t, width, "edge").numpy(), np.pad(M, pairs, "edge"))
    values = tg.tensor(I([1.0, 2.0]))
    np.testing.assert_array_equal(np.pad(t, 1, constant_values=values).numpy(), np.pad(M, 1, constant_values=(1, 2)))


CHANGED = {  # an argument, its later content, and the call
    "reshape": ([4, 6], [6, 4], np.reshape),
    "roll": (I([1, 2]), 0, lambda t, k: np.roll(t, k, (0, 1))),
    "repeat": (I([1, 2]), 0, lambda t, k: np.repeat(t, k, axis=0)),
    "pad": (I([[1, 2]]), 0, np.pad),
    "take": (I([1, 1, 0]), 0, lambda t, k: np.take(t, k, axis=1)),
    "choose": (I([1, 1, 0, 1]), 0, lambda t, k: np.choose(k, [t, t + 1])),
    "compress": (I([True, False]), False, lambda t, k: np.compress(k, t, axis=0)),
    "set_at": (I([0, 1]), 0, lambda t, k: tg.ops.set_at(t, k, t[::-1])),
    "add_at": (I([0, 1]), 0, lambda t, k: tg.ops.add_at(t, k, t[::-1])),
    "values": (np.ones((3, 4)), 0.0, lambda t, k: tg.ops.set_at(t, 0, k * t[1])),
}


@pytest.mark.parametrize("name", CHANGED)
@pytest.mark.parametrize("record", [False, True])
def test_an_argument_may_be_changed_after_the_forward_pass(name, record):
    before, after, call = CHANGED[name]

    def gradient(change):
        t, k = tg.tensor(A, requires_grad=True), before.copy()
        y = call(t, k)
        u = np.arange(1.0, y.size + 1).reshape(y.shape)
        if change:
            k[:] = after
        return grad(y, t, u, create_graph=record)[0].tolist()

    assert gradient(True) == gradient(False)


def variable(*shape):
    return tg.tensor(np.ones(shape), requires_grad=True)


IN_PLACE = {
    "t[0] = 1": lambda t: t.__setitem__(0, 1.0),
    "t[0] += 1": lambda t: exec("t[0] += 1", {"t": t}),
    "flat": lambda t: t.flat.__setitem__(0, 1.0),
    "np.fill_diagonal": lambda t: np.fill_diagonal(t, 0),
    "np.put": lambda t: np.put(t, [0], 0),
    "np.put of a Tensor": lambda t: np.put(np.ones(4), [0], t[0, 0]),
    "np.place": lambda t: np.place(t, t > 0, 0),
    "np.putmask": lambda t: np.putmask(t, t > 0, 0),
    "np.copyto": lambda t: np.copyto(np.ones((2, 2)), t),
    "np.put_along_axis": lambda t: np.put_along_axis(t, np.zeros((1, 2), int), 0, 0),
    "t.sort": lambda t: t.sort(),
    "t.fill": lambda t: t.fill(0),
    "t.put": lambda t: t.put([0], 0),
    "t.resize": lambda t: t.resize((4,)),
    "t.partition": lambda t: t.partition(1),
}


@pytest.mark.parametrize("name", IN_PLACE)
def test_what_changes_an_array_in_place_says_what_to_write_instead(name):
    with pytest.raises(TypeError) as caught:
        IN_PLACE[name](variable(2, 2))
    assert type(caught.value) is tg.errors.UnsupportedError
    assert re.search(r"(use|write) .*(np|tg\.ops)\.\w+\(", str(caught.value))


def test_what_the_messages_recommend_is_right():
    t, mask = tg.tensor(M, requires_grad=True), M > 5
    x = M.copy()
    np.put(x, [0, 5], [-1.0, -2.0])
    np.testing.assert_array_equal(tg.ops.set_at(np.ravel(t), [0, 5], [-1.0, -2.0]).reshape(t.shape).numpy(), x)
    x = M.copy()
    np.putmask(x, mask, 2 * M)
    np.testing.assert_array_equal(np.where(mask, 2 * M, t).numpy(), x)
    x = M[:, :3].copy()
    np.fill_diagonal(x, 7.0)
    np.testing.assert_array_equal(np.where(np.eye(3, dtype=bool), 7.0, t[:, :3]).numpy(), x)
    np.testing.assert_array_equal(np.broadcast_to(t[0, 0], (2, 2)).numpy(), np.full((2, 2), M[0, 0]))
    np.testing.assert_array_equal(np.full_like(t, t[0, 1]).numpy(), np.full_like(M, M[0, 1]))


def test_what_is_written_over_has_no_derivative_and_the_last_of_several_values_counts():
    x, v = variable(3), tg.tensor(I([5.0, 6.0, 7.0]), requires_grad=True)
    with np.errstate(divide="ignore"):
        y = tg.ops.set_at(np.log(x - 1), [0, 2, 0], v)  # log(0) is written over at 0 and 2
    np.testing.assert_array_equal(y.numpy(), [7, -np.inf, 6])
    gx, gv = grad(y, [x, v], I([1.0, 0.0, 10.0]))
    assert gv.tolist() == [0, 10, 1]
    assert gx.tolist() == [0, 0, 0]


def test_writing_keeps_the_dtype_or_refuses():
    single = tg.tensor(np.zeros(2, np.float32))
    for write in (tg.ops.set_at, tg.ops.add_at):
        assert write(single, 0, variable()).dtype == np.float32
        assert write(np.zeros(2, int), 0, np.int8(1)).dtype == int
        with pytest.raises(tg.errors.DTypeError, match=r"astype"):
            write(np.zeros(2, int), 0, variable())
    with pytest.raises(tg.errors.DTypeError, match=r"astype"):
        np.insert(np.zeros(2, int), 0, variable())


def test_apply_along_axis():
    t = tg.tensor(A, requires_grad=True)
    for axis in (0, 1, -1):
        for f in (np.sum, lambda v: v * v, lambda v: v[:, None] * v):
            y = np.apply_along_axis(f, axis, t)
            np.testing.assert_allclose(y.numpy(), np.apply_along_axis(f, axis, A))
    np.testing.assert_allclose(np.apply_over_axes(np.sum, t, [0, 2]).numpy(), np.apply_over_axes(np.sum, A, [0, 2]))
