"""Modules outside the gallery, for measuring links: a convolution net, attention that masks and writes caches, scatters
and indexing, a recurrent cell, a training step."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812

Target = tuple[Any, tuple[Tensor, ...], dict[str, Any]]
NAMES = ("small_conv", "cached_attention", "scatters", "recurrent", "train_step")
TRAINED = frozenset(("train_step",))


class SmallConv(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.norm = nn.BatchNorm2d(8)
        self.head = nn.Linear(8, 5)

    def forward(self, x: Tensor) -> Tensor:
        y = F.relu(self.norm(self.conv(x)))
        y = F.max_pool2d(y, 2)
        pooled = y.mean((2, 3))
        return torch.log_softmax(self.head(pooled), -1)


def small_conv() -> Target:
    return SmallConv().eval(), (torch.randn(2, 3, 8, 8),), {}


class CachedAttention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.qkv = nn.Linear(16, 48)
        self.register_buffer("keys", torch.zeros(2, 12, 16))
        self.register_buffer("values", torch.zeros(2, 12, 16))

    def forward(self, x: Tensor, position: Tensor, mask: Tensor) -> Tensor:
        query, key, value = self.qkv(x).chunk(3, -1)
        self.keys[:, position] = key
        self.values[:, position] = value
        scores = query @ self.keys.transpose(1, 2) * 0.25
        scores = scores.masked_fill(mask, float("-inf"))
        return torch.softmax(scores, -1) @ self.values


def cached_attention() -> Target:
    mask = torch.ones(4, 12, dtype=torch.bool).triu(1)
    return CachedAttention().eval(), (torch.randn(2, 4, 16), torch.arange(4), mask), {}


def scatter(x: Tensor, index: Tensor, updates: Tensor) -> tuple[Tensor, ...]:
    picked = x[index].sin()
    counts = torch.zeros(8, 16).index_add(0, index, updates)
    spread = torch.zeros_like(x).scatter_add(0, index[:, None].expand(-1, 16), torch.erf(updates))
    x = x.clone()
    x[index] = updates.cos()
    return picked + counts[index], spread.tanh(), x.exp()


def scatters() -> Target:
    return scatter, (torch.randn(8, 16), torch.tensor([0, 3, 1, 3]), torch.randn(4, 16)), {}


class Recurrent(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.cell = nn.GRUCell(8, 16)
        self.inner, self.outer = nn.Linear(8, 16), nn.Linear(16, 16)

    def forward(self, xs: Tensor, state: Tensor) -> Tensor:
        for x in xs.unbind(0):
            gate = torch.sigmoid(self.inner(x) + self.outer(state))
            state = gate * state + (1 - gate) * torch.tanh(self.cell(x, state))
        return state


def recurrent() -> Target:
    return Recurrent(), (torch.randn(3, 2, 8), torch.randn(2, 16)), {}


class TrainStep(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Sequential(nn.Linear(16, 32), nn.GELU(), nn.LayerNorm(32))
        self.head = nn.Linear(32, 4)

    def forward(self, x: Tensor, labels: Tensor) -> Tensor:
        return F.cross_entropy(self.head(self.body(x)), labels)


def train_step() -> Target:
    return TrainStep(), (torch.randn(8, 16), torch.randint(0, 4, (8,))), {}
