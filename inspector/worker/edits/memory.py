"""Memory that an edited kernel is given: filled, fenced, and copied, so that a wrong one cannot look right by luck.

Torch hands out memory again that was just freed. A kernel that forgets to write an element would then find there what
the compiler's own wrote a moment ago, and be equal to it to the bit. So what its module allocates is filled first, with
one pattern in one call and another in the next, and has a fence on both sides that no kernel may write.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from types import ModuleType
from typing import Any

import torch
from torch import Tensor

from inspector.worker.private import swapped

_ALLOCATORS = ("empty_strided_cpu", "empty_strided_cuda", "empty_strided_xpu", "empty_strided_mtia")
"""Names under which output modules call what gives them memory."""
_FENCE = 512
"""Bytes on each side: whole cache lines, and more than a vector."""
FILLS = (0xFF, 0x00)
"""Bytes: NaN in every floating-point dtype, and 0."""


class Fences:
    """What was handed out, to be looked at after a call."""

    def __init__(self) -> None:
        self._given: list[tuple[Tensor, int]] = []

    def give(self, size: Sequence[int], stride: Sequence[int], dtype: torch.dtype, device: str, fill: int) -> Tensor:
        """Memory for a tensor, filled and between two fences."""
        elements = 1 + sum((count - 1) * step for count, step in zip(size, stride, strict=True)) if 0 not in size else 0
        inner = elements * dtype.itemsize
        whole = torch.full((inner + 2 * _FENCE,), fill, dtype=torch.uint8, device=device)
        if dtype is torch.bool:
            whole[_FENCE : _FENCE + inner] = 1 if fill else 0
        self._given.append((whole, inner))
        made = torch.empty(0, dtype=dtype, device=device)
        return made.set_(whole.untyped_storage(), _FENCE // dtype.itemsize, tuple(size), tuple(stride))

    def broken(self, fill: int) -> bool:
        """Whether anything wrote beside what it was given."""
        return any(
            bool((part != fill).any())
            for whole, inner in self._given
            for part in (whole[:_FENCE], whole[_FENCE + inner :])
        )


@contextmanager
def filled(modules: Sequence[ModuleType], fill: int) -> Iterator[Fences]:
    """While this lasts, all that these output modules allocate is filled and fenced."""
    fences = Fences()

    def giving(device: str) -> Callable[..., Tensor]:
        return lambda size, stride, dtype: fences.give(size, stride, dtype, device, fill)

    with ExitStack() as stack:
        for module in modules:
            for name in _ALLOCATORS:
                if name in vars(module):
                    device = name.rpartition("_")[2]
                    stack.enter_context(swapped(module, name, giving(device)))
        yield fences


def copies_of(values: Sequence[Any]) -> list[Any]:
    """Tensors on copies of their memory: what shares memory shares it in the copies too."""
    kept: dict[int, torch.UntypedStorage] = {}

    def copy(tensor: Tensor) -> Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in kept:
            kept[storage.data_ptr()] = storage.clone()  # type: ignore[no-untyped-call]
        made = torch.empty(0, dtype=tensor.dtype, device=tensor.device)
        return made.set_(kept[storage.data_ptr()], tensor.storage_offset(), tensor.size(), tensor.stride())

    return [copy(item) if isinstance(item, Tensor) else item for item in values]


def bytes_of(values: Sequence[Any]) -> int:
    """Of the memory that tensors lie in, each once."""
    found: Mapping[int, int] = {
        item.untyped_storage().data_ptr(): item.untyped_storage().nbytes()
        for item in values
        if isinstance(item, Tensor)
    }
    return sum(found.values())
