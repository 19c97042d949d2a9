"""`Module` and `Parameter`: layers as objects with named, ordered parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from ..autograd import Tensor, scope
from ..autograd.tensor import Array, as_array, new_leaf
from ..errors import DTypeError, StateError

__all__ = ["Module", "ModuleDict", "ModuleList", "Parameter", "Sequential"]


class Parameter(Tensor):
    """A Tensor that a `Module` lists as its own; a variable unless ``requires_grad=False``."""

    __slots__ = ()

    def __init__(self, data: Any, requires_grad: bool = True):
        array = as_array(data)
        super().__init__(array, new_leaf(array) if requires_grad else None)


class Module:
    """The base of every layer: attributes that are Parameters, Modules or buffers are found by name.

    A subclass defines ``forward``; calling the module runs it under a `scope` of the module's name, so that
    every node of the graph knows its module path.

    >>> import tinygrad_seq as tg
    >>> class Double(tg.nn.Module):
    ...     def __init__(self):
    ...         self.scale = tg.nn.Parameter([2.0])
    ...
    ...     def forward(self, x):
    ...         return x * self.scale
    >>> layer = Double()
    >>> layer(tg.tensor([3.0])).tolist()
    [6.0]
    >>> [name for name, _ in layer.named_parameters()]
    ['scale']
    """

    training: bool = True
    _name: str | None = None

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the output; each subclass defines it."""
        raise NotImplementedError(f"{type(self).__name__}: need a method forward(self, ...)")

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """What `forward` returns, recorded under this module's name."""
        with scope(self._name or type(self).__name__):
            output = self.forward(*args, **kwargs)
            for hook in list(self.__dict__.get("_hooks", {}).values()):
                new = hook(self, args, output)
                output = output if new is None else new
            return output

    def register_forward_hook(self, hook: Callable[[Module, tuple[Any, ...], Any], Any]) -> Callable[[], None]:
        """Have ``hook(module, args, output)`` called after every `forward`, in the order of registration.

        What it returns, unless None, goes on in the output's place. For gradients, register a hook on the
        output's Tensors inside of it.

        Returns:
            A function that removes the hook.

        >>> import numpy as np, tinygrad_seq as tg
        >>> layer, seen = tg.nn.Linear(2, 3), []
        >>> remove = layer.register_forward_hook(lambda module, args, output: seen.append(output.shape))
        >>> _ = layer(np.ones((5, 2), "float32"))
        >>> seen
        [(5, 3)]
        """
        hooks = self.__dict__.setdefault("_hooks", {})
        key = object()
        hooks[key] = hook
        return lambda: hooks.pop(key, None)

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)
        if isinstance(value, Parameter):
            _name_parameter(value, name)
        elif isinstance(value, Module):
            value._adopt(name)

    def _adopt(self, name: str) -> None:
        """Take the name that the parent module gives; parameters learn their path from the root."""
        object.__setattr__(self, "_name", name)
        for path, parameter in self.named_parameters():
            _name_parameter(parameter, f"{name}.{path}")

    def register_buffer(self, name: str, value: Any, persistent: bool = True) -> None:
        """Keep an array that is part of the state but is not trained, such as a running mean, under ``self.name``.

        Args:
            name: of the attribute, which may be set to another array later.
            value: what `tensor` takes, or None for a buffer that is left out.
            persistent: whether it is in the `state_dict`.
        """
        self.__dict__.setdefault("_buffers", {})[name] = bool(persistent)
        object.__setattr__(self, name, None if value is None else as_array(value))

    def _children(self) -> Iterator[tuple[str, Module]]:
        for name, value in self.__dict__.items():
            if isinstance(value, Module):
                yield name, value

    def children(self) -> Iterator[Module]:
        """The modules directly below this one."""
        for _, module in self._children():
            yield module

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, Module]]:
        """This module and all below it, each once, with dotted paths."""
        seen: dict[int, None] = {}
        stack: list[tuple[str, Module]] = [(prefix, self)]
        while stack:
            path, module = stack.pop()
            if id(module) in seen:
                continue
            seen[id(module)] = None
            yield path, module
            below = [(f"{path}.{name}" if path else name, child) for name, child in module._children()]
            stack.extend(reversed(below))

    def modules(self) -> Iterator[Module]:
        """This module and all below it, each once."""
        for _, module in self.named_modules():
            yield module

    def named_parameters(self, prefix: str = "") -> Iterator[tuple[str, Parameter]]:
        """Every parameter once, with its dotted path, in the order of definition."""
        seen: dict[int, None] = {}
        for path, module in self.named_modules(prefix):
            for name, value in module.__dict__.items():
                if isinstance(value, Parameter) and id(value) not in seen:
                    seen[id(value)] = None
                    yield f"{path}.{name}" if path else name, value

    def parameters(self) -> Iterator[Parameter]:
        """Every parameter once, in the order of definition."""
        for _, parameter in self.named_parameters():
            yield parameter

    def named_buffers(self, prefix: str = "") -> Iterator[tuple[str, Array]]:
        """Every buffer with its dotted path, in the order of definition."""
        for path, module in self.named_modules(prefix):
            for name in module.__dict__.get("_buffers", {}):
                value = getattr(module, name)
                if value is not None:
                    yield f"{path}.{name}" if path else name, value

    def buffers(self) -> Iterator[Array]:
        """Every buffer, in the order of definition."""
        for _, buffer in self.named_buffers():
            yield buffer

    def _slots(self, every: bool = False) -> Iterator[tuple[str, Module, str, Any]]:
        """Every entry of the state, or every parameter and buffer: dotted path, owner, attribute and current value."""
        for path, module in self.named_modules():
            buffers = module.__dict__.get("_buffers", {})
            for name, value in module.__dict__.items():
                buffer = name in buffers and value is not None and (every or buffers[name])
                if buffer or isinstance(value, Parameter):
                    yield f"{path}.{name}" if path else name, module, name, value

    def state_dict(self) -> dict[str, Array]:
        """A copy of every parameter and buffer, by dotted path, in PyTorch's names and shapes."""
        return {path: np.array(value) for path, _, _, value in self._slots()}

    def load_state_dict(self, state: Mapping[str, Any], strict: bool = True) -> None:
        """Take the values of ``state``: everything is checked first, then all is loaded or nothing.

        Args:
            state: a mapping from dotted paths to anything that ``np.asarray`` takes, for example PyTorch tensors.
            strict: refuse missing and unexpected entries.

        Raises:
            DTypeError: if ``state`` is no mapping.
            StateError: naming every entry that is missing, unexpected, of another shape, or not numeric.
        """
        if not isinstance(state, Mapping):
            raise DTypeError(f"load_state_dict: got {type(state).__name__}; need a mapping from names to arrays")
        slots = {path: (module, name, value) for path, module, name, value in self._slots()}
        problems = []
        if strict:
            problems += [f"{path} is missing" for path in slots if path not in state]
            problems += [f"{path} is unexpected" for path in state if path not in slots]
        new: dict[str, Array] = {}
        for path, (_, _, value) in slots.items():
            if path not in state:
                continue
            array = np.asarray(state[path])
            if array.dtype.kind not in "fiub":
                problems.append(f"{path} has dtype {array.dtype}; need numbers")
            elif array.shape != value.shape:
                problems.append(f"{path} has shape {array.shape}; need {value.shape}")
            else:
                new[path] = np.array(array, dtype=value.dtype)
        if problems:
            raise StateError(f"load_state_dict: nothing was loaded into {type(self).__name__}: " + "; ".join(problems))
        for path, array in new.items():
            module, name, value = slots[path]
            if isinstance(value, Parameter):
                value._replace(array)
            else:
                object.__setattr__(module, name, array)

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters."""
        for parameter in self.parameters():
            parameter.grad = None

    def train(self, mode: bool = True) -> Module:
        """Switch this module and all below it to training (dropout on), and return it."""
        for module in self.modules():
            object.__setattr__(module, "training", bool(mode))
        return self

    def eval(self) -> Module:
        """Switch this module and all below it to evaluation (dropout off), and return it."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Module:
        """Make all parameters variables, or constants, and return the module."""
        for path, parameter in self.named_parameters():
            parameter.requires_grad = requires_grad
            _name_parameter(parameter, path)
        return self

    def astype(self, dtype: Any) -> Module:
        """Convert all parameters, with their gradients, and floating buffers to another floating dtype, in place.

        Returns:
            The module.
        """
        dtype = np.dtype(dtype)
        if dtype.kind != "f":
            raise DTypeError(f"astype: got {dtype}; need a floating dtype for parameters")
        for _, module, name, value in self._slots(every=True):
            if isinstance(value, Parameter):
                grad = value.grad
                value._replace(value._data.astype(dtype))
                value.grad = None if grad is None else Tensor(grad._data.astype(dtype))
            elif value.dtype.kind == "f":
                object.__setattr__(module, name, value.astype(dtype))
        return self

    def double(self) -> Module:
        """Convert to float64; the same as ``astype("float64")``."""
        return self.astype("float64")

    def float(self) -> Module:
        """Convert to float32; the same as ``astype("float32")``."""
        return self.astype("float32")

    def extra_repr(self) -> str:
        """The options that ``repr`` shows."""
        return ""

    def __repr__(self) -> str:
        lines = [f"({name}): " + repr(child).replace("\n", "\n  ") for name, child in self._children()]
        body = "\n  ".join(lines)
        return f"{type(self).__name__}({self.extra_repr()}" + (f"\n  {body}\n)" if body else ")")


