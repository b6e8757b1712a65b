"""Everything that a target and its inputs lead to, each object once: what a call could read or write.

Arguments, parameters, buffers, attributes, what a function closes over and the globals that its code names. torch's own
objects are opaque, but for modules, optimizers and random number generators; so are classes and modules of Python's.
"""

from __future__ import annotations

import functools
from collections import deque
from collections.abc import Callable, Iterator
from types import BuiltinFunctionType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from inspector.targets.base import Inputs, parameters_of

MOST = 200_000
"""Objects that are walked."""
_OPAQUE = (
    *(bool, int, float, complex, str, bytes, type(None)),
    *(type, ModuleType, BuiltinFunctionType, CodeType, torch.dtype, torch.device, torch.Size),
)
_OF_MODULES = frozenset(vars(nn.Module())) - {"training"}
"""What torch keeps in every module; parameters, buffers and submodules are looked at apart."""


class Reached(NamedTuple):
    """One object, and how a call gets at it."""

    kind: str
    """`argument 0`, `parameter`, `buffer`, `attribute`, `variable` (of an enclosing function), `global`."""
    path: str
    """`layers[0].weight`; empty for the target itself."""
    value: Any

    @property
    def name(self) -> str:
        """``buffer `running_mean` ``."""
        return named(self.kind, self.path)


def walk(call: Callable[..., Any], inputs: Inputs) -> Iterator[Reached]:
    """Every object, arguments first; at most `MOST`."""
    seen: dict[int, object] = {}  # the objects are held, so that no address is given to another
    for root in _roots(call, inputs):
        pending = [root]
        while pending:
            found = pending.pop()
            if isinstance(found.value, _OPAQUE) or id(found.value) in seen:
                continue
            if len(seen) >= MOST:
                return
            seen[id(found.value)] = found.value
            yield found
            pending += reversed(list(_into(*found)))


def attributes(value: Any) -> dict[str, Any]:
    """An object's own attributes, without what Python and torch keep there."""
    found = getattr(value, "__dict__", None)
    return {name: item for name, item in found.items() if _is_own(name)} if isinstance(found, dict) else {}


def names_in(function: FunctionType) -> dict[str, Any]:
    """The globals that a function's code names, and what they are now; none of torch's own functions."""
    if (function.__module__ or "").partition(".")[0] in ("torch", "inspector"):
        return {}
    found = function.__globals__
    return {name: found[name] for name in _names(function.__code__) if name in found}


def is_torchs(value: Any) -> bool:
    """Whether an object is opaque, being torch's or Python's own."""
    module = type(value).__module__ or ""
    return module.partition(".")[0] in ("torch", "inspector", "builtins") and not module.startswith("torch.optim")


def named(kind: str, path: str) -> str:
    """``argument 0 `x` ``."""
    return f"{kind} `{path}`" if path else kind


def dotted(path: str, name: object) -> str:
    """`layer.weight`."""
    return f"{path}.{name}" if path else str(name)


def item_of(path: str, key: object, number: int) -> str:
    """`cache['k']`; a key that is no number or text by its place."""
    return f"{path}[{key!r}]" if isinstance(key, int | str) else f"{path}[#{number}]"


def _into(kind: str, path: str, value: Any) -> Iterator[Reached]:
    """What one object leads to."""
    if isinstance(value, Tensor):
        yield from _into_tensor(kind, path, value)
    elif isinstance(value, nn.Module):
        yield from _into_module(kind, path, value)
    elif isinstance(value, dict):
        spell = _registered if kind in ("parameter", "buffer") else item_of
        yield from (Reached(kind, spell(path, key, at), item) for at, (key, item) in enumerate(value.items()))
    elif isinstance(value, list | tuple | deque):
        yield from (Reached(kind, f"{path}[{number}]", item) for number, item in enumerate(value))
    elif isinstance(value, MethodType):
        yield Reached(kind, path, value.__self__)
        yield Reached(kind, path, value.__func__)
    elif isinstance(value, functools.partial):
        for part in ("func", "args", "keywords"):
            yield Reached(kind, dotted(path, part), getattr(value, part))
    elif isinstance(value, FunctionType):
        yield from _around(value)
    elif not is_torchs(value):
        yield from (Reached(kind, dotted(path, name), item) for name, item in attributes(value).items())
        yield from (Reached(kind, dotted(path, slot), getattr(value, slot, None)) for slot in _slots(value))


def _into_tensor(kind: str, path: str, tensor: Tensor) -> Iterator[Reached]:
    if hasattr(tensor, "__tensor_flatten__"):  # a subclass that wraps others
        names, _ = tensor.__tensor_flatten__()
        yield from (Reached(kind, dotted(path, name), getattr(tensor, name)) for name in names)
    elif tensor.is_leaf:
        yield Reached(kind, dotted(path, "grad"), tensor.grad)


def _into_module(kind: str, path: str, module: nn.Module) -> Iterator[Reached]:
    yield Reached("parameter", path, module._parameters)
    yield Reached("buffer", path, module._buffers)
    yield from (Reached("attribute", dotted(path, name), item) for name, item in attributes(module).items())
    yield from (Reached(kind, dotted(path, name), item) for name, item in module._modules.items())
    yield Reached(kind, path, getattr(type(module), "forward", None))


def _registered(path: str, name: object, _: int) -> str:
    return dotted(path, name)


def _slots(value: Any) -> Iterator[str]:
    for cls in type(value).__mro__:
        slots = getattr(cls, "__slots__", ())
        yield from (slot for slot in ((slots,) if isinstance(slots, str) else slots) if not slot.startswith("__"))


def _is_own(name: str) -> bool:
    return name not in _OF_MODULES and not name.startswith(("__", "_dynamo", "_torchdynamo", "_compiled", "_is_torch"))


def _roots(call: Callable[..., Any], inputs: Inputs) -> Iterator[Reached]:
    parameters = [item for item in parameters_of(call) or [] if item.kind.name.startswith("POSITIONAL_O")]
    for number, value in enumerate(inputs.args):
        yield Reached(f"argument {number}", parameters[number].name if number < len(parameters) else "", value)
    for name, value in inputs.kwargs.items():
        yield Reached("argument", name, value)
    yield Reached("attribute", "", call)


def _around(function: FunctionType) -> Iterator[Reached]:
    """What a function closes over, its defaults, and the globals that its code names."""
    if (function.__module__ or "").partition(".")[0] in ("torch", "inspector"):
        return
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            yield Reached("variable", name, cell.cell_contents)
        except ValueError:  # not filled yet
            continue
    yield Reached("default", function.__name__, function.__defaults__)
    yield Reached("default", function.__name__, function.__kwdefaults__)
    yield from (Reached("global", name, item) for name, item in names_in(function).items())


def _names(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names(constant)
