"""A graph within the graph, forward and backward: the branches share names with each other and with what is around."""

import torch
from torch import nn


class Branches(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin = nn.Linear(16, 16)

    def forward(self, x):
        def warm(y):
            return torch.relu(self.lin(y)).sin() + y.exp()

        def cold(y):
            z = y.cos()
            return z * z - 1

        y = x.sin() * 2
        z = torch.cond(x.sum() > 0, warm, cold, (y,))
        return self.lin(z).exp() + y


def build():
    return Branches(), (torch.ones(4, 16),), {}
