"""Real logs, damaged in every way hypothesis thinks of: nothing raises, and every undamaged record is still there.

`make fuzz` runs as many cases as FUZZ_CASES says, on the logs here and on those under FUZZ_TRACES.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import count, cycle
from pathlib import Path

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from trace_text import record

from inspector.errors import InspectorError, UsageError
from inspector.model.overview import Overview
from inspector.trace.log import Given, TraceLog
from inspector.trace.overview import OverviewBuilder
from inspector.trace.parser import LogParser
from inspector.trace.reader import BadRecord, Record

CASES = int(os.environ.get("FUZZ_CASES", "0"))
FOLDERS = [Path(__file__).parent.parent / "traces", *map(Path, filter(None, [os.environ.get("FUZZ_TRACES")]))]
MAX_SIZE = 1 << 20
"""Bytes of the largest log that is mutated: thousands of cases are better than large ones."""
_TARGETS = 3
_QUIET = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]


def cases(share: int) -> settings:
    """As many cases as were asked for, or `share` of them in the suite."""
    return settings(max_examples=CASES // _TARGETS or share, deadline=None, suppress_health_check=_QUIET, database=None)


Key = tuple[str, str, str | None]


@dataclass(frozen=True)
class Original:
    """A log as it was recorded."""

    name: str
    data: bytes
    spans: tuple[tuple[int, int, Key], ...]
    """Of each whole record: where it begins and ends, and what it says."""


def key(item: Record) -> Key:
    return item.place, json.dumps(item.metadata, sort_keys=True), item.payload


@cache
def originals() -> dict[str, Original]:
    found = {}
    for folder in FOLDERS:
        for path in sorted(item for item in folder.rglob("*") if item.suffix in (".log", ".txt")):
            if path.stat().st_size > MAX_SIZE:
                continue
            data = path.read_bytes().rstrip(b"\n") + b"\n"
            items = [*(parser := LogParser(path.name)).feed(data), *parser.finish()]
            ends = [item.offset for item in items[1:]] + [len(data)]
            whole = zip(items, ends, strict=True)
            spans = tuple((item.offset, end, key(item)) for item, end in whole if isinstance(item, Record))
            found[path.name] = Original(path.name, data, spans)
    return found


@dataclass(frozen=True)
class Change:
    """Bytes `at` to `end` of the original are replaced."""

    at: int
    end: int
    by: bytes


NOISE = st.one_of(
    st.binary(max_size=40),
    st.sampled_from(
        [
            *(b"\n", b"\t", b"\n\t", b"\r\n", b"\0", b"\xff\xfe", b"\x1b[2J\x1b]0;title\x07", b"\n\n\n", b" "),
            *(b"V1231 23:59:59.5 7 a.py:1] ", b'V1231 23:59:59.5 7 a.py:1] {"x": {}}', b"\nV1231 23:59:59.5\n"),
            *(b'{"str": ["x", 1]}', b'"has_payload": "' + b"0" * 32 + b'"', b"\n\tstray\n", b"\nsomebody printed\n"),
            *(b'{"a": ' + b"[" * 3000, b"9" * 5000, b'"\\ud800"', b"1e999", b"NaN", "é".encode()),
            *(record("graph", "inserted"), record("dynamo_start", compile_id=(10**30, -1)), record("x", rank="one")),
            record("artifact:\x1b[31m", "\x1b[0m", compile_id=(0, 0)),
        ]
    ),
)


@st.composite
def mutations(draw: st.DrawFn) -> tuple[str, list[Change]]:
    name = draw(st.sampled_from(sorted(originals())))
    original = originals()[name]
    size = len(original.data)
    boundaries = [start for start, _, _ in original.spans]
    places = st.one_of(
        st.integers(0, size), st.sampled_from(boundaries), st.sampled_from(boundaries).map(lambda at: at + 1)
    )
    changes = []
    for _ in range(draw(st.integers(1, 6))):
        at = min(draw(places), size)
        length = draw(st.one_of(st.just(0), st.integers(0, 80), st.integers(0, size)))
        copied = draw(st.booleans())
        by = original.data[(begin := draw(st.integers(0, size))) : begin + 500] if copied else draw(NOISE)
        changes.append(Change(at, min(at + length, size), by))
    return name, changes


def apply(data: bytes, changes: list[Change]) -> tuple[bytes, list[Change]]:
    """The changed log, and the changes that were made: of overlapping ones, the first."""
    made: list[Change] = []
    out = b""
    position = 0
    for change in sorted(changes, key=lambda item: (item.at, item.end)):
        if change.at < position or (change.at == change.end and not change.by):
            continue
        out += data[position : change.at] + change.by
        position = change.end
        made.append(change)
    return out + data[position:], made


def untouched(original: Original, changes: list[Change]) -> Counter[Key]:
    """The records whose bytes, and the line end before them, are as they were.

    What is put in behind a record without a line end of its own spoils the next record, not this one.
    """
    return Counter(
        what
        for start, end, what in original.spans
        if all(change.at >= end or change.end < start or _ends_line(change, start) for change in changes)
    )


def _ends_line(change: Change, start: int) -> bool:
    return change.end == start and change.by.endswith(b"\n")


def everything(log: TraceLog) -> Iterator[Record | BadRecord]:
    """Reads all there is in a log, in every way there is."""
    while log.verify(1 << 16):
        assert log.verified.done <= log.progress.done
    for compile_id in log.compile_ids[:3]:
        # Also one that stands in damaged records alone: the overview lists it too.
        assert [item.compile_id for item in log.capture([compile_id]).compilations] == [compile_id]
    return log.records()


def check(data: bytes, expected: Counter[Key], name: str) -> None:
    """Writes a log and reads it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        try:
            log = TraceLog.open(path).complete()
        except InspectorError:
            assert not expected
            return
        found = Counter(key(item) for item in everything(log) if isinstance(item, Record))
        assert not expected - found
        assert all(0 <= item.offset <= len(data) for item in log.bad)
        assert all(ord(character) >= 32 for item in log.bad for character in item.reason)
        log.close()


