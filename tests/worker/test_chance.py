"""Graphs that draw at random, given what was drawn: what is left out, what is kept, and that both runs agree."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.fx import GraphModule, Interpreter
from torch.fx.experimental.proxy_tensor import make_fx

from inspector.worker.backend import CompiledGraph, copied
from inspector.worker.profiling.chance import _draws, drawn_once, leaves_unset

X = torch.ones(64, 8)


def graph(function: Callable[..., Any]) -> CompiledGraph:
    made = make_fx(function, tracing_mode="fake")(X)
    return CompiledGraph("0/0", copied(made.graph), made, None)


def twice(compiled: CompiledGraph) -> tuple[tuple[str, ...], bool]:
    """Who drew, and whether two runs with other seeds come to the same."""
    drawn = drawn_once(compiled, [X])
    module = GraphModule(compiled.owner, drawn.graph)
    results = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        results.append(Interpreter(module).run(X, *drawn.values))
    one, other = ([item] if isinstance(item, Tensor) else list(item) for item in results)
    return drawn.given, all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize(
    ("function", "names"),
    [
        (lambda x: torch.rand_like(x) + x, ("rand_like",)),
        (lambda x: torch.ops.aten.native_dropout(x, 0.5, True), ("getitem", "getitem_1")),
        (lambda x: torch.bernoulli(x * 0.5) * torch.randn(8), ("bernoulli", "randn")),
        (lambda x: x.sin(), ()),
    ],
)
def test_what_draws_becomes_an_argument(function: Callable[..., Any], names: tuple[str, ...]) -> None:
    assert twice(graph(function)) == (names, True)


def test_inductors_own_draw_though_they_have_a_seed() -> None:
    from torch._inductor import inductor_prims as prims

    def function(x: Tensor) -> Tensor:
        seeds = prims.seeds(2, torch.device("cpu"))
        return prims.random([64, 8], prims.lookup_seed(seeds, 1), "rand") + x

    assert twice(graph(function)) == (("inductor_random",), True)


@pytest.mark.parametrize(("dropout", "draws"), [((), False), ((0.0,), False), ((0.5,), True)])
def test_attention_draws_for_its_dropout_alone(dropout: tuple[float, ...], draws: bool) -> None:
    attention = torch.ops.aten._scaled_dot_product_flash_attention.default
    assert torch.Tag.nondeterministic_seeded in attention.tags
    nodes = torch.fx.Graph()
    query = nodes.placeholder("query")
    assert _draws(nodes.call_function(attention, (query, query, query, *dropout))) is draws


@pytest.mark.parametrize(
    ("operator", "unset"),
    [
        (torch.ops.aten.empty.memory_format, True),
        (torch.ops.aten.empty_like.default, True),
        (torch.ops.aten.new_empty.default, True),
        (torch.ops.aten.new_empty_strided.default, True),
        (torch.ops.aten.zeros.default, False),
        (torch.ops.aten.new_zeros.default, False),
    ],
)
def test_memory_that_nobody_wrote_is_no_result(operator: Any, unset: bool) -> None:
    assert leaves_unset(operator) is unset
