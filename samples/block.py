"""A module with its inputs, from a factory: no `--input` is needed.

    inspector samples/block.py:example
    inspector samples/block.py:example --batch 4 --seq 256 --train

A factory is a function without required parameters that returns (module, args) or (module, args, kwargs).
Those of its parameters that are called batch and seq receive --batch and --seq, and can be changed live.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional


class Block(nn.Module):
    """A pre-norm transformer block."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.norm_1 = nn.LayerNorm(width)
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.norm_2 = nn.LayerNorm(width)
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))

    def attend(self, x: Tensor, causal: bool) -> Tensor:
        batch, seq, width = x.shape
        split = self.qkv(x).view(batch, seq, 3, self.heads, width // self.heads)
        q, k, v = split.permute(2, 0, 3, 1, 4)
        mixed = functional.scaled_dot_product_attention(q, k, v, is_causal=causal)
        return self.out(mixed.transpose(1, 2).reshape(batch, seq, width))

    def forward(self, x: Tensor, causal: bool = False) -> Tensor:
        x = x + self.attend(self.norm_1(x), causal)
        return x + self.mlp(self.norm_2(x))


def example(batch: int = 1, seq: int = 64, width: int = 128):
    return Block(width, heads=4), (torch.randn(batch, seq, width),), {"causal": True}