@cases(150)
@given(mutations())
def test_every_undamaged_record_is_still_there(mutation: tuple[str, list[Change]]) -> None:
    name, changes = mutation
    original = originals()[name]
    data, made = apply(original.data, changes)
    check(data, untouched(original, made), original.name)


@cases(75)
@given(st.data(), st.sampled_from(["gzip", "zstd"]), st.integers(0, 1 << 20), st.integers(0, 255))
def test_a_packed_log_that_is_damaged_is_read_as_far_as_it_goes(
    draws: st.DataObject, pack: str, at: int, byte: int
) -> None:
    original = originals()[draws.draw(st.sampled_from(sorted(originals())))]
    packed = gzip.compress(original.data, 1) if pack == "gzip" else zstandard.compress(original.data, 1)
    at %= len(packed)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / original.name
        path.write_bytes(packed[:at] + bytes([byte]) + packed[at + 1 :])
        try:
            log = TraceLog.open(path).complete()
        except InspectorError:
            return
        known = {payload for _, _, (_, _, payload) in original.spans}
        assert all(item.payload in known for item in everything(log) if isinstance(item, Record))
        log.close()


@cases(40)
@given(mutations(), st.lists(st.integers(1, 5000), min_size=1, max_size=20))
def test_a_log_that_grows_is_read_like_the_finished_one(mutation: tuple[str, list[Change]], steps: list[int]) -> None:
    name, changes = mutation
    data, _ = apply(originals()[name].data[:20_000], [item for item in changes if item.end <= 20_000])
    grows_like_finished(data, steps)


@pytest.mark.parametrize("step", [40, 335, 5_000])
@pytest.mark.parametrize(
    ("mark", "at"), [(b"\nV", 2), (b"\n\t", 1), (b"\n\t", 2)], ids=["first line", "between", "payload"]
)
def test_a_record_written_into_another_is_met_while_the_log_grows(mark: bytes, at: int, step: int) -> None:
    """The one that it is in was taken already: it begins before the bytes at hand."""
    data = originals()["again.log"].data[:20_000]
    inside = data.index(mark, data.index(b"\nV")) + at
    payload = hashlib.md5(b"inserted").hexdigest()
    other = b'V1231 23:59:59.500000 77 torch/some/file.py:12] {"graph": {}, "has_payload": "%b"}\n\tinserted\n'
    found = grows_like_finished(data[:inside] + other % payload.encode() + data[inside:], [step])
    assert any(isinstance(item, Record) and item.payload == "inserted" for item in found)


@cases(20)
@given(st.data())
def test_records_written_into_others_are_told_while_the_log_grows_as_afterwards(data: st.DataObject) -> None:
    """Three processes write in pieces: each piece is cut anywhere, and the pieces of the others come between."""
    texts = st.text("ab\n\t{]V", max_size=12)
    rest = [
        b"".join(
            record(kind, payload, compile_id=(number, 0), pid=pid)
            for number, (kind, payload) in enumerate(data.draw(st.lists(st.tuples(st.sampled_from("gh"), texts))))
        )
        for pid in (11, 12, 13)
    ]
    log = b""
    while any(rest):
        one = data.draw(st.integers(0, 2))
        size = data.draw(st.integers(1, 600))
        log += rest[one][:size]
        rest[one] = rest[one][size:]
    grows_like_finished(log, data.draw(st.lists(st.integers(1, 900), min_size=1)), smallest=1)


def grows_like_finished(data: bytes, steps: list[int], smallest: int = 0) -> list[Record | BadRecord]:
    """Reads a log while it is written in these steps, and at once; gives what it holds, which is the same.

    Nor does what was written so far differ, at any step, from a log that ends there.
    """
    with tempfile.TemporaryDirectory() as folder:
        path, given, seen = Path(folder) / "a.log", Given(), list[Record | BadRecord]()
        sizes, turn, position = cycle(steps), count(1), 0
        with TraceLog.open(path, follow=True) as log, path.open("wb", buffering=0) as stream:
            overview = OverviewBuilder(log)
            while position < len(data):
                step = max(next(sizes), smallest or len(data) // 60)
                stream.write(data[position : position + step])
                position += step
                while log.advance(4096):
                    pass
                seen += log.fresh(given)
                shown = overview.overview()
                while log.verify():
                    pass
                if next(turn) % 8 == 0 and data[:position].endswith(b"\n") and ends_whole(log):
                    same(log, shown, path)
            log.finish()
            seen += log.fresh(given)
            assert seen == same(log, overview.overview(), path)
        return seen


def ends_whole(log: TraceLog) -> bool:
    """Whether the last record is whole as it is written so far; no reader of a log that grows is shown another."""
    return all(len(item.index) == len(item.index._offsets) for item in log._logs)


def same(log: TraceLog, shown: Overview, path: Path) -> list[Record | BadRecord]:
    """What a log holds that is read anew, which is what is known of it."""
    try:
        with TraceLog.open(path).complete() as finished:
            at_once = list(finished.records())
            assert list(log.records()) == at_once
            assert (log.bad, log.torn) == (finished.bad, finished.torn)
            assert shown == OverviewBuilder(finished).overview()
            assert log.capture() == finished.capture()
            return at_once
    except UsageError:  # not one record
        assert not [item for item in log.records() if isinstance(item, Record)]
        return list(log.records())
