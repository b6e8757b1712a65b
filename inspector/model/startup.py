"""A program's start taken apart: every process, and what each of its moments was spent on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import IntEnum
from itertools import pairwise

TENTH = 0.1
"""Seconds in which a process's use of the processors is counted."""
_IDLE = 0.1
"""Share of a processor below which a process is called idle."""


class Precedence(IntEnum):
    """Which of several things that go on at once a moment is counted for: the highest."""

    STEP = 1
    """A step that is known by name: weights, a profiling run…"""
    COMPILE = 2
    """An event of torch's."""
    IMPORT = 3
    """The code of a module."""
    START = 4
    """Python itself."""


OWN, WAITS = "the program's own code", "waiting for other processes"
IDLE = "none of its processes ran: idle, or the machine was busy"


@dataclass(frozen=True)
class Heard:
    """Something that took time in a process."""

    name: str
    rank: Precedence
    begin: float
    """Seconds since the program was started."""
    end: float


@dataclass(frozen=True)
class StartSpan:
    """A stretch of a process's life, spent on one thing; those of a process do not overlap and leave no gap."""

    name: str
    begin: float
    end: float


@dataclass(frozen=True)
class PackageImport:
    """What the modules of one package took to be imported."""

    package: str
    seconds: float
    """Of their own: what they import in turn is not in it."""
    modules: int


@dataclass(frozen=True)
class StartProcess:
    """One process."""

    pid: int
    parent: int | None
    """None for the program itself."""
    command: str
    begin: float
    """Seconds since the program was started."""
    end: float
    """When it was last seen."""
    cpu_seconds: float
    """As far as it was seen: its last hundredths may be missing."""
    spans: tuple[StartSpan, ...]
    """Empty where nothing is known but that it ran."""
    imports: tuple[PackageImport, ...]
    """The longest first."""
    busy: tuple[float, ...]
    """CPU seconds in each tenth of a second since its begin."""

    @property
    def sums(self) -> Mapping[str, tuple[float, float]]:
        """What it was spent on → seconds, and CPU seconds by tenths of a second."""
        found: dict[str, tuple[float, float]] = defaultdict(lambda: (0.0, 0.0))
        for span in self.spans:
            wall, cpu = found[span.name]
            found[span.name] = wall + span.end - span.begin, cpu + self.used(span.begin, span.end)
        return dict(found)

    def used(self, begin: float, end: float) -> float:
        """CPU seconds between two moments; a tenth of a second that lies across one is taken in proportion."""
        total, first = 0.0, int(max(0.0, begin - self.begin) / TENTH)
        for number in range(first, len(self.busy)):
            left = self.begin + number * TENTH
            if left >= end:
                break
            total += self.busy[number] * max(0.0, min(end, left + TENTH) - max(begin, left)) / TENTH
        return total


@dataclass(frozen=True)
class ProgramStart:
    """One run of a program, from its start to its end."""

    command: tuple[str, ...]
    name: str
    """`as it is`, `cold`, `again`."""
    exit_code: int
    seconds: float
    cpu_seconds: float
    """Of all its processes: as the kernel counted those that were waited for; as they were seen where that is more."""
    first_output: float | None
    """Seconds to the first byte on its standard output; None where it wrote none, or that was not watched."""
    watched: bool
    """Whether its standard output was: not where it is a terminal."""
    until: float | None
    """Seconds to the words that were waited for; None where none were, or they never came."""
    processes: tuple[StartProcess, ...]
    """In the order they began; the program itself first."""
    notes: tuple[str, ...] = ()
    """What was not recorded."""

    @property
    def unseen(self) -> float:
        """CPU seconds of processes that began and ended between two looks, and of last moments."""
        return max(0.0, self.cpu_seconds - sum(item.cpu_seconds for item in self.processes))


def partition(heard: Iterable[Heard], begin: float, end: float) -> Iterator[StartSpan]:
    """What each moment of a process is counted for; of one rank, what began last. The rest is the program's own."""
    items = [item for item in heard if item.end > begin and item.begin < end]
    moments = sorted({begin, end, *(min(max(edge, begin), end) for item in items for edge in (item.begin, item.end))})
    waiting = sorted(items, key=lambda item: item.begin, reverse=True)
    running: list[Heard] = []
    name, since = "", begin
    for left, right in pairwise(moments):
        while waiting and waiting[-1].begin <= left:
            running.append(waiting.pop())
        running = [item for item in running if item.end > left]
        now = max(running, key=lambda item: (item.rank, item.begin)).name if running else OWN
        if now != name:
            if name:
                yield StartSpan(name, since, left)
            name, since = now, left
        if right == end:
            yield StartSpan(name, since, end)


def with_waits(processes: Iterable[StartProcess]) -> tuple[StartProcess, ...]:
    """The same processes; what is their own code is told from being idle, while others of them work or while none."""
    known = tuple(processes)
    made = []
    for process in known:
        others = [item for item in known if item is not process]
        spans = (part for span in process.spans for part in _waits(process, span, others))
        made.append(replace(process, spans=tuple(_joined(spans))))
    return tuple(made)


def _waits(process: StartProcess, span: StartSpan, others: Iterable[StartProcess]) -> Iterator[StartSpan]:
    if span.name != OWN:
        yield span
        return
    at = span.begin
    while at < span.end:
        tenth = process.begin + (int((at - process.begin) / TENTH + 1e-6) + 1) * TENTH
        to = min(span.end, max(tenth, at + 1e-6))
        name = OWN
        if process.used(at, to) < _IDLE * (to - at):
            name = WAITS if any(item.used(at, to) >= _IDLE * (to - at) for item in others) else IDLE
        yield StartSpan(name, at, to)
        at = to


def _joined(spans: Iterable[StartSpan]) -> Iterator[StartSpan]:
    held: StartSpan | None = None
    for span in spans:
        if held is not None and held.name == span.name:
            held = StartSpan(held.name, held.begin, span.end)
            continue
        if held is not None:
            yield held
        held = span
    if held is not None:
        yield held
