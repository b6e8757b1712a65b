"""Teaching: one function, called five times.

The first call bakes in every size and Python value, with guards; the others come with another length, a third,
another string and another dtype. `recompiles-repaired` makes the same calls of a function that is ready for them.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from inspector.targets.base import Built, Inputs, TargetOptions

BATCH = 2
SEQ = 8
FEATURES = 64


def activate(x: Tensor, kind: str) -> Tensor:
    """(batch, seq, features) → the same, through the activation named by a Python string."""
    if kind == "gelu":
        return torch.nn.functional.gelu(x).softmax(dim=-1)
    return torch.relu(x).softmax(dim=-1)


def build(options: TargetOptions) -> Built:
    """Inputs: x (batch, seq, 64), kind "relu" or "gelu"."""

    def make_inputs(batch: int, seq: int) -> Inputs:
        return Inputs((options.randn(batch, seq, FEATURES), "relu"))

    def x(seq: int, **changes: Any) -> Tensor:
        return options.randn(options.batch, seq, FEATURES).detach().to(**changes).requires_grad_(options.train)

    other = torch.float64 if options.dtype is not torch.float64 else torch.float32
    further = (
        Inputs((x(options.seq + 4), "relu")),  # another length
        Inputs((x(options.seq + 8), "relu")),  # a third length
        Inputs((x(options.seq), "gelu")),  # another constant
        Inputs((x(options.seq, dtype=other), "relu")),  # another dtype
    )
    return options.built(activate, make_inputs, further_calls=further)
