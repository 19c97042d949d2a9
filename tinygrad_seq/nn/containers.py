"""Modules that hold others: in a row, in a list, by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NoReturn, Self, overload

from ..errors import DTypeError, IndexingError, OptionError, UnsupportedError
from .module import Module

__all__ = ["ModuleDict", "ModuleList", "Sequential"]


class _Numbered(Module):
    """Modules named "0", "1", ..., as a list."""

    def __init__(self, modules: Iterable[Module] = ()):
        self.extend(modules)

    def append(self, module: Module) -> Self:
        """Add a module at the end, and return this."""
        _hold(self, str(len(self)), module)
        return self

    def extend(self, modules: Iterable[Module]) -> Self:
        """Add modules at the end, and return this."""
        for module in modules:
            self.append(module)
        return self

    def __len__(self) -> int:
        return sum(1 for _ in self.children())

    def __iter__(self) -> Iterator[Module]:
        return self.children()

    @overload
    def __getitem__(self, i: int) -> Module: ...
    @overload
    def __getitem__(self, i: slice) -> Self: ...
    def __getitem__(self, i: Any) -> Any:
        if isinstance(i, slice):
            return type(self)._of(list(self.children())[i])
        return getattr(self, self._at(i))

    def __setitem__(self, i: int, module: Module) -> None:
        _hold(self, self._at(i), module)

    def _at(self, i: int) -> str:
        """The name of module i, counted from the end if it is negative."""
        names = [name for name, _ in self.named_children()]
        if not -len(names) <= i < len(names):
            raise IndexingError(f"{type(self).__name__}: got index {i} for {len(names)} modules")
        return names[i]

    @classmethod
    def _of(cls, modules: list[Module]) -> Self:
        """A new one of the same kind."""
        return cls(modules)


class Sequential(_Numbered):
    """Modules applied one after the other.

    Args:
        modules: several, or one dict of them, whose keys are then their names.

    Raises:
        DTypeError: for what is no Module.

    >>> import numpy as np, tinygrad_seq as tg
    >>> model = tg.nn.Sequential(tg.nn.Linear(3, 4), tg.nn.Tanh(), tg.nn.Linear(4, 2))
    >>> model(np.ones((5, 3), "float32")).shape, model[:2](np.ones((5, 3), "float32")).shape
    ((5, 2), (5, 4))
    """

    def __init__(self, *modules: Module | Mapping[str, Module]):
        if len(modules) == 1 and isinstance(modules[0], Mapping):
            for name, module in modules[0].items():
                _hold(self, name, module)
        else:
            super().__init__(modules)  # type: ignore[arg-type]  # what is no Module is refused there

    def forward(self, x: Any) -> Any:
        """The output of the last module."""
        for module in self.children():
            x = module(x)
        return x

    @classmethod
    def _of(cls, modules: list[Module]) -> Self:
        return cls(*modules)


class _Holder(Module):
    """Holds modules and is not called itself, so they carry its name in theirs."""

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        self._name_children()

    def _adopt(self, name: str) -> None:
        super()._adopt(name)
        self._name_children()

    def _name_children(self) -> None:
        for name, child in self.named_children():
            object.__setattr__(child, "_name", f"{self._name}/{name}" if self._name else name)

    def forward(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Refused: it says nothing of an order."""
        raise UnsupportedError(
            f"{type(self).__name__}: got a call; it only holds modules; call them one by one, or use Sequential"
        )


class ModuleList(_Holder, _Numbered):
    """A list of modules, whose parameters are found as ``0.weight``, ``1.weight``, ...

    Args:
        modules: any number of them.

    Raises:
        DTypeError: for what is no Module.

    >>> import tinygrad_seq as tg
    >>> heads = tg.nn.ModuleList([tg.nn.Linear(3, 2), tg.nn.Linear(3, 4)])
    >>> [head.out_features for head in heads], [name for name, _ in heads.named_parameters()][:2]
    ([2, 4], ['0.weight', '0.bias'])
    """


class ModuleDict(_Holder):
    """Modules by name, in their order, as a dict.

    Args:
        modules: a dict of them.

    Raises:
        DTypeError: for what is no Module.
        OptionError: for a name with a dot, or one that is an attribute of every module, such as "forward".

    >>> import tinygrad_seq as tg
    >>> heads = tg.nn.ModuleDict({"tag": tg.nn.Linear(3, 2)})
    >>> heads["word"] = tg.nn.Linear(3, 9)
    >>> "word" in heads, [(name, head.out_features) for name, head in heads.items()]
    (True, [('tag', 2), ('word', 9)])
    """

    def __init__(self, modules: Mapping[str, Module] | None = None):
        self.update(modules or {})

    def update(self, modules: Mapping[str, Module]) -> None:
        """Add modules, or replace them."""
        for name, module in modules.items():
            self[name] = module

    def __setitem__(self, name: str, module: Module) -> None:
        _hold(self, name, module)

    def __getitem__(self, name: str) -> Module:
        return dict(self.named_children())[name]

    def __delitem__(self, name: str) -> None:
        self[name]
        delattr(self, name)

    def __contains__(self, name: object) -> bool:
        return name in dict(self.named_children())

    def __len__(self) -> int:
        return len(self.keys())

    def __iter__(self) -> Iterator[str]:
        return iter(self.keys())

    def keys(self) -> list[str]:
        """The names."""
        return [name for name, _ in self.named_children()]

    def values(self) -> list[Module]:
        """The modules."""
        return list(self.children())

    def items(self) -> list[tuple[str, Module]]:
        """Names and modules."""
        return list(self.named_children())


def _hold(holder: Module, name: str, module: Module) -> None:
    """Make it a child, if that is possible."""
    caller = type(holder).__name__
    if not isinstance(module, Module):
        hint = "; wrap a function in a Module with forward" if callable(module) else ""
        raise DTypeError(f"{caller}: got {type(module).__name__} for {name}; need a Module{hint}")
    if not isinstance(name, str) or not name or "." in name or hasattr(type(holder), name):
        raise OptionError(
            f"{caller}: got the name {name!r}; need a string without dots that is no attribute of {caller}; "
            "choose another name"
        )
    setattr(holder, name, module)
