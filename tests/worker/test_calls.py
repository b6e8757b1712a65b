"""Calls of a target, and the comparison of their outputs."""

from __future__ import annotations

import math
import os

import pytest
import torch
from torch import Tensor, nn

from inspector.errors import TargetFailed
from inspector.targets.base import Inputs
from inspector.worker.bench import muted
from inspector.worker.calls import Caller, difference


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


def test_difference_is_the_largest_over_all_outputs() -> None:
    eager = {"a": torch.tensor([1.0, 100.0]), "b": (torch.tensor([2.0]), torch.tensor([1], dtype=torch.int64))}
    compiled = {"a": torch.tensor([1.5, 101.0]), "b": (torch.tensor([2.0]), torch.tensor([7]))}
    assert difference(eager, compiled) == (1.0, 0.01)


def test_a_value_near_zero_does_not_blow_up_the_relative_difference() -> None:
    max_abs, max_rel = difference(torch.tensor([1e-9, 2.0]), torch.tensor([1e-3, 2.0]))
    assert max_abs == pytest.approx(1e-3)
    assert max_rel == pytest.approx(5e-4)


def test_the_worst_tensor_counts_and_what_is_infinite_on_both_sides_does_not() -> None:
    eager = [torch.tensor([math.inf, 1.0]), torch.tensor([1000.0])]
    compiled = [torch.tensor([math.inf, 1.25]), torch.tensor([1001.0])]
    assert difference(eager, compiled) == (1.0, 0.25)


def test_when_training_gradients_are_compared_too() -> None:
    layer, x = nn.Linear(2, 2), torch.ones(1, 2, requires_grad=True)
    call = Caller(layer, train=True)

    def flawed(x: Tensor) -> Tensor:
        output: Tensor = layer(x)
        return output.detach() + 2 * (output - output.detach())  # the same output, twice the gradient

    right, wrong = call.results(layer, Inputs((x,))), call.results(flawed, Inputs((x,)))
    assert [tensor.shape for tensor in right] == [(1, 2), (2, 2), (2,), (1, 2)]
    assert difference(right[:1], wrong[:1]) == (0.0, 0.0)
    assert difference(right, wrong)[1] == 1.0
    assert layer.weight.grad is None and x.grad is None


def test_difference_of_equal_outputs_is_zero_even_where_they_are_not_finite() -> None:
    same = torch.tensor([math.inf, -math.inf, math.nan, 0.0])
    assert difference(same, same.clone()) == (0.0, 0.0)


def test_a_new_nan_is_not_hidden() -> None:
    max_abs, max_rel = difference(torch.tensor([1.0, 2.0]), torch.tensor([math.nan, 2.5]))
    assert math.isnan(max_abs)
    assert math.isnan(max_rel)


def test_what_is_printed_while_timing_is_dropped_but_errors_are_not(capfd: pytest.CaptureFixture[str]) -> None:
    os.write(1, b"before ")
    with muted():
        os.write(1, b"flood")
        os.write(2, b"crash")
    os.write(1, b"after")
    assert capfd.readouterr() == ("before after", "crash")
