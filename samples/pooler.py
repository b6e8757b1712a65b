"""A Module class that can be made without arguments. Its inputs are not to be guessed, so they are given:

    inspector samples/pooler.py:Pooler --input 'hidden=f32[batch,seq,64]' --input 'mask=bool[batch,seq]'

Without them the command says which are missing, and what to add.
"""

import torch
from torch import Tensor, nn


class Pooler(nn.Module):
    """Attention pooling: one vector for each sequence, weighted by what a learned query finds in it."""

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        self.query = nn.Parameter(torch.randn(width) / width**0.5)
        self.out = nn.Linear(width, width)

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        scores = (hidden @ self.query).masked_fill(~mask, torch.finfo(hidden.dtype).min)
        weights = scores.softmax(dim=1)
        return self.out((hidden * weights[:, :, None]).sum(dim=1))
