"""Phases as Chrome trace events, which Perfetto and chrome://tracing open; times in microseconds.

https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU describes the format.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from inspector.bundle.codec import Json, get, maybe, objects
from inspector.model.capture import Capture, Instant, Phase


def chrome_trace(capture: Capture) -> Json:
    """The capture's events, with one process for each track.

    A phase is one complete event, a running one a begin without end, a moment an instant event.

    Complete events of one track have to lie within each other. A phase that only overlaps another (they ran in two
    threads that torch does not tell apart) is a pair of asynchronous events instead, which have a row of their own.
    """
    phases, instants = capture.phases, capture.instants
    names = dict.fromkeys([*(phase.track for phase in phases), *(instant.track for instant in instants)])
    tracks = {track: number for number, track in enumerate(names, 1)}
    events: list[Json] = []
    crossing = _crossing(phases)
    for number, phase in enumerate(phases):
        event = _event(phase.name, phase.start, tracks[phase.track], phase)
        event["args"]["depth"] = phase.depth
        if phase.duration is None:
            event["ph"] = "B"
        elif number in crossing:
            event |= {"ph": "b", "id": number}
            event["args"]["seconds"] = phase.duration
            end = {key: event[key] for key in ("name", "cat", "pid", "tid", "id")}
            events += [event, {**end, "ph": "e", "ts": _microseconds(phase.start + phase.duration)}]
            continue
        else:
            event |= {"ph": "X", "dur": _microseconds(phase.duration)}
        events.append(event)
    for instant in instants:
        events.append({**_event(instant.name, instant.at, tracks[instant.track], instant), "ph": "i", "s": "t"})
    for track, number in tracks.items():
        if track:
            events.append({"name": "process_name", "ph": "M", "pid": number, "tid": 1, "args": {"name": track}})
    return {"displayTimeUnit": "ms", "traceEvents": events}


def _event(name: str, start: float, track: int, item: Phase | Instant) -> Json:
    args: dict[str, Any] = {"compile_id": item.compile_id, "detail": dict(item.args)}
    if item.track:
        args["track"] = item.track
    return {"name": name, "cat": "compile", "ts": _microseconds(start), "pid": track, "tid": 1, "args": args}


def _microseconds(seconds: float) -> float:
    return round(seconds * 1e6, 3)


def _crossing(phases: Sequence[Phase]) -> set[int]:
    """Numbers of the phases that overlap one before them without lying within it."""
    found: set[int] = set()
    ends: dict[str, list[float]] = {}
    order = sorted(range(len(phases)), key=lambda i: (_microseconds(phases[i].start), phases[i].depth, i))
    for number in order:
        phase = phases[number]
        running = ends.setdefault(phase.track, [])
        start = _microseconds(phase.start)
        end = float("inf") if phase.duration is None else start + _microseconds(phase.duration)
        while running and running[-1] <= start:
            running.pop()
        if running and end > running[-1]:
            if phase.duration is not None:
                found.add(number)
        else:
            running.append(end)
    return found


def phases(data: Any) -> tuple[Phase, ...]:
    """The phases that `chrome_trace` wrote."""
    found = []
    for event in objects(data, "traceEvents"):
        kind = get(event, "ph", str)
        if kind not in ("X", "B", "b"):
            continue
        args = get(event, "args", dict)
        duration = maybe(event, "dur", float)
        seconds = None if duration is None else duration / 1e6
        if kind == "b":
            seconds = get(args, "seconds", float)
        found.append(
            Phase(
                get(event, "name", str),
                get(event, "ts", float) / 1e6,
                seconds,
                get(args, "depth", int),
                maybe(args, "compile_id", str),
                get(args, "detail", dict),
                maybe(args, "track", str) or "",
            )
        )
    return tuple(found)


def instants(data: Any) -> tuple[Instant, ...]:
    """The moments that `chrome_trace` wrote."""
    found = []
    for event in objects(data, "traceEvents"):
        if event.get("ph") == "i":
            args = get(event, "args", dict)
            found.append(
                Instant(
                    get(event, "name", str),
                    get(event, "ts", float) / 1e6,
                    maybe(args, "compile_id", str),
                    get(args, "detail", dict),
                    maybe(args, "track", str) or "",
                )
            )
    return tuple(found)
