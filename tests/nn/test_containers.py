"""Modules that hold others: nothing that they are given is left out in silence."""

import numpy as np
import pytest

import tinygrad_seq as tg
from tinygrad_seq import nn

X = np.ones((5, 3), "float32")


def test_a_sequential_of_a_dict_has_its_names():
    model = nn.Sequential({"first": nn.Linear(3, 2), "then": nn.Tanh()})
    assert list(model.state_dict()) == ["first.weight", "first.bias"]
    assert np.array_equal(model(X), np.tanh(model.first(X)))


def test_lists_are_indexed_cut_and_extended():
    layers = [nn.Linear(3, 3) for _ in range(3)]
    for kind in (nn.ModuleList(layers), nn.Sequential(*layers)):
        assert len(kind) == 3
        assert list(kind) == layers
        assert kind[-1] is layers[2]
        assert type(kind[1:]) is type(kind)
        assert list(kind[1:]) == layers[1:]
        kind[0] = new = nn.Linear(3, 1)
        assert kind[0] is new
        assert [n for n, _ in kind.append(nn.Tanh()).extend([nn.Tanh()]).named_children()] == list("01234")
    assert np.array_equal(nn.Sequential(*layers)[1:](X), layers[2](layers[1](X)))


def test_a_dict_is_a_dict():
    first, second = nn.Linear(3, 2), nn.Linear(3, 4)
    held = nn.ModuleDict({"a": first})
    held.update({"b": second})
    assert (len(held), list(held), held.keys()) == (2, ["a", "b"], ["a", "b"])
    assert held.values() == [first, second]
    assert held.items() == [("a", first), ("b", second)]
    assert "a" in held
    assert "keys" not in held
    del held["a"]
    assert list(held.state_dict()) == ["b.weight", "b.bias"]
    with pytest.raises(KeyError):
        held["a"]


def test_held_modules_carry_the_name_of_their_holder():
    class Model(nn.Module):
        def __init__(self):
            self.heads = nn.ModuleDict({"a": nn.Linear(3, 2)})

        def forward(self, x):
            self.heads["b"] = nn.Linear(3, 2)
            return self.heads["a"](x) + self.heads["b"](x)

    nodes = tg.autograd.ancestors([Model()(X).node])
    assert {n.label.path for n in nodes if n.op.name == "linear"} == {"Model/heads/a", "Model/heads/b"}


LAYER = nn.Linear(3, 2)
REFUSED = {
    "a list for modules": (lambda: nn.Sequential([LAYER, LAYER]), "Sequential: got list for 0; need a Module"),
    "a function": (lambda: nn.Sequential(LAYER, np.tanh), "Sequential: got ufunc for 1; .*; wrap a function in a Mod"),
    "a number": (lambda: nn.ModuleList([LAYER, 3]), "ModuleList: got int for 1; need a Module$"),
    "a name of every module": (lambda: nn.ModuleDict({"forward": LAYER}), "ModuleDict: got the name 'forward'; need"),
    "a name with a dot": (lambda: nn.ModuleDict({"a.b": LAYER}), "ModuleDict: got the name 'a.b'; need a string"),
    "no such index": (lambda: nn.ModuleList([LAYER])[1], "ModuleList: got index 1 for 1 modules"),
    "a call of a list": (lambda: nn.ModuleList([LAYER])(X), "ModuleList: got a call; it only holds modules"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused(case):
    provoke, message = REFUSED[case]
    with pytest.raises(tg.errors.TinygradSeqError, match=message):
        provoke()
