"""What is told of results beside their numbers: containers, strides, and who shares memory with whom."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import Tensor

from inspector.model.deviation import BANDS
from inspector.worker.calls import outputs_of
from inspector.worker.form import form_of
from inspector.worker.outcomes import CallOutcome, OutcomeComparison, compared
from inspector.worker.profiling.deviation import deviation


@dataclass
class Pair:
    first: Any
    second: Any


@dataclass
class Other:
    first: Any
    second: Any


def outcome(function: Callable[[Tensor], Any]) -> CallOutcome:
    x = torch.arange(12.0).reshape(3, 4)
    result = function(x)
    return CallOutcome(dict(outputs_of(result)), {}, form_of(result, [("argument 0 `x`", x)]))


def held_together(eager: Callable[[Tensor], Any], compiled: Callable[[Tensor], Any]) -> OutcomeComparison:
    return compared(outcome(eager), outcome(compiled))


APART: list[tuple[Callable[[Tensor], Any], Callable[[Tensor], Any], str]] = [
    (lambda x: (x + 1, x), lambda x: [x + 1, x], "what is returned is a tuple of 2 in eager and a list of 2 compiled"),
    (
        lambda x: {"a": x + 1, "b": x},
        lambda x: {"b": x, "a": x + 1},
        "what is returned is a dict of a, b in eager and a dict of b, a compiled",
    ),
    (lambda x: {"a": x}, lambda x: OrderedDict(a=x), "is a dict of a in eager and a OrderedDict of a compiled"),
    (lambda x: (1, (x, None)), lambda x: (1, [x, None]), "output[1] is a tuple of 2 in eager and a list of 2 compiled"),
    (lambda x: Pair(x, 1), lambda x: Other(x, 1), "what is returned is a Pair in eager and a Other compiled"),
    (lambda x: Pair((x,), 1), lambda x: Pair([x], 1), "output.first is a tuple of 1 in eager and a list of 1 compiled"),
    (lambda x: x, torch.nn.Parameter, "is a Tensor in eager and a Parameter compiled"),
    (lambda x: (x, None), lambda x: (x, 0), "output 1 is None in eager and 0 compiled"),
    (lambda x: (x, 2), lambda x: (x, 2.0), "output 1 is 2 in eager and 2.0 compiled"),
    (lambda x: (x, True), lambda x: (x, 1), "output 1 is True in eager and 1 compiled"),
    (lambda x: x[:, :2], lambda x: x[:2, :2], "output 0 is f32[3, 2] in eager and f32[2, 2] compiled"),
    (lambda x: x, lambda x: x.double(), "output 0 is f32[3, 4] in eager and f64[3, 4] compiled"),
    (lambda x: x, torch.clone, "output 0 shares memory with argument 0 `x` in eager and with nothing compiled"),
    (torch.clone, lambda x: x, "output 0 shares memory with nothing in eager and with argument 0 `x` compiled"),
    (
        lambda x: (y := x + 1, y),
        lambda x: (x + 1, x + 1),
        "output 1 shares memory with output 0 in eager and with nothing compiled",
    ),
    (lambda x: x[1:], lambda x: x[1:].clone(), "shares memory with argument 0 `x` in eager and with nothing compiled"),
]


@pytest.mark.parametrize(("eager", "compiled", "said"), APART)
def test_what_differs_beside_the_numbers_is_told(
    eager: Callable[[Tensor], Any], compiled: Callable[[Tensor], Any], said: str
) -> None:
    assert any(said in words for words in held_together(eager, compiled).unlike)


@pytest.mark.parametrize("function", [pair[side] for pair in APART for side in (0, 1)])
def test_nothing_is_told_of_the_same(function: Callable[[Tensor], Any]) -> None:
    found = held_together(function, function)
    assert not found.unlike and not found.laid


def test_parts_of_one_memory_that_do_not_meet_share_nothing() -> None:
    """Even and odd columns lie between one another; so they do where each is written by itself."""

    def parts(x: Tensor) -> tuple[Tensor, ...]:
        whole = x + 1
        return whole[:, ::2], whole[:, 1::2]

    assert not held_together(parts, lambda x: tuple(item.clone() for item in parts(x))).unlike
    assert outcome(lambda x: (x[:, ::2], x[:, 1::2], x[:, :2])).form.shared == {
        "output 0": {"argument 0 `x`", "output 2"},
        "output 1": {"argument 0 `x`", "output 2"},
        "output 2": {"argument 0 `x`", "output 0", "output 1"},
    }


def test_another_dtype_of_the_same_memory_shares_it() -> None:
    assert outcome(lambda x: x.view(torch.int32)[2:]).form.shared == {"output 0": {"argument 0 `x`"}}


def test_strides_are_told_apart_and_those_of_one_index_mean_nothing() -> None:
    found = held_together(lambda x: x + 1, lambda x: (x + 1).t().contiguous().t())
    assert found.laid == ("output 0 has strides [4, 1] in eager and [1, 3] compiled",)
    assert not found.unlike
    alike = held_together(lambda x: x[:1] + 1, lambda x: (x[:1] + 1).as_strided((1, 4), (99, 1)))
    assert not alike.laid


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16, torch.float64])
def test_an_element_at_the_edge_of_a_band_is_in_it(dtype: torch.dtype) -> None:
    """The first of a band, the last, and the one behind it, by numbers that are exactly so many apart."""
    for band, (low, high) in enumerate(BANDS):
        for steps in {low, min(high, 400)}:
            one = torch.ones(1, dtype=dtype)
            bits = one.view(
                torch.int16 if one.element_size() == 2 else torch.int64 if dtype is torch.float64 else torch.int32
            )
            found = deviation((bits + int(steps)).view(dtype), one)
            assert [bool(count) for count in found.steps] == [at == band for at in range(len(BANDS))]
            assert found.nearest == found.ulp == steps