def _name_parameter(parameter: Parameter, name: str) -> None:
    if parameter.node is not None:
        parameter.node.name = name


class Sequential(Module):
    """Modules applied one after the other."""

    def __init__(self, *modules: Module):
        for i, module in enumerate(modules):
            setattr(self, str(i), module)

    def forward(self, x: Any) -> Any:
        """The output of the last module."""
        for module in self.children():
            x = module(x)
        return x

    def __len__(self) -> int:
        return len(list(self.children()))

    def __getitem__(self, i: int) -> Module:
        return list(self.children())[i]


class _Holder(Module):
    """Holds modules and is not called itself, so they carry its name in theirs."""

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        self._name_children()

    def _adopt(self, name: str) -> None:
        super()._adopt(name)
        self._name_children()

    def _name_children(self) -> None:
        for name, child in self._children():
            object.__setattr__(child, "_name", f"{self._name}/{name}" if self._name else name)


class ModuleList(_Holder):
    """A list of modules, whose parameters are found as ``0.weight``, ``1.weight``, ..."""

    def __init__(self, modules: Any = ()):
        for module in modules:
            self.append(module)

    def append(self, module: Module) -> None:
        """Add a module at the end."""
        setattr(self, str(len(self)), module)

    def __len__(self) -> int:
        return len(list(self.children()))

    def __iter__(self) -> Iterator[Module]:
        return self.children()

    def __getitem__(self, i: int) -> Module:
        return list(self.children())[i]


class ModuleDict(_Holder):
    """Modules by name."""

    def __init__(self, modules: Mapping[str, Module] | None = None):
        for name, module in (modules or {}).items():
            setattr(self, name, module)

    def __getitem__(self, name: str) -> Module:
        return dict(self._children())[name]

    def keys(self) -> list[str]:
        """The names."""
        return [name for name, _ in self._children()]
