"""Teaching: `graph-break`, repaired.

Nothing is printed, and both sides of the branch are computed: `torch.where` chooses between them.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from inspector.targets.base import Built, Inputs, TargetOptions

BATCH = 1
SEQ = 8
FEATURES = 64


class Repaired(nn.Module):
    """What `graph-break` computes, in operations on tensors alone."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(FEATURES, FEATURES)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, seq, 64) → (batch, seq, 64)."""
        hidden = torch.relu(self.linear(x))
        scaled = hidden / hidden.mean()
        return torch.where(scaled.max() > 1, scaled.sigmoid() * x, scaled.tanh() + x)


def build(options: TargetOptions) -> Built:
    """Input: x (batch, seq, 64)."""
    return options.built(Repaired(), lambda batch, seq: Inputs((options.randn(batch, seq, FEATURES),)))
