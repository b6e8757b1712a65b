"""One field of a bundle or of a log's record holds what nobody should write there: refused, or harmless in every face.

`make fuzz` tries as many as FUZZ_CASES says.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from captures import full
from hostile_values import EDITS, VALUES, edited, places
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from inspector.bundle import read
from inspector.bundle.writer import contents
from inspector.cli.main import main
from inspector.errors import EXIT_OK, EXIT_USAGE, UsageError
from inspector.model.capture import Capture, Compilation
from inspector.trace.builder import CaptureBuilder
from inspector.trace.log import TraceLog
from inspector.trace.overview import read_overview
from inspector.trace.parser import LogParser
from inspector.trace.reader import Record

TRACES = Path(__file__).parents[1] / "traces"
LOGS = ("recompile.log", "graph_break.log", "failure.log", "symbols.log", "two_ops.log", "live_gated.log")
CASES = int(os.environ.get("FUZZ_CASES", "0"))
SETTINGS = settings(
    max_examples=CASES // 10 or 40, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
EDIT = st.sampled_from([*VALUES, *EDITS])


def put(files: Mapping[str, bytes], folder: Path, **changed: bytes) -> Path:
    """The files of a bundle, with hashes that fit."""
    whole = {**files, **changed}
    if "manifest.json" not in changed:
        manifest = json.loads(whole["manifest.json"])
        for name in changed:
            entry = {"sha256": hashlib.sha256(whole[name]).hexdigest(), "size": len(whole[name])}
            manifest["files"][name] = entry
        whole["manifest.json"] = json.dumps(manifest).encode()
    for name, data in whole.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


@cache
def written() -> dict[str, bytes]:
    return contents(full(), datetime(2026, 1, 1, tzinfo=UTC))


@cache
def fields_of_files() -> list[tuple[str, tuple[str | int, ...]]]:
    return [
        (name, path)
        for name, data in written().items()
        if name.endswith(".json")
        for path in places(json.loads(data))
        if not (name == "manifest.json" and path[0] == "files")
    ]


FACES = (("show", "--json"), ("show",), ("phases",), ("guards",), ("notes",), ("links", "0/0:aten:1"), ("export", "-o"))


@SETTINGS
@given(st.sampled_from(fields_of_files()), EDIT, st.sampled_from(FACES))
def test_a_field_of_a_bundle(
    tmp_path_factory: pytest.TempPathFactory, place: tuple[str, tuple[str | int, ...]], what: str, face: tuple[str, ...]
) -> None:
    name, path = place
    text = edited(json.loads(written()[name]), path, what).encode(errors="surrogatepass")
    folder = tmp_path_factory.mktemp("hostile")
    bundle = put(written(), folder / "b", **{name: text})
    words = [face[0], str(bundle), *face[1:], *([str(folder / "page"), "--page"] if face[0] == "export" else [])]
    try:
        capture = read(bundle)
    except UsageError as error:
        assert name in error.message or "bundle" in error.message
        assert error.hint
        assert main(words) == EXIT_USAGE
        return
    assert main(words) in (EXIT_OK, EXIT_USAGE)
    stays_open(capture, folder / "again")


def stays_open(capture: Capture, folder: Path) -> None:
    """What was read from anywhere can be written and opened."""
    once = read(put(contents(capture, None), folder / "one"))
    twice = read(put(contents(once, None), folder / "two"))
    assert twice.compilations == once.compilations
    assert [as_written(item) for item in once.compilations] == [as_written(item) for item in capture.compilations]


def as_written(item: Compilation) -> Compilation:
    """With what JSON has no number for as the text that a bundle has for it, and that equals itself."""

    def finite(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {name: finite(each) for name, each in value.items()}
        if isinstance(value, list | tuple):
            return [finite(each) for each in value]
        return str(value) if isinstance(value, float) and not math.isfinite(value) else value

    return replace(item, metrics=finite(item.metrics))


@cache
def records(name: str) -> tuple[bytes, list[Record]]:
    data = (TRACES / name).read_bytes()
    parser = LogParser(name)
    return data, [item for item in (*parser.feed(data), *parser.finish()) if isinstance(item, Record)]


def payload_of(record: Record) -> Any:
    """What the payload says as JSON; None where it is none."""
    try:
        return json.loads(record.payload or "")
    except ValueError:
        return None


@st.composite
def hostile_logs(draw: st.DrawFn) -> tuple[str, bytes]:
    """A recorded log with one field of one record's first line or payload edited."""
    name = draw(st.sampled_from(LOGS))
    data, items = records(name)
    number = draw(st.integers(0, len(items) - 1))
    record, what = items[number], draw(EDIT)
    end = items[number + 1].offset if number + 1 < len(items) else len(data)
    line, _, body = data[record.offset : end].partition(b"\n")
    start = line[: line.index(b"] {") + 2]
    payload = payload_of(record)
    if isinstance(payload, dict | list) and payload and draw(st.booleans()):
        text = edited(payload, draw(st.sampled_from(list(places(payload)))), what).encode()
        metadata = {**record.metadata, "has_payload": hashlib.md5(text).hexdigest()}
        new = start + json.dumps(metadata).encode() + b"\n\t" + text + b"\n"
    else:
        path = draw(st.sampled_from(list(places(dict(record.metadata)))))
        new = start + edited(dict(record.metadata), path, what).encode() + b"\n" + body
    return name, data[: record.offset] + new + data[end:]


@SETTINGS
@given(hostile_logs())
def test_a_field_of_a_record(tmp_path_factory: pytest.TempPathFactory, hostile: tuple[str, bytes]) -> None:
    name, data = hostile
    builder, parser = CaptureBuilder(), LogParser(name)
    for item in (*parser.feed(data), *parser.finish()):
        builder.feed(item)
    capture = builder.snapshot()
    assert capture.records + capture.dropped >= len(records(name)[1])
    folder = tmp_path_factory.mktemp("hostile")
    stays_open(capture, folder)
    (folder / name).write_bytes(data)
    assert read_overview(TraceLog.open(folder / name)).rows


def test_what_no_number_can_hold_is_damage_of_its_record_alone() -> None:
    data, items = records("recompile.log")
    line = data[items[-1].offset :].partition(b"\n")[0]
    builder, parser = CaptureBuilder(), LogParser("x.log")
    added = line[: line.index(b"] {") + 2] + b'{"chromium_event": {}, "frame_id": 99999999999999999999}\n'
    for item in (*parser.feed(data + added), *parser.finish()):
        builder.feed(item)
    capture = builder.snapshot()
    assert capture.dropped == 1
    assert "the number 99999999999999999999 is beyond 64 bits" in capture.notes[-1].message
    assert capture.records == len(items)


@pytest.mark.parametrize("name", LOGS)
def test_every_recorded_log_makes_a_bundle_that_opens(tmp_path: Path, name: str) -> None:
    builder = CaptureBuilder()
    for record in records(name)[1]:
        builder.feed(record)
    stays_open(builder.snapshot(), tmp_path)
