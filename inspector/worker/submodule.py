"""A module inside a model: found by its path, called with what it really receives. Imports torch."""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from torch import nn
from torch.utils import _pytree as pytree

from inspector.errors import UsageError
from inspector.targets.base import Inputs
from inspector.targets.nearest import did_you_mean, listed


def find_submodule(model: nn.Module, path: str, prefix: str = "") -> tuple[str, nn.Module]:
    """The module at a dotted path, and the path that was right.

    Args:
        model: where to look.
        path: `model.layers.0.mlp`.
        prefix: the name under which a model with a head keeps its body (`model`, `transformer`): a path
            may leave it out, or have it where this model has none.

    Raises:
        UsageError: no such path, with the children at the deepest part that exists; or a mere container.
    """
    spellings = [path]
    if prefix:
        spellings.append(path.removeprefix(f"{prefix}.") if path.startswith(f"{prefix}.") else f"{prefix}.{path}")
    for spelling in spellings:
        module = _descend(model, spelling.split("."))[1]
        if module is None:
            continue
        if isinstance(module, (nn.ModuleList, nn.ModuleDict)):
            children = listed(f"{spelling}.{name}" for name, _ in module.named_children())
            raise UsageError(f"{spelling} is a list of modules, which is not called itself.", f"It holds {children}.")
        return spelling, module
    # told as the spelling that leads furthest, which is the one that was meant
    raise _no_such_path(model, path, max(spellings, key=lambda spelling: _steps_left(model, spelling)))


def _descend(model: nn.Module, parts: list[str]) -> tuple[int, nn.Module | None, nn.Module]:
    """How many parts exist, the module at the end if all do, and the deepest module there is."""
    module = model
    for depth, part in enumerate(parts):
        child = dict(module.named_children()).get(part)
        if child is None:
            return depth, None, module
        module = child
    return len(parts), module, module


def _steps_left(model: nn.Module, path: str) -> int:
    """Minus the number of parts of a path that do not exist."""
    parts = path.split(".")
    return _descend(model, parts)[0] - len(parts)


def _no_such_path(model: nn.Module, path: str, spelling: str) -> UsageError:
    parts = spelling.split(".")
    depth, _, deepest = _descend(model, parts)
    where = ".".join(parts[:depth]) or type(model).__name__
    children = [name for name, _ in deepest.named_children()]
    near = "" if parts[depth].isdecimal() else did_you_mean(parts[depth], children)
    return UsageError(
        f"There is no submodule {path!r}: {where} has no {parts[depth]!r}.{near}",
        f"{where} has {_children_in_words(children)}." if children else f"{where} has no submodules.",
    )


def _children_in_words(names: list[str]) -> str:
    """`self_attn and mlp`; `0 … 11` of a long list of layers."""
    if len(names) > 2 and names == [str(number) for number in range(len(names))]:
        return f"{names[0]} … {names[-1]}"
    return listed(names)


class Received(NamedTuple):
    """What a submodule was called with."""

    inputs: Inputs
    """Of the first call, copied before the submodule could change them."""
    calls: int
    """How often it was called while the model ran once."""


def receive(model: nn.Module, submodule: nn.Module, inputs: Inputs, *, train: bool) -> Received | None:
    """Runs a model once and keeps what reaches one of its modules; None where it was not called."""
    first: Inputs | None = None
    calls = 0

    def keep(_module: nn.Module, args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        nonlocal first, calls
        calls += 1
        if first is None:
            first = Inputs(*pytree.tree_map_only(torch.Tensor, _copy, (args, kwargs)))

    handle = submodule.register_forward_pre_hook(keep, with_kwargs=True)
    try:
        # with gradients when training, so that the copies want them where the originals did
        with torch.set_grad_enabled(train):
            model(*inputs.args, **inputs.kwargs)
    finally:
        handle.remove()
    return Received(first, calls) if first is not None else None


def _copy(tensor: torch.Tensor) -> torch.Tensor:
    """The same values with the same strides, cut off from the graph they came from."""
    size, stride = tensor.shape, tensor.stride()
    if any(step == 0 and length > 1 for length, step in zip(size, stride, strict=True)):
        once = tuple(slice(None if step else 1) for step in stride)
        copy = tensor.detach()[once].clone().expand(size)  # what is expanded cannot be written to as a whole
    else:
        copy = torch.empty_strided(size, stride, dtype=tensor.dtype, device=tensor.device).copy_(tensor.detach())
    return copy.requires_grad_(tensor.requires_grad)
