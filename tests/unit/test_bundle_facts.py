"""What a log says beside its texts, on disk: typed, checked, and absent from older bundles."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from captures import full

from inspector.bundle import read, write
from inspector.bundle.contents import Facts, listed, of_capture
from inspector.bundle.events import chrome_trace
from inspector.bundle.events import read as read_events
from inspector.codec import convert, decode, dump, plain
from inspector.errors import UsageError
from inspector.jsontext import Malformed
from inspector.model.cache import CacheLookup
from inspector.model.capture import Capture, Instant, Phase
from inspector.model.latency import Difference
from inspector.model.pgo import CodeState
from inspector.model.shapes import ShapeFact, SymbolicShapes
from inspector.model.tensors import GraphOperation


def rewrite(bundle: Path, name: str, text: str) -> None:
    """Replaces a file and makes the manifest fit."""
    (bundle / name).write_text(text)
    manifest = json.loads((bundle / "manifest.json").read_text())
    manifest["files"][name] = {"sha256": hashlib.sha256(text.encode()).hexdigest(), "size": len(text)}
    (bundle / "manifest.json").write_text(json.dumps(manifest))


def test_one_of_everything_is_in_the_sample() -> None:
    """Else the round trip proves nothing about a field that somebody adds."""
    capture = full()
    assert [item.name for item in fields(Capture) if not getattr(capture, item.name)] == []


def test_facts_survive_json() -> None:
    capture = full()
    found = of_capture(Facts, decode(dump(listed(Facts, capture)), Facts))
    assert found
    assert all(getattr(capture, name) == value for name, value in found.items())


def test_a_bundle_without_the_newer_files_still_opens(tmp_path: Path) -> None:
    write(full(), tmp_path / "b")
    manifest = json.loads((tmp_path / "b/manifest.json").read_text())
    for name in ("facts.json", "compilations/0_0/guard_tree.json"):
        del manifest["files"][name]
        (tmp_path / "b" / name).unlink()
    del manifest["others"], manifest["unknown"]
    for entry in manifest["compilations"]:
        for key in ("stack", "log", "guard_seconds", "autograd_reasons"):
            del entry[key]
    (tmp_path / "b/manifest.json").write_text(json.dumps(manifest))
    rewrite(
        tmp_path / "b",
        "compilations/0_0/guards.txt",
        "# kind\tsource\tguard\tplace\nTYPE_MATCH\tL['x']\tx is 1\tm.py:1\n",
    )
    capture = read(tmp_path / "b")
    assert (capture.others, capture.failures, capture.unknown) == ((), (), {})
    assert capture.compilations[0].guard_tree == ()
    assert capture.compilations[0].guards[0].failed_for == ()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("facts.json", '{"failures": [{}]}'),
        ("facts.json", '{"failures": {}}'),
        ("facts.json", '{"cache_lookups": [{"compile_id": "0/0", "cache": "x", "answer": "hit", "parts": [1]}]}'),
        ("facts.json", '{"shapes": [{"compile_id": 3}]}'),
        ("facts.json", '{"shapes": [{"compile_id": null, "facts": [{"kind": "no such kind", "expression": "x"}]}]}'),
        ("compilations/0_0/guard_tree.json", '{"managers": [{"depth": true, "kind": "x"}]}'),
        ("events.json", '{"traceEvents": [{"ph": "b", "name": "x", "ts": 1, "args": {"depth": 0, "detail": {}}}]}'),
    ],
)
def test_what_is_not_of_its_type_is_refused_by_name(tmp_path: Path, name: str, text: str) -> None:
    write(full(), tmp_path / "b")
    rewrite(tmp_path / "b", name, text)
    with pytest.raises(UsageError, match=name):
        read(tmp_path / "b")


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (CacheLookup, {"compile_id": "0/0", "cache": "fx_graph"}),
        (CacheLookup, {"compile_id": "0/0", "cache": "fx_graph", "answer": "hit", "saved": "1"}),
        (CacheLookup, {"compile_id": "0/0", "cache": "fx_graph", "answer": "hit", "details": []}),
        (CodeState, {"compile_id": None, "written": 1, "store": "", "functions": []}),
        (
            CodeState,
            {"compile_id": None, "written": True, "store": "", "functions": [{"code": "", "sources": [["x"]]}]},
        ),
        (ShapeFact, {"kind": 1, "expression": ""}),
        (SymbolicShapes, []),
    ],
)
def test_the_decoder_is_strict(kind: type[Any], data: object) -> None:
    with pytest.raises(Malformed):
        convert(data, kind)
    with pytest.raises(Malformed):
        decode(json.dumps(data).encode(), kind)


def test_numbers_that_json_lacks_come_back_of_what_results_differ_by() -> None:
    difference = Difference(float("inf"), float("-inf"))
    written = plain(difference)
    assert (written["max_abs"], written["max_rel"]) == ("inf", "-inf")
    assert convert(written, Difference) == decode(dump(difference), Difference) == difference
    with pytest.raises(Malformed, match="seconds"):
        decode(dump(GraphOperation("op0", False, float("inf"))), GraphOperation)


def test_events_nest_within_their_track_or_are_asynchronous() -> None:
    capture = Capture(
        phases=(
            Phase("outer", 0.0, 2.0, 0, "0/0"),
            Phase("inner", 0.5, 1.0, 1, "0/0"),
            Phase("other thread", 1.0, 3.0, 1, "0/1"),
            Phase("elsewhere", 1.0, 3.0, 0, "rank1/0/0", {}, "rank_1.log"),
            Phase("running", 3.5, None, 0),
        ),
        instants=(Instant("hit", 0.25, "0/0", {"key": "f"}),),
    )
    trace = json.loads(json.dumps(chrome_trace(capture)))
    kinds = {event["name"]: event["ph"] for event in trace["traceEvents"] if event["ph"] not in "eM"}
    assert kinds == {"outer": "X", "inner": "X", "other thread": "b", "elsewhere": "X", "running": "B", "hit": "i"}
    (end,) = [event for event in trace["traceEvents"] if event["ph"] == "e"]
    (begin,) = [event for event in trace["traceEvents"] if event["ph"] == "b"]
    assert (end["id"], end["cat"], end["name"], end["ts"]) == (begin["id"], begin["cat"], begin["name"], 4e6)
    assert {event["pid"] for event in trace["traceEvents"]} == {1, 2}
    complete = [event for event in trace["traceEvents"] if event["ph"] == "X" and event["pid"] == 1]
    for one in complete:
        for two in complete:
            ends = one["ts"] + one["dur"], two["ts"] + two["dur"]
            assert (
                ends[0] <= two["ts"]
                or ends[1] <= one["ts"]
                or one["ts"] <= two["ts"] < ends[1] <= ends[0]
                or (two["ts"] <= one["ts"] < ends[0] <= ends[1])
            )
    assert read_events(dump(trace)) == (capture.phases, capture.instants)
