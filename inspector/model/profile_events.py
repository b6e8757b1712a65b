"""From a profiler's events, which lie within one another, to how long each name took by itself and in all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple


class Event(NamedTuple):
    """One thing that ran from one moment to another on one thread."""

    name: str
    start: int
    """Nanoseconds, on any clock."""
    duration: int
    """Nanoseconds."""
    thread: int


@dataclass
class EventSum:
    """All events of one name."""

    calls: int = 0
    """An event within another of its name is the same call: an operator that passes on to its other overload."""
    own: int = 0
    """Nanoseconds in them and in no event within."""
    total: int = 0
    """Nanoseconds; an event within another of its name counts once."""


@dataclass
class _Open:
    event: Event
    end: int
    inside: int = field(default=0)
    """Nanoseconds of the events directly within."""


def sums(events: Iterable[Event]) -> dict[str, EventSum]:
    """Name → its sums, in order of first sight.

    An event lies within another of its thread if it begins before that one's end; one that ends after it (two clocks
    that disagree by some nanoseconds) is cut off there, so that the own times add up to the outermost events' time.
    """
    found: dict[str, EventSum] = {}
    stacks: dict[int, list[_Open]] = {}

    def close(stack: list[_Open]) -> None:
        done = stack.pop()
        length = done.end - done.event.start
        entry = found[done.event.name]
        entry.own += max(0, length - done.inside)
        if all(above.event.name != done.event.name for above in stack):
            entry.total += length
        if stack:
            stack[-1].inside += length

    for event in sorted(events, key=lambda item: (item.start, -item.duration)):
        stack = stacks.setdefault(event.thread, [])
        while stack and stack[-1].end <= event.start:
            close(stack)
        end = event.start + event.duration
        entry = found.setdefault(event.name, EventSum())
        entry.calls += all(above.event.name != event.name for above in stack)
        stack.append(_Open(event, min(end, stack[-1].end) if stack else end))
    for stack in stacks.values():
        while stack:
            close(stack)
    return found
