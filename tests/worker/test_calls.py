"""Calls of a target, and the comparison of their outputs."""

from __future__ import annotations

import os

import pytest
import torch
from torch import Tensor, nn

from inspector.errors import TargetFailed
from inspector.targets.base import Inputs
from inspector.worker.bench import muted
from inspector.worker.calls import Caller, Opaque, outputs_of


def test_inference_keeps_no_graph() -> None:
    layer = nn.Linear(2, 2)
    assert not Caller(layer, train=False)(layer, Inputs((torch.ones(1, 2),))).requires_grad


def test_training_runs_backward_and_leaves_no_gradients() -> None:
    layer, x = nn.Linear(2, 2), torch.ones(1, 2, requires_grad=True)
    seen: list[Tensor] = []
    layer.weight.register_hook(seen.append)
    call = Caller(layer, train=True)
    call(layer, Inputs((x,)))
    call.repeat(layer, Inputs((x,)), 2)
    assert len(seen) == 3
    assert torch.equal(seen[0], torch.ones(2, 2))
    assert layer.weight.grad is None
    assert x.grad is None


def test_training_without_anything_to_train_says_so() -> None:
    with pytest.raises(TargetFailed, match="nothing to train"):
        Caller(torch.sin, train=True)(torch.sin, Inputs((torch.ones(2),)))


def test_when_training_gradients_are_compared_too() -> None:
    layer, x = nn.Linear(2, 2), torch.ones(1, 2, requires_grad=True)
    call = Caller(layer, train=True)

    def flawed(x: Tensor) -> Tensor:
        output: Tensor = layer(x)
        return output.detach() + 2 * (output - output.detach())  # the same output, twice the gradient

    right, wrong = call.results(layer, Inputs((x,))), call.results(flawed, Inputs((x,)))
    assert {name: tuple(item.shape) for name, item in right.items()} == {
        "output 0": (1, 2),
        "gradient 0": (2, 2),
        "gradient 1": (2,),
        "gradient 2": (1, 2),
    }
    assert torch.equal(right["output 0"], wrong["output 0"])
    assert torch.equal(2 * right["gradient 0"], wrong["gradient 0"])
    assert layer.weight.grad is None and x.grad is None


def test_outputs_are_named_and_what_is_no_tensor_is_told_apart() -> None:
    x = torch.ones(2)
    found = dict(outputs_of((x, 3, "s", None, {1, 2})))
    assert list(found) == [f"output {number}" for number in range(5)]
    assert (found["output 1"], found["output 2"], found["output 4"]) == (3, "s", Opaque("set"))
    x.add_(1)
    assert torch.equal(found["output 0"], torch.ones(2)), "what was returned, not what became of it"
    assert list(dict(outputs_of({"logits": x, "past": (x,)}))) == ["output['logits']", "output['past'][0]"]


def test_what_is_printed_while_timing_is_dropped_but_errors_are_not(capfd: pytest.CaptureFixture[str]) -> None:
    os.write(1, b"before ")
    with muted():
        os.write(1, b"flood")
        os.write(2, b"crash")
    os.write(1, b"after")
    assert capfd.readouterr() == ("before after", "crash")
