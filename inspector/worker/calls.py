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

    def results(self, function: Callable[..., Any], inputs: Inputs) -> list[Tensor]:
        """What one call computes: copies of its outputs; when training also the gradients it leaves, of the
        parameters and then of the inputs, zeros where it leaves none.
        """
        if not self.train:
            return _copies(self(function, inputs))
        results = _copies(self._backward(function, inputs))
        for leaf in self.leaves(inputs):
            if leaf.requires_grad:
                results.append(torch.zeros_like(leaf) if leaf.grad is None else leaf.grad)
            leaf.grad = None
        return results

    def _train(self, function: Callable[..., Any], inputs: Inputs) -> Any:
        outputs = self._backward(function, inputs)
        for leaf in self.leaves(inputs):
            leaf.grad = None
        return outputs

    def leaves(self, inputs: Inputs) -> Iterator[Tensor]:
        """Everything that a backward pass may leave a gradient on."""
        return (leaf for leaf in [*self._parameters, *tensors(tuple(inputs))] if leaf.is_leaf)

    def _backward(self, function: Callable[..., Any], inputs: Inputs) -> Any:
        outputs = function(*inputs.args, **inputs.kwargs)
        losses = [output.sum() for output in tensors(outputs) if output.requires_grad]
        if not losses:
            raise TargetFailed(
                "There is nothing to train: no floating-point output depends on a parameter or input with a gradient.",
                "Leave out --train.",
            )
        torch.autograd.backward(losses)
        return outputs


def tensors(values: Any) -> Iterator[Tensor]:
    """Every tensor in a structure of tuples, lists, dicts and dataclasses that torch knows."""
    return (leaf for leaf in pytree.tree_leaves(values) if isinstance(leaf, Tensor))


def _copies(values: Any) -> list[Tensor]:
    """Copied: a compiled function may hand out the same memory again, and a module may change what it returned."""
    return [tensor.detach().clone() for tensor in tensors(values)]


def difference(eager: Any, compiled: Any) -> tuple[float, float]:
    """The largest absolute and relative difference of two calls' results, over all floating-point tensors.

    Relative is max |compiled - eager| / max |eager| of one tensor, the largest over the tensors: element by element
    it would only tell how near zero the smallest element happens to be. NaN where only one of the two is NaN; zeros
    where there is nothing to compare.
    """
    tiny = torch.finfo(torch.float32).tiny
    max_abs = max_rel = 0.0
    for one, other in zip(tensors(eager), tensors(compiled), strict=True):
        if not (one.is_floating_point() or one.is_complex()) or one.numel() == 0:
            continue
        wide = torch.complex128 if one.is_complex() else torch.float64
        one, other = one.detach().to(wide), other.detach().to(wide)  # noqa: PLW2901
        both = (one == other) | (one.isnan() & other.isnan())
        absolute = torch.where(both, 0.0, (other - one).abs())
        largest = absolute.max().item()
        size = torch.where(one.isfinite(), one.abs(), 0.0).max().item()
        max_abs = _larger(max_abs, largest)
        max_rel = _larger(max_rel, largest / max(size, tiny))
    return max_abs, max_rel


def _larger(one: float, other: float) -> float:
    """The larger one; NaN wins, so that it is never hidden."""
    return other if math.isnan(other) or other > one else one
