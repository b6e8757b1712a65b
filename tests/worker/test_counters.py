"""What torch counts while a graph is compiled, as it is written and read: all of it, each graph's own, none twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch._dynamo.utils import counters
from torch.fx import symbolic_trace

from inspector.worker import graph_log, records
from inspector.worker.graph_log import GraphLog
from inspector.worker.sources import Sources

GRAPH = symbolic_trace(torch.nn.ReLU())


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    found: list[dict[str, Any]] = []
    monkeypatch.setattr(records, "write", lambda name, data: found.append(data) if name == "metrics" else None)
    before = counters["inductor"].copy()
    yield found
    counters["inductor"].clear()
    counters["inductor"].update(before)


def compiled(log: GraphLog, *, attention: int, kernels: int, backward: bool = False) -> None:
    """As Inductor's: attention is fused in the passes over the joint graph, before the inner compile."""

    def inner(graph: Any, **_: Any) -> None:
        counters["inductor"]["kernels"] += kernels

    counters["inductor"]["fuse_attention"] += attention
    log.inner_compile(inner, None, GRAPH, is_backward=backward)


def counted(data: dict[str, Any]) -> tuple[int, int]:
    return data.get("inductor.fuse_attention", 0), data.get("inductor.kernels", 0)


def test_what_is_counted_before_the_inner_compile_is_the_graphs_too(written: list[dict[str, Any]]) -> None:
    log = GraphLog(Sources())
    with log.piece(GRAPH):
        compiled(log, attention=1, kernels=2)
        compiled(log, attention=0, kernels=3, backward=True)
    counters["inductor"]["fuse_attention"] += 10  # of nobody that is recorded
    with log.piece(GRAPH):
        compiled(log, attention=0, kernels=1)
    assert list(map(counted, written)) == [(1, 2), (0, 3), (0, 1)]
    assert [data["backward"] for data in written] == [False, True, False]


def test_a_backward_that_is_compiled_later_has_what_is_counted_for_it_alone(written: list[dict[str, Any]]) -> None:
    log = GraphLog(Sources())
    with log.piece(GRAPH):
        compiled(log, attention=1, kernels=2)
    counters["inductor"]["kernels"] += 7
    compiled(log, attention=0, kernels=4, backward=True)
    assert list(map(counted, written)) == [(1, 2), (0, 4)]


@pytest.mark.parametrize("logged", [False, True])
def test_bytes_that_torch_counts_for_its_log_alone_are_not_called_none(logged: bool) -> None:
    from torch._inductor.compile_fx import inductor_metrics_log as log

    level = log.level
    try:
        log.setLevel("INFO" if logged else "WARNING")
        found = graph_log._counters()
    finally:
        log.setLevel(level)
    assert ("num_bytes_accessed" in found) is logged
    assert "generated_kernel_count" in found
