"""What processes told of their start: lines of `inspector.worker.startup.starting`, and torch's own events."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from inspector.errors import InspectorError
from inspector.jsontext import Malformed, load
from inspector.model.compile_time import part_of
from inspector.model.number import finite_or_none
from inspector.model.startup import Heard, PackageImport, Precedence
from inspector.regular import read_regular
from inspector.trace.log import TraceLog
from inspector.trace.phases import microseconds
from inspector.trace.reader import Record, read_json
from inspector.trace.registry import UNREADABLE

_EVENT = "chromium_event"


def heard_in(folder: Path, began: float) -> tuple[dict[int, list[Heard]], dict[int, tuple[PackageImport, ...]]]:
    """What took time in which process, and what the imports of each took by package.

    Args:
        folder: that the lines and torch's logs are in.
        began: the start of the program, in seconds since 1970.
    """
    heard: dict[int, list[Heard]] = defaultdict(list)
    imports: dict[int, tuple[PackageImport, ...]] = {}
    for path in sorted(folder.glob("start-*.jsonl")):
        pid = int(path.stem.removeprefix("start-"))
        lines = list(_lines(path))
        heard[pid] += _told(lines, began)
        imports[pid] = tuple(_by_package(lines))
    for pid, found in _events(folder, began).items():
        heard[pid] += found
    return heard, imports


def _lines(path: Path) -> Iterator[Mapping[str, Any]]:
    """Its lines; one that is cut is left out."""
    for line in read_regular(path).splitlines():
        try:
            data = load(line)
        except Malformed:
            continue
        if isinstance(data, dict):
            yield data


def _told(lines: Iterable[Mapping[str, Any]], began: float) -> Iterator[Heard]:
    for line in lines:
        if (now := finite_or_none(line.get("python"))) is not None:
            yield Heard("Python's own start", Precedence.START, 0.0, now - began)
        begin, seconds = finite_or_none(line.get("begin")), finite_or_none(line.get("seconds"))
        if begin is None or seconds is None:
            continue
        begin -= began
        if isinstance(name := line.get("module"), str):
            package = name.partition(".")[0]
            yield Heard(f"importing {package}", Precedence.IMPORT, begin, begin + seconds)
        elif isinstance(name := line.get("step"), str):
            yield Heard(name, Precedence.STEP, begin, begin + seconds)


def _by_package(lines: Iterable[Mapping[str, Any]]) -> list[PackageImport]:
    seconds: Counter[str] = Counter()
    modules: dict[str, set[str]] = defaultdict(set)
    for line in lines:
        name, own = line.get("module"), finite_or_none(line.get("own"))
        if isinstance(name, str) and own is not None:
            package = name.partition(".")[0]
            seconds[package] += own  # type: ignore[assignment]
            modules[package].add(name)
    return [PackageImport(name, float(took), len(modules[name])) for name, took in seconds.most_common()]


def _events(folder: Path, began: float) -> dict[int, list[Heard]]:
    """torch's events by process, each stretch counted for the one that began last; threads are not told apart."""
    moments: dict[int, list[tuple[float, str, str]]] = defaultdict(list)
    if not any(folder.glob("dedicated_log_torch_trace_*")):
        return {}
    try:
        with TraceLog.open(folder) as log:
            for record in log.complete().records(kinds=(_EVENT,)):
                if isinstance(record, Record):
                    _take(record, moments[record.pid], began)
    except InspectorError:  # a log without one record in it
        return {}
    return {pid: list(_stretches(sorted(found, key=lambda item: item[0]))) for pid, found in moments.items()}


def _take(record: Record, moments: list[tuple[float, str, str]], began: float) -> None:
    try:
        event = read_json((record.payload or "").encode())
        if event["ph"] in ("B", "E"):
            moments.append((microseconds(event["ts"]) / 1e6 - began, event["ph"], str(event["name"])))
    except UNREADABLE:
        return


def _stretches(moments: Iterable[tuple[float, str, str]]) -> Iterator[Heard]:
    open_names: list[str] = []
    since = 0.0
    for now, phase, name in moments:
        if open_names and now > since:
            within = open_names[-2] if len(open_names) > 1 else ""
            yield Heard(part_of(open_names[-1], within).value, Precedence.COMPILE, since, now)
        since = now
        if phase == "B":
            open_names.append(name)
        elif name in open_names:
            del open_names[len(open_names) - 1 - open_names[::-1].index(name)]
