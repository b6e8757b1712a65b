"""A plain function. What it is called with is said on the command line; `batch` and `seq` can be changed live:

    inspector samples/swiglu.py:swiglu --input 'gate=f32[batch,seq,1024]' --input 'up=f32[batch,seq,1024]'

Everything in it is pointwise, so all of it becomes one kernel.
"""

import torch
from torch import Tensor
from torch.nn import functional


def swiglu(gate: Tensor, up: Tensor, limit: float = 7.0) -> Tensor:
    return functional.silu(torch.clamp(gate, max=limit)) * torch.clamp(up, -limit, limit)
