"""Teaching: `recompiles`, repaired.

Sizes are symbols from the start, what was a string is a tensor that `torch.where` chooses by, and the caller
converts what comes in another dtype.
"""

from __future__ import annotations

import torch
from torch import Tensor

from inspector.targets.base import Built, Inputs, TargetOptions

BATCH = 2
SEQ = 8
FEATURES = 64


def activate(x: Tensor, smooth: Tensor) -> Tensor:
    """(batch, seq, features) → the same, through gelu where `smooth`, a single truth value, is true, else relu."""
    return torch.where(smooth, torch.nn.functional.gelu(x), torch.relu(x)).softmax(dim=-1)


def build(options: TargetOptions) -> Built:
    """Inputs: x (batch, seq, 64), smooth (), true or false."""

    def make_inputs(batch: int, seq: int, *, smooth: bool = False) -> Inputs:
        return Inputs((options.randn(batch, seq, FEATURES), torch.tensor(smooth, device=options.device)))

    def again(seq: int, *, smooth: bool = False) -> Inputs:
        return make_inputs(options.batch, seq, smooth=smooth)

    other = torch.float64 if options.dtype is not torch.float64 else torch.float32
    x, smooth = again(options.seq).args
    further = (
        again(options.seq + 4),
        again(options.seq + 8),
        again(options.seq, smooth=True),
        Inputs((x.detach().to(other).to(options.dtype).requires_grad_(options.train), smooth)),  # converted back
    )
    return options.built(activate, make_inputs, dynamic=True, further_calls=further)
