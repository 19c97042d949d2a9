"""Modules: names, state, and that a failed load leaves the model as it was."""

import copy
import pickle

import numpy as np
import pytest

import tinygrad_seq as tg
from tinygrad_seq import nn


class Tagger(nn.Module):
    def __init__(self):
        self.embedding = nn.Embedding(10, 4)
        self.encoder = nn.Sequential(nn.Linear(4, 3), nn.Dropout(0.5))
        self.heads = nn.ModuleList([nn.Linear(3, 2), nn.Linear(3, 2, bias=False)])
        self.scale = nn.Parameter([1.0])
        self.register_buffer("seen", np.zeros(3))

    def forward(self, index):
        x = self.encoder(self.embedding(index))
        return self.heads[0](x) * self.scale + self.heads[1](x)


NAMES = [
    "scale",
    "embedding.weight",
    *("encoder.0.weight", "encoder.0.bias"),
    *("heads.0.weight", "heads.0.bias", "heads.1.weight"),
]


def test_parameters_are_found_in_order_and_once():
    model = Tagger()
    assert [name for name, _ in model.named_parameters()] == NAMES
    model.again = model.heads[0]
    assert len(list(model.parameters())) == len(NAMES)
    assert "seen" in model.state_dict()
    assert len(list(model.modules())) == 8


def test_a_parameter_and_a_node_know_their_path():
    model = Tagger()
    assert [p.node.name for _, p in model.named_parameters()] == NAMES
    y = model(np.array([1, 2]))
    paths = {node.label.path for node in tg.autograd.ancestors([y.node]) if node.parents}
    assert paths == {
        "Tagger",
        "Tagger/embedding",
        "Tagger/encoder/0",
        "Tagger/encoder/1",
        "Tagger/heads/0",
        "Tagger/heads/1",
    }


def test_state_goes_round():
    tg.seed(0)
    first, second = Tagger(), Tagger()
    second.load_state_dict(first.state_dict())
    for (name, a), b in zip(first.state_dict().items(), second.state_dict().values(), strict=True):
        assert np.array_equal(a, b), name
    first.state_dict()["scale"][:] = 7  # a copy
    assert first.scale.item() == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda s: s.pop("scale"), "scale is missing"),
        (lambda s: s.update(extra=np.ones(1)), "extra is unexpected"),
        (lambda s: s.update(scale=np.ones(2)), r"scale has shape \(2,\); need \(1,\)"),
        (lambda s: s.update(scale=np.array(["a"])), "scale has dtype <U1"),
    ],
)
def test_a_failed_load_changes_nothing(change, message):
    model, other = Tagger(), Tagger()
    before = model.state_dict()
    state = other.state_dict()
    change(state)
    with pytest.raises(tg.errors.StateError, match=message):
        model.load_state_dict(state)
    for name, a in model.state_dict().items():
        assert np.array_equal(a, before[name])


def test_a_state_that_is_no_mapping_is_refused():
    with pytest.raises(tg.errors.DTypeError, match="load_state_dict: got int; need a mapping from names to arrays"):
        Tagger().load_state_dict(3)


def test_a_partial_load_says_what_it_left_out():
    model = Tagger()
    missing, unexpected = model.load_state_dict({"scale": [3.0], "other": 1}, strict=False)
    assert model.scale.item() == 3
    assert (set(missing), unexpected) == ({*NAMES[1:], "seen"}, ["other"])
    assert model.load_state_dict(model.state_dict()) == ([], [])


def test_train_and_eval_reach_every_module():
    model = Tagger()
    assert not any(m.training for m in model.eval().modules())
    assert all(m.training for m in model.train().modules())
    x = np.array([1, 2])
    assert np.array_equal(model.eval()(x), model(x))


def test_a_conversion_keeps_names_and_gradients_and_refuses_older_graphs():
    layer = nn.Linear(2, 1)
    layer(np.ones((1, 2), "float32")).sum().backward()
    older = layer(np.ones((1, 2), "float32")).sum()
    layer.double()
    assert layer.weight.node.name == "weight"
    assert layer.weight.grad.tolist() == [[1, 1]]
    assert {layer.weight.dtype, layer.weight.node.dtype, layer.weight.grad.dtype} == {np.dtype("float64")}
    with pytest.raises(tg.errors.GraphError, match=r"weight \(1, 2\) has an older value"):
        older.backward()


def test_gradients_survive_nothing_but_zero_grad():
    model = Tagger()
    model(np.array([1])).sum().backward()
    assert all(p.grad is not None for p in model.parameters())
    model.zero_grad()
    assert all(p.grad is None for p in model.parameters())


