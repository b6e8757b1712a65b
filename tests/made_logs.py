"""Logs that are large in one way each, made of recorded ones or from nothing.

The suite counts what reading small ones of them takes, `benchmarks/large_logs.py` times large ones.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TRACES = Path(__file__).parent / "traces"
_HEADER = re.compile(r"^([VDIWEC]\d{4} \d\d:\d\d:\d\d\.)\d+( \d+ [^\]]*\] )(\{.*\})$")
_STAMP = re.compile(r'"ts": (\d+(?:\.\d+)?)')
_RECORDED = 30_000_000
"""Microseconds that a recorded log lies apart from its next copy."""
_START = {"stack": [{"line": 1, "name": "f", "filename": 0}]}
_FILE = {"str": ["/home/user/project/cases.py", 0]}


def record(metadata: dict[str, Any], payload: str | None = None, compile_id: str | None = None, at: int = 0) -> bytes:
    """One record, `at` microseconds after midnight, less than a minute."""
    if compile_id is not None:
        frame, again = map(int, compile_id.split("/"))
        metadata = {**metadata, "frame_id": frame, "frame_compile_id": again, "attempt": 0}
    body = b""
    if payload is not None:
        metadata = {**metadata, "has_payload": hashlib.md5(payload.encode(), usedforsecurity=False).hexdigest()}
        body = "".join(f"\t{line}\n" for line in payload.split("\n")).encode()
    seconds, fraction = divmod(at, 1_000_000)
    time = f"V0101 00:00:{seconds % 60:02}.{fraction:06}"
    return f"{time} 1000 torch/_logging/structured.py:28] {json.dumps(metadata)}\n".encode() + body


def event(name: str, phase: str, at: int, compile_id: str) -> bytes:
    """The beginning (`B`) or the end (`E`) of a phase."""
    payload = {"name": name, "ts": 1e15 + at, "args": {"compile_id": compile_id}, "ph": phase, "tid": 0, "pid": 0}
    return record({"chromium_event": {}}, json.dumps(payload), compile_id, at)


def recorded(name: str) -> list[tuple[dict[str, Any], str | None]]:
    """The records of a recorded log: metadata and payload of each."""
    found: list[tuple[dict[str, Any], list[str]]] = []
    for line in (TRACES / name).read_text().splitlines():
        if header := _HEADER.match(line):
            found.append((json.loads(header[3]), []))
        else:
            found[-1][1].append(line.removeprefix("\t"))
    return [(metadata, "\n".join(lines) if "has_payload" in metadata else None) for metadata, lines in found]


def _as(metadata: dict[str, Any], payload: str | None, compile_id: str, before: str, at: int) -> bytes:
    """A recorded record of a compile id, as one of another; what it says of the one before speaks of `before`."""
    old = f"{metadata['frame_id']}/{metadata['frame_compile_id']}"
    text = json.dumps({key: value for key, value in metadata.items() if key != "has_payload"})
    earlier = f"{metadata['frame_id']}/{metadata['frame_compile_id'] - 1}"
    renamed = json.loads(text.replace(f'"{old}"', f'"{compile_id}"'))
    if payload is not None:
        payload = payload.replace(f'"{old}"', f'"{compile_id}"').replace(f"{earlier}: ", f"{before}: ")
        payload = _STAMP.sub(lambda found: f'"ts": {float(found[1]) + at}', payload)
    return record(renamed, payload, compile_id, at)


def records(count: int) -> Iterator[bytes]:
    """So many records, of a thousand compile ids at most."""
    yield record(_FILE)
    ids = min(1000, count // 100 + 1)
    for number in range(count - 1):
        compile_id = f"{number * ids // count}/0"
        match number % 10:
            case 0:
                yield event(f"phase_{number % 70}", "B", number, compile_id)
            case 9:
                yield event(f"phase_{(number - 9) % 70}", "E", number, compile_id)
            case 1:
                yield record({"str": [f"/home/user/project/{number}.py", number]})
            case _:
                details = {"artifact": {"name": "before_pre_grad_graph", "encoding": "string"}}
                yield record(details, f"graph {number}", compile_id, number)


def events(count: int) -> Iterator[bytes]:
    """So many events of one compile id: phases one after the other."""
    yield record(_FILE)
    yield record({"dynamo_start": _START}, None, "0/0")
    yield event("dynamo", "B", 0, "0/0")
    for number in range(0, count - 2, 2):
        name = f"phase_{number % 50}"
        yield event(name, "B", number, "0/0")
        yield event(name, "E", number + 1, "0/0")
    yield event("dynamo", "E", count, "0/0")


def nested(count: int) -> Iterator[bytes]:
    """So many events of one compile id: each phase within the one before."""
    yield record(_FILE)
    yield record({"dynamo_start": _START}, None, "0/0")
    for number in range(count // 2):
        yield event(f"phase_{number % 50}", "B", number, "0/0")
    for number in reversed(range(count // 2)):
        yield event(f"phase_{number % 50}", "E", count - number, "0/0")


def named(count: int) -> Iterator[bytes]:
    """So many events of one compile id: each phase has a name of its own."""
    yield record(_FILE)
    yield record({"dynamo_start": _START}, None, "0/0")
    for number in range(count // 2):
        yield event(f"phase_{number}", "B", 2 * number, "0/0")
        yield event(f"phase_{number}", "E", 2 * number + 1, "0/0")


def open_ended(count: int) -> Iterator[bytes]:
    """So many events of one compile id: phases that never end, and ends of phases that never began."""
    yield record(_FILE)
    yield record({"dynamo_start": _START}, None, "0/0")
    for number in range(count):
        begins = number < count // 2
        yield event(f"{'begun' if begins else 'ended'}_{number % 50}", "B" if begins else "E", number, "0/0")


def _little(compile_id: str, number: int, reason: str) -> Iterator[bytes]:
    """A compile that left little behind."""
    metrics = {"compile_id": compile_id, "co_name": "f", "entire_frame_compile_time_s": 0.5, "graph_op_count": 1}
    if reason:
        yield record({"artifact": {"name": "recompile_reasons", "encoding": "json"}}, reason, compile_id, number)
    yield record({"dynamo_start": _START}, None, compile_id, number)
    yield event("dynamo", "B", 2 * number, compile_id)
    graph = (
        f"class GraphModule(torch.nn.Module):\n    def forward(self, x):\n        y = x + {number}\n        return (y,)"
    )
    yield record({"dynamo_output_graph": {"sizes": {}}}, graph, compile_id, number)
    yield record({"compilation_metrics": metrics}, None, compile_id, number)
    yield event("dynamo", "E", 2 * number + 1, compile_id)


def starts(count: int) -> Iterator[bytes]:
    """So many compile ids that left little behind."""
    yield record(_FILE)
    for number in range(count):
        yield from _little(f"{number}/0", number, "")


def again(count: int) -> Iterator[bytes]:
    """One frame, compiled again so many times, of which little was left behind."""
    yield record(_FILE)
    for number in range(count + 1):
        reason = f"0/{number - 1}: tensor 'x' size mismatch at index 0. expected {number}, actual {number + 1}"
        yield from _little(f"0/{number}", number, reason if number else "")


def ids(count: int) -> Iterator[bytes]:
    """So many compile ids, three to a frame: a first compile and two recompiles."""
    parts = recorded("recompile.log")
    for metadata, payload in parts:
        if "frame_id" not in metadata:
            yield record(metadata, payload)
    for frame in range((count + 2) // 3):
        for metadata, payload in parts:
            if "frame_id" in metadata and 3 * frame + metadata["frame_compile_id"] < count:
                again = metadata["frame_compile_id"]
                yield _as(metadata, payload, f"{frame}/{again}", f"{frame}/{again - 1}", frame * _RECORDED)


def recompiles(count: int) -> Iterator[bytes]:
    """One frame that was compiled again so many times, each time for the last one's guard."""
    parts = recorded("recompile.log")
    for metadata, payload in parts:
        if "frame_id" not in metadata or metadata["frame_compile_id"] == 0:
            yield record(metadata, payload) if "frame_id" not in metadata else _as(metadata, payload, "0/0", "", 0)
    for number in range(1, count + 1):
        for metadata, payload in parts:
            if metadata.get("frame_compile_id") == 1:
                yield _as(metadata, payload, f"0/{number}", f"0/{number - 1}", number * _RECORDED)


