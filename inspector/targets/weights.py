"""Random weights, counted and filled quickly. Imports torch."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import torch
from torch import nn

if TYPE_CHECKING:
    from transformers import PreTrainedModel

SPREAD = 0.02
"""Standard deviation, as transformers' own initialisation has it."""

Model = TypeVar("Model", bound="PreTrainedModel")

_BLOCK = 1_000_003
"""Values drawn; longer parameters repeat them. A prime, so that no two rows of a matrix begin alike."""


def parameter_bytes(make: Callable[[], nn.Module]) -> int:
    """Bytes of a module's parameters, shared ones once, without making them: the module is built on the meta device."""
    with torch.device("meta"):
        return sum(parameter.nbytes for parameter in make().parameters())


def quickly(make: Callable[[], Model]) -> Model:
    """A transformers model with random weights by `fill` instead of its own initialisation, which takes far longer."""
    from transformers.initialization import no_init_weights

    with no_init_weights():  # parameters are allocated and not written; buffers are as they should be
        model = make()
        model.tie_weights()  # left out with the initialisation
    fill(model)
    return model


@torch.no_grad()
def fill(module: nn.Module) -> None:
    """Gives every parameter values: matrices small random ones, norm weights one, biases zero.

    One million numbers are drawn and copied over and over, which takes a fraction of the time of drawing a
    billion; neither the compiled code nor its speed can tell.
    """
    block = torch.randn(_BLOCK) * SPREAD
    for name, parameter in module.named_parameters():
        if parameter.dim() < 2:
            parameter.fill_(0.0 if name.endswith("bias") else 1.0)
            continue
        flat = parameter.view(-1)
        values = block.to(dtype=parameter.dtype, device=parameter.device)
        for start in range(0, flat.numel(), _BLOCK):
            piece = flat[start : start + _BLOCK]
            piece.copy_(values[: piece.numel()])
