"""Where two compiles spent their time, phase by phase."""

from __future__ import annotations

from collections.abc import Iterable

from inspector.model.capture import Phase
from inspector.model.difference import PhaseChange


def compare_phases(a: Iterable[Phase], b: Iterable[Phase]) -> tuple[PhaseChange, ...]:
    """The phases of both sides by name, in the order they first began; running ones are left out."""
    ours, theirs = _summed(a), _summed(b)
    return tuple(
        PhaseChange(
            name,
            min(side[name][0] for side in (ours, theirs) if name in side),
            ours[name][1] if name in ours else None,
            theirs[name][1] if name in theirs else None,
            ours[name][2] if name in ours else 0,
            theirs[name][2] if name in theirs else 0,
        )
        for name in dict.fromkeys((*ours, *theirs))
    )


def _summed(phases: Iterable[Phase]) -> dict[str, tuple[int, float, int]]:
    """Name → least depth, seconds and count; a phase inside itself does not add to the seconds."""
    found: dict[str, tuple[int, float, int]] = {}
    ends: dict[tuple[str, str], float] = {}
    """Until when a phase of that track and name runs."""
    for phase in sorted(phases, key=lambda item: item.start):
        if phase.duration is None:
            continue
        depth, seconds, count = found.get(phase.name, (phase.depth, 0.0, 0))
        end = phase.start + phase.duration
        inside = phase.start < ends.get((phase.track, phase.name), 0.0)
        found[phase.name] = (min(depth, phase.depth), seconds + (0.0 if inside else phase.duration), count + 1)
        ends[phase.track, phase.name] = max(end, ends.get((phase.track, phase.name), 0.0))
    return found
