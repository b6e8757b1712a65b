"""The reader: whole records, at once, whatever else the file holds."""

from __future__ import annotations

import gzip
import hashlib
import json
import random
import re
from pathlib import Path

import pytest

from inspector.trace.parser import LogParser
from inspector.trace.reader import BadRecord, Record
from inspector.trace.tail import TraceTail, read_log

TRACES = Path(__file__).parent.parent / "traces"


def line(metadata: dict, time: str = "1231 23:59:59.500000") -> bytes:
    return f"V{time} 77 torch/some/file.py:12] {json.dumps(metadata)}".encode()


def record(
    name: str, payload: str | None = None, *, time: str = "1231 23:59:59.500000", md5: str | None = None
) -> bytes:
    if payload is None:
        return line({name: {}}, time) + b"\n"
    checksum = md5 or hashlib.md5(payload.encode()).hexdigest()
    body = "".join(f"\t{part}\n" for part in payload.split("\n"))
    return line({name: {}, "has_payload": checksum}, time) + b"\n" + body.encode()


def parse(data: bytes) -> list[Record | BadRecord]:
    parser = LogParser("a.log")
    return [*parser.feed(data), *parser.finish()]


def names(items: list[Record | BadRecord]) -> list[str]:
    return [next(iter(item.metadata)) if isinstance(item, Record) else f"bad: {item.reason}" for item in items]


def test_a_payload_is_what_was_written() -> None:
    text = "\ttabs\n\n  blanks \nthe end\n"
    (found,) = parse(record("graph", text))
    assert isinstance(found, Record)
    assert found.payload == text
    assert found.place == "torch/some/file.py:12"


def test_times_run_on_over_new_year() -> None:
    items = parse(record("a") + record("b", time="0101 00:00:01.750000"))
    assert [item.time for item in items if isinstance(item, Record)] == [0.0, 2.25]


def test_offsets_point_at_the_record() -> None:
    first = record("a", "some\ntext")
    second = parse(first + record("b"))[1]
    assert second.offset == len(first)


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (b"V1231 23:59:59.500000 77 torch/x.py:1] {not json}\n\tits payload\n", "bad: the record's first line cannot"),
        (b"V1231 23:59:59.500000 oops\n\tits payload\n", "bad: the record's first line is damaged"),
        (b'V1231 23:59:59.500000 77 torch/x.py:1] {"a": "\xff"}\n', "bad: the record's first line cannot"),
        (b'V1399 23:59:59.500000 77 torch/x.py:1] {"a": 1}\n', "bad: the record's first line is damaged"),
        (b"somebody printed here\nand here\n", "bad: a line that is neither"),
        (b"\ta payload\n\tof nobody\n", "bad: payload lines that belong to no record"),
        (record("cut", "one\ntwo").rsplit(b"\t", 1)[0], "bad: its payload is cut or damaged"),
        (record("wrong", "one\ntwo", md5="0" * 32), "bad: its payload is cut or damaged"),
        (record("broken", "one two").replace(b"one", b"on\xff"), "bad: its payload is cut or damaged"),
        (record("empty", "one").split(b"\t")[0], "bad: its payload is missing"),
    ],
)
def test_damage_costs_one_record(damage: bytes, expected: str) -> None:
    items = parse(record("before", "x") + damage + record("after", "y"))
    assert names(items)[0] == "before"
    assert names(items)[2] == "after"
    assert names(items)[1].startswith(expected)
    assert items[1].offset == len(record("before", "x"))
    assert len(items) == 3


def test_a_log_with_windows_line_ends_reads_the_same() -> None:
    data = record("a", "one\ntwo") + record("b")
    items = parse(data.replace(b"\n", b"\r\n"))
    assert [item.payload for item in items if isinstance(item, Record)] == ["one\ntwo", None]


def test_a_payload_line_whose_tab_an_editor_stripped_is_kept() -> None:
    items = parse(record("a", "one\n\ntwo").replace(b"\t\n", b"\n"))
    assert [item.payload for item in items if isinstance(item, Record)] == ["one\n\ntwo"]


def test_an_absurd_line_is_dropped_and_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inspector.trace.parser.MAX_RECORD", 1000)
    parser = LogParser()
    found: list[Record | BadRecord] = []
    for chunk in (record("a"), b"V1231 " + b"x" * 700, b"y" * 700, b"z" * 700 + b"\n", record("b")):
        found += parser.feed(chunk)
    assert [name.split(" (")[0] for name in names(found)] == ["a", "bad: a line longer than 0 MiB", "b"]


