"""A Llama-like MLP, small enough to record."""

import torch
from torch import nn


class Gated(nn.Module):
    """Two matrix products, a gate between them, one more."""

    def __init__(self):
        super().__init__()
        self.gate = nn.Linear(32, 64, bias=False)
        self.up = nn.Linear(32, 64, bias=False)
        self.down = nn.Linear(64, 32, bias=False)

    def forward(self, x):
        gate = nn.functional.silu(self.gate(x)) * self.up(x)
        return self.down(
            gate + torch.tanh(gate),
        )


def build():
    return Gated().eval(), (torch.randn(4, 32),), {}
