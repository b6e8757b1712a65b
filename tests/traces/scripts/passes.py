"""Something for passes to do: a copy, a zero that is added, a division in front of a softmax, views for nothing."""

import torch
from torch import nn


class Scores(nn.Module):
    """Scores of rows against one another."""

    def forward(self, x):
        scores = torch.matmul(x, x.transpose(-2, -1)).div(3.0).softmax(-1)
        return torch.matmul(scores.clone() + torch.zeros_like(scores), x).transpose(0, 1).reshape(-1)


def build():
    return Scores().eval(), (torch.randn(4, 8, 16),), {}
