"""Ranks of jobs on two GPUs: what must differ from rank to rank is no difference, and any other difference is told.

`ranks_tensor_parallel` and `ranks_uneven` are cut from logs of torch 2.11 with NCCL: graphs, calls and times alone.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from inspector.cli.main import main
from inspector.compare import compare_ranks
from inspector.compare.listings import Rank, RankListing
from inspector.compare.rank_names import RankNames, normalised, not_expected
from inspector.compare.rank_times import alone_compiling
from inspector.model.artifact import Artifact
from inspector.model.capture import CompileStatus, LogFile
from inspector.model.compile_row import CompileRow, CompileTimes
from inspector.model.difference import Change
from inspector.model.rank_report import Divergence, RankAspect, RankFigures, RankReport
from inspector.model.stage import Stage
from inspector.trace import read_capture
from inspector.trace.log import TraceLog
from inspector.trace.ranks import read_ranks

TRACES = Path(__file__).parent.parent / "traces"
PARALLEL, UNEVEN, CPU = TRACES / "ranks_tensor_parallel", TRACES / "ranks_uneven", TRACES / "ranks"
INDEX = "the device's index (rank 0: cuda:0, rank 1: cuda:1)"


def aspect(found: RankReport, which: RankAspect) -> Divergence:
    return next(item for item in found.aspects if item.aspect is which)


def edited(folder: Path, change: Callable[[str], str], stage: Stage = Stage.ATEN) -> RankReport:
    """The ranks, with rank 1's graphs of a stage changed."""
    capture = read_capture(folder)

    def graph(item: Artifact) -> Artifact:
        mine = item.stage is stage and (item.compile_id or "").startswith("rank1/")
        return replace(item, text=change(item.text)) if mine else item

    return compare_ranks(replace(capture, artifacts=tuple(map(graph, capture.artifacts))))


def test_each_ranks_own_device_is_no_difference() -> None:
    with TraceLog.open(PARALLEL) as log:
        found = read_ranks(log.complete())
    assert not found.diverges
    assert found.normalised == (INDEX,)
    assert aspect(found, RankAspect.GRAPHS).groups[0].ranks == ("rank 0", "rank 1")
    assert len(aspect(found, RankAspect.GRAPHS).groups[0].listing.lines) == 2
    assert found == compare_ranks(read_capture(PARALLEL))


def test_another_shape_on_one_rank_is_told_without_the_device() -> None:
    found = compare_ranks(read_capture(UNEVEN))
    graphs = aspect(found, RankAspect.GRAPHS)
    assert found.normalised == (INDEX,)
    assert graphs.first.startswith("1/0: 2 operations")
    assert "0/0: equal on rank 0 and rank 1." in graphs.remarks
    _, shown = graphs.differences
    assert [item.what for item in shown.items] == [
        "f32[8, 16][16, 1]cuda:own → f32[8, 17][17, 1]cuda:own",
        "f32[8, 16][16, 1]cuda:own → f32[8, 17][17, 1]cuda:own",
    ]


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("aten.neg", "aten.abs", "torch.ops.aten.neg.default(•) → torch.ops.aten.abs.default(•)"),
        (
            "add.Tensor(exp, 1)",
            "add.Tensor(exp, 2)",
            "1) → 2)",
        ),
        ("cuda:1", "cpu", "cuda:own"),
    ],
)
def test_any_other_difference_is_told(old: str, new: str, what: str) -> None:
    graphs = aspect(edited(PARALLEL, lambda text: text.replace(old, new)), RankAspect.GRAPHS)
    assert graphs.diverges
    shown = graphs.differences[1]
    assert shown.change is Change.CHANGED
    assert any(what in item.what for item in shown.items)


def test_one_graph_on_another_ranks_device_is_told() -> None:
    """The rank's own device is the first that its log names; what is elsewhere keeps its index."""
    capture = read_capture(UNEVEN)
    same = [item for item in capture.artifacts if item.id == "rank1/0/0:aten"]
    assert len(same) == 1
    third = next(item for item in capture.artifacts if item.id == "2/0:aten")
    artifacts = tuple(
        replace(item, text=third.text) if item.id == "rank1/2/0:aten" else item for item in capture.artifacts
    )
    graphs = aspect(compare_ranks(replace(capture, artifacts=artifacts)), RankAspect.GRAPHS)
    assert [row.change for row in graphs.differences[0].rows] == [Change.SAME, Change.CHANGED, Change.CHANGED]


def test_two_ranks_on_one_device_are_told_so() -> None:
    found = edited(PARALLEL, lambda text: text.replace("cuda:1", "cuda:0"))
    assert found.normalised == ()
    assert (
        "All ranks compiled for cuda:0: each sees its own device under that index, or they share one." in found.remarks
    )


def ranks(*devices: str) -> dict[int, RankNames]:
    return {rank: RankNames(f"rank {rank}", device) for rank, device in enumerate(devices)}


def test_whose_device_is_not_its_own() -> None:
    def told(*devices: str) -> list[str]:
        return [names.label for names in not_expected(ranks(*devices))]

    assert told("cuda:0", "cuda:1", "cuda:0", "cuda:1") == []  # two machines of two devices
    assert told("cuda:3", "cuda:2", "cuda:1", "cuda:0") == []  # each has one of its own
    assert told("cuda:0", "cuda:0", "cuda:2", "cuda:3") == ["rank 1"]
    assert told("", "", "") == []


