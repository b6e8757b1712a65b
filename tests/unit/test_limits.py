"""Limits on logs: kept, exceeded, or not to be told; and what a limit of torch's leaves in eager."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import pytest

from inspector.cli.main import main
from inspector.model.capture import CompileStatus
from inspector.say.eager import eager_words
from inspector.trace.log import TraceLog
from inspector.trace.overview import read_overview
from tests.unit.trace_text import record

ID = (0, 0)
VERSION = record("artifact:torch_version", '{"pytorch_version": "2.13.0"}')
STACK = {"stack": [{"line": 6, "name": "forward", "filename": "net.py", "loc": ""}]}
REFUSAL = (
    "Dynamo recompile limit exceeded\n  Explanation: Dynamo attempted to recompile the code object too many times, "
    "exceeding the recompile_limit cache size limit (currently set to 8)."
)
SKIPPED = (
    "Graph break in user code at net.py:7\nGraph Break Reason: Failed to handle graph break gracefully. Skipping the "
    "function and falling back to eager. Graph break encountered:\n  Data-dependent branching\n"
    'User code traceback:\n  File "net.py", line 7, in forward\n    if x.sum():\n'
)


def start(ids: tuple[int, int] = ID) -> bytes:
    return record("dynamo_start", compile_id=ids, dynamo_start=STACK)


def end(ids: tuple[int, int] = ID, seconds: float | None = 0.5, **more: Any) -> bytes:
    facts = {"entire_frame_compile_time_s": seconds, "graph_op_count": 2, **more}
    return record("compilation_metrics", compile_id=ids, compilation_metrics=facts)


def refused(ids: tuple[int, int], kind: str = "Unsupported", reason: str = REFUSAL) -> bytes:
    why = record("artifact:recompile_reasons", '["0/0: len(x) == 3"]', compile_id=ids)
    return why + end(ids, 0.01, graph_op_count=None, fail_type=kind, fail_reason=reason)


WHOLE = VERSION + start() + end()
LIMITS = ("--max-graph-breaks", "--max-recompiles", "--max-compile-time", "--max-failures")


def checked(folder: Path, capsys: pytest.CaptureFixture[str], data: bytes, *words: str) -> tuple[int, str]:
    path = folder / "one.log"
    path.write_bytes(data)
    code = main(["check", str(path), *words])
    return code, capsys.readouterr().out


def test_a_miss_of_a_compile_without_an_end_is_a_miss(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    miss = VERSION + record("artifact:aotautograd_cache_miss", '{"key": "k"}', compile_id=ID)
    code, out = checked(tmp_path, capsys, miss, "--max-cache-misses", "0")
    assert (code, "0/0 : AOT miss" in out) == (1, True)
    hit = VERSION + record("artifact:aotautograd_cache_hit", '{"key": "k"}', compile_id=ID)
    assert checked(tmp_path, capsys, hit, "--max-cache-misses", "0")[0] == 0


def test_compiles_without_an_id_do_not_tell_recompiles(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    loaded = VERSION + record("aot_inference_graph", "class <lambda>: ...")
    code, out = checked(tmp_path, capsys, loaded, "--max-recompiles", "0")
    assert (code, "cannot be checked: torch gave no compile id to +1" in out) == (4, True)
    assert checked(tmp_path, capsys, WHOLE, "--max-recompiles", "0")[0] == 0


def test_what_failed_in_dynamo_is_not_said_to_be_without_graph_breaks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    failed = {"fail_type": "Unsupported", "fail_reason": "Data-dependent branching"}
    in_dynamo = VERSION + start() + end(graph_op_count=None, **failed)
    code, out = checked(tmp_path, capsys, in_dynamo, "--max-graph-breaks", "0")
    assert (code, "cannot be checked: Dynamo did not get through 0/0" in out) == (4, True)
    behind_it = VERSION + start() + end(graph_op_count=2, **failed)
    assert checked(tmp_path, capsys, behind_it, "--max-graph-breaks", "0")[0] == 0


def rows_of(folder: Path, data: bytes) -> Any:
    path = folder / "one.log"
    path.write_bytes(data)
    with TraceLog.open(path) as log:
        return read_overview(log)


@pytest.mark.parametrize("limit", LIMITS)
def test_a_whole_log_keeps_its_limits(tmp_path: Path, capsys: pytest.CaptureFixture[str], limit: str) -> None:
    code, out = checked(tmp_path, capsys, WHOLE, limit, "1")
    assert code == 0
    assert out.startswith("ok ")
    assert "looked at 1 compile id of 1 log, 3 records" in out


@pytest.mark.parametrize("limit", LIMITS)
@pytest.mark.parametrize(
    ("data", "why"),
    [
        (WHOLE + start((1, 0)), "the log ends before 1/0 does"),
        (WHOLE + end((1, 0))[:-30], "1 of 3 records cannot be read"),
        (VERSION, "no compile is recorded"),
        (VERSION + record("export", "start!") + record("exported_program", "graph"), "no compile is recorded"),
    ],
)
def test_half_a_log_keeps_no_limit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], limit: str, data: bytes, why: str
) -> None:
    code, out = checked(tmp_path, capsys, data, limit, "100")
    assert code == 4
    assert out.startswith(f"unknown {limit} cannot be checked: {why}")


@pytest.mark.parametrize("seconds", [None, 0.0])
def test_a_time_that_is_not_recorded_is_no_time(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], seconds: float | None
) -> None:
    data = WHOLE + start((1, 0)) + end((1, 0), seconds)
    code, out = checked(tmp_path, capsys, data, "--max-compile-time", "60", "--max-graph-breaks", "0")
    assert code == 4
    assert "--max-compile-time cannot be checked: no time is recorded for 1/0" in out
    assert "ok      0 graph breaks" in out, "what can be told is told"


def test_what_is_exceeded_anyway_is_exceeded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out = checked(tmp_path, capsys, WHOLE + start((1, 0)), "--max-compile-time", "0.1")
    assert code == 1
    assert out.startswith("over ")


def test_a_compile_without_beginning_and_end_may_have_broken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = VERSION + record("aot_inference_graph", "graph", compile_id=ID)
    for limit, why in (
        ("--max-graph-breaks", "no beginning and no end is recorded of 0/0"),
        ("--max-failures", "no beginning and no end is recorded of 0/0"),
        ("--max-compile-time", "no time is recorded for 0/0"),
        ("--max-cache-misses", "no answer of a cache is recorded for 0/0"),
    ):
        code, out = checked(tmp_path, capsys, data, limit, "9")
        assert (code, f"{limit} cannot be checked: {why}" in out) == (4, True)
    assert checked(tmp_path, capsys, data, "--max-recompiles", "0")[0] == 0, "compile ids tell it"


def event(name: str, phase: str, at: float, compile_id: str = "") -> bytes:
    facts = {"name": name, "ph": phase, "ts": at * 1e6, "pid": 0, "tid": 0}
    args = {"compile_id": compile_id} if compile_id else {}
    return record("chromium_event", json.dumps({**facts, "args": args}), chromium_event={})


def test_events_that_name_a_compile_are_not_its_time_where_its_end_is_not_recorded(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """vLLM's: two minutes of code generation name no compile id, and a bundle of the log must not say less."""
    whole = event("fullgraph_capture", "B", 0) + event("trace", "B", 0, "0/0") + event("trace", "E", 14, "0/0")
    data = VERSION + whole + record("aot_inference_graph", "g", compile_id=ID) + event("fullgraph_capture", "E", 130)
    assert checked(tmp_path, capsys, data, "--max-compile-time", "60")[0] == 4
    bundle = str(tmp_path / "one.inspector")
    assert main(["export", str(tmp_path / "one.log"), "-o", bundle]) == 0
    assert main(["check", bundle, "--max-compile-time", "60"]) == 4
    assert main(["why", str(tmp_path / "one.log")]) == 0
    out = capsys.readouterr().out
    assert "no time is recorded for 0/0" in out and "in order      compile time" not in out
    assert main(["show", bundle]) == 0
    assert "14.0 s of events that name their compile id" in capsys.readouterr().out


