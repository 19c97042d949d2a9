"""`Module` and `Parameter`: layers as objects with named, ordered parameters."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from inspect import signature
from typing import Any, NamedTuple, NoReturn, Self

import numpy as np

from ..autograd import Tensor, scope
from ..autograd.hooks import RemovableHandle
from ..autograd.tensor import Array, as_array, new_leaf
from ..errors import DTypeError, OptionError, StateError, UnsupportedError
from ..pytorch import OPTIONS, absent, without

__all__ = ["Loaded", "Module", "Parameter"]


class Parameter(Tensor):
    """A Tensor that a `Module` lists as its own; a variable unless ``requires_grad=False``."""

    __slots__ = ("_path",)

    def __init__(self, data: Any, requires_grad: bool = True):
        array = as_array(data)
        super().__init__(array, new_leaf(array) if requires_grad else None)

    @property
    def requires_grad(self) -> bool:
        """Whether it is trained; may be set, to freeze it for a while."""
        return self._node is not None

    @requires_grad.setter
    def requires_grad(self, value: bool) -> None:
        Tensor.requires_grad.fset(self, value)  # type: ignore[attr-defined]
        self._called(getattr(self, "_path", None))

    def _called(self, path: str | None) -> None:
        """Give it its dotted path for a name, which its nodes have as well."""
        self._path = path
        if self._node is not None:
            self._node.name = path

    def __reduce__(self) -> Any:
        return (*super().__reduce__(), (None, {"_path": getattr(self, "_path", None)}))

    def _changed_in_place(self, other: Any) -> NoReturn:
        """Refuse ``p -= ...``, which would give the name p to another Tensor, and leave the module as it is."""
        raise UnsupportedError(
            "Parameter: got an in-place operator, which would not reach the module; "
            "write p.data = p.numpy() - lr * p.grad.numpy(), or use an optimiser of tg.optim"
        )

    __iadd__ = __isub__ = __imul__ = __itruediv__ = __ipow__ = __imatmul__ = _changed_in_place


class Loaded(NamedTuple):
    """What `Module.load_state_dict` left out; both are empty unless ``strict=False``.

    Attributes:
        missing_keys: entries of the module that the state does not have; they stay as they were.
        unexpected_keys: entries of the state that the module does not have.
    """

    missing_keys: list[str]
    unexpected_keys: list[str]


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
    _fixed: tuple[str, ...] = ()
    """Options that were read when the module was built, so that to set them would change nothing."""

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """A new module, before its ``__init__`` runs.

        Raises:
            OptionError: for an option that PyTorch's layer has and this one has not.
        """
        for option in kwargs:
            if option in OPTIONS:
                taken = signature(cls.__init__).parameters if cls.__init__ is not object.__init__ else {}
                if option not in taken and not any(p.kind is p.VAR_KEYWORD for p in taken.values()):
                    raise without(cls.__name__, option, taken)
        return super().__new__(cls)

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

    def register_forward_hook(self, hook: Callable[[Module, tuple[Any, ...], Any], Any]) -> RemovableHandle:
        """Have ``hook(module, args, output)`` called after every `forward`, in the order of registration.

        What it returns, unless None, goes on in the output's place. For gradients, register a hook on the
        output's Tensors inside of it.

        Returns:
            What removes the hook: ``handle.remove()``.

        >>> import numpy as np, tinygrad_seq as tg
        >>> layer, seen = tg.nn.Linear(2, 3), []
        >>> handle = layer.register_forward_hook(lambda module, args, output: seen.append(output.shape))
        >>> _ = layer(np.ones((5, 2), "float32"))
        >>> seen
        [(5, 3)]
        """
        hooks = self.__dict__.setdefault("_hooks", {})
        key = object()
        hooks[key] = hook
        return RemovableHandle(lambda: hooks.pop(key, None))

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute; a Parameter or Module is one of this module's from now on.

        Raises:
            DTypeError: for an array, say, in the place of a Parameter or Module, which would no longer be trained.
            OptionError: for an option that the module was built by, and that would have no effect.
        """
        before = self.__dict__.get(name)
        if name in self._fixed and (type(value) is not type(before) or value != before):
            raise OptionError(
                f"{type(self).__name__}: got {name}={value!r} for a module that was built with {name}={before!r}; "
                "build another one, and load_state_dict if the parameters fit"
            )
        if isinstance(before, (Parameter, Module)) and not isinstance(value, (Parameter, Module, type(None))):
            kind, remedy = ("Parameter", f"; set {name}.data") if isinstance(before, Parameter) else ("Module", "")
            got = f"got {type(value).__name__} for {name}, a {kind}"
            raise DTypeError(f"{type(self).__name__}: {got}; need a {kind} or None{remedy}")
        object.__setattr__(self, name, value)
        if isinstance(value, Parameter):
            value._called(name)
        elif isinstance(value, Module):
            value._adopt(name)

    def __getattr__(self, name: str) -> Any:
        """Say what to write for a method that PyTorch's modules have.

        Raises:
            AbsentNameError: always, or AttributeError for a name that nobody has.
        """
        raise absent("Module", name, f"{type(self).__name__!r} object")

    def _adopt(self, name: str) -> None:
        """Take the name that the parent module gives; parameters learn their path from the root."""
        object.__setattr__(self, "_name", name)
        for path, parameter in self.named_parameters():
            parameter._called(f"{name}.{path}")

    def register_buffer(self, name: str, value: Any, persistent: bool = True) -> None:
        """Keep an array that is part of the state but is not trained, such as a running mean, under ``self.name``.

        Args:
            name: of the attribute, which may be set to another array later.
            value: what `tensor` takes, or None for a buffer that is left out.
            persistent: whether it is in the `state_dict`.
        """
        self.__dict__.setdefault("_buffers", {})[name] = bool(persistent)
        object.__setattr__(self, name, None if value is None else as_array(value))

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The modules directly below this one, with their names."""
        for name, value in self.__dict__.items():
            if isinstance(value, Module):
                yield name, value

    def children(self) -> Iterator[Module]:
        """The modules directly below this one."""
        for _, module in self.named_children():
            yield module

    def apply(self, function: Callable[[Module], Any]) -> Self:
        """Call ``function`` with every module below this one, then with this one, for example to initialise them.

        Returns:
            The module.

        >>> import tinygrad_seq as tg
        >>> def begin(module):
        ...     if isinstance(module, tg.nn.Linear):
        ...         tg.nn.init.zeros_(module.bias)
        >>> model = tg.nn.Sequential(tg.nn.Linear(2, 3), tg.nn.Tanh()).apply(begin)
        """
        for module in self.children():
            module.apply(function)
        function(self)
        return self

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
            below = [(f"{path}.{name}" if path else name, child) for name, child in module.named_children()]
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

    def load_state_dict(self, state: Mapping[str, Any], strict: bool = True) -> Loaded:
        """Take the values of ``state``: everything is checked first, then all is loaded or nothing.

        Args:
            state: a mapping from dotted paths to anything that ``np.asarray`` takes, for example PyTorch tensors.
            strict: refuse missing and unexpected entries.

        Returns:
            The missing and the unexpected entries.

        Raises:
            DTypeError: if ``state`` is no mapping.
            StateError: naming every entry that is missing, unexpected, of another shape, or not numeric.
        """
        if not isinstance(state, Mapping):
            raise DTypeError(f"load_state_dict: got {type(state).__name__}; need a mapping from names to arrays")
        slots = {path: (module, name, value) for path, module, name, value in self._slots()}
        left_out = Loaded([path for path in slots if path not in state], [path for path in state if path not in slots])
        problems = []
        if strict:
            problems += [f"{path} is missing" for path in left_out.missing_keys]
            problems += [f"{path} is unexpected" for path in left_out.unexpected_keys]
        new: dict[str, Array] = {}
        for path, (_, _, value) in slots.items():
            if path not in state:
                continue
            try:
                array = np.asarray(state[path])
            except (TypeError, ValueError, RuntimeError) as error:  # lists of different lengths; PyTorch's own reasons
                problems.append(f"{path} is no array ({error})")
                continue
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
        return left_out

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or with ``set_to_none=False`` make those that there are zeros."""
        for p in self.parameters():
            p.grad = None if set_to_none or p.grad is None else Tensor(np.zeros(p.shape, p.dtype))

    def train(self, mode: bool = True) -> Self:
        """Switch this module and all below it to training (dropout on), and return it."""
        for module in self.modules():
            object.__setattr__(module, "training", bool(mode))
        return self

    def eval(self) -> Self:
        """Switch this module and all below it to evaluation (dropout off), and return it."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Make all parameters variables, or constants, and return the module."""
        for path, parameter in self.named_parameters():
            parameter._called(path)
            parameter.requires_grad = requires_grad
        return self

    def astype(self, dtype: Any) -> Self:
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

    def double(self) -> Self:
        """Convert to float64; the same as ``astype("float64")``."""
        return self.astype("float64")

    def float(self) -> Self:
        """Convert to float32; the same as ``astype("float32")``."""
        return self.astype("float32")

    def extra_repr(self) -> str:
        """The options that ``repr`` shows."""
        return ""

    def __repr__(self) -> str:
        lines = [f"({name}): " + repr(child).replace("\n", "\n  ") for name, child in self.named_children()]
        body = "\n  ".join(lines)
        return f"{type(self).__name__}({self.extra_repr()}" + (f"\n  {body}\n)" if body else ")")
