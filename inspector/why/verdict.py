"""One finding of a rule, and what a rule answers in all."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from inspector.model.frame import Frame


class Sure(StrEnum):
    """How a verdict is known."""

    RECORDED = "recorded"
    """torch's log says it."""
    REPLAYED = "replayed"
    """Counted by going through the recorded guards once more, as if the advice had been taken."""
    MEASURED = "measured"
    """Timed or compared on the machine that made the capture."""


@dataclass(frozen=True)
class Verdict:
    """Something that costs time or is wrong."""

    code: str
    """Stable: `recompiles.size`, `break`, `eager.limit`…"""
    title: str
    """What is the matter, a sentence without its full stop."""
    sure: Sure
    seconds: float | None = None
    """Seconds that what it is about took once, as recorded: a cure may cost some of them. None where not recorded."""
    untimed: int = 0
    """Compiles that `seconds` leaves out: how long they took is not recorded."""
    each: float | None = None
    """Seconds lost in each call; None where that is not known."""
    wrong: bool = False
    """Whether results are wrong or missing, which comes before all that is only slow."""
    why: tuple[str, ...] = ()
    """Further facts, a sentence each, without the full stop."""
    do: tuple[str, ...] = ()
    """What would change it, the most useful first."""
    evidence: tuple[str, ...] = ()
    """Verbs that show it, with their options and without the path: `recompiles`, `phases --compile-id 0/0`."""
    place: Frame | None = None
    """The user's line it is about."""
    compile_ids: tuple[str, ...] = ()
    symbols: bool = False
    """Whether sizes or numbers as symbols, which `dynamic=True` makes of all of them, spare or may spare some of it."""


@dataclass(frozen=True)
class Answer:
    """What one rule has to say."""

    topic: str
    """What it looks at, `recompiles`."""
    verdicts: tuple[Verdict, ...] = ()
    looked: str = ""
    """What was looked at and is fine, with its count: `none in 3 compiles`; empty where there are verdicts."""
    unknown: str = ""
    """What is not recorded, so that more may be wrong; empty where all was looked at."""


def ranked(answers: Iterable[Answer]) -> tuple[Verdict, ...]:
    """All verdicts: what is wrong first, then by seconds lost, by seconds lost a call, and those of unknown cost."""
    found = [verdict for answer in answers for verdict in answer.verdicts]
    return tuple(sorted(found, key=_rank))


def _rank(verdict: Verdict) -> tuple[bool, bool, float, float]:
    known = verdict.seconds is not None or verdict.each is not None
    return (not verdict.wrong, not known, -(verdict.seconds or 0.0), -(verdict.each or 0.0))
