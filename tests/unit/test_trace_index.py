"""The index of a log: every record found in one pass, read only when asked for, whatever the log looks like."""

from __future__ import annotations

import gzip
import json
import os
import resource
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
import zstandard
from trace_text import record

from inspector.errors import UsageError
from inspector.model.stage import Stage
from inspector.trace import read_capture
from inspector.trace.index import FileIndex
from inspector.trace.log import Given, TraceLog
from inspector.trace.overview import read_overview
from inspector.trace.parser import LogParser
from inspector.trace.reader import BadRecord, Clock, Record, intact, read_whole

TRACES = Path(__file__).parent.parent / "traces"
LOGS = sorted(TRACES.glob("*.log"))


def careful(data: bytes, file: str) -> list[Record | BadRecord]:
    """What the line by line parser makes of a whole log."""
    parser = LogParser(file)
    return [*parser.feed(data), *parser.finish()]


def write(folder: Path, data: bytes, name: str = "a.log") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def names(items: list[Record | BadRecord]) -> list[str]:
    return [next(iter(item.metadata)) if isinstance(item, Record) else item.reason for item in items]


@pytest.mark.parametrize("path", LOGS, ids=lambda path: path.stem)
def test_the_index_gives_what_reading_line_by_line_gives(path: Path) -> None:
    with TraceLog.open(path) as log:
        indexed = [
            replace(item, compile_id=None) if isinstance(item, Record) else item for item in log.complete().records()
        ]
        assert indexed == careful(path.read_bytes(), path.name)
        assert sum(log.kinds.values()) == len(log)


@pytest.mark.parametrize("step", [1, 100, 4096, 1 << 20])
def test_any_size_of_step_gives_the_same_index(step: int) -> None:
    path = TRACES / "two_ops.log"
    whole = TraceLog.open(path).complete()
    log = TraceLog.open(path)
    seen = 0
    while log.advance(step):
        assert len(log) >= seen
        seen = len(log)
    assert log.indexed
    assert (log.kinds, log.compile_ids, len(log)) == (whole.kinds, whole.compile_ids, len(whole))
    assert list(log.records()) == list(whole.records())


def test_what_is_not_complete_yet_is_not_shown_as_damaged(tmp_path: Path) -> None:
    data = b"".join(record("a", "some text\n" * 20) for _ in range(30))
    log = TraceLog.open(write(tmp_path, data))
    while log.advance(100):
        assert all(isinstance(item, Record) for item in log.records())
    assert len(list(log.records())) == 30


def test_only_what_is_asked_for_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = b"".join(record("graph", f"text {number}", compile_id=(number, 0)) for number in range(50))
    log = TraceLog.open(write(tmp_path, data + record("metrics", compile_id=(7, 0)))).complete()
    read: list[int] = []
    parse = FileIndex._parse

    def counted(self: FileIndex, span: bytes, offset: int) -> list[Record | BadRecord]:
        read.append(offset)
        return parse(self, span, offset)

    monkeypatch.setattr(FileIndex, "_parse", counted)
    assert names(list(log.records(["7/0"]))) == ["graph", "metrics"]
    assert len(read) == 2
    assert [item.payload for item in log.records(["9/0"], ["graph"])] == ["text 9"]
    assert len(read) == 3
    assert list(log.records(["51/0"])) == list(log.records(None, ["none"])) == []
    assert len(read) == 3


def test_records_outside_any_compile_can_be_asked_for(tmp_path: Path) -> None:
    data = record("str") + record("graph", "x", compile_id=(0, 0)) + record("str")
    log = TraceLog.open(write(tmp_path, data)).complete()
    assert [item.offset for item in log.records([""])] == [0, len(data) - len(record("str"))]


def test_what_was_given_is_not_given_again(tmp_path: Path) -> None:
    path = write(tmp_path, record("a") + record("b"))
    log = TraceLog.open(path, follow=True)
    given = Given()
    log.advance()
    assert names(list(log.fresh(given))) == ["a", "b"]
    with path.open("ab") as stream:
        stream.write(record("c"))
    log.advance()
    assert names(list(log.fresh(given))) == ["c"]
    assert names(list(log.fresh(given))) == []
    assert names(list(log.records())) == ["a", "b", "c"]