def test_gradients_may_become_zeros():
    model = nn.Sequential(nn.Linear(2, 1), nn.Linear(1, 1))
    model[0](np.ones((1, 2), "float32")).sum().backward()
    model.zero_grad(set_to_none=False)
    assert model[0].weight.grad.tolist() == [[0, 0]]
    assert model[1].weight.grad is None


def test_apply_reaches_every_module_from_below():
    model, seen = Tagger(), []
    assert model.apply(seen.append) is model
    assert seen[-1] is model
    assert len(seen) == 8
    assert [name for name, _ in model.named_children()] == ["embedding", "encoder", "heads"]


def test_a_parameter_keeps_its_name_while_it_is_frozen():
    model = Tagger()
    model.encoder[0].weight.requires_grad = False
    for same in (model, copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        same.encoder[0].weight.requires_grad = True
        assert same.encoder[0].weight.node.name == "encoder.0.weight"


def test_forward_hooks_see_and_replace_outputs_in_order():
    layer, seen = nn.Linear(2, 1), []
    x = np.ones((1, 2), "float32")
    plain = layer(x).item()
    handle = layer.register_forward_hook(lambda module, args, output: output * 2)
    layer.register_forward_hook(lambda module, args, output: seen.append((module, args, output.item())))
    assert layer(x).item() == pytest.approx(2 * plain)
    assert seen[0][0] is layer
    assert seen[0][1][0] is x
    assert seen[0][2] == pytest.approx(2 * plain)
    handle.remove()
    assert layer(x).item() == plain
    assert len(seen) == 2


def test_freezing():
    model = Tagger().requires_grad_(False)
    assert not model(np.array([1])).requires_grad
    assert model.requires_grad_().scale.node.name == "scale"


def test_dropout_keeps_the_mean():
    tg.seed(0)
    x = tg.tensor(np.ones(10_000))
    y = nn.functional.dropout(x, 0.25)
    assert set(y.tolist()) == {0.0, 1 / 0.75}
    assert abs(y.numpy().mean() - 1) < 0.03
    assert not nn.functional.dropout(x, 1.0).numpy().any()


def moved(module):
    for p in module.parameters():
        p -= 0.1


REFUSED = {
    "features": (
        lambda: nn.Linear(3, 2)(np.ones((4, 5), "f4")),
        r"linear: got x \(4, 5\) and weight \(2, 3\); need x \(\.\.\., 3\)",
    ),
    "no features": (lambda: nn.Linear(0, 2), "Linear: got in_features=0"),
    "indices of floats": (
        lambda: nn.Embedding(5, 2)(np.array([1.5])),
        "embedding: got indices of dtype float64; need integers",
    ),
    "an index too large": (
        lambda: nn.Embedding(5, 2)(np.array([1, 5])),
        r"embedding: got index 5 for 5 rows; need 0 \.\.\. 4",
    ),
    "a negative index": (lambda: nn.Embedding(5, 2)(np.array([-1])), "got index -1"),
    "an array for a parameter": (
        lambda: setattr(nn.Linear(3, 2), "weight", np.ones((2, 3))),
        "Linear: got ndarray for weight, a Parameter; need a Parameter or None; set weight.data",
    ),
    "a function for a module": (
        lambda: setattr(Tagger(), "encoder", np.tanh),
        "Tagger: got ufunc for encoder, a Module; need a Module or None$",
    ),
    "a step by hand": (lambda: moved(nn.Linear(3, 2)), r"in-place operator, .*write p.data = p.numpy\(\) - lr"),
    "an entry that is no array": (
        lambda: nn.Linear(3, 2).load_state_dict({"weight": [[1.0], [2.0, 3.0]], "bias": [1.0]}),
        r"nothing was loaded into Linear: weight is no array \(setting .*\); bias has shape \(1,\); need \(2,\)",
    ),
    "a probability above 1": (lambda: nn.Dropout(2), "got p=2"),
    "a negative probability": (lambda: nn.functional.dropout(np.ones(2), -0.1), "got p=-0.1"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(case):
    provoke, message = REFUSED[case]
    with pytest.raises(tg.errors.TinygradSeqError, match=message):
        provoke()


def test_repr_shows_the_structure():
    assert repr(nn.Sequential(nn.Linear(3, 2), nn.LSTM(2, 4, num_layers=2))).splitlines() == [
        "Sequential(",
        "  (0): Linear(3, 2, bias=True)",
        "  (1): LSTM(2, 4, num_layers=2)",
        ")",
    ]
