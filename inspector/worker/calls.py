"""One call of the target, as it is compiled and as it is timed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree

from inspector.errors import TargetFailed
from inspector.targets.base import Inputs
from inspector.worker.form import leaves_of


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

    def results(
        self, function: Callable[..., Any], inputs: Inputs, look: Callable[[Any], object] = lambda _: None
    ) -> dict[str, Any]:
        """What one call computes, by name: copies of its outputs, plain values as they are; when training also the
        gradients that it leaves, of the parameters and then of the inputs, zeros where it leaves none.

        Args:
            function: eager or compiled.
            inputs: what it is called with.
            look: given what was returned, as it was.
        """
        returned = self._backward(function, inputs) if self.train else self(function, inputs)
        look(returned)
        results = dict(outputs_of(returned))
        if not self.train:
            return results
        for number, leaf in enumerate(leaf for leaf in self.leaves(inputs) if leaf.requires_grad):
            results[f"gradient {number}"] = torch.zeros_like(leaf) if leaf.grad is None else leaf.grad
        for leaf in self.leaves(inputs):
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


@dataclass(frozen=True)
class Opaque:
    """Something that only its kind is known of."""

    kind: str


PLAIN = (bool, int, float, complex, str, bytes, type(None))
"""Kinds of values that are compared as they are."""


def outputs_of(result: Any) -> Iterator[tuple[str, Any]]:
    """What a call returned, leaf by leaf: tensors, plain values, the kind of anything else.

    Tensors are copied: a compiled function may hand out the same memory again, and a module may change what it
    returned.
    """
    for name, leaf in leaves_of(result):
        if isinstance(leaf, Tensor):
            yield name, leaf.detach().clone()
        else:
            yield name, leaf if isinstance(leaf, PLAIN) else Opaque(type(leaf).__name__)
