"""Teaching: a `print` and a data-dependent branch.

Two graph breaks, so three graphs. Dynamo compiles what it can: up to the `print`, from there to the `if`, and
the branch that is taken. Python runs in between. Take the `print` out, or write the branch as `torch.where`,
and the graphs grow together.
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
        print("hidden:", tuple(hidden.shape))  # break 1: Dynamo does not trace printing
        scaled = hidden / hidden.mean()
        if scaled.max() > 1:  # break 2: which way to go is known only when the values are
            return scaled.sigmoid() * x
        return scaled.tanh() + x


def build(options: TargetOptions) -> Built:
    """Input: x (batch, seq, 64)."""
    return options.built(Breaks(), lambda batch, seq: Inputs((options.randn(batch, seq, FEATURES),)))
