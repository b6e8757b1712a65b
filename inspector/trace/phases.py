"""Chrome trace events → the phases of the Gantt chart, closed or still running."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from inspector.model.capture import Phase


@dataclass
class PhaseBook:
    """Phases in the order they began; a running one has no duration."""

    phases: list[Phase] = field(default_factory=list)
    version: int = 0
    _first: float | None = None
    """Microseconds of the first event."""
    _open: dict[tuple[str, Any, Any], list[int]] = field(default_factory=dict)
    """Log, process and thread → indices of the phases that run, outermost first."""

    def add(self, event: Mapping[str, Any], compile_id: str | None = None, track: str = "") -> None:
        """Takes one event: `B` begins, `E` ends, `X` is whole; others are no phases.

        Args:
            compile_id: of the record; else what the event itself names.
            track: which log file it is from: processes of different logs may share a number.

        Raises:
            KeyError, TypeError, ValueError: the event lacks a name or a time.
        """
        kind = event["ph"]
        if kind not in ("B", "E", "X"):
            return
        stamp = float(event["ts"])
        if self._first is None:
            self._first = stamp
        start = (stamp - self._first) / 1e6
        name, args = str(event["name"]), event.get("args") or {}
        running = self._open.setdefault((track, event.get("pid"), event.get("tid")), [])
        compile_id = compile_id or args.get("compile_id") or None
        if kind == "E":
            self._end(running, name, start, args)
            return
        duration = float(event.get("dur", 0.0)) / 1e6 if kind == "X" else None
        if kind == "B":
            running.append(len(self.phases))
        depth = len(running) - (kind == "B")
        self.phases.append(Phase(name, start, duration, depth, compile_id, dict(args)))
        self.version += 1

    def _end(self, running: list[int], name: str, now: float, args: Mapping[str, Any]) -> None:
        """Ends the innermost phase of that name, and what was left open inside it; an end without begin is nothing."""
        position = next((i for i in reversed(range(len(running))) if self.phases[running[i]].name == name), None)
        if position is None:
            return
        for index in running[position:]:
            phase = self.phases[index]
            merged = {**phase.args, **args} if index == running[position] else phase.args
            self.phases[index] = replace(phase, duration=max(0.0, now - phase.start), args=merged)
        del running[position:]
        self.version += 1