def stack(count: int) -> Iterator[bytes]:
    """A compile below so many calls of user code."""
    frames = [{"line": number + 1, "name": f"f{number % 500}", "filename": 0} for number in range(count)]
    yield record(_FILE)
    for number in range(2):
        yield record({"dynamo_start": {"stack": frames}}, None, f"{number}/0")
        yield event("dynamo", "B", number, f"{number}/0")
        yield event("dynamo", "E", number + 10, f"{number}/0")


def line(count: int) -> Iterator[bytes]:
    """A graph with one line of so many characters."""
    for metadata, payload in recorded("two_ops.log"):
        if "frame_id" in metadata:
            yield _as(metadata, payload, "0/0", "", 0)
        else:
            yield record(metadata, payload)
    details = {"artifact": {"name": "before_pre_grad_graph", "encoding": "string"}}
    yield record(details, "class GraphModule:\n    " + "x = y + z; " * (count // 11), "0/0")


def _ranks(parts: list[bytes], count: int) -> Iterator[bytes]:
    """The logs of a job of so many ranks, which all did the same but for the last, which ended early."""
    for rank in range(count):
        yield b"".join(parts if rank < count - 1 else parts[: len(parts) // 2])


def ranks(count: int) -> Iterator[bytes]:
    """The logs of a job, a file each."""
    return _ranks([record(metadata, payload) for metadata, payload in recorded("two_ops.log")], count)


def little_ranks(count: int) -> Iterator[bytes]:
    """The logs of a job that left little behind, a file each."""
    return _ranks([record(_FILE), *_little("0/0", 0, ""), *_little("1/0", 1, "")], count)


@dataclass(frozen=True)
class Kind:
    """A way in which a log is large."""

    name: str
    what: str
    """Of what there are many."""
    count: int
    """At most, in the benchmark."""
    make: Callable[[int], Iterator[bytes]]
    """Gives a log in parts; of a folder, a log each."""
    folder: bool = False

    def write(self, count: int, folder: Path) -> Path:
        """Makes one below a folder, and says where."""
        place = folder / f"{self.name}-{count}"
        if place.exists():
            return place
        if self.folder:
            place.mkdir()
            for rank, data in enumerate(self.make(count)):
                (place / f"dedicated_log_torch_trace_rank_{rank}_x.log").write_bytes(data)
            return place
        with place.open("wb") as stream:
            stream.writelines(self.make(count))
        return place


KINDS = {
    kind.name: kind
    for kind in (
        Kind("records", "records", 1_000_000, records),
        Kind("events", "events of one compile id, one after the other", 200_000, events),
        Kind("named", "events of one compile id, each phase with its own name", 100_000, named),
        Kind("nested", "events of one compile id, each phase within the one before", 100_000, nested),
        Kind("open", "events of one compile id, phases without end and ends without begin", 100_000, open_ended),
        Kind("starts", "compile ids of which little is recorded", 50_000, starts),
        Kind("again", "recompiles of which little is recorded", 10_000, again),
        Kind("ids", "compile ids", 10_000, ids),
        Kind("recompiles", "recompiles of one frame", 3_000, recompiles),
        Kind("stack", "frames of a stack", 100_000, stack),
        Kind("line", "characters of a line", 50_000_000, line),
        Kind("ranks", "ranks", 3_000, ranks, folder=True),
        Kind("little_ranks", "ranks that left little behind", 3_000, little_ranks, folder=True),
    )
}
