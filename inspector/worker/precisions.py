"""In which dtypes a target's tensors really are, and what `--dtype` did not reach."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable

import torch
from torch import Tensor

from inspector.targets.dtypes import short

_NAMED = 4
"""Tensors that a sentence names."""

Tensors = Iterable[tuple[str, str, Tensor]]
"""Kind (`parameter`, `argument 0`), name (``parameter `weight` ``) and tensor."""


def dtypes_of(tensors: Tensors) -> dict[str, str]:
    """`parameters` → `bf16 (3), f32 (1)`, of everything that the target and its inputs lead to."""
    found: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for kind, _, tensor in tensors:
        found[f"{kind.partition(' ')[0]}s"][short(tensor.dtype)] += 1
    return {kind: ", ".join(f"{name} ({count})" for name, count in counts.items()) for kind, counts in found.items()}


def not_reached(tensors: Tensors, asked: torch.dtype) -> str:
    """Which floating-point tensors are in another dtype than was asked for, a sentence; empty where none is."""
    others = [f"{name} is {short(item.dtype)}" for _, name, item in tensors if _is_another(item, asked)]
    if not others:
        return ""
    more = f" and {len(others) - _NAMED} more are not" if len(others) > _NAMED else ""
    return f"--dtype {short(asked)} does not reach all: {', '.join(others[:_NAMED])}{more}."


def _is_another(tensor: Tensor, asked: torch.dtype) -> bool:
    return tensor.is_floating_point() and tensor.dtype is not asked
