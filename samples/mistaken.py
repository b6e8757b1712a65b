"""Two layers that do not fit together, to see what a mistake looks like: one line, and no traceback.

    inspector samples/mistaken.py:example

`--traceback` shows it all.
"""

import torch
from torch import nn


def example(batch: int = 2):
    model = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(256, 10))
    return model, (torch.randn(batch, 64),)