def test_progress_is_told_and_reaches_the_end() -> None:
    told = []
    log = TraceLog.open(TRACES / "train.log", progress=told.append)
    log.complete()
    size = (TRACES / "train.log").stat().st_size
    assert [item.done for item in told] == sorted(item.done for item in told)
    assert told[-1].done == told[-1].total == size
    while log.verify(10_000):
        assert log.verified.done <= size
    assert log.verified.done == size


def test_compile_ids_are_those_of_the_records_and_of_no_event(tmp_path: Path) -> None:
    event = record("chromium_event", '{"name": "x", "args": {"compile_id": "5/0"}}')
    data = event + record("dynamo_start", compile_id=(1, 0)) + record("dynamo_start", compile_id=(0, 0))
    log = TraceLog.open(write(tmp_path, data)).complete()
    assert log.compile_ids == ("1/0", "0/0")
    assert [item.offset for item in log.records(["5/0"])] == [0]


def test_an_event_belongs_to_the_compile_id_in_its_payload(tmp_path: Path) -> None:
    events = [record("chromium_event", json.dumps({"args": {"compile_id": name}})) for name in ("0/0", "None", "1/0")]
    starts = record("dynamo_start", compile_id=(0, 0)) + record("dynamo_start", compile_id=(1, 0))
    log = TraceLog.open(write(tmp_path, starts + b"".join(events))).complete()
    assert [json.loads(item.payload or "")["args"]["compile_id"] for item in log.records(["1/0"], ["chromium_event"])]
    assert len(list(log.records(["0/0"]))) == 2
    assert len(list(log.records([""]))) == 1


def test_a_compile_id_that_is_used_again_after_a_reset_is_another(tmp_path: Path) -> None:
    run = record("dynamo_start", compile_id=(0, 0)) + record("dynamo_output_graph", "graph", compile_id=(0, 0))
    log = TraceLog.open(write(tmp_path, run + run)).complete()
    assert log.compile_ids == ("0/0", "0/0~2")
    (second,) = log.records(["0/0~2"], ["dynamo_output_graph"])
    assert second.offset > len(run)
    assert log.compile_id_of(second) == "0/0~2"
    assert [item.compile_id for item in log.capture(["0/0~2"]).compilations] == ["0/0~2"]


def test_a_use_begins_with_the_event_of_its_compile_as_long_as_that_is_whole(tmp_path: Path) -> None:
    begin = record("chromium_event", '{"name": "dynamo", "args": {}, "ph": "B"}', compile_id=(0, 0))
    run = begin + record("dynamo_start", compile_id=(0, 0))
    damaged = begin.replace(b'"args": {}', b'"args": 17')
    for middle, expected in ((begin, ["0/0", "0/0", "0/0~2", "0/0~2"]), (damaged, ["0/0", "0/0", "0/0", "0/0~2"])):
        log = TraceLog.open(write(tmp_path, run + middle + record("dynamo_start", compile_id=(0, 0)))).complete()
        names_of = log._names.ids.names
        assert [names_of[number] for number in log._logs[0].index.ids] == expected
        for compile_id in log.compile_ids:
            assert [item.compile_id for item in log.capture([compile_id]).compilations] == [compile_id]


def test_a_log_with_windows_line_ends_is_read_in_one_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unwanted(*_: object) -> None:
        raise AssertionError("read line by line")

    data = record("a", "one\n\ttwo\n") + record("b") + record("c", "three")
    log = TraceLog.open(write(tmp_path, data.replace(b"\n", b"\r\n"))).complete()
    monkeypatch.setattr("inspector.trace.entries.LogParser", unwanted)
    assert [item.payload for item in log.records() if isinstance(item, Record)] == ["one\n\ttwo\n", None, "three"]


