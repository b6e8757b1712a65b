"""One piece for one range, while its records come; and what runs at once in torch's events."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from inspector.compare.listings import structure_of
from inspector.model.artifact import Language
from inspector.model.cache import SHORT_NAMES
from inspector.model.difference import Text
from inspector.model.pieces import PassStep, PieceCell, PieceOutcome, TokenRange

SECONDS = "inspector_seconds"
"""Field of a record of ours that begins a piece: what is recorded of its time where there are no events."""

Moment = tuple[float, int]
"""Seconds, and 1 for a begin, -1 for an end."""


@dataclass
class OpenCell:
    """A cell while its records come."""

    submodule: str
    tokens: TokenRange | None
    begun: float | None = None
    seconds: float | None = None
    """Where it was recorded as a whole."""
    compile_id: str = ""
    piece: int = 0
    """Its number among the graphs of its compile id."""
    graphs: list[str] = field(default_factory=list)
    codes: list[str] = field(default_factory=list)
    answers: list[tuple[str, str]] = field(default_factory=list)
    moments: list[Moment] = field(default_factory=list)
    running: int = 0
    closed: bool = False
    before: str = ""
    """The graph before the next of vLLM's passes."""
    passes: list[PassStep] = field(default_factory=list)

    def event(self, now: float, step: int) -> None:
        """Takes the begin or the end of an event; the end of one that began before the cell is none of its own."""
        if self.closed or (step < 0 and not self.running):
            return
        self.running += step
        self.moments.append((now, step))
        self.closed = not self.running and bool(self.codes) and len(self.codes) >= len(self.graphs)

    def passed(self, name: str, text: str) -> None:
        """Takes the graph after one of vLLM's passes."""
        (now, kinds), (then, others) = structure(text), structure(self.before)
        same = None if not self.before else now == then
        removed, added = (others - kinds, kinds - others) if self.before else (Counter[str](), Counter[str]())
        self.passes.append(PassStep(name, same, dict(removed), dict(added)))
        self.before = text

    def frozen(
        self, ids: Mapping[str, int], loaded: Iterable[str], earlier: list[PieceCell], twins: list[str]
    ) -> PieceCell:
        """The cell.

        Args:
            ids: compile id → how many graphs it has.
            loaded: the graphs of artifacts that were loaded before.
            earlier: the cells before it.
            twins: the parts before it that have the same graph as its part.
        """
        hit = next((SHORT_NAMES.get(cache, cache) for cache, answer in self.answers if answer == "hit"), "")
        graph = self.graphs[0] if len(self.graphs) == 1 else ""
        of = ""
        if len(self.graphs) > 1 or len(self.codes) > 1:
            outcome = PieceOutcome.SHARED
        elif hit:
            outcome = PieceOutcome.LOADED
        elif self.codes:
            outcome = PieceOutcome.AGAIN if graph and graph in loaded else PieceOutcome.COMPILED
        elif self.graphs:
            outcome = PieceOutcome.OPEN
        else:
            made = {item.submodule for item in earlier if item.tokens == self.tokens and item.compile_id}
            of = next((name for name in twins if name in made), "")
            outcome = PieceOutcome.REUSED if of else PieceOutcome.NOTHING
        last = max((now for now, _ in self.moments), default=None)
        begun = self.begun if self.begun is not None else min((now for now, _ in self.moments), default=None)
        timed = outcome is not PieceOutcome.SHARED and begun is not None and last is not None
        opens = f"{self.compile_id}:{self.piece}" if ids.get(self.compile_id, 0) > 1 else self.compile_id
        return PieceCell(
            self.submodule,
            self.tokens,
            outcome,
            last - begun if timed and begun is not None and last is not None else self.seconds,
            union(self.moments) if timed else None,
            of,
            hit if outcome is PieceOutcome.LOADED else "",
            opens if graph else "",
            graph,
            self.codes[0] if len(self.codes) == 1 else "",
            tuple(self.passes),
        )


def structure(text: str) -> tuple[str, Counter[str]]:
    """A graph's digest up to names, and how many operators of each kind it has."""
    return structure_of(Text("", Language.FX, text, ""))


def union(moments: Iterable[Moment]) -> float:
    """Seconds in which at least one event runs; of those that never end, until the last moment that is known."""
    total, running, since = 0.0, 0, 0.0
    for now, step in sorted(moments, key=lambda item: (item[0], -item[1])):
        if running > 0:
            total += now - since
        running, since = running + step, now
    return total


def at_once(moments: Iterable[Moment]) -> Iterator[tuple[float, int]]:
    """Seconds since the first begin → how many run from then on; an end at the moment of a begin comes first."""
    running, steps = 0, sorted(moments, key=lambda item: (item[0], item[1]))
    for now, step in steps:
        running += step
        yield now - steps[0][0], running
