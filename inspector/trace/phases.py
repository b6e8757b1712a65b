"""Chrome trace events → the phases of the Gantt chart, closed or still running, and what happened at one moment."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from inspector.model.capture import DEEPEST, MOST_SECONDS, Instant, Phase
from inspector.model.number import finite_or_none, to_nanoseconds

_Track = tuple[str, str, str]
"""Log, process, thread."""


@dataclass
class PhaseBook:
    """Phases in the order they began; a running one has no duration."""

    phases: list[Phase] = field(default_factory=list)
    instants: list[Instant] = field(default_factory=list)
    version: int = 0
    _first: float | None = None
    """Microseconds of the first event."""
    _open: dict[_Track, list[int]] = field(default_factory=dict)
    """Indices of the phases that run, outermost first."""
    _names: Counter[tuple[_Track, str]] = field(default_factory=Counter)
    """How many of each name run."""
    _cut: dict[tuple[_Track, str], list[int]] = field(default_factory=dict)
    """Phases that were closed only because an outer one ended: their own end may still come."""

    def add(self, event: Mapping[str, Any], compile_id: str | None = None, log: str = "") -> None:
        """Takes one event: `B` begins, `E` ends, `X` is whole, `i` is a moment; others say nothing about time.

        Args:
            compile_id: of the record, or what the event itself names.
            log: which log it is from, `rank1`; empty for the first. Processes of different logs may share a number.

        Raises:
            KeyError, TypeError, ValueError: the event lacks a name or a time.
        """
        kind = event["ph"]
        if kind not in ("B", "E", "X", "i", "I"):
            return
        stamp = microseconds(event["ts"])
        if self._first is None:
            self._first = stamp
        start = to_nanoseconds((stamp - self._first) / 1e6)
        name, args = str(event["name"]), event.get("args") or {}
        place = (log, str(event.get("pid")), str(event.get("tid")))
        running = self._open.setdefault(place, [])
        if kind == "E":
            self._end(place, running, name, start, args)
        elif kind in ("i", "I"):
            self.instants.append(Instant(name, start, compile_id, dict(args), _words(place)))
            self.version += 1
        else:
            if len(running) >= DEEPEST:
                raise ValueError(f"more than {DEEPEST:,} phases run at once")
            duration = to_nanoseconds(microseconds(event.get("dur", 0.0)) / 1e6) if kind == "X" else None
            self.phases.append(Phase(name, start, duration, len(running), compile_id, dict(args), _words(place)))
            if kind == "B":
                running.append(len(self.phases) - 1)
                self._names[place, name] += 1
            self.version += 1

    def _end(self, place: _Track, running: list[int], name: str, now: float, args: Mapping[str, Any]) -> None:
        """Ends the innermost phase of that name; what was left open inside it ends too, until its own end comes.

        torch gives every thread the number 0, so that phases of two threads may overlap without nesting. An end without
        begin is nothing.
        """
        if not self._names[place, name]:
            cut = self._cut.get((place, name))
            if cut:
                self._close(cut.pop(), now, args)
            return
        inside = []
        while self.phases[running[-1]].name != name:
            inside.append(running.pop())
        for index in reversed(inside):
            self._close(index, now, {})
            cut_off = (place, self.phases[index].name)
            self._cut.setdefault(cut_off, []).append(index)
            self._names[cut_off] -= 1
        self._close(running.pop(), now, args)
        self._names[place, name] -= 1

    def _close(self, index: int, now: float, args: Mapping[str, Any]) -> None:
        phase = self.phases[index]
        duration = to_nanoseconds(max(0.0, now - phase.start))
        self.phases[index] = replace(phase, duration=duration, args={**phase.args, **args})
        self.version += 1


def microseconds(value: Any) -> float:
    """A time in an event.

    Raises:
        ValueError: it is none.
    """
    number = finite_or_none(value)
    if number is None or abs(number) > MOST_SECONDS * 1e6:
        raise ValueError("its time is no time")
    return number


def _words(place: _Track) -> str:
    """A track as a person tells it from others; empty for the first log's, where torch tells no threads apart."""
    log, process, thread = place
    numbers = "" if (process, thread) in (("0", "0"), ("None", "None")) else f"{process}.{thread}"
    return " ".join(part for part in (log, numbers) if part)