@pytest.mark.parametrize("path", LOGS, ids=lambda path: path.stem)
def test_a_capture_of_one_compile_id_has_what_the_whole_capture_has_of_it(path: Path) -> None:
    log = TraceLog.open(path).complete()
    whole = log.capture()
    for compile_id in log.compile_ids:
        part = log.capture([compile_id])
        assert [item.compile_id for item in part.compilations] == [compile_id]
        mine = [item for item in whole.artifacts if item.compile_id == compile_id]
        assert [item for item in part.artifacts if item.compile_id == compile_id] == mine
        assert part.compilation(compile_id) == whole.compilation(compile_id)


def test_an_unknown_compile_id_is_named() -> None:
    log = TraceLog.open(TRACES / "two_ops.log").complete()
    with pytest.raises(UsageError, match="no compile id '9/9'"):
        log.capture(["9/9"])


# --- damage -----------------------------------------------------------------------------------------------------------


def test_damage_is_listed_with_its_offset_after_verifying(tmp_path: Path) -> None:
    good, cut = record("good", "text"), record("cut", "one\ntwo").rsplit(b"\t", 1)[0]
    wrong = record("wrong", "text", md5="0" * 32)
    broken = b"V1231 23:59:59.500000 77 x.py:1] {broken\n"
    log = TraceLog.open(write(tmp_path, good + cut + good + broken + good + wrong + b"noise\n")).complete()
    assert [item.offset for item in log.bad] == [len(good + cut + good)]
    while log.verify(64):
        pass
    offsets = [len(good), len(good + cut + good), len(good * 3 + cut + broken)]
    assert [item.offset for item in log.bad] == [*offsets, len(good * 3 + cut + broken + wrong)]
    assert names(list(log.records())).count("good") == 3


def test_damage_met_twice_is_listed_once(tmp_path: Path) -> None:
    log = TraceLog.open(write(tmp_path, record("a") + record("wrong", "x", md5="0" * 32))).complete()
    for _ in range(3):
        list(log.records())
    while log.verify():
        pass
    assert len(log.bad) == 1


def test_bytes_before_the_first_record_are_damage_and_nothing_else(tmp_path: Path) -> None:
    log = TraceLog.open(write(tmp_path, b"somebody printed\n\tthis\n\n" + record("a"))).complete()
    found = list(log.records())
    assert [item.offset for item in found] == [0, 24]
    assert isinstance(found[1], Record)


def test_a_log_without_its_last_line_end_is_read_whole(tmp_path: Path) -> None:
    for tail in (record("b"), record("b", "text")):
        log = TraceLog.open(write(tmp_path, record("a") + tail.rstrip(b"\n"))).complete()
        assert names(list(log.records())) == ["a", "b"]


def test_much_damage_is_listed_in_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inspector.trace.damage.DamageList.LIMIT", 10)
    log = TraceLog.open(write(tmp_path, record("a") + b"V1231 23:59:59 broken\n" * 500 + record("b"))).complete()
    assert len(log.bad) == 10
    assert names(list(log.records(None, ["a", "b"]))) == ["a", "b"]
    assert len(log) == 3


def test_text_that_no_terminal_can_take_is_replaced_where_it_is_no_unicode(tmp_path: Path) -> None:
    data = record("a").replace(b'"a": {}', b'"a": {"n\\udc00": "\\ud800 and \\ud83d\\ude00"}')
    (found,) = TraceLog.open(write(tmp_path, data)).complete().records()
    assert isinstance(found, Record)
    assert found.metadata["a"] == {"n\ufffd": "\ufffd and \U0001f600"}


def test_a_payload_that_is_not_utf8_is_damage_even_with_its_checksum(tmp_path: Path) -> None:
    import hashlib

    data = record("a", "x", md5=hashlib.md5(b"\xff").hexdigest()).replace(b"\tx", b"\t\xff")
    (found,) = TraceLog.open(write(tmp_path, data)).complete().records()
    assert names([found]) == ["its payload is not UTF-8 from byte 0 on"]


