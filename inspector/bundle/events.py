"""Phases as Chrome trace events, which Perfetto and chrome://tracing open; times in microseconds.

https://docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU describes the format.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

import msgspec

from inspector.codec import Json, decode
from inspector.jsontext import Malformed
from inspector.model.capture import DEEPEST, MOST_SECONDS, Capture, Instant, Phase
from inspector.model.number import to_nanoseconds


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


Seconds = Annotated[float, msgspec.Meta(ge=-MOST_SECONDS, le=MOST_SECONDS)]
Microseconds = Annotated[float, msgspec.Meta(ge=-MOST_SECONDS * 1e6, le=MOST_SECONDS * 1e6)]
Nesting = Annotated[int, msgspec.Meta(ge=0, le=DEEPEST)]


@dataclass(frozen=True)
class _Args:
    """What an event says beside its time."""

    depth: Nesting = 0
    seconds: Seconds | None = None
    """Of a pair of asynchronous events."""
    compile_id: str | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
    track: str = ""


@dataclass(frozen=True)
class _Event:
    name: str
    ph: str
    ts: Microseconds | None = None
    """Microseconds; what only names a track has none."""
    dur: Microseconds | None = None
    args: _Args = field(default_factory=_Args)


@dataclass(frozen=True)
class _Trace:
    traceEvents: tuple[_Event, ...]  # noqa: N815 (Chrome's name)


def read(data: bytes) -> tuple[tuple[Phase, ...], tuple[Instant, ...]]:
    """The phases and the moments that `chrome_trace` wrote.

    Raises:
        Malformed: it is something else.
    """
    phases, instants = [], []
    for event in decode(data, _Trace).traceEvents:
        args = event.args
        match event:
            case _Event(ph="i", ts=float(ts)):
                instants.append(Instant(event.name, to_nanoseconds(ts / 1e6), args.compile_id, args.detail, args.track))
                continue
            case _Event(ph="B", ts=float(ts)):
                seconds = None
            case _Event(ph="X", ts=float(ts), dur=float(microseconds)):
                seconds = to_nanoseconds(microseconds / 1e6)
            case _Event(ph="b", ts=float(ts), args=_Args(seconds=float(seconds))):
                pass
            case _Event(ph="i" | "B" | "X" | "b"):
                raise Malformed(f"the event {event.name!r} lacks its time")
            case _:
                continue
        start = to_nanoseconds(ts / 1e6)
        phases.append(Phase(event.name, start, seconds, args.depth, args.compile_id, args.detail, args.track))
    return tuple(phases), tuple(instants)
