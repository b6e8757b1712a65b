"""One call of the target, as it is compiled and as it is timed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree

from inspector.errors import TargetFailed
from inspector.targets.base import Inputs


class Caller:
    """Calls eager or compiled on inputs: forward alone, or forward and backward when training.

    Args:
        target: the eager module or function, whose parameters' gradients are thrown away after each call.
        train: whether to run the backward pass; the loss is the sum of all floating-point outputs.
    """

    def __init__(self, target: Callable[..., Any], *, train: bool) -> None:
        self.train = train
        self._parameters = list(target.parameters()) if isinstance(target, nn.Module) else []

    def __call__(self, function: Callable[..., Any], inputs: Inputs) -> Any:
        """The outputs of one call.

        Raises:
            TargetFailed: training, and no output depends on anything that wants a gradient.
        """
        if not self.train:
            with torch.no_grad():
                return function(*inputs.args, **inputs.kwargs)
        return self._train(function, inputs)

    def repeat(self, function: Callable[..., Any], inputs: Inputs, calls: int) -> None:
        """Makes so many calls with as little as possible around them: this is what is timed."""
        if self.train:
            for _ in range(calls):
                self._train(function, inputs)
            return
        args, kwargs = inputs
        with torch.no_grad():
            for _ in range(calls):
                function(*args, **kwargs)

    def _train(self, function: Callable[..., Any], inputs: Inputs) -> Any:
        outputs = function(*inputs.args, **inputs.kwargs)
        losses = [output.sum() for output in tensors(outputs) if output.requires_grad]
        if not losses:
            raise TargetFailed(
                "There is nothing to train: no floating-point output depends on a parameter or input with a gradient.",
                "Leave out --train.",
            )
        torch.autograd.backward(losses)
        for leaf in [*self._parameters, *tensors(tuple(inputs))]:
            if leaf.is_leaf:
                leaf.grad = None
        return outputs


def tensors(values: Any) -> Iterator[Tensor]:
    """Every tensor in a structure of tuples, lists, dicts and dataclasses that torch knows."""
    return (leaf for leaf in pytree.tree_leaves(values) if isinstance(leaf, Tensor))


def difference(eager: Any, compiled: Any) -> tuple[float, float]:
    """The largest absolute and relative difference of two calls' outputs, over all floating-point elements.

    Relative is |compiled - eager| / max(|eager|, tiny), element by element. NaN where only one of the two is NaN;
    zeros where there is nothing to compare.
    """
    max_abs = max_rel = 0.0
    for one, other in zip(tensors(eager), tensors(compiled), strict=True):
        if not (one.is_floating_point() or one.is_complex()) or one.numel() == 0:
            continue
        wide = torch.complex128 if one.is_complex() else torch.float64
        one, other = one.detach().to(wide), other.detach().to(wide)  # noqa: PLW2901
        both = (one == other) | (one.isnan() & other.isnan())
        absolute = torch.where(both, 0.0, (other - one).abs())
        relative = torch.where(both, 0.0, absolute / one.abs().clamp_min(torch.finfo(torch.float32).tiny))
        max_abs = _larger(max_abs, absolute.max().item())
        max_rel = _larger(max_rel, relative.max().item())
    return max_abs, max_rel


def _larger(one: float, other: float) -> float:
    """The larger one; NaN wins, so that it is never hidden."""
    return other if math.isnan(other) or other > one else one