def test_the_time_between_compiles_is_not_spent_in_the_compiler(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = VERSION
    for number, at in enumerate((0, 3600)):
        data += (
            start((number, 0)) + event("dynamo", "B", at, f"{number}/0") + event("dynamo", "E", at + 1, f"{number}/0")
        )
        data += end((number, 0), 1.0)
    (tmp_path / "one.log").write_bytes(data)
    bundle = str(tmp_path / "one.inspector")
    assert main(["export", str(tmp_path / "one.log"), "-o", bundle]) == 0
    assert main(["show", bundle]) == 0
    assert "2.00 s in the compiler" in capsys.readouterr().out


def test_a_torch_that_records_no_breaks_is_not_said_to_have_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    old = WHOLE.replace(VERSION, record("artifact:torch_version", '{"pytorch_version": "2.4.1"}'))
    code, out = checked(tmp_path, capsys, old, "--max-graph-breaks", "0")
    assert code == 4
    assert "this version of torch does not record graph breaks" in out


def test_json_tells_unknown_from_exceeded(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out = checked(tmp_path, capsys, WHOLE + start((1, 0)), "--max-compile-time", "60", "--json")
    found = json.loads(out)
    assert (code, found["ok"], found["logs"], found["compile_ids"]) == (4, False, 1, 2)
    assert (found["limits"][0]["over"], found["limits"][0]["unknown"]) == (False, "the log ends before 1/0 does")


# --- what a limit of torch's leaves in eager -------------------------------------------------------------------


def test_a_refusal_is_no_compile_and_says_what_runs_eager(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = WHOLE + start((0, 1)) + end((0, 1)) + refused((0, 2))
    overview = rows_of(tmp_path, data)
    row = overview.by_id["0/2"]
    assert (row.status, row.function, row.started is not None) == (CompileStatus.REFUSED, "forward", True)
    assert eager_words(row) == (
        "not compiled, recompile_limit of 8 exceeded: from here on, forward runs eager wherever its compiled code does "
        "not fit"
    )
    totals = overview.totals
    assert (totals.compiles, totals.recompiles, totals.failed, totals.refused) == (2, 1, 0, 1)
    code, out = checked(tmp_path, capsys, data, "--max-recompiles", "1", "--max-failures", "0")
    assert code == 1
    assert "ok      1 recompile," in out
    assert "0/2 forward: not compiled" in out
    main(["show", str(tmp_path / "one.log")])
    out = capsys.readouterr().out
    assert "2 compiles, 1 refused, 1.01 s of compiling, 1 recompile; 1 log read" in out
    assert "from here on, forward runs eager" in out


def test_a_program_that_the_limit_stops_has_failed(tmp_path: Path) -> None:
    stopped = refused((0, 1), "FailOnRecompileLimitHit", "Hard failure due to fail_on_recompile_limit_hit")
    totals = rows_of(tmp_path, WHOLE + stopped).totals
    assert (totals.compiles, totals.recompiles, totals.failed, totals.refused) == (1, 0, 1, 0)


def test_a_function_that_is_given_up_is_not_merely_failed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken = record("artifact:dynamo_graph_break_reason", SKIPPED, compile_id=(1, 0))
    facts = {"fail_type": "Unsupported", "fail_reason": "Data-dependent branching\n  Explanation: no."}
    facts |= {"fail_user_frame_filename": "/home/net.py", "fail_user_frame_lineno": 7}
    data = WHOLE + start((1, 0)) + broken + end((1, 0), **facts)
    overview = rows_of(tmp_path, data)
    row = overview.by_id["1/0"]
    assert row.status is CompileStatus.EAGER
    assert eager_words(row) == (
        "runs eager, all of it: Dynamo gives the function up for a graph break at net.py:7: Data-dependent branching "
        "(tried once)"
    )
    assert (overview.totals.failed, overview.totals.eager) == (0, 1)
    code, out = checked(tmp_path, capsys, data, "--max-graph-breaks", "0")
    assert (code, "over    1 graph break" in out) == (1, True)


def test_a_failure_without_a_skip_is_a_failure(tmp_path: Path) -> None:
    data = VERSION + start() + end(fail_type="RuntimeError", fail_reason="out of luck")
    row = rows_of(tmp_path, data).by_id["0/0"]
    assert (row.status, eager_words(row)) == (CompileStatus.FAILED, "")


def test_what_torch_gave_no_compile_id_is_not_counted_as_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from inspector.cli.verbs.run import _tell

    traces = Path(__file__).parent.parent / "traces"
    log = traces / "export.log"
    assert main(["check", str(log), "--max-recompiles", "0"]) in (0, 4)
    assert "looked at 0 compile ids and 1 without one of 1 log" in capsys.readouterr().out
    for name in ("export", "two_ops"):
        (tmp_path / f"dedicated_log_torch_trace_{name}.log").write_bytes((traces / f"{name}.log").read_bytes())
    _tell(tmp_path, None, argparse.Namespace(no_open=True))
    assert "inspector: 1 compile id and 1 exported program of 2 processes" in capsys.readouterr().err
