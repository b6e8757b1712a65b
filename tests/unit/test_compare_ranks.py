"""The ranks of one job: where they agree, and where they part."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from inspector.compare import compare_ranks, text_of
from inspector.errors import UsageError
from inspector.model.artifact import Artifact, Language
from inspector.model.cache import CacheLookup, KeyPart
from inspector.model.capture import Capture, Compilation, CompileStatus, LogFile, Recompile
from inspector.model.difference import Change
from inspector.model.rank_report import Divergence, RankAspect, RankReport
from inspector.model.stage import Stage
from inspector.model.tensors import (
    CollectiveSchedule,
    ExecutedGraph,
    GraphEstimate,
    GraphExecution,
    GraphOperation,
    TensorMeta,
)
from inspector.say.ranks import ranks_in_words

GRAPH = """\
class <lambda>(torch.nn.Module):
    def forward(self, arg0_1: "f32[8]"):
        sin: "f32[8]" = torch.ops.aten.sin.default(arg0_1)
        return (sin,)
"""
PREFIXES = ("", "rank1/", "rank2/")
ALL_REDUCE = "torch.ops._c10d_functional.all_reduce_.default"
WAIT = "torch.ops._c10d_functional.wait_tensor.default"


def job() -> Capture:
    """Three ranks that did the same."""
    ids = [f"{prefix}0/{number}" for prefix in PREFIXES for number in range(2)]
    return Capture(
        logs=tuple(LogFile(f"log_{rank}", rank, prefix) for rank, prefix in enumerate(PREFIXES)),
        compilations=tuple(Compilation(item, CompileStatus.DONE, "f") for item in ids),
        recompiles=tuple(Recompile(item, "f", ("n == 1",)) for item in ids if item.endswith("/1")),
        artifacts=tuple(Artifact(f"{item}:aten", Stage.ATEN, item, None, Language.FX, GRAPH) for item in ids),
        cache_lookups=tuple(
            CacheLookup(item, "fx_graph", "miss", "key", parts=(KeyPart("d", "gm", "1"),)) for item in ids
        ),
        collectives=tuple(CollectiveSchedule(item, (ALL_REDUCE, WAIT)) for item in ids),
        estimates=tuple(
            GraphEstimate(item, (GraphOperation("op0", False, 2e-6, (TensorMeta(("8",), ("1",), "float32"),)),))
            for item in ids
        ),
        executions=tuple(
            GraphExecution(f"log_{rank}", tuple(ExecutedGraph(f"{prefix}0/{number}") for number in range(2)))
            for rank, prefix in enumerate(PREFIXES)
        ),
    )


def aspect(report: RankReport, which: RankAspect) -> Divergence:
    return next(item for item in report.aspects if item.aspect is which)


def parting(report: RankReport) -> list[RankAspect]:
    return [item.aspect for item in report.aspects if item.diverges]


def test_ranks_that_agree() -> None:
    report = compare_ranks(job())
    assert [item.aspect for item in report.aspects] == list(RankAspect)
    assert parting(report) == []
    assert not report.diverges
    assert all(group.ranks == ("rank 0", "rank 1", "rank 2") for item in report.aspects for group in item.groups)
    (first, *_) = report.ranks
    assert (first.compile_ids, first.recompiles, first.misses, first.collectives, first.waits) == (2, 1, 2, 2, 2)
    assert first.estimated_ms == pytest.approx(0.004)


def test_names_of_nodes_are_no_divergence() -> None:
    capture = job()
    artifacts = tuple(
        replace(item, text=GRAPH.replace("sin:", "sin_3:").replace("(sin,", "(sin_3,"))
        if item.id == "rank1/0/0:aten"
        else item
        for item in capture.artifacts
    )
    assert parting(compare_ranks(replace(capture, artifacts=artifacts))) == []


def test_another_graph_is_shown() -> None:
    capture = job()
    artifacts = tuple(
        replace(item, text=GRAPH.replace("aten.sin", "aten.cos")) if item.id == "rank2/0/1:aten" else item
        for item in capture.artifacts
    )
    report = compare_ranks(replace(capture, artifacts=artifacts))
    assert parting(report) == [RankAspect.GRAPHS]
    graphs = aspect(report, RankAspect.GRAPHS)
    assert [group.ranks for group in graphs.groups] == [("rank 0", "rank 1"), ("rank 2",)]
    assert graphs.first.startswith("0/1: 1 operation, structure ")
    listing, shown = graphs.differences
    assert [row.change for row in listing.rows] == [Change.SAME, Change.CHANGED]
    assert (shown.a.artifact, shown.b.artifact, shown.stage) == ("0/1:aten", "rank2/0/1:aten", Stage.ATEN)
    assert [item.what for item in shown.items] == ["torch.ops.aten.sin.default(•) → torch.ops.aten.cos.default(•)"]


def test_another_backward_graph_alone_is_shown() -> None:
    capture = job()
    backward = tuple(
        Artifact(
            f"{prefix}0/0:aten_backward",
            Stage.ATEN_BACKWARD,
            f"{prefix}0/0",
            None,
            Language.FX,
            GRAPH.replace("aten.sin", name),
        )
        for prefix, name in zip(PREFIXES, ("aten.cos", "aten.cos", "aten.neg"), strict=True)
    )
    graphs = aspect(compare_ranks(replace(capture, artifacts=(*capture.artifacts, *backward))), RankAspect.GRAPHS)
    assert graphs.first.startswith("0/0: backward 1 operation, structure ")
    assert (graphs.differences[1].a, graphs.differences[1].stage) == (text_of(backward[0]), Stage.ATEN_BACKWARD)


def test_the_order_of_collectives() -> None:
    capture = job()
    collectives = tuple(
        replace(item, operations=("barrier", *item.operations)) if item.compile_id == "rank1/0/1" else item
        for item in capture.collectives
    )
    report = compare_ranks(replace(capture, collectives=collectives))
    assert parting(report) == [RankAspect.COLLECTIVES]
    found = aspect(report, RankAspect.COLLECTIVES)
    assert found.first == "0/1: all_reduce_ on rank 0, barrier on rank 1"
    (difference,) = found.differences
    assert [row.b for row in difference.rows if row.change is Change.ADDED] == [2]


def test_a_swapped_collective_is_one_that_moved() -> None:
    capture = job()
    orders = {
        "0/0": (ALL_REDUCE, "barrier"),
        "rank1/0/0": ("barrier", ALL_REDUCE),
        "rank2/0/0": (ALL_REDUCE, "barrier"),
    }
    schedules = tuple(CollectiveSchedule(*item) for item in orders.items())
    (difference,) = aspect(compare_ranks(replace(capture, collectives=schedules)), RankAspect.COLLECTIVES).differences
    assert difference.change is Change.MOVED
    moved = [(row.a, row.b, row.other) for row in difference.rows if row.change is Change.MOVED]
    assert sorted(moved, key=str) in ([(1, None, 2), (None, 2, 1)], [(2, None, 1), (None, 1, 2)])


def test_waits_do_not_count() -> None:
    capture = job()
    orders = ((ALL_REDUCE, "barrier", WAIT), (ALL_REDUCE, WAIT, "barrier"), (ALL_REDUCE, WAIT, "barrier", WAIT))
    schedules = tuple(CollectiveSchedule(f"{prefix}0/0", order) for prefix, order in zip(PREFIXES, orders, strict=True))
    report = compare_ranks(replace(capture, collectives=schedules))
    assert parting(report) == []
    assert [(item.collectives, item.waits) for item in report.ranks] == [(2, 1), (2, 1), (2, 2)]


def test_collectives_of_an_older_log_are_read_from_the_code() -> None:
    capture = job()
    call = (
        "buf0 = torch.ops._c10d_functional.{}.default(arg0_1)\ntorch.ops._c10d_functional.wait_tensor.default(buf0)\n"
    )
    codes = tuple(
        Artifact(f"{prefix}0/0:inductor", Stage.INDUCTOR, f"{prefix}0/0", None, Language.INDUCTOR, call.format(name))
        for prefix, name in zip(PREFIXES, ("all_reduce_", "all_reduce_", "broadcast_"), strict=True)
    )
    report = compare_ranks(replace(capture, collectives=(), artifacts=(*capture.artifacts, *codes)))
    found = aspect(report, RankAspect.COLLECTIVES)
    assert [group.listing.lines for group in found.groups] == [
        ["0/0  all_reduce_"],
        ["0/0  broadcast_"],
    ]


def test_a_cache_that_hit_on_one_rank_only() -> None:
    capture = job()
    lookups = tuple(
        replace(item, answer="hit", key="other", parts=(KeyPart("e", "gm", "2"),))
        if item.compile_id == "rank1/0/0"
        else item
        for item in capture.cache_lookups
    )
    report = compare_ranks(replace(capture, cache_lookups=lookups))
    assert parting(report) == [RankAspect.CACHES]
    (cache,) = aspect(report, RankAspect.CACHES).caches
    assert (cache.compile_id_b, cache.result_a, cache.result_b) == ("rank1/0/0", "miss", "hit")
    assert [part.part for part in cache.parts] == ["gm"]


def test_what_a_cache_had_is_not_recorded_and_no_divergence() -> None:
    capture = job()
    cached = tuple(
        replace(item, answer="hit") if item.compile_id.startswith("rank1/") else item for item in capture.cache_lookups
    )

    def kept(items: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(item for item in items if not item.compile_id.startswith("rank1/"))

    report = compare_ranks(
        replace(
            capture,
            cache_lookups=cached,
            estimates=kept(capture.estimates),
            collectives=kept(capture.collectives),
            executions=(
                *(item for item in capture.executions if item.log != "log_1"),
                GraphExecution("log_1", (ExecutedGraph(""), ExecutedGraph("rank1/0/0"))),
            ),
        )
    )
    assert parting(report) == [RankAspect.CACHES]
    tensors = aspect(report, RankAspect.TENSORS)
    assert tensors.groups[0].ranks == ("rank 0", "rank 1", "rank 2")
    assert tensors.groups[0].listing.lines == [f"0/{number}  computes  float32[8] stride (1)" for number in range(2)]
    assert tensors.remarks == (
        "rank 1: 0/0, 0/1 came from a cache; torch records tensor metadata only where it generates code.",
    )
    assert "in the process that stored it" in aspect(report, RankAspect.EXECUTION).remarks[0]


def test_the_groups_of_many_ranks() -> None:
    capture = job()
    lookups = tuple(
        replace(item, answer="bypass") if item.compile_id == "rank2/0/0" else item for item in capture.cache_lookups
    )
    (first, second) = aspect(compare_ranks(replace(capture, cache_lookups=lookups)), RankAspect.CACHES).groups
    assert (first.ranks, second.ranks) == (("rank 0", "rank 1"), ("rank 2",))


def test_execution_order_tensors_and_run_time() -> None:
    capture = job()
    backwards = replace(capture.executions[2], order=capture.executions[2].order[::-1])
    wider = GraphEstimate("rank1/0/0", (GraphOperation("op0", False, 5e-6, (TensorMeta(("16",), ("1",), "float32"),)),))
    estimates = tuple(wider if item.compile_id == wider.compile_id else item for item in capture.estimates)
    report = compare_ranks(replace(capture, executions=(*capture.executions[:2], backwards), estimates=estimates))
    assert parting(report) == [RankAspect.TENSORS, RankAspect.EXECUTION, RankAspect.RUNTIME]
    assert aspect(report, RankAspect.EXECUTION).groups[1].ranks == ("rank 2",)
    slower_alone = replace(capture, estimates=tuple(_twice(item) for item in capture.estimates))
    only_time = compare_ranks(slower_alone)
    assert parting(only_time) == [RankAspect.RUNTIME]
    assert not only_time.diverges  # an estimate is no disagreement about what is run


def _twice(item: GraphEstimate) -> GraphEstimate:
    if not item.compile_id.startswith("rank1/"):
        return item
    return replace(item, operations=tuple(replace(part, seconds=2 * part.seconds) for part in item.operations))


def test_a_rank_that_says_nothing() -> None:
    capture = job()
    kept = tuple(item for item in capture.collectives if not item.compile_id.startswith("rank2/"))
    found = aspect(compare_ranks(replace(capture, collectives=kept)), RankAspect.COLLECTIVES)
    assert (found.absent, found.diverges, found.first) == (("rank 2",), True, "rank 2: nothing in the log")


def test_a_restarted_rank_has_two_logs() -> None:
    capture = job()
    logs = (LogFile("a", 0, ""), LogFile("b", 1, "rank1/"), LogFile("c", 1, "rank2/"))
    report = compare_ranks(replace(capture, logs=logs, executions=()))
    assert [item.rank for item in report.ranks] == ["rank 0", "rank 1", "rank 1 (restart 1)"]


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ((), ""),
        (("rank 0", "rank 2"), "rank 0, rank 2"),
        (tuple(f"rank {number}" for number in range(64)), "ranks 0–63"),
        (tuple(f"rank {number}" for number in (0, 1, 2, 5, 7, 8)), "ranks 0–2, 5, 7–8"),
        (
            ("a.log", *(f"rank {number}" for number in range(5)), "rank 1 (restart 1)"),
            "ranks 0–4, a.log, rank 1 (restart 1)",
        ),
    ],
)
def test_many_ranks_in_few_words(labels: tuple[str, ...], words: str) -> None:
    assert ranks_in_words(labels) == words


def test_one_log_is_not_enough() -> None:
    with pytest.raises(UsageError, match="two or more"):
        compare_ranks(Capture(logs=(LogFile("a"),)))


def _again(capture: Capture, reason: str) -> RankReport:
    """Rank 1 compiled `f` once more, for that reason."""
    more = Compilation("rank1/0/2", CompileStatus.DONE, "f")
    called = [CollectiveSchedule("rank1/0/2", (ALL_REDUCE,))] if capture.collectives else []
    return compare_ranks(
        replace(
            capture,
            compilations=(*capture.compilations, more),
            recompiles=(*capture.recompiles, Recompile("rank1/0/2", "f", (reason,))),
            collectives=(*capture.collectives, *called),
        )
    )


_SIZE = "tensor 'tokens' size mismatch at index 0. expected 4, actual 7"


def test_the_order_of_collectives_in_what_both_compiled_is_stated() -> None:
    found = aspect(_again(job(), _SIZE), RankAspect.COLLECTIVES)
    assert "0/0, 0/1: the same collectives in the same order on rank 0 and rank 1." in found.remarks
    capture = job()
    other = tuple(
        replace(item, operations=(WAIT, "torch.ops._c10d_functional.broadcast_.default"))
        if item.compile_id == "rank1/0/0"
        else item
        for item in capture.collectives
    )
    remarks = aspect(compare_ranks(replace(capture, collectives=other)), RankAspect.COLLECTIVES).remarks
    assert not any("same order" in remark for remark in remarks)


def test_tips_are_marked_and_only_where_a_size_made_a_rank_compile_again() -> None:
    def tips(capture: Capture, reason: str) -> list[str]:
        return [item for item in _again(capture, reason).remarks if item.startswith("Tip: ")]

    marked, compile_first = tips(job(), _SIZE)
    assert "torch._dynamo.mark_dynamic(tokens, 0) on every rank" in marked
    assert "before the first collective" in compile_first
    assert len(tips(replace(job(), collectives=()), _SIZE)) == 1
    assert tips(job(), "flag == True") == []


def test_processes_of_no_known_rank_are_not_called_ranks_of_one_job() -> None:
    words = "No log says which rank it is of: that these processes are ranks of one job is not known."
    capture = job()
    unknown = replace(capture, logs=tuple(replace(log, rank=None) for log in capture.logs))
    assert words in compare_ranks(unknown).remarks
    assert words not in compare_ranks(capture).remarks


def test_one_id_of_two_functions_is_not_the_same_compile() -> None:
    capture = job()
    other = tuple(
        replace(item, function="g") if item.compile_id == "rank1/0/1" else item for item in capture.compilations
    )
    (reason,) = aspect(compare_ranks(replace(capture, compilations=other)), RankAspect.COMPILE_IDS).reasons[-1:]
    assert reason == "rank 1: 0/1 g was compiled because a guard failed: n == 1"
