"""What a call returned beside numbers: containers, strides, and what lies in memory that something else lies in too."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import torch
from torch import Tensor
from torch.utils import _pytree as pytree

RETURNED = "what is returned"
_SEARCHED = 64 << 20
"""Bytes between two tensors' ends up to which it is looked byte by byte whether they overlap."""


@dataclass(frozen=True)
class ResultForm:
    """What can be told of a call's results without their numbers."""

    kinds: Mapping[str, str]
    """`what is returned` → `tuple`, of containers and tensors; of a dictionary with its keys, in order."""
    strides: Mapping[str, tuple[int, ...]]
    """Of each tensor, in elements; without those of dimensions with one index, which mean nothing."""
    shared: Mapping[str, frozenset[str]]
    """Output → what has memory in common with it: other outputs, and what the call was given."""


def leaves_of(result: Any) -> Iterator[tuple[str, Any]]:
    """What a call returned, leaf by leaf: `output 0`, or `output[0]['logits']` where it is nested; of dataclasses that
    torch does not know the fields."""
    leaves = pytree.tree_leaves_with_path(result)
    flat = all(len(path) <= 1 for path, _ in leaves) and not isinstance(result, dict)
    for number, (path, leaf) in enumerate(leaves):
        yield from _leaf(f"output {number}" if flat else f"output{pytree.keystr(path)}", leaf)


def _leaf(name: str, leaf: Any) -> Iterator[tuple[str, Any]]:
    if not _has_fields(leaf):
        yield name, leaf
        return
    for item in fields(leaf):
        for path, inner in pytree.tree_leaves_with_path(getattr(leaf, item.name)):
            yield from _leaf(f"{name}.{item.name}{pytree.keystr(path)}", inner)


def form_of(result: Any, given: Iterable[tuple[str, Tensor]]) -> ResultForm:
    """The form of what a call returned.

    Args:
        result: as it was returned, not a copy.
        given: what the call was given or leads to, by name.
    """
    outputs = [(name, leaf) for name, leaf in leaves_of(result) if isinstance(leaf, Tensor)]
    in_memory = [(name, tensor, place) for name, tensor in outputs if (place := _place(tensor)) is not None]
    neighbours: defaultdict[int, list[tuple[str, Tensor]]] = defaultdict(list)
    for name, tensor in [*given, *outputs]:
        if (place := _place(tensor)) is not None:
            neighbours[place].append((name, tensor))
    return ResultForm(
        dict(_kinds(RETURNED, "output", result)),
        {name: _strides(tensor) for name, tensor, _ in in_memory},
        {
            name: frozenset(other for other, item in neighbours[place] if other != name and _overlap(tensor, item))
            for name, tensor, place in in_memory
        },
    )


def _kinds(name: str, path: str, value: Any) -> Iterator[tuple[str, str]]:
    kind = type(value).__qualname__
    if _has_fields(value):
        inner = [(f".{item.name}", getattr(value, item.name)) for item in fields(value)]
    elif pytree.tree_is_leaf(value):
        if isinstance(value, Tensor):
            yield name, kind
        return
    else:
        below, _ = pytree.tree_flatten_with_path(value, is_leaf=lambda item: item is not value)
        inner = [(pytree.keystr(keys), item) for keys, item in below]
        kind += f" of {', '.join(map(str, value))}" if isinstance(value, dict) else f" of {len(inner)}"
    yield name, kind
    for step, item in inner:
        yield from _kinds(f"{path}{step}", f"{path}{step}", item)


def _has_fields(value: Any) -> bool:
    return is_dataclass(value) and not isinstance(value, type) and bool(pytree.tree_is_leaf(value))


def _strides(tensor: Tensor) -> tuple[int, ...]:
    return tuple(step for size, step in zip(tensor.shape, tensor.stride(), strict=True) if size > 1)


def _place(tensor: Tensor) -> int | None:
    """Where its memory begins; None where it has none of its own that could be asked for."""
    if tensor.layout is not torch.strided or tensor.is_meta or not tensor.numel():
        return None
    try:
        return tensor.untyped_storage().data_ptr()
    except (NotImplementedError, RuntimeError):  # a subclass that wraps others
        return None


def _overlap(one: Tensor, other: Tensor) -> bool:
    """Whether two tensors of one storage have a byte in common; of ranges too long to be looked through whether these
    do."""
    (first, last), (begin, end) = _range(one), _range(other)
    if last < begin or end < first:
        return False
    low, high = min(first, begin), max(last, end)
    if high - low > _SEARCHED:
        return True
    marked = torch.zeros(high - low + 1, dtype=torch.bool)
    _bytes(marked, one, first - low).fill_(True)
    return bool(_bytes(marked, other, begin - low).any())


def _range(tensor: Tensor) -> tuple[int, int]:
    """Its first byte and its last in its storage."""
    size = tensor.element_size()
    reach = sum((count - 1) * step for count, step in zip(tensor.shape, tensor.stride(), strict=True))
    first = int(tensor.storage_offset())
    return first * size, (first + int(reach) + 1) * size - 1


def _bytes(memory: Tensor, tensor: Tensor, offset: int) -> Tensor:
    size = tensor.element_size()
    return memory.as_strided((*tensor.shape, size), (*(step * size for step in tensor.stride()), 1), offset)
