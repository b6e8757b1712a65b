"""What an operator reads and writes at least: every tensor once, and of what an index picks as much as is picked.

Looked at is what the tensors hold too: how many different rows an index names, how many elements a mask lets through.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from inspector.worker.calls import tensors
from inspector.worker.profiling.marks import touched

_MAKES = {"empty", "empty_like", "empty_strided", "new_empty", "new_empty_strided", "lift_fresh", "set_", "resize_"}
"""Operators that make a tensor and move nothing."""
_OVERWRITES = {
    "copy_", "fill_", "zero_", "normal_", "uniform_", "bernoulli_", "exponential_", "random_", "cauchy_", "log_normal_",
    "geometric_",
}  # fmt: skip
"""Operators that write their first tensor without reading it."""


@dataclass(frozen=True)
class Moved:
    """What one call moves."""

    read: tuple[tuple[Tensor, int], ...]
    """Each tensor that is read, and how many bytes of it."""
    written: int
    """Bytes."""
    outputs: tuple[Tensor, ...]
    """What is written."""

    @property
    def bytes_read(self) -> int:
        """All of them; of memory that several tensors share at most what there is of it."""
        by_storage: dict[int, list[tuple[Tensor, int]]] = {}
        for tensor, size in self.read:
            by_storage.setdefault(_storage(tensor), []).append((tensor, size))
        return sum(
            min(sum(size for _, size in items), max(_memory(item) for item, _ in items))
            for items in by_storage.values()
        )


def is_view(function: Any) -> bool:
    """Whether an operator only looks at its input in another way; `_unsafe_view` says it does not, but does."""
    if function._schema.name in ("aten::_unsafe_view", "aten::_reshape_alias", "aten::lift_fresh"):
        return True
    if torch.Tag.inplace_view in function.tags:
        return True
    returned = function._schema.returns
    return bool(returned) and all(item.alias_info is not None and not item.alias_info.is_write for item in returned)


def makes_nothing(function: Any) -> bool:
    """Whether an operator makes a tensor without moving anything."""
    return _name(function) in _MAKES


def moved(function: Any, args: Sequence[Any], kwargs: Mapping[str, Any], result: Any) -> Moved:
    """What one call has to move, from its arguments and what it returned."""
    given, read, changed = _arguments(function, args, kwargs)
    name = _name(function)
    outputs = tuple(changed or tensors(result))
    sizes = {id(item): size_of(item) for item in read}
    written = sum(map(size_of, outputs))
    if name.startswith(("addmm", "baddbmm", "addmv", "addbmm", "addr")) and given.get("beta", 1) == 0:
        sizes.pop(id(given.get("self")), None)
    rule = _PICKS.get(name)
    if rule is not None:
        table, count = rule(given, result)
        sizes[id(table)] = min(size_of(table), count * table.element_size())
    scatter = _SCATTERS.get(name)
    if scatter is not None and changed:
        target, count = changed[0], scatter(given, result)
        written = min(size_of(target), count * target.element_size())
        sizes.pop(id(target), None)
        if name in _ACCUMULATES or given.get("accumulate"):
            sizes[id(target)] = written
        source = given.get("src", given.get("source"))
        if isinstance(source, Tensor) and id(source) in sizes:
            sizes[id(source)] = min(sizes[id(source)], count * source.element_size())
        known = {id(item): item for item in (*read, target)}
        return Moved(tuple((known[key], size) for key, size in sizes.items()), written, outputs)
    return Moved(tuple((item, sizes[id(item)]) for item in read if id(item) in sizes), written, outputs)


def size_of(tensor: Tensor) -> int:
    """Bytes of a tensor in memory."""
    if tensor.layout is not torch.strided:
        return sum(size_of(part) for part in _parts(tensor))
    return touched(tensor) * tensor.element_size()


def _parts(tensor: Tensor) -> list[Tensor]:
    if tensor.layout is torch.sparse_coo:
        return [tensor._indices(), tensor._values()]
    if tensor.layout in (torch.sparse_csr, torch.sparse_bsr):
        return [tensor.crow_indices(), tensor.col_indices(), tensor.values()]
    return []


def _arguments(
    function: Any, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> tuple[dict[str, Any], list[Tensor], list[Tensor]]:
    """The arguments by name; the tensors that are read, each once; those that are written."""
    given: dict[str, Any] = {}
    read: dict[int, Tensor] = {}
    changed: list[Tensor] = []
    for number, argument in enumerate(function._schema.arguments):
        value = args[number] if number < len(args) else kwargs.get(argument.name, argument.default_value)
        given[argument.name] = value
        found = list(tensors(value))
        writes = argument.alias_info is not None and argument.alias_info.is_write
        if writes:
            changed += found
        if not (writes and (argument.is_out or _name(function) in _OVERWRITES)):
            read |= {id(item): item for item in found}
    return given, list(read.values()), changed


def _name(function: Any) -> str:
    return str(function._schema.name.partition("::")[2])


def _storage(tensor: Tensor) -> int:
    if tensor.layout is not torch.strided:
        return id(tensor)
    return tensor.untyped_storage().data_ptr() or id(tensor)


def _memory(tensor: Tensor) -> int:
    return tensor.untyped_storage().nbytes() if tensor.layout is torch.strided else size_of(tensor)


def _different(index: Tensor) -> int:
    return int(index.unique().numel())  # type: ignore[no-untyped-call]


def _rows(table: Tensor, index: Tensor, dim: int = 0) -> int:
    """Elements of the different rows of a table that an index names."""
    return _different(index) * (table.numel() // max(1, table.shape[dim]))


def _picked(given: Mapping[str, Any], result: Any) -> tuple[Tensor, int]:
    return given["self"], int(result.numel())


_PICKS: Mapping[str, Callable[[Mapping[str, Any], Any], tuple[Tensor, int]]] = {
    "embedding": lambda given, _: (given["weight"], _rows(given["weight"], given["indices"])),
    "_embedding_bag": lambda given, _: (given["weight"], _rows(given["weight"], given["indices"])),
    "_embedding_bag_forward_only": lambda given, _: (given["weight"], _rows(given["weight"], given["indices"])),
    "index_select": lambda given, _: (given["self"], _rows(given["self"], given["index"], given["dim"])),
    "index": _picked,
    "_unsafe_index": _picked,
    "gather": _picked,
    "take": _picked,
    "masked_select": _picked,
}
"""Operator → the tensor that it picks from, and how many of its elements it reads."""


def _along(given: Mapping[str, Any], _: Any) -> int:
    return _rows(given["self"], given["index"], given["dim"])


def _named(given: Mapping[str, Any], _: Any) -> int:
    return int(given["index"].numel())


def _masked(given: Mapping[str, Any], _: Any) -> int:
    return int(given["mask"].expand_as(given["self"]).sum())


def _put(given: Mapping[str, Any], _: Any) -> int:
    """Places that a list of indices, or masks, names; a None stands for all of a dimension."""
    target: Tensor = given["self"]
    indices = [item for item in given["indices"] if item is not None]
    masks = sum(item.ndim for item in indices if item.dtype in (torch.bool, torch.uint8))
    if masks:
        return math.prod(int(item.sum()) for item in indices) * math.prod(target.shape[masks:])
    shape = torch.broadcast_shapes(*(item.shape for item in indices))  # type: ignore[no-untyped-call]
    whole = [size for size, item in zip(target.shape, given["indices"], strict=False) if item is None]
    return math.prod((*shape, *whole, *target.shape[len(given["indices"]) :]))


_SCATTERS: Mapping[str, Callable[[Mapping[str, Any], Any], int]] = {
    **dict.fromkeys(("index_copy_", "index_add_", "index_fill_", "index_reduce_"), _along),
    **dict.fromkeys(("scatter_", "scatter_add_", "scatter_reduce_", "put_"), _named),
    **dict.fromkeys(("masked_fill_", "masked_scatter_"), _masked),
    **dict.fromkeys(("index_put_", "_index_put_impl_"), _put),
}
"""Operator that works in place → how many elements it writes at most."""
_ACCUMULATES = {"index_add_", "index_reduce_", "scatter_add_", "scatter_reduce_"}
"""Those of them that read what they write."""
