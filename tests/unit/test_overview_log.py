"""A log at a glance: from its light records, and the same as from all of it."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from inspector.cli.main import main
from inspector.cli.overview_text import flat
from inspector.cli.terminal import Style
from inspector.model.capture import CompileStatus
from inspector.model.compile_row import CompileRow, Warmth
from inspector.model.flame import FlameNode, walk
from inspector.model.overview import Overview
from inspector.model.overview_of import overview_of
from inspector.say.compiles import compile_sections
from inspector.trace import read_capture
from inspector.trace.log import TraceLog
from inspector.trace.overview import OverviewBuilder, read_overview

TRACES = Path(__file__).parents[1] / "traces"


class LogText:
    """Writes a log, a record at a time."""

    def __init__(self) -> None:
        self.text = ""
        self._second = 0

    def add(self, kind: str, details: object = None, payload: object = None, **context: object) -> LogText:
        metadata: dict[str, Any] = {kind: {} if details is None else details, **context}
        body = ""
        if payload is not None:
            text = payload if isinstance(payload, str) else json.dumps(payload)
            metadata["has_payload"] = hashlib.md5(text.encode()).hexdigest()
            body = "".join(f"\t{line}\n" for line in text.split("\n"))
        time = f"07:{self._second // 60:02d}:{self._second % 60:02d}.000000"
        self._second += 1
        self.text += f"V1123 {time} 1 torch/somewhere.py:1] {json.dumps(metadata)}\n{body}"
        return self

    def event(self, kind: str, name: str, at: float, compile_id: str | None = "0/0", **more: object) -> LogText:
        args = {"compile_id": compile_id}
        event = {"ph": kind, "name": name, "ts": at * 1e6, "args": args, "pid": 0, "tid": 0, **more}
        return self.add("chromium_event", None, event)

    def compile(
        self, frame: int, again: int = 0, seconds: float = 1.0, name: str = "f", cache: str = "miss", **metrics: object
    ) -> LogText:
        context = {"frame_id": frame, "frame_compile_id": again, "attempt": 0}
        stack = [
            {"filename": "/app/main.py", "line": 3, "name": "main"},
            {"filename": "/app/m.py", "line": 9, "name": name},
        ]
        self.add("dynamo_start", {"stack": stack}, **context)
        if cache:
            name_of = {"name": f"fx_graph_cache_{cache}", "encoding": "json"}
            self.add("artifact", name_of, {"key": "k", "components": ["[abcdefghij] gm: x"]}, **context)
        details = {
            "co_name": name,
            "co_filename": "/app/m.py",
            "co_firstlineno": 8,
            "graph_op_count": 2,
            "guard_count": 5,
        }
        timed = {"entire_frame_compile_time_s": seconds, "inductor_compile_time_s": seconds / 2}
        return self.add("compilation_metrics", {**details, **timed, **metrics}, **context)


def overview(path: Path) -> Overview:
    with TraceLog.open(path) as log:
        return read_overview(log.complete())


def of_text(tmp_path: Path, log: LogText) -> Overview:
    path = tmp_path / "dedicated_log_torch_trace_x.log"
    path.write_text(log.text)
    return overview(path)


def bars(root: FlameNode) -> dict[tuple[str, ...], tuple[float, int]]:
    return {(*path, node.name): (round(node.total, 5), node.calls) for path, node in walk(root)}


def told(row: CompileRow) -> CompileRow:
    """A row without what an overview of a log leaves on disk."""
    return replace(
        row, caches=tuple(replace(item, parts=(), backward=False, details={}) for item in row.caches), started=None
    )


@pytest.mark.parametrize("name", sorted(path.name for path in TRACES.glob("*.log")))
def test_light_records_say_the_same_as_all_of_them(name: str) -> None:
    with TraceLog.open(TRACES / name) as log:
        light = read_overview(log.complete())
        whole = overview_of(log.capture())
    assert [told(row) for row in light.rows] == [told(row) for row in whole.rows]
    assert light.breaks == whole.breaks
    assert {key: bars(node) for key, node in light.flames.items()} == {
        key: bars(node) for key, node in whole.flames.items()
    }
    assert [item.name for item in light.shares] == [item.name for item in whole.shares]
    assert light.environment.get("torch") == whole.environment.get("torch")


def test_a_recompiled_function() -> None:
    found = overview(TRACES / "recompile.log")
    assert [row.compile_id for row in found.rows] == ["0/0", "0/1", "0/2"]
    assert [row.status for row in found.rows] == [CompileStatus.DONE] * 3
    assert [row.warmth for row in found.rows] == [Warmth.COLD, Warmth.WARM, Warmth.WARM]
    assert [row.recompiles for row in found.rows] == [0, 1, 2]
    size, dtype = found.rows[1].failures[0], found.rows[2].failures[0]
    assert (size.against, size.source, size.what, size.expected, size.actual) == (
        "0/0",
        "x",
        "size at index 1",
        "16",
        "32",
    )
    assert (dtype.against, dtype.what, dtype.expected, dtype.actual) == ("0/1", "dtype", "Float", "Double")
    assert [item.against for item in found.rows[2].failures] == ["0/1", "0/0"]
    [chain] = found.chains
    assert (chain.function, len(chain.rows)) == ("f", 3)
    assert 10 < (found.rows[0].times.total or 0) < 11
    assert found.rows[0].times.backend is not None and found.rows[0].times.code_generation is not None
    flame = found.flame
    assert flame.total == pytest.approx(sum(row.times.seconds for row in found.rows), rel=0.01)
    assert [bar.compile_id for bar in flame.children] == ["0/0", "0/1", "0/2"], "the longest first"


def test_graph_breaks_and_the_functions_resumed_after_them() -> None:
    found = overview(TRACES / "graph_break.log")
    assert [(group.reason, group.count) for group in found.breaks] == [
        ("Failed to trace builtin operator", 1),
        ("Data-dependent branching", 1),
    ]
    assert [row.breaks for row in found.rows] == [1, 1, 0]
    assert found.breaks[0].places[0].stack[-1].line == 21
    assert found.totals.breaks == 2
    root = found.stacks
    assert root.compiles == 3 and root.frames == ()
    [module] = root.children
    assert module.frames[0].function == "<module>" and module.compiles == 3
    assert root.seconds == pytest.approx(found.totals.seconds)


def test_a_failed_compile_says_why_and_where() -> None:
    [row] = overview(TRACES / "failure.log").rows
    assert row.status is CompileStatus.FAILED
    assert "Data-dependent" in row.error
    assert row.error_place is not None and row.error_place.line
    assert row.warmth is Warmth.NONE


def test_a_backward_that_is_compiled_later_counts() -> None:
    [row] = overview(TRACES / "train.log").rows
    assert row.times.total == pytest.approx(17.06, abs=0.01)
    assert row.times.backward == pytest.approx(2.72, abs=0.01)
    assert row.times.seconds == pytest.approx(19.78, abs=0.01)


def test_cold_warm_and_cached(tmp_path: Path) -> None:
    log = LogText().compile(0, cache="hit").compile(1).compile(2).compile(3, cache="bypass").compile(4, cache="hit")
    log.compile(5, cache="", inductor_compile_time_s=None)
    found = of_text(tmp_path, log)
    assert [row.warmth.value for row in found.rows] == ["cached", "cold", "warm", "warm", "cached", "none"]
    assert [row.cache for row in found.rows] == ["FX hit", "FX miss", "FX miss", "FX bypass", "FX hit", ""]
    assert found.totals.warmth == {Warmth.CACHED: 2, Warmth.COLD: 1, Warmth.WARM: 2, Warmth.NONE: 1}


def test_whether_code_was_generated_is_not_known_without_caches_and_metrics(tmp_path: Path) -> None:
    """Only a time of Inductor's that torch's metrics have, and have empty, says that no code was asked for."""
    where = {"frame_id": 0, "frame_compile_id": 0, "attempt": 0}
    log = LogText().add("dynamo_start", {"stack": []}, **where)
    log.add("compilation_metrics", {"co_name": "f", "graph_op_count": 2, "entire_frame_compile_time_s": 1.0}, **where)
    found = of_text(tmp_path, log)
    assert [row.warmth for row in found.rows] == [Warmth.UNKNOWN]
    (said,) = (
        row for section in compile_sections(found, found.rows[0]) for row in section.rows if row.label == "start"
    )
    assert said.text == "whether code was generated is not recorded"
    assert any("unknown" in line.split() for line in flat(found.rows, Style(False)))


def test_an_export_that_failed_is_the_one_that_was_begun_last(tmp_path: Path) -> None:
    log = LogText()
    for error in ("", "UserError: no", "KeyError: 5"):
        log.add("export")
        if error:
            log.add("artifact", {"name": "inspector_export_failed", "encoding": "json"}, {"error": error})
        else:
            log.add("exported_program", {}, "ExportedProgram:")
    found = of_text(tmp_path, log)
    assert [(row.status.value, row.error) for row in found.rows] == [
        ("exported", ""),
        ("failed", "UserError: no"),
        ("failed", "KeyError: 5"),
    ]
    assert [item.error for item in read_capture(tmp_path).compilations] == [row.error for row in found.rows]


def test_a_log_without_compiles_says_what_records_an_export(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    symbol = {
        "symbol": "s23",
        "val": "5",
        "vr": "[3, 64]",
        "source": "L['ids'].size()[0]",
        "user_stack": [],
        "stack": [],
    }
    path = tmp_path / "dedicated_log_torch_trace_x.log"
    path.write_text(LogText().add("create_symbol", symbol).text)
    assert main(["show", str(path)]) == 0
    said = capsys.readouterr().out
    assert "Nothing was compiled, as far as this log tells." in said
    assert "(torch.export) is recorded by TORCH_DTRACE=FOLDER" in said
    assert "s23  L['ids'].size()[0], was 5, in [3, 64]" in said
    assert main(["why", str(path)]) == 0
    assert "in order" not in capsys.readouterr().out, "none of 0 compiles is nothing in order"


def test_a_graph_without_operators_asks_for_no_code(tmp_path: Path) -> None:
    text = LogText()
    for frame, operators in enumerate((0, 3)):
        where = {"frame_id": frame, "frame_compile_id": 0, "attempt": 0}
        metrics = {
            "co_name": "f",
            "graph_op_count": operators,
            "inductor_compile_time_s": 0.5,
            "compile_id": f"{frame}/0",
        }
        text.add("dynamo_start", {"stack": []}, **where)
        text.add("compilation_metrics", {**metrics, "has_guarded_code": True}, **where)
    (tmp_path / "a.log").write_text(text.text)
    with TraceLog.open(tmp_path / "a.log").complete() as log:
        rows = read_overview(log).rows
    assert [(row.status, row.warmth) for row in rows] == [
        (CompileStatus.EMPTY, Warmth.NONE),
        (CompileStatus.DONE, Warmth.COLD),
    ]


def test_a_recorded_log_says_which_torch_wrote_it(tmp_path: Path) -> None:
    text = LogText().compile(0)
    text.add("artifact", {"name": "inspector_environment", "encoding": "json"}, {"torch": "2.99"})
    (tmp_path / "a.log").write_text(text.text)
    with TraceLog.open(tmp_path / "a.log").complete() as log:
        assert read_overview(log).environment["torch"] == "2.99"


def test_a_reset_begins_the_numbering_again(tmp_path: Path) -> None:
    found = of_text(tmp_path, LogText().compile(0).compile(0, 1).compile(0).compile(0, 1))
    assert [row.compile_id for row in found.rows] == ["0/0", "0/1", "0/0~2", "0/1~2"]
    assert [chain.frame for chain in found.chains] == ["0", "0~2"]
    assert found.totals.recompiles == 2


def test_ranks_and_a_restart_are_processes_of_their_own(tmp_path: Path) -> None:
    for name, log in {
        "dedicated_log_torch_trace_rank_0_a.log": LogText().compile(0).compile(1),
        "dedicated_log_torch_trace_rank_1_a.log": LogText().compile(0, name="g"),
        "dedicated_log_torch_trace_rank_1_b.log": LogText().compile(0, name="h").compile(1, cache="hit"),
    }.items():
        (tmp_path / name).write_text(log.text)
    found = overview(tmp_path)
    assert {row.compile_id: row.function for row in found.rows} == {
        "0/0": "f",
        "1/0": "f",
        "rank1/0/0": "g",
        "rank1.2/0/0": "h",
        "rank1.2/1/0": "f",
    }
    assert found.processes == ("", "rank1", "rank1.2")
    assert found.process_name("") == "rank0"
    assert [row.warmth.value for row in found.rows] == ["cold", "warm", "cold", "cold", "cached"], (
        "each process its own"
    )


def test_a_compile_that_never_ends_shows_what_it_spent(tmp_path: Path) -> None:
    log = LogText().add("dynamo_start", {"stack": []}, frame_id=0, frame_compile_id=0, attempt=0)
    log.event("B", "entire_frame_compile", 10.0).event("B", "inductor_compile", 12.0).event("B", "wait", 15.0)
    log.event("E", "wait", 40.0)
    [row] = of_text(tmp_path, log).rows
    assert row.status is CompileStatus.LIVE
    assert row.times.total == pytest.approx(30.0)


def test_old_logs_name_their_graph_breaks_as_restarts(tmp_path: Path) -> None:
    reasons = ["'skip function graph_break in file decorators.py'"]
    log = LogText().compile(0, restart_reasons=reasons).compile(1, name="torch_dynamo_resume_in_f_at_9")
    found = of_text(tmp_path, log)
    [group] = found.breaks
    assert "graph_break" in group.reason
    assert [place.compile_ids for place in group.places] == [("0/0",)]
    alone = of_text(tmp_path, LogText().compile(0, restart_reasons=reasons))
    assert alone.breaks == (), "nothing was resumed: the restart was for something else"
    assert alone.rows[0].restart_reasons == ("'skip function graph_break in file decorators.py'",)


def test_events_that_are_none_say_nothing_and_break_nothing(tmp_path: Path) -> None:
    log = LogText().compile(0)
    log.event("B", "a", 1.0).event("E", "a", 2.0).event("X", "whole", 3.0, dur=500_000.0).event("i", "moment", 3.0)
    log.add("chromium_event", None, "no json").add("chromium_event", None, {"ph": "B"}).add("chromium_event", None, [1])
    log.event("B", "n", float("nan")).event("X", "endless", 4.0, dur=float("inf"))
    found = of_text(tmp_path, log)
    assert bars(found.flames["0/0"]) == {("a",): (1.0, 1), ("whole",): (0.5, 1)}


def test_events_outside_any_compile_are_kept_apart(tmp_path: Path) -> None:
    log = LogText().event("B", "compile_file", 1.0, "None").event("E", "compile_file", 3.0, "None")
    found = of_text(tmp_path, log)
    assert bars(found.flames[""]) == {("compile_file",): (2.0, 1)}
    assert found.rows == ()


def test_a_growing_log_ends_up_the_same_as_one_read_at_once(tmp_path: Path) -> None:
    path = tmp_path / "t.log"
    shutil.copy(TRACES / "recompile.log", path)
    with TraceLog.open(path) as log:
        builder = OverviewBuilder(log)
        seen = []
        while log.advance(20_000):
            seen.append(len(builder.overview(complete=False).rows))
        grown = builder.overview()
    at_once = overview(path)
    assert seen == sorted(seen) and seen[0] < 3
    assert grown.rows == at_once.rows
    assert grown.breaks == at_once.breaks
    assert {key: bars(node) for key, node in grown.flames.items()} == {
        key: bars(node) for key, node in at_once.flames.items()
    }
    assert grown.complete


def test_what_came_is_read_from_the_guards_of_the_recompile(tmp_path: Path) -> None:
    context = {"frame_id": 0, "frame_compile_id": 1, "attempt": 0}
    log = LogText().compile(0)
    log.add("artifact", {"name": "recompile_reasons", "encoding": "json"}, "0/0: n == 3", **context).compile(0, 1)
    tree = "\n".join(
        (
            "TREE_GUARD_MANAGER:",
            "+- RootGuardManager",
            "| +- GuardManager: source=L['n'], accessed_by=FrameLocalsGuardAccessor(key='n', framelocals_idx=0)",
            "| | +- EQUALS_MATCH: L['n'] == 4",
        )
    )
    log.add("dynamo_cpp_guards_str", None, tree, **context)
    [failure] = of_text(tmp_path, log).rows[1].failures
    assert (failure.source, failure.what, failure.expected, failure.actual) == ("n", "value", "3", "4")


def test_a_compile_without_a_beginning_is_there_all_the_same(tmp_path: Path) -> None:
    log = LogText().add("describe_tensor", {"id": 0}, frame_id=7, frame_compile_id=2, attempt=0).compile(8)
    found = of_text(tmp_path, log)
    assert [(row.compile_id, row.status) for row in found.rows] == [
        ("7/2", CompileStatus.UNKNOWN),
        ("8/0", CompileStatus.DONE),
    ]
    assert found.rows[0].log == found.rows[1].log


def test_torch_plumbing_is_not_user_code(tmp_path: Path) -> None:
    log = LogText()
    stack = [
        {"filename": "/app/main.py", "line": 1, "name": "main"},
        {"filename": "/env/site-packages/torch/_dynamo/eval_frame.py", "line": 2, "name": "_fn"},
        {"filename": "/env/site-packages/torch/nn/modules/module.py", "line": 3, "name": "_call_impl"},
        {"filename": "/env/site-packages/torch/_dynamo/external_utils.py", "line": 4, "name": "inner"},
    ]
    log.add("dynamo_start", {"stack": stack}, frame_id=0, frame_compile_id=0, attempt=0)
    [node] = of_text(tmp_path, log).stacks.children
    assert [frame.function for frame in node.frames] == ["main", "inner"], "what is compiled itself stays"
