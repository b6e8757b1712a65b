"""Two ranks of real jobs, one on CPUs over gloo and one on a GPU, that part in everything ranks can part in."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from inspector.cli.main import main
from inspector.compare import compare_ranks
from inspector.compare.listings import RankLister
from inspector.model.capture import Capture
from inspector.model.compile_row import CompileRow
from inspector.model.difference import Change
from inspector.model.rank_report import Divergence, RankAspect, RankReport
from inspector.model.stage import Stage
from inspector.trace import read_capture
from inspector.trace.log import TraceLog
from inspector.trace.ranks import read_ranks

TRACES = Path(__file__).parent.parent / "traces"
CPU, GPU = TRACES / "ranks", TRACES / "ranks_gpu"


def report(folder: Path) -> RankReport:
    with TraceLog.open(folder) as log:
        return read_ranks(log.complete())


@pytest.fixture(scope="module")
def cpu() -> RankReport:
    return report(CPU)


def timeless(found: RankReport) -> RankReport:
    """Without what a capture cannot say of a log that has no phases: when each compile began."""
    return replace(found, remarks=())


def aspect(found: RankReport, which: RankAspect) -> Divergence:
    return next(item for item in found.aspects if item.aspect is which)


def test_every_aspect_is_shown_as_a_difference(cpu: RankReport) -> None:
    parted = {item.aspect for item in cpu.aspects if item.diverges}
    assert parted == set(RankAspect) - {RankAspect.RUNTIME}  # torch estimates GPUs alone
    for item in cpu.aspects:
        if item.diverges:
            changed = [row for text in item.differences for row in text.rows if row.change is not Change.SAME]
            assert changed, item.aspect
            assert item.first, item.aspect


def test_the_compile_that_one_rank_alone_has(cpu: RankReport) -> None:
    found = aspect(cpu, RankAspect.COMPILE_IDS)
    assert found.first == "entry 6: nothing on rank 0, 3/1 wider done on rank 1"
    assert [item.recompiles for item in cpu.ranks] == [0, 1]


def test_the_first_graph_that_differs_is_shown(cpu: RankReport) -> None:
    listing, graph = aspect(cpu, RankAspect.GRAPHS).differences
    assert listing.counts[Change.CHANGED] == 3
    assert graph.stage is Stage.ATEN
    assert (graph.a.artifact, graph.b.artifact) == ("1/0:aten", "rank1/1/0:aten")
    assert graph.change is Change.MOVED


def test_one_rank_had_the_code_in_its_cache(cpu: RankReport) -> None:
    found = aspect(cpu, RankAspect.CACHES)
    assert found.first == "4/0: aotautograd miss on rank 0, aotautograd hit on rank 1"
    (cache,) = found.caches
    assert (cache.compile_id_b, cache.result_a, cache.result_b) == ("rank1/4/0", "miss", "hit")
    assert [(item.hits, item.misses) for item in cpu.ranks] == [(0, 5), (1, 5)]


def test_a_swapped_and_an_extra_collective(cpu: RankReport) -> None:
    found = aspect(cpu, RankAspect.COLLECTIVES)
    assert found.first == "1/0: all_reduce_ on rank 0, all_gather_into_tensor on rank 1"
    (difference,) = found.differences
    assert (difference.counts[Change.MOVED], difference.counts[Change.ADDED]) == (1, 1)
    # That of the cached compile stands in its code alone.
    assert found.groups[1].listing.lines[-1] == "4/0  all_reduce_"
    assert [(item.collectives, item.waits) for item in cpu.ranks] == [(5, 5), (6, 6)]


def test_other_shapes(cpu: RankReport) -> None:
    found = aspect(cpu, RankAspect.TENSORS)
    assert "3/0  computes  float32[8, 4] stride (4, 1)" in found.groups[0].listing.lines
    assert "3/0  computes  float32[8, 6] stride (6, 1)" in found.groups[1].listing.lines
    assert found.remarks == (
        "rank 1: 4/0 came from a cache; torch records tensor metadata only where it generates code.",
    )


def test_the_order_of_calls_does_not_part_where_torch_misnames_a_cached_graph(cpu: RankReport) -> None:
    found = aspect(cpu, RankAspect.EXECUTION)
    assert [group.listing.lines[4] for group in found.groups] == ["4/0", "0/0"]
    assert found.first == "entry 6: 3/0 on rank 0, 3/1 on rank 1"
    assert "4/0 came from a cache" in found.remarks[0]


def test_run_times_are_estimated_on_a_gpu() -> None:
    found = report(GPU)
    runtime = aspect(found, RankAspect.RUNTIME)
    assert runtime.first == "2/0: 200 µs on rank 0, 207 µs on rank 1"
    first, second = found.ranks
    assert first.estimated_ms == pytest.approx(0.917, abs=0.001)
    assert second.estimated_ms == pytest.approx(0.934, abs=0.001)


@pytest.mark.parametrize("folder", [CPU, GPU], ids=lambda folder: folder.name)
def test_read_one_by_one_and_all_at_once_are_one(folder: Path) -> None:
    assert timeless(report(folder)) == timeless(compare_ranks(read_capture(folder)))


@pytest.mark.parametrize(
    "logs",
    [("again", "two_ops"), ("recompile", "recompile", "two_ops"), ("autograd", "train"), ("failure", "graph_break")],
    ids="-".join,
)
def test_so_they_are_for_resets_recompiles_failures_and_compiled_autograd(
    logs: tuple[str, ...], tmp_path: Path
) -> None:
    for rank, name in enumerate(logs):
        shutil.copy(TRACES / f"{name}.log", tmp_path / f"dedicated_log_torch_trace_rank_{rank}.log")
    assert timeless(report(tmp_path)) == timeless(compare_ranks(read_capture(tmp_path)))


def test_the_rank_is_in_the_records_where_no_name_says_it(tmp_path: Path) -> None:
    for log, name in zip(sorted(CPU.iterdir()), ("z.log", "a.log"), strict=True):
        shutil.copy(log, tmp_path / name)
    found = report(tmp_path)
    assert [item.rank for item in found.ranks] == ["rank 0", "rank 1"]
    assert timeless(found) == timeless(compare_ranks(read_capture(tmp_path)))


def test_no_more_than_one_compile_id_is_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    held: list[int] = []
    add = RankLister.add

    def counting(self: RankLister, row: CompileRow, capture: Capture, compile_id: str | None = None) -> None:
        held.append(len(capture.compilations))
        add(self, row, capture, compile_id)

    monkeypatch.setattr(RankLister, "add", counting)
    report(CPU)
    assert held == [1] * 11


def test_progress_is_told_for_each_rank() -> None:
    told: list[tuple[str, int, int]] = []
    with TraceLog.open(CPU) as log:
        read_ranks(log.complete(), progress=lambda *item: told.append(item))
    assert [item for item in told if item[1] == 0] == [("rank 0", 0, 5), ("rank 1", 0, 6)]
    assert len(told) == 11


def test_both_faces_of_the_verb(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ranks", str(CPU), "--exit-code"]) == 1
    out = capsys.readouterr().out
    assert "Collectives in the compiled code, and their order  the ranks differ: 1/0: all_reduce_ on rank 0" in out
    assert "2       > 1/0  all_reduce_  (line 3 there)" in out
    assert main(["ranks", str(GPU), "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert all(item["diverges"] and item["differences"] for item in data["aspects"])


def test_the_same_rank_twice_agrees_in_everything(tmp_path: Path) -> None:
    log = next(GPU.glob("*rank_0*")).read_text()
    for rank in range(3):
        name = f"dedicated_log_torch_trace_rank_{rank}.log"
        (tmp_path / name).write_text(log.replace('"rank": 0', f'"rank": {rank}'))
    found = report(tmp_path)
    assert not found.diverges
    assert all(group.ranks == ("rank 0", "rank 1", "rank 2") for item in found.aspects for group in item.groups)
