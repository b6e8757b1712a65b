"""First lines that are read by their parts say what they say when they are read whole; odd ones are left alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.trace.glance import FIRST_LINE, Glance, Glances
from inspector.trace.log import TraceLog
from inspector.trace.reader import DamagedHeader, RecordHeader

TRACES = Path(__file__).parent.parent / "traces"
LOGS = sorted(TRACES.glob("*.log"))
SUM = '"has_payload": "0123456789abcdef0123456789abcdef"'
USUAL = (
    f'{{"artifact": {{"name": "a", "encoding": "json"}}, "frame_id": 3, "frame_compile_id": 1, "attempt": 2, {SUM}}}'
)


def glanced(line: bytes) -> Glance | None:
    """What is made of a line without reading it whole."""
    [found] = FIRST_LINE.finditer(b"\n" + line + b"\n")
    _, first, rest, _ = found.groups()
    return None if first is None else Glances(lambda glance: glance).read(first, rest)


def whole(line: bytes) -> Glance | None:
    try:
        return Glance.at(RecordHeader.read(line).metadata)
    except DamagedHeader:
        return None


def first_line(metadata: str) -> bytes:
    return f"V1123 07:10:12.345678 77 torch/some/file.py:12] {metadata}".encode()


def test_the_usual_line() -> None:
    assert glanced(first_line(USUAL)) == Glance("artifact:a", "3/1", 2, True)
    assert glanced(first_line(USUAL) + b"\r") == glanced(first_line(USUAL))
    assert glanced(first_line('{"chromium_event": {}}')) == Glance("chromium_event", None, 0, False)


@pytest.mark.parametrize(
    "metadata",
    [
        '{"graph": {}, "frame_id": 0, "frame_compile_id": 0, "attempt": 0, }',
        '{"graph": {}, "frame_id": 0,, "attempt": 0}',
        '{"graph": {}, "frame_id": 00}',
        f'{{"graph": {{}},, {SUM}}}',
        f'{{"graph": {{}}, {SUM[:-1]}}}',
        f'{{"graph": {{}}, {SUM}, {SUM}}}',
        f'{{"graph": {{}}, {SUM}, "attempt": 1}}',
        '{"graph": {}, "frame_id": 1} {"graph": {}}',
        '{"graph": {"name": "a}, "frame_id": 1}',
        '{"graph": {"name": "a\\ud800"}, "frame_id": 1}',
        '{"frame_id": {}, "frame_id": 3}',
        '{"stack": {}, "graph": {}}',
        '{"graph": {}, "other": 1}',
        '{"graph": {}, "frame_id": 1, "frame_id": 2}',
        '{"graph": {}, "attempt": true}',
        '{"graph": {}, "compiled_autograd_id": 4, "frame_id": null}',
        '{"graph": {}',
        "{}",
        "",
    ],
)
def test_odd_lines(metadata: str) -> None:
    line = first_line(metadata)
    assert glanced(line) in (None, whole(line))


@pytest.mark.parametrize("time", ["1323 07:10:12", "1100 07:10:12", "1123 24:10:12", "1123 07:60:12", "1123 07:10:60"])
def test_a_line_without_a_time_is_damaged(time: str) -> None:
    line = first_line(USUAL).replace(b"1123 07:10:12", time.encode())
    assert glanced(line) is None and whole(line) is None


values = st.none() | st.booleans() | st.integers(-3, 10**12) | st.text(max_size=8) | st.lists(st.integers(), max_size=2)
keys = st.sampled_from(["frame_id", "frame_compile_id", "attempt", "rank", "compiled_autograd_id", "stack", "other"])
objects = st.dictionaries(st.text(max_size=5) | st.just("name"), values, max_size=3)


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(["graph", "artifact", "graph_dump", "stack", "str", "é"]),
    objects | values,
    st.lists(st.tuples(keys, values), max_size=5),
    st.booleans(),
    st.data(),
)
def test_any_line(kind: str, details: Any, context: list[tuple[str, Any]], payload: bool, data: st.DataObject) -> None:
    parts = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in [(kind, details), *context]]
    line = first_line("{" + ", ".join([*parts, *([SUM] if payload else [])]) + "}")
    at = data.draw(st.integers(0, len(line)))
    damage = data.draw(st.sampled_from([b"", b'"', b"}", b"{", b",", b", ", b":", b"\\", b"0", b" ", b"\xff", b"]"]))
    for candidate in (line, line[:at] + damage + line[at:], line[:at] + damage + line[at + 1 :]):
        if FIRST_LINE.match(b"\n" + candidate):
            assert glanced(candidate) in (None, whole(candidate))


@pytest.mark.parametrize("path", LOGS, ids=lambda path: path.stem)
def test_the_index_is_the_same_without_glances(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = Glances.read
    told: list[bool] = []

    def counted(self: Glances[Any], first: bytes, rest: bytes) -> Any:
        found = read(self, first, rest)
        told.append(found is not None)
        return found

    def known() -> tuple[Any, ...]:
        with TraceLog.open(path) as log:
            log.complete()
            index = log._logs[0].index
            return log.kinds, log.compile_ids, log.bad, index.kinds, index.ids, index._offsets

    monkeypatch.setattr(Glances, "read", counted)
    quick = known()
    assert any(told)
    monkeypatch.setattr(Glances, "read", lambda *_: None)
    assert known() == quick
