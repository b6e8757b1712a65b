"""A softmax over attention scores.

Two reductions (maximum and sum) and a quotient, one kernel.
"""

from __future__ import annotations

import torch
from torch import Tensor

from inspector.targets.base import Built, Inputs, TargetOptions

BATCH = 1
SEQ = 128
HEADS = 12


def softmax(scores: Tensor) -> Tensor:
    """Attention weights (batch, heads, seq, seq) from scores of the same shape."""
    return torch.softmax(scores, dim=-1)


def build(options: TargetOptions) -> Built:
    """Input: scores (batch, 12, seq, seq)."""
    return options.built(softmax, lambda batch, seq: Inputs((options.randn(batch, HEADS, seq, seq),)))
