"""Types of the model that JSON has another shape for: without their texts, or with what follows from them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, TypeVar

from inspector.model.advice import Advice
from inspector.model.artifact import Artifact, Language
from inspector.model.cache import CacheLookup
from inspector.model.capture import CompileStatus
from inspector.model.compile_row import CompileRow, CompileTimes, GuardFailure, Warmth
from inspector.model.difference import Text
from inspector.model.frame import Frame
from inspector.model.latency import LatencyRun, LatencySummary, summarise
from inspector.model.limits import Finding
from inspector.model.numerics import Numerics
from inspector.model.piece import CompilePiece
from inspector.model.stage import Stage
from inspector.say import latency, numerics
from inspector.say.limits import culprits_words, lacking_words
from inspector.say.recompiles import advice_words

T = TypeVar("T")


def extended(kind: type[T], base: object, **more: Any) -> T:
    """A `kind` with the fields of `base`, which it is made from, and more."""
    return kind(**{item.name: getattr(base, item.name) for item in fields(base)}, **more)  # type: ignore[arg-type]


@dataclass(frozen=True)
class ArtifactData:
    """A text of a stage: what it is, and only where texts were asked for the text itself."""

    id: str
    stage: Stage
    compile_id: str | None
    kernel: str | None
    name: str | None
    """Of a text beside the stages, torch's name for it; of others what tells it from those of its stage."""
    language: Language
    lines: int
    """How many."""

    @classmethod
    def of(cls, item: Artifact) -> ArtifactData:
        return cls(
            item.id, item.stage, item.compile_id, item.kernel, item.variant or None, item.language, len(item.lines)
        )


@dataclass(frozen=True)
class ArtifactText(ArtifactData):
    """A text of a stage, whole."""

    text: str

    @classmethod
    def whole(cls, item: Artifact) -> ArtifactText:
        return extended(cls, ArtifactData.of(item), text=item.text)


@dataclass(frozen=True)
class TextData:
    """One side of a text difference."""

    label: str
    artifact: str | None
    """The artifact's id, where it is one's text: the text is in the capture."""
    lines: list[str] | None
    """Of a list that was made for the comparison, and is nowhere else; null for an artifact's."""

    @classmethod
    def of(cls, text: Text) -> TextData:
        return cls(text.label, text.artifact, text.lines if text.artifact is None else None)


@dataclass(frozen=True)
class CompileData:
    """One compile id. Times are in seconds; null is what is not recorded."""

    compile_id: str
    status: CompileStatus
    function: str
    place: Frame | None
    """Where the function is defined."""
    stack: tuple[Frame, ...]
    """The calls that led there, outermost first, the compiled frame last."""
    log: str
    """The log file it is in."""
    started: float | None
    """Since the log's first record; of a bundle, which has no records' times, since its first phase, and null where
    several processes wrote."""
    seconds: float
    """All of it, the backward included; 0 where the log does not say, which `times` tells."""
    times: CompileTimes
    restarts: int
    restart_reasons: tuple[str, ...]
    graph_break_count: int
    recompile_count: int
    """How often its frame had been compiled before."""
    failed_guards: tuple[GuardFailure, ...]
    caches: tuple[CacheData, ...]
    """In the order they were asked."""
    warmth: Warmth
    guard_count: int | None
    """As torch counts them, which leaves out what it adds to every frame."""
    operators: int | None
    """Operator calls in the Dynamo graph."""
    pieces: tuple[CompilePiece, ...]
    error: str
    error_place: Frame | None

    @classmethod
    def of(cls, row: CompileRow) -> CompileData:
        """A row of an overview."""
        same = {item.name: getattr(row, item.name) for item in fields(cls) if item.name not in _NAMED_OTHERWISE}
        return cls(
            **same,
            seconds=row.times.seconds,
            graph_break_count=row.breaks,
            recompile_count=row.recompiles,
            failed_guards=row.failures,
            caches=tuple(map(CacheData.of, row.caches)),
            guard_count=row.guards,
        )


_NAMED_OTHERWISE = ("seconds", "graph_break_count", "recompile_count", "failed_guards", "caches", "guard_count")
"""Fields of `CompileData` that a row of an overview has under another name, or in another shape."""


@dataclass(frozen=True)
class CacheData:
    """What one of torch's caches answered."""

    cache: str
    answer: str
    reason: str
    key: str

    @classmethod
    def of(cls, item: CacheLookup) -> CacheData:
        """A look-up without the parts of its key."""
        return cls(item.cache, item.answer, item.reason, item.key)


@dataclass(frozen=True, kw_only=True)
class AdviceData(Advice):
    """One thing to do about a function's recompiles."""

    text: str
    """All of it, as a sentence."""

    @classmethod
    def of(cls, advice: Advice) -> AdviceData:
        """An advice with its sentence."""
        return extended(cls, advice, text=advice_words(advice))


@dataclass(frozen=True, kw_only=True)
class TimedRun(LatencyRun):
    """One shape, timed: the samples, and what they say."""

    summary: LatencySummary
    said: tuple[str, ...]
    """What is to be known beside the numbers, a sentence each."""

    @classmethod
    def of(cls, run: LatencyRun) -> TimedRun:
        """A run with its summary."""
        summary = summarise(run)
        return extended(cls, run, summary=summary, said=tuple(row.text for row in latency.said(summary)))


@dataclass(frozen=True, kw_only=True)
class NumericsData(Numerics):
    """All results of one call each, from the same inputs, weights and random numbers."""

    verdict: str
    """What the comparison of the results comes to, in a sentence without its full stop."""
    closer: str
    """Which side is closer to float64, in a sentence without its full stop; empty where nothing differs."""

    @classmethod
    def of(cls, found: Numerics) -> NumericsData:
        """What was compared, with what it comes to."""
        return extended(cls, found, verdict=numerics.verdict(found), closer=numerics.closer(found))


@dataclass(frozen=True)
class FindingData:
    """What one limit found in one process."""

    limit: str
    """The limit's name, `max_graph_breaks`."""
    process: str
    """Whose, in words: `rank1`; empty where there is one process only."""
    allowed: float
    found: float
    unknown: str
    """Why it cannot be said that the limit is kept, in words; empty where it can, or where it is exceeded anyway."""
    culprits: tuple[str, ...]
    """What counted, in words: worst first. Nobody promises that they can be parsed."""
    kept: bool
    """Whether the limit holds, and all of what it is about is recorded."""
    over: bool
    """Whether what is recorded exceeds the limit."""

    @classmethod
    def of(cls, item: Finding) -> FindingData:
        said = lacking_words(item.lacking), tuple(culprits_words(item))
        return cls(item.limit, item.process, item.allowed, item.found, *said, item.kept, item.over)