_ABSURD = """
import re, sys
from inspector.trace.log import Given, TraceLog
log = TraceLog.open(sys.argv[1]).complete()
while log.verify():
    pass
# Not getrusage: its peak begins with what the parent held when it forked.
peak = re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())
print(len(log), sum(log.kinds.values()), len(log.bad), int(peak[1]) >> 10)
"""


@pytest.mark.parametrize(
    "start", [b"", b"\t", b"V1231 23:59:59.500000 77 x.py:1] {"], ids=["noise", "payload", "header"]
)
def test_an_absurd_size_costs_no_memory(tmp_path: Path, start: bytes) -> None:
    path = tmp_path / "a.log"
    with path.open("wb") as stream:
        stream.write(record("first", "text") + start)
        stream.seek(1 << 29, os.SEEK_CUR)
        stream.write(b"\n" + record("last", "text"))
    command = [sys.executable, "-c", _ABSURD, str(path)]
    entries, good, bad, peak = map(
        int, subprocess.run(command, capture_output=True, check=True, text=True).stdout.split()
    )
    assert good == 2
    assert bad == 1
    assert entries == good + (start.startswith(b"V"))
    assert peak < 300, f"{peak} MB for {path.stat().st_size >> 20} MB"


# --- packed, piped, growing ------------------------------------------------------------------------------------------


def packed(data: bytes, how: str) -> bytes:
    if how == "gzip":
        return gzip.compress(data[:500]) + gzip.compress(data[500:])
    return zstandard.compress(data[:500]) + zstandard.compress(data[500:])


@pytest.mark.parametrize("how", ["gzip", "zstd"])
@pytest.mark.parametrize("step", [700, 1 << 20])
def test_a_packed_log_reads_like_the_plain_one(tmp_path: Path, how: str, step: int) -> None:
    data = (TRACES / "train.log").read_bytes()
    log = TraceLog.open(write(tmp_path, packed(data, how), "train.log"))
    assert log.sources[0].packing == how
    while log.advance(step):
        pass
    assert list(log.records()) == careful(data, "train.log")
    assert log.progress.done == log.progress.total == (tmp_path / "train.log").stat().st_size


