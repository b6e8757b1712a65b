"""Teaching: one graph for every sequence length.

Sizes are symbols (`s0`) instead of numbers. Compiled with `dynamic=True` and called with three lengths: one
compilation serves them all. `--static` shows the opposite, a recompile for each length.
"""

from __future__ import annotations

import torch
from torch import Tensor

from inspector.targets.base import Built, Inputs, TargetOptions

BATCH = 2
SEQ = 12
FEATURES = 64


def masked_mean(hidden: Tensor, lengths: Tensor) -> Tensor:
    """The mean over each sequence's own length: hidden (batch, seq, features), lengths (batch,) → (batch, features)."""
    positions = torch.arange(hidden.shape[1], device=hidden.device)
    mask = (positions < lengths[:, None]).to(hidden.dtype)
    total = (hidden * mask[:, :, None]).sum(dim=1)
    return total / mask.sum(dim=1, keepdim=True)


def build(options: TargetOptions) -> Built:
    """Inputs: hidden (batch, seq, 64), lengths (batch,), each from 1 to seq."""

    def make_inputs(batch: int, seq: int) -> Inputs:
        lengths = torch.randint(1, seq + 1, (batch,), device=options.device)
        return Inputs((options.randn(batch, seq, FEATURES), lengths))

    longer = tuple(make_inputs(options.batch, options.seq + more) for more in (8, 20))
    return options.built(masked_mean, make_inputs, dynamic=True, further_calls=longer)
