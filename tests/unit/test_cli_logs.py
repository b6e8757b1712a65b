"""The verbs on logs, folders, standard input and bundles: text for a person, JSON for a program, exit codes for CI."""

from __future__ import annotations

import gzip
import io
import json
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from inspector.bundle import write
from inspector.cli.main import main
from inspector.cli.output import cut
from inspector.model.capture import Capture, Phase
from inspector.trace import read_capture
from inspector.trace.log import TraceLog

TRACES = Path(__file__).parents[1] / "traces"
RECOMPILE = str(TRACES / "recompile.log")
BREAKS = str(TRACES / "graph_break.log")
FAILURE = str(TRACES / "failure.log")


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(words)
    out, err = capsys.readouterr()
    return code, out, err


def as_json(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    code, out, err = run(capsys, *words, "--json")
    assert (code, err) == (0, "")
    found: dict[str, Any] = json.loads(out)
    return found


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(write(read_capture(TRACES / "recompile.log"), tmp_path_factory.mktemp("logs") / "bundle"))


@pytest.fixture(scope="module")
def ranks(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("ranks")
    for rank, name in enumerate(("two_ops", "recompile", "failure")):
        shutil.copy(TRACES / f"{name}.log", folder / f"dedicated_log_torch_trace_rank_{rank}_abc.log")
    (folder / "notes.txt").write_text("not a log\n")
    return str(folder)


# --- what is taken --------------------------------------------------------------------------------------------


def test_a_bundle_says_what_its_log_says(capsys: pytest.CaptureFixture[str], bundle: str) -> None:
    for verb in ("recompiles", "breaks"):
        assert as_json(capsys, verb, bundle) == as_json(capsys, verb, RECOMPILE)
    of_bundle, of_log = as_json(capsys, "phases", bundle), as_json(capsys, "phases", RECOMPILE)
    assert [item["name"] for item in of_bundle["phases"]] == [item["name"] for item in of_log["phases"]]
    assert of_bundle["phases"][0]["own"] == pytest.approx(of_log["phases"][0]["own"], abs=1e-4)


def test_gzip_and_standard_input(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plainly = as_json(capsys, "recompiles", RECOMPILE)
    packed = tmp_path / "log.gz"
    packed.write_bytes(gzip.compress(Path(RECOMPILE).read_bytes()))
    assert as_json(capsys, "recompiles", str(packed)) == plainly
    with open(RECOMPILE) as stream:  # noqa: PTH123
        monkeypatch.setattr(sys, "stdin", stream)
        assert as_json(capsys, "recompiles", "-") == plainly


def test_every_verb_takes_a_folder_of_ranks(capsys: pytest.CaptureFixture[str], ranks: str) -> None:
    shown = as_json(capsys, "show", ranks)
    assert [item["compile_id"] for item in shown["compilations"]] == [
        "0/0",
        "rank1/0/0",
        "rank1/0/1",
        "rank1/0/2",
        "rank2/0/0",
    ]
    assert [item["rank"] for item in shown["logs"]] == [0, 1, 2]
    for verb in ("show", "breaks", "recompiles", "guards", "phases"):
        code, out, err = run(capsys, verb, ranks)
        assert (code, err) == (0, "") and out.strip()
    code, out, _ = run(capsys, "recompiles", ranks)
    assert "guard of rank1/0/0" in out


@pytest.mark.parametrize("verb", ["show", "open", "breaks", "recompiles", "guards", "phases", "links", "check"])
def test_what_is_no_log_is_a_usage_error(capsys: pytest.CaptureFixture[str], tmp_path: Path, verb: str) -> None:
    more = {"links": ["--at", "aten:1"], "check": ["--max-graph-breaks", "0"]}.get(verb, [])
    text = tmp_path / "shopping.txt"
    text.write_text("milk\nbread\n")
    empty = tmp_path / "empty.log"
    empty.touch()
    folder = tmp_path / "folder"
    folder.mkdir()
    for path in (tmp_path / "nowhere", empty, folder, *([text] if verb != "open" else [])):
        code, out, err = run(capsys, verb, str(path), *more)
        assert (code, out) == (2, ""), path
        assert err.startswith("inspector: ") and len(err.splitlines()) <= 2, err


@pytest.mark.parametrize("verb", ["breaks", "recompiles", "guards", "phases", "show"])
def test_a_compile_id_that_is_not_there(capsys: pytest.CaptureFixture[str], bundle: str, verb: str) -> None:
    for path in (RECOMPILE, bundle):
        code, out, err = run(capsys, verb, path, "--compile-id", "7/7")
        assert (code, out) == (2, "")
        assert "no compile id '7/7'" in err and "0/0, 0/1" in err


# --- show -----------------------------------------------------------------------------------------------------


def test_show_draws_the_tree_of_user_code(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "show", BREAKS)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == "graph_break.log  torch 2.13.0+cpu"
    assert "3 compiles" in lines[1] and "2 graph breaks" in lines[1]
    module = next(line for line in lines if "in <module>" in line)
    compiled = next(line for line in lines if line.startswith("1/0 "))
    assert compiled.index("torch_dynamo_resume_in_f_at_21") > module.index("project/cases.py")
    assert "\x1b" not in out


def test_show_sorts_filters_and_limits(capsys: pytest.CaptureFixture[str], ranks: str) -> None:
    def ids(*words: str) -> list[str]:
        return [item["compile_id"] for item in as_json(capsys, "show", ranks, *words)["compilations"]]

    assert ids("--filter", "status:failed") == ["rank2/0/0"]
    assert ids("--filter", "recompiles>0 rank1") == ["rank1/0/1", "rank1/0/2"]
    assert ids("--filter", "time>12 cold") == ["0/0"]
    assert ids("--filter", "Double") == ["rank1/0/2"], "a failed guard is searched too"
    assert ids("--filter", "no-such-thing") == []
    slowest = ids("--sort", "time")
    assert slowest[0] == "0/0" and set(slowest) == set(ids())
    assert ids("--sort", "time", "--reverse") == slowest[::-1]
    assert ids("--limit", "2") == ["0/0", "rank1/0/0"]
    code, out, _ = run(capsys, "show", ranks, "--sort", "time", "--limit", "2")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines() if "/0/" in line[:10] or line.startswith("0/")] == slowest[:2]
    assert "… 3 more" in out
    code, out, _ = run(capsys, "show", ranks, "--filter", "no-such-thing")
    assert code == 0 and "No compile id matches." in out


def test_show_one_compile_id_and_its_texts(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "show", RECOMPILE, "--compile-id", "0/1")
    assert code == 0
    assert "AOT ATen graph" in out and "Caches" in out and "0/0: tensor 'x' size mismatch" in out
    code, out, _ = run(capsys, "show", RECOMPILE, "--compile-id", "0/1", "--stage", "aten")
    assert code == 0 and "torch.ops.aten" in out and "==>" not in out
    code, out, _ = run(capsys, "show", RECOMPILE, "--stage", "aten")
    assert [line for line in out.splitlines() if line.startswith("==>")] == [
        f"==> 0/{number}:aten <==" for number in range(3)
    ]


def test_show_the_texts_beside_the_stages(capsys: pytest.CaptureFixture[str]) -> None:
    names = [item["name"] for item in as_json(capsys, "show", RECOMPILE, "--compile-id", "0/1", "--other")["artifacts"]]
    assert names
    code, out, _ = run(capsys, "show", RECOMPILE, "--compile-id", "0/1", "--other", names[0])
    assert code == 0 and out.strip()
    code, _, err = run(capsys, "show", RECOMPILE, "--compile-id", "0/1", "--other", names[0][:-1])
    assert code == 2 and names[0] in err


def test_damaged_records_are_counted_and_listed_with_their_offset(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    data = Path(RECOMPILE).read_bytes()
    graph = data.index(b"torch.ops.aten")  # in a text that an overview does not read
    data = data[:graph] + b"T" + data[graph + 1 :]
    record = data.rindex(b"\nV", 0, graph) + 1
    at = data.index(b"\nV", graph) + 1
    path = tmp_path / "cut.log"
    path.write_bytes(data[:at] + b"V1123 07:00:00.000000 nonsense\n" + data[at:])
    code, out, _ = run(capsys, "show", str(path))
    assert code == 0
    assert "2 damaged records" in out and f"at byte {record:,}" in out and f"at byte {at:,}" in out
    damaged = as_json(capsys, "show", str(path))["damaged"]
    assert [item["offset"] for item in damaged] == [record, at]


def test_the_overview_is_printed_before_the_checksums_are_compared(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    printed: list[str] = []
    verify = TraceLog.verify

    def late(log: TraceLog, *limit: int) -> bool:
        printed.append(capsys.readouterr().out)
        return verify(log, *limit)

    monkeypatch.setattr(TraceLog, "verify", late)
    code, rest, _ = run(capsys, "show", RECOMPILE)
    assert code == 0 and rest == ""
    assert all(item in printed[0] for item in ("0/0", "0/1", "0/2"))
    assert not any(printed[1:])


# --- breaks, recompiles, guards, phases ----------------------------------------------------------------------


def test_breaks_are_told_once_with_how_often(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    for rank in (0, 1):
        shutil.copy(BREAKS, tmp_path / f"dedicated_log_torch_trace_rank_{rank}_x.log")
    code, out, _ = run(capsys, "breaks", str(tmp_path))
    assert code == 0
    lines = out.splitlines()
    below = lines[lines.index("2 graph breaks, met 4 times") :]
    assert below[2] == "2× Failed to trace builtin operator"
    assert below[3] == '  2× project/cases.py:21 in f  print("between two graphs")  0/0 and rank1/0/0'
    assert any("hint:" in line for line in lines)
    assert any(line.strip().startswith("https://") and line.endswith("gb0059.html") for line in lines)
    groups = as_json(capsys, "breaks", str(tmp_path), "--filter", "y.sum()")["graph_breaks"]
    assert [(group["reason"], group["count"]) for group in groups] == [("Data-dependent branching", 2)]
    assert as_json(capsys, "breaks", str(tmp_path), "--compile-id", "0/0")["graph_breaks"][0]["places"][0]["count"] == 2
    code, out, _ = run(capsys, "breaks", RECOMPILE)
    assert (code, out) == (0, "No graph breaks.\n")


def test_recompiles_are_a_chain_with_expected_and_actual_values(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "recompiles", RECOMPILE)
    assert code == 0
    lines = out.splitlines()
    assert lines[0].endswith("f is compiled 2 times more, in 3.19 s: x size at index 1 1×, x dtype 1×")
    lines = lines[next(number for number, line in enumerate(lines) if line.startswith("2 recompiles of 1 function")) :]
    assert [line.split()[0] for line in lines[3:6]] == ["0/0", "0/1", "0/2"]
    assert "x size at index 1: 16, now 32" in lines[4] and "guard of 0/0" in lines[4]
    assert "mark_dynamic(x, 1)" in out
    code, everything, _ = run(capsys, "recompiles", RECOMPILE, "--all")
    assert everything.count("x dtype: Float, now Double") == 2
    [chain] = as_json(capsys, "recompiles", RECOMPILE)["recompiles"]
    first = chain["compilations"][1]["failed_guards"][0]
    assert (first["expected"], first["actual"], first["against"]) == ("16", "32", "0/0")
    code, out, _ = run(capsys, "recompiles", BREAKS)
    assert (code, out) == (0, "No recompiles.\n")


def test_diff_does_not_take_the_log_for_a_stage(capsys: pytest.CaptureFixture[str]) -> None:
    behind = run(capsys, "recompiles", RECOMPILE, "--diff")
    assert run(capsys, "recompiles", "--diff", RECOMPILE) == behind
    assert run(capsys, "recompiles", "--diff", "dynamo", RECOMPILE) == behind
    code, _, error = run(capsys, "recompiles", "--diff")
    assert (code, "LOG" in error) == (2, True)


def test_recompiles_show_the_two_graphs_difference(capsys: pytest.CaptureFixture[str], bundle: str) -> None:
    for path in (RECOMPILE, bundle):
        code, out, _ = run(capsys, "recompiles", path, "--diff")
        assert code == 0
        assert "Dynamo FX graph, 0/0 and 0/1: different" in out
        assert out.index("0/0 and 0/1") < out.index('L_x_: "f32[8, s27]') < out.index("0/1 and 0/2")
    [chain] = as_json(capsys, "recompiles", RECOMPILE, "--diff", "aten")["recompiles"]
    assert [item["graph"] is not None for item in chain["compilations"]] == [False, True, True]
    code, _, err = run(capsys, "recompiles", RECOMPILE, "--diff", "atten")
    assert code == 2 and "no stage called 'atten'" in err and "aten" in err


def test_guards_are_a_tree_that_says_which_failed(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "guards", RECOMPILE)
    assert code == 0 and [line.split()[0] for line in out.splitlines()[1:4]] == ["0/0", "0/1", "0/2"]
    code, out, _ = run(capsys, "guards", RECOMPILE, "--compile-id", "0/0")
    lines = out.splitlines()
    check = next(line for line in lines if "check_tensor(L['x']" in line)
    source = next(line for line in lines if line.strip().startswith("L['x']"))
    assert len(check) - len(check.lstrip()) == len(source) - len(source.lstrip()) + 2
    assert "failed for 0/1 and 0/2" in check
    code, out, _ = run(capsys, "guards", RECOMPILE, "--failed")
    assert out.count("failed for") == 2 and out.count("check_tensor") == 2
    found = as_json(capsys, "guards", RECOMPILE, "--compile-id", "0/0", "--filter", "softmax")["guards"]["0/0"]
    assert {guard["kind"] for guard in found["guards"]} >= {"ID_MATCH"}


def test_guards_of_a_log_without_compiles_are_none(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "guards", str(TRACES / "export.log"))
    assert (code, out) == (0, "No guards are recorded, and no compile.\n")


def test_phases_say_where_the_time_went(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "phases", RECOMPILE)
    assert code == 0
    assert re.match(r"inductor_compile  .* 93\.2 %", out.splitlines()[2])
    phases = as_json(capsys, "phases", RECOMPILE)["phases"]
    assert sum(item["share"] for item in phases) == pytest.approx(1.0)
    code, out, _ = run(capsys, "phases", RECOMPILE, "--flame", "--by-compile", "--all")
    assert "0/0 f" in out and "build_guards" in out
    code, out, _ = run(capsys, "phases", RECOMPILE, "--folded")
    stacks = dict(line.rsplit(" ", 1) for line in out.splitlines())
    assert "dynamo;entire_frame_compile;backend_compile;inductor_compile" in stacks
    assert sum(map(int, stacks.values())) == pytest.approx(14.1e6, rel=0.01)
    only = as_json(capsys, "phases", RECOMPILE, "--compile-id", "0/1")["phases"]
    assert {item["compile_ids"] for item in only} == {1}


@pytest.mark.parametrize("outside", [False, True])
def test_time_outside_any_compile_id_is_said_to_be(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, outside: bool
) -> None:
    own = [Phase("dynamo", 0.0, 3.0, 0, "0/0")] + ([Phase("autotuning", 4.0, 2.0, 0, None)] if outside else [])
    write(Capture(phases=tuple(own)), tmp_path / "b")
    assert main(["phases", str(tmp_path / "b")]) == 0
    head = capsys.readouterr().out.splitlines()[0]
    assert head == (
        "5.00 s in 2 phases of 1 compile id, 2.00 s of it outside any compile id"
        if outside
        else "3.00 s in 1 phase of 1 compile id"
    )


def test_phases_of_a_log_without_events_are_torch_metrics(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    metrics = {"entire_frame_compile_time_s": 5.0, "backend_compile_time_s": 4.0}
    record = json.dumps({"compilation_metrics": metrics, "frame_id": 0, "frame_compile_id": 0})
    (tmp_path / "old.log").write_text(f"V1123 07:00:00.000000 1 a.py:1] {record}\n")
    code, out, _ = run(capsys, "phases", str(tmp_path / "old.log"))
    assert code == 0
    assert re.search(r"^0/0 +5.00 s +4.00 s$", out, re.MULTILINE), out


def test_phases_for_perfetto(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    target = tmp_path / "trace.json"
    code, out, err = run(capsys, "phases", RECOMPILE, "--perfetto", str(target))
    assert (code, out) == (0, "") and "perfetto" in err
    events = json.loads(target.read_text())["traceEvents"]
    whole = [event for event in events if event["ph"] == "X"]
    assert {event["name"] for event in whole} >= {"dynamo", "inductor_compile"}
    assert all(event["dur"] >= 0 and event["ts"] >= 0 for event in whole)
    code, _, err = run(capsys, "phases", RECOMPILE, "--perfetto", str(target))
    assert code == 2 and "--force" in err
    code, _, _ = run(capsys, "phases", RECOMPILE, "--perfetto", str(target), "--force", "--compile-id", "0/2")
    ids = {event["args"].get("compile_id") for event in json.loads(target.read_text())["traceEvents"]}
    assert code == 0 and ids <= {"0/2", None}
    again = str(TRACES / "again.log")  # its program resets Dynamo: the second 0/0 begins with an event
    code, out, _ = run(capsys, "phases", again, "--perfetto", "-", "--compile-id", "0/0~2")
    assert code == 0 and "dynamo" in {event["name"] for event in json.loads(out)["traceEvents"]}
    code, out, _ = run(capsys, "phases", RECOMPILE, "--perfetto", "-")
    assert code == 0 and json.loads(out)["traceEvents"]


# --- check ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words, code",
    [
        (("--max-graph-breaks", "0"), 0),
        (("--max-recompiles", "2"), 0),
        (("--max-recompiles", "1"), 1),
        (("--max-compile-time", "60"), 0),
        (("--max-compile-time", "14"), 1),
        (("--max-failures", "0", "--max-cache-misses", "3"), 0),
        (("--max-cache-misses", "2"), 1),
        (("--max-graph-breaks", "0", "--max-recompiles", "0"), 1),
    ],
)
def test_check_holds_a_log_against_limits(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...], code: int
) -> None:
    found, out, err = run(capsys, "check", RECOMPILE, *words)
    assert (found, err) == (code, "")
    assert [line.split()[0] for line in out.splitlines() if not line.startswith(" ")].count("over") == code
    found, out, _ = run(capsys, "check", RECOMPILE, *words, "--json")
    assert found == code and json.loads(out)["ok"] is (code == 0)


def test_check_names_what_exceeded_a_limit(capsys: pytest.CaptureFixture[str], ranks: str) -> None:
    code, out, _ = run(capsys, "check", BREAKS, "--max-graph-breaks", "1")
    assert code == 1
    assert "over    2 graph breaks, at most 1 allowed" in out
    assert "cases.py:21 Failed to trace builtin operator" in out
    code, out, _ = run(capsys, "check", ranks, "--max-recompiles", "1", "--max-failures", "0")
    assert code == 1
    assert "ok      rank0: 0 recompiles" in out
    assert "over    rank1: 2 recompiles" in out and "rank1/0/1 f: tensor 'x' size mismatch" in out
    assert "over    rank2: 1 compile failed, given up or refused," in out


def test_check_wants_a_limit(capsys: pytest.CaptureFixture[str]) -> None:
    for words, part in (
        ((), "No limit"),
        (("--max-graph-breaks", "-1"), "whole number"),
        (("--max-compile-time", "x"), ""),
    ):
        code, out, err = run(capsys, "check", RECOMPILE, *words)
        assert (code, out) == (2, "") and part in err


def test_a_line_is_cut_by_what_is_seen() -> None:
    assert cut("abc", 3) == "abc"
    assert cut("abcdef", 4) == "abc…"
    assert cut("\x1b[31mabcdef\x1b[0m", 4) == "\x1b[31mabc\x1b[0m…"


def test_a_reader_that_has_seen_enough_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    class Closed(io.StringIO):
        def write(self, text: str) -> int:
            raise BrokenPipeError

        def fileno(self) -> int:
            raise io.UnsupportedOperation

    monkeypatch.setattr(sys, "stdout", Closed())
    monkeypatch.setattr("inspector.cli.main._let_go", lambda: None)
    assert main(("show", RECOMPILE)) == 0
