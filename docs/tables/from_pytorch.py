"""The page for those who come from PyTorch, made of the remedies that the errors name."""

from tinygrad_seq.pytorch import OPTIONS, REMEDIES

from .markdown import code, prose, table

INTRODUCTION = """\
# Coming from PyTorch

Layers, losses, optimisers and schedules have PyTorch's names, arguments, shapes and state_dicts; `backward`,
`tg.autograd.grad` and hooks are as there. What differs:

- Arrays follow NumPy. Tensors have NumPy's methods and `axis=`, and NumPy's functions take Tensors: `np.exp(t)`,
  `np.stack([a, b])`. So `t.std()` divides by n, `t.max(axis)` is the maxima alone, `t.transpose(0, 1)` is an order of
  all axes, and `t.size` is a number. PyTorch's layers and losses as functions are in `tg.nn.functional`, activations
  and much else in `tg.ops`.
- A Tensor never changes, since graphs hold it: there are no methods ending in `_`, and a parameter gets new values by
  `p.data = array` or by `tg.nn.init`.
- Rows of unequal length need no packing: layers take `lengths=`, in any order, and losses `mask=`.
- `state_dict()` holds NumPy arrays; `tg.io.save` and `tg.io.load` keep it in a file without pickle.
- A layer's dtype is that of its parameters, float32 at first; `module.astype` and `tg.set_default_dtype` change it.
- A graph stays as long as something refers to it: `retain_graph` is taken and has no effect.

Who writes another name from memory gets an error that says which one it is here. These are all of them; where one is
missing, NumPy's function or an operation of `tg.ops` has the same name.
"""
TITLES = {"Tensor": "Tensors", "Module": "Modules", "tinygrad_seq.nn": "torch.nn", "tinygrad_seq": "torch"}


def page() -> str:
    """The whole page."""
    parts = [INTRODUCTION]
    for title, remedies in [*((TITLES[owner], found) for owner, found in REMEDIES.items()), ("Options", OPTIONS)]:
        names: dict[str, list[str]] = {}
        for name, remedy in remedies.items():
            names.setdefault(remedy, []).append(name)
        rows = [(", ".join(map(code, theirs)), prose(remedy)) for remedy, theirs in names.items()]
        parts.append(f"\n## {title}\n\n{table(['PyTorch', 'Here'], rows)}")
    return "".join(parts)
