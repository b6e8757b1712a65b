"""Teaching: a `print` and a branch on a value.

Dynamo compiles what it can, and Python runs the rest. How many graphs become of it, and why, is what
`inspector lesson graph-breaks` asks and `inspector breaks` says. `graph-break-repaired` computes the same without a
`print`, and with the branch written as `torch.where`.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from inspector.targets.base import Built, Inputs, TargetOptions

BATCH = 1
SEQ = 8
FEATURES = 64


class Breaks(nn.Module):
    """A layer whose forward Dynamo cannot compile in one graph."""

    def __init__(self) -> None:
        super().__init__()
        self.linear = nn.Linear(FEATURES, FEATURES)

    def forward(self, x: Tensor) -> Tensor:
        """(batch, seq, 64) → (batch, seq, 64)."""
        hidden = torch.relu(self.linear(x))
        print("hidden:", tuple(hidden.shape))  # to see what goes on
        scaled = hidden / hidden.mean()
        if scaled.max() > 1:  # it depends on the data
            return scaled.sigmoid() * x
        return scaled.tanh() + x


def build(options: TargetOptions) -> Built:
    """Input: x (batch, seq, 64)."""
    return options.built(Breaks(), lambda batch, seq: Inputs((options.randn(batch, seq, FEATURES),)))