@pytest.mark.parametrize("how", ["gzip", "zstd"])
def test_of_a_packed_log_that_is_cut_everything_before_the_cut_is_there(tmp_path: Path, how: str) -> None:
    data = b"".join(record("a", f"{number} " + os.urandom(300).hex()) for number in range(2000))
    whole = gzip.compress(data) if how == "gzip" else zstandard.compress(data)
    log = TraceLog.open(write(tmp_path, whole[: len(whole) // 2])).complete()
    while log.verify():
        pass
    assert 500 < sum(isinstance(item, Record) for item in log.records()) < 1500
    assert any("the packed data are damaged" in item.reason for item in log.bad)


@pytest.mark.parametrize("how", ["gzip", "zstd"])
def test_a_file_that_only_begins_like_a_packed_one_is_no_log(tmp_path: Path, how: str) -> None:
    start = b"\x1f\x8b\x08" if how == "gzip" else b"\x28\xb5\x2f\xfd"
    log = TraceLog.open(write(tmp_path, start + b"nonsense" * 100))
    with pytest.raises(UsageError, match="holds no record"):
        log.complete()


def test_unpacking_stops_where_a_bomb_would_fill_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inspector.trace.content.MAX_UNPACKED", 1 << 20)
    data = record("a") + b"\0" * (8 << 20)
    log = TraceLog.open(write(tmp_path, zstandard.compress(data))).complete()
    assert names(list(log.records(None, ["a"])))[0] == "a"
    assert any("it holds more than" in item.reason for item in log.bad)


def test_standard_input_is_read_as_it_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    reader, writer = os.pipe()
    go_on = threading.Event()

    def produce() -> None:
        with os.fdopen(writer, "wb", buffering=0) as stream:
            stream.write(record("a", "text"))
            go_on.wait(30)
            stream.write(record("b"))

    thread = threading.Thread(target=produce)
    thread.start()
    with os.fdopen(reader) as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        log = TraceLog.open("-")
        assert log.progress.total is None
        while not len(log):
            assert log.advance()
        assert names(list(log.records())) == ["a"]
        go_on.set()
        assert names(list(log.complete().records())) == ["a", "b"]
        log.close()
    thread.join()


@pytest.mark.parametrize("how", ["gzip", "zstd", "plain"])
def test_standard_input_may_be_packed(how: str) -> None:
    data = (TRACES / "two_ops.log").read_bytes()
    script = "from inspector.trace.log import TraceLog; print(len(TraceLog.open('-').complete()))"
    done = subprocess.run(
        [sys.executable, "-c", script],
        input=data if how == "plain" else packed(data, how),
        capture_output=True,
        check=True,
    )
    assert int(done.stdout) == len(careful(data, ""))


def test_closed_standard_input_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(UsageError, match="no standard input"):
        TraceLog.open("-")


def test_a_log_that_is_written_to_grows(tmp_path: Path) -> None:
    data = (TRACES / "two_ops.log").read_bytes()
    path = tmp_path / "a.log"
    log = TraceLog.open(path, follow=True)
    assert not log.advance()
    seen: list[Record | BadRecord] = []
    given = Given()
    with path.open("wb", buffering=0) as stream:
        for start in range(0, len(data), 5000):
            stream.write(data[start : start + 5000])
            while log.advance():
                pass
            seen += log.fresh(given)
    assert not log.indexed
    log.finish()
    assert [*seen, *log.fresh(given)] == careful(data, "a.log")


def test_noise_behind_a_record_that_was_shown_already_is_damage_of_its_own(tmp_path: Path) -> None:
    path = write(tmp_path, record("a", "text"))
    log = TraceLog.open(path, follow=True)
    log.advance()
    assert names(list(log.records())) == ["a"]
    with path.open("ab") as stream:
        stream.write(b"noise\n" + record("b"))
    log.advance()
    assert names(list(log.records())) == ["a", "a line that is neither a record nor a payload", "b"]


def test_indexing_keeps_no_text(tmp_path: Path) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    path = write(tmp_path, record("a", "x" * 99_000) * 1000)
    log = TraceLog.open(path).complete()
    assert len(log) == 1000
    assert log._logs[0].index._offsets.itemsize * len(log) < 10_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000


@pytest.mark.parametrize("path", LOGS, ids=lambda path: path.stem)
def test_records_that_are_kept_from_the_pass_are_those_that_would_be_read(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = TraceLog.open(path).complete()
    kinds = sorted(plain.kinds)[::2]
    expected = list(plain.records(kinds=kinds))
    log = TraceLog.open(path)
    log.keep(kinds)
    log.complete()
    read: list[int] = []
    parse = FileIndex._parse
    monkeypatch.setattr(FileIndex, "_parse", lambda self, *more: read.append(more[1]) or parse(self, *more))
    assert list(log.records(kinds=kinds)) == expected
    assert len(read) <= 1, "all but the last, whose end is that of the file"
    assert list(log.records(kinds=kinds)) == expected, "again, from the file"


def test_what_is_kept_from_the_pass_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = b"".join(record("graph", f"text {number}", compile_id=(number, 0)) for number in range(50))
    monkeypatch.setattr("inspector.trace.kept.LIMIT", 1000)
    log = TraceLog.open(write(tmp_path, data))
    log.keep(["graph"])
    log.complete()
    [index] = (item.index for item in log._logs)
    kept = [entry for entry in range(len(index)) if entry in index._kept]
    assert 0 < sum(index.span(entry)[1] - index.span(entry)[0] for entry in kept) <= 1000
    assert [item.payload for item in log.records() if isinstance(item, Record)] == [f"text {n}" for n in range(50)]
    assert not any(entry in index._kept for entry in kept)


@pytest.mark.parametrize("ends", [b"\n", b"\r\n"])
@pytest.mark.parametrize(
    "payload", ["", "x", "a\tb", "\tx", "a\n\nb", "\n", "a\n\tb\n", "é\nü", "a\n" * 50, "\t\n\t", "a\rb", "a\rb\nc"]
)
def test_a_payload_of_any_shape_is_found_whole_and_found_damaged(payload: str, ends: bytes) -> None:
    span = record("graph", payload).replace(b"\n", ends)
    for data in (span, span.removesuffix(ends)):
        [expected] = careful(data, "")
        told = read_whole(data, 0, "", Clock())
        assert told is None or told == expected
        assert not intact(data) or isinstance(expected, Record)
    assert intact(record("graph", payload)) and read_whole(record("graph", payload), 0, "", Clock()) is not None
    for at in range(span.index(b"\n") + 1, len(span)):
        damaged = span[:at] + b"#" + span[at + 1 :]
        assert not intact(damaged) or isinstance(careful(damaged, "")[0], Record)
    assert not intact(record("graph", payload + "#").replace(b"#", b""))


def test_each_compile_id_has_the_sources_that_another_one_wrote(tmp_path: Path) -> None:
    """A file is written to the log once, while whichever compile id comes first is at work."""
    source = json.dumps({"name": "job.py", "path": "/home/user/job.py", "text": "x = 1\ny = x\n", "focus": 1})
    data = b"".join(
        (
            record("artifact:inspector_source", source, compile_id=(0, 0)),
            record("dynamo_output_graph", "class GraphModule:\n", compile_id=(0, 0)),
            record("dump_file", "def made(): ...\n", compile_id=(0, 0)),
            record("dynamo_output_graph", "class GraphModule:\n", compile_id=(1, 0)),
        )
    ).replace(b'"dump_file": {}', b'"dump_file": {"name": "<eval_with_key>.1"}')
    log = TraceLog.open(write(tmp_path, data)).complete()
    for compile_id in ("0/0", "1/0"):
        found = log.capture([compile_id])
        assert [item.compile_id for item in found.compilations] == [compile_id]
        assert [item.id for item in found.find(Stage.SOURCE)] == ["source:job.py", "source:<eval_with_key>.1"]


@pytest.mark.parametrize(
    ("where", "compile_id"), [('"frame_id": 3, "frame_compile_id": 1, "attempt": 0, ', "3/1"), ("", "+1")]
)
def test_a_compile_whose_only_record_is_damaged_is_on_every_face(tmp_path: Path, where: str, compile_id: str) -> None:
    path = tmp_path / "a.log"
    metadata = f'{{"aot_inference_graph": {{}}, {where}"has_payload": "{"0" * 32}"}}'
    path.write_text(f"V1123 07:00:00.000000 1 torch/a.py:1] {metadata}\n\tclass M\n")
    capture = read_capture(path)
    assert [item.compile_id for item in capture.compilations] == [compile_id] and capture.dropped == 1
    with TraceLog.open(path).complete() as log:
        rows = read_overview(log).rows
    assert [(row.compile_id, row.status) for row in rows] == [(compile_id, capture.compilations[0].status)]


@pytest.mark.parametrize(
    ("kind", "metadata"),
    [
        ("dynamo_start", {}),
        ("recompile_reasons", {"artifact": {"name": "recompile_reasons", "encoding": "string"}}),
        ("compilation_metrics", {}),
        ("chromium_event", {}),
    ],
)
def test_what_may_begin_a_compile_names_it_where_it_is_damaged(
    tmp_path: Path, kind: str, metadata: dict[str, object]
) -> None:
    made = {"frame_id": 3, "frame_compile_id": 1, "attempt": 0, "has_payload": "0" * 32}
    about = json.dumps({**(metadata or {kind: {}}), **made})
    path = tmp_path / "a.log"
    path.write_text(f'V1123 07:00:00.000000 1 torch/a.py:1] {about}\n\t{{"name": "dynamo", "ph": "B", "ts": 1.0}}\n')
    with TraceLog.open(path).complete() as log:
        rows, capture = read_overview(log).rows, log.capture()
    assert [row.compile_id for row in rows] == [item.compile_id for item in capture.compilations] == ["3/1"]