def test_a_rank_on_a_device_that_is_not_its_own_stands_apart(tmp_path: Path) -> None:
    log = next(PARALLEL.glob("*rank_0*")).read_text()
    for rank, device in enumerate(("cuda:0", "cuda:0", "cuda:2")):
        text = re.sub(r'(?m)"rank": \d', f'"rank": {rank}', log.replace("cuda:0", device))
        (tmp_path / f"dedicated_log_torch_trace_rank_{rank}.log").write_text(_sealed(text))
    found = compare_ranks(read_capture(tmp_path))
    groups = aspect(found, RankAspect.GRAPHS).groups
    assert [group.ranks for group in groups] == [("rank 0", "rank 2"), ("rank 1",)]
    assert groups[1].listing.lines[0].endswith(" on cuda:0")


def _sealed(text: str) -> str:
    """A log whose payloads were changed, with their new checksums."""
    records = re.split(r"(?m)^(?=V\d{4} )", text)
    made = []
    for record in filter(None, records):
        head, _, body = record.partition("\n")
        payload = "\n".join(line.removeprefix("\t") for line in body.removesuffix("\n").split("\n"))
        digest = hashlib.md5(payload.encode(), usedforsecurity=False).hexdigest()
        made.append(re.sub(r'("has_payload": ")[0-9a-f]{32}', rf"\g<1>{digest}", head) + "\n" + body)
    return "".join(made)


# --- process groups -----------------------------------------------------------------------------------------


def test_names_of_process_groups_are_one_to_one() -> None:
    calls = "a = torch.ops._c10d_functional.all_reduce.default(x, 'sum', '{}')\nb = f(x, 'sum')\n"
    first, second = RankNames("rank 0"), RankNames("rank 1")
    assert first.plain(calls.format("1")) == second.plain(calls.format("2"))
    assert list(normalised([first, second])) == [
        "names of process groups, by the order of their first use (rank 0: '1', rank 1: '2')"
    ]
    # One more call over the same group is another thing than one over a second group.
    assert first.plain(calls.format("1")) != second.plain(calls.format("7"))


# --- who compiled while the others did not ------------------------------------------------------------------


def test_seconds_and_guard_of_what_one_rank_alone_compiled(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ranks", str(CPU), "--exit-code"]) == 1
    out = capsys.readouterr().out
    assert "rank 1 compiled 3/1, which rank 0 did not, for 3.07 s in which rank 0 compiled nothing, by the" in out
    assert "  rank 1: 3/1 wider was compiled because a guard failed: size at index 1 of x: expected 6, actual 4" in out
    assert "  3/1: on rank 1 alone, with nothing to be held against." in out


def test_what_lies_inside_the_others_compile_does_not_count() -> None:
    def listing(rank: int, *rows: tuple[str, float, float | None]) -> RankListing:
        made = tuple(
            CompileRow(name, CompileStatus.DONE, started=at, times=CompileTimes(total=long)) for name, at, long in rows
        )
        figures = RankFigures(f"rank {rank}", len(made), 0, 0, 0, 0, 0, None, None)
        log = Rank(f"rank {rank}", LogFile(f"log_{rank}", rank))
        return RankListing(log, figures, {}, {}, (), RankNames(f"rank {rank}"), True, made)

    few = listing(0, ("0/0", 0.0, 10.0), ("1/0", 20.0, 5.0))
    many = listing(1, ("0/0", 0.0, 10.0), ("1/0", 20.0, 5.0), ("0/1", 8.0, 4.0), ("0/2", 22.0, 6.0))
    (said,) = alone_compiling([few, many])
    assert "compiled 0/1, 0/2, which rank 0 did not, for 5.00 s" in said  # 10 to 12, 25 to 28
    assert list(alone_compiling([few, few])) == []
    (said,) = alone_compiling([few, listing(1, ("0/1", 8.0, 4.0), ("0/2", 22.0, None), ("0/3", 30.0, 1.0))])
    assert "compiled 0/1, 0/3 (1 more compile not timed), which rank 0 did not, for 3.00 s" in said
    unknown = listing(0, ("0/0", 0.0, None))
    assert list(alone_compiling([unknown, many])) == [], "when rank 0 compiled is not recorded"


def test_json_and_the_table_say_that_calls_in_code_are_no_calls(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ranks", str(PARALLEL)]) == 0
    out = capsys.readouterr().out
    assert "calls in the compiled code, each counted once; how often they ran, no log says" in out
    assert f"Taken for one: {INDEX}." in out
    assert main(["ranks", str(PARALLEL), "--json", "--exit-code"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["normalised"] == [INDEX]
    assert (data["compared"], data["diverges"]) == (True, False)


def test_ranks_whose_logs_hold_no_compile_are_not_said_to_agree(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for rank in range(2):
        log = tmp_path / f"dedicated_log_torch_trace_rank_{rank}.log"
        log.write_text(f'V1130 05:46:42.675000 432 torch/a.py:1] {{"str": ["a.py", 0], "rank": {rank}}}\n')
    code = main(["ranks", str(tmp_path), "--exit-code"])
    out = capsys.readouterr().out
    assert "agree" not in out
    assert code == 2