def test_an_absurd_payload_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inspector.trace.parser.MAX_RECORD", 1000)
    items = parse(record("a", "x\n" * 800) + record("b"))
    assert names(items) == ["bad: a payload larger than 0 MiB", "b"]


def test_any_way_of_cutting_the_bytes_gives_the_same_records() -> None:
    data = record("a", "one\ntwo") + b"noise\n" + record("b") + record("c", "three", md5="0" * 32) + record("d", "")
    whole = parse(data)
    rng = random.Random(3)
    for _ in range(200):
        parser = LogParser("a.log")
        found: list[Record | BadRecord] = []
        position = 0
        while position < len(data):
            step = rng.randrange(1, 40)
            found += parser.feed(data[position : position + step])
            position += step
        assert [*found, *parser.finish()] == whole


def test_the_tail_gives_a_payload_as_soon_as_its_checksum_fits(tmp_path: Path) -> None:
    path = tmp_path / "log"
    tail = TraceTail(path)
    assert tail.read() == []
    data = record("a", "one\ntwo")
    path.write_bytes(data[:-2])
    assert tail.read() == []
    path.write_bytes(data)
    assert names(tail.read()) == ["a"]
    assert tail.read() == []
    assert tail.finish() == []


def test_the_tail_does_not_give_half_a_record(tmp_path: Path) -> None:
    path = tmp_path / "log"
    data = record("a", "one\ntwo\nthree") + record("b")
    seen: list[Record | BadRecord] = []
    tail = TraceTail(path)
    for end in range(0, len(data) + 1, 3):
        path.write_bytes(data[:end])
        new = tail.read()
        assert all(isinstance(item, Record) for item in new)
        seen += new
    path.write_bytes(data)
    assert names([*seen, *tail.finish()]) == ["a", "b"]


def test_the_tail_follows_every_log_of_a_folder_that_appears_later(tmp_path: Path) -> None:
    folder = tmp_path / "trace"
    tail = TraceTail(folder)
    assert tail.read() == []
    folder.mkdir()
    (folder / "one.log").write_bytes(record("a"))
    assert names(tail.read()) == ["a"]
    (folder / "two.log").write_bytes(record("b"))
    with (folder / "one.log").open("ab") as stream:
        stream.write(record("c"))
    found = tail.read()
    assert [(item.file, name) for item, name in zip(found, names(found), strict=True)] == [
        ("one.log", "c"),
        ("two.log", "b"),
    ]


def test_the_tail_reads_no_more_than_asked_at_once(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(record("a", "x" * 5000) * 20)
    tail = TraceTail(path)
    first = tail.read(limit=20_000)
    assert 0 < len(first) < 20
    assert len(first) + len(tail.finish()) == 20


def test_a_log_that_was_replaced_by_a_shorter_one_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "log"
    tail = TraceTail(path)
    path.write_bytes(record("a", "long enough"))
    tail.read()
    path.write_bytes(record("b"))
    assert names(tail.read()) == ["bad: the file became shorter while it was read; read again", "b"]


def test_what_the_writer_left_unfinished_is_reported_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(record("a") + record("b", "one\ntwo")[:-6])
    tail = TraceTail(path)
    assert names(tail.read()) == ["a"]
    assert names(tail.finish()) == ["bad: its payload is cut or damaged (the checksum differs)"]


def test_a_compressed_log_reads_like_the_plain_one(tmp_path: Path) -> None:
    plain = TRACES / "two_ops.log"
    packed = tmp_path / plain.name
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    assert list(read_log(packed)) == list(read_log(plain))


@pytest.mark.parametrize("path", sorted(TRACES.glob("*.log")), ids=lambda path: path.stem)
def test_recorded_logs_are_whole_and_name_no_machine(path: Path) -> None:
    items = list(read_log(path))
    assert len(items) > 10
    assert not [item for item in items if isinstance(item, BadRecord)]
    paths = set(re.findall(r"(?<![\w.>])/[\w./-]+\.(?:py|cpp|so)\b", path.read_text()))
    assert all(found.startswith(("/home/user/", "/tmp/run")) for found in paths), paths
