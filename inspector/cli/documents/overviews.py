"""What a log says as a whole: graph breaks, recompiles, where the time went, whether limits are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from inspector.compare.again import Made
from inspector.model.advice import Advice
from inspector.model.asked import Asked
from inspector.model.baseline import BaselineReport
from inspector.model.capture import CompileStatus
from inspector.model.compile_row import CompileTimes, GuardFailure
from inspector.model.difference import TextDifference
from inspector.model.flame import FlameNode, TimeShare
from inspector.model.frame import Frame
from inspector.model.limits import Finding
from inspector.model.overview import BreakGroup
from inspector.model.rank_report import RankReport
from inspector.model.recompiles import RecompileChain
from inspector.why.verdict import Answer, Verdict, ranked


@dataclass(frozen=True)
class BreaksDocument:
    """Graph breaks, those of one reason together."""

    graph_breaks: tuple[BreakGroup, ...]
    verdicts: tuple[Verdict, ...] = ()
    """What they come to, as `inspector why` says it."""


# --- recompiles ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Cause:
    """What kept failing."""

    source: str
    what: str
    count: int


@dataclass(frozen=True)
class CompileOfChain:
    """One time that a function was compiled."""

    compile_id: str
    seconds: float
    times: CompileTimes
    status: CompileStatus
    failed_guards: tuple[GuardFailure, ...]
    asks: tuple[str, ...] | None
    """What its guards ask of a call and those of others do not; null where they are not recorded."""
    made: Made | None
    """How its graphs are to the others'; null where they were not read."""
    graph: TextDifference | None
    """With `--diff`: how its graph differs from the one whose guard failed."""


@dataclass(frozen=True)
class Chain:
    """A function that was compiled more than once."""

    frame: str
    """What its compile ids share."""
    function: str
    place: Frame | None
    seconds: float
    """Of the recompiles, without the first compile."""
    untimed: int
    """Recompiles that `seconds` leaves out: how long they took is not recorded."""
    advice: tuple[Advice, ...] | None
    """What would have spared some of them; null where the guards that this takes are not recorded."""
    causes: tuple[Cause, ...]
    """Most recompiles first."""
    compilations: tuple[CompileOfChain, ...]

    @classmethod
    def of(
        cls,
        chain: RecompileChain,
        graphs: Mapping[str, TextDifference],
        asked: Asked,
        made: Mapping[str, Made],
    ) -> Chain:
        """A chain; what is beside it by compile id."""
        return cls(
            chain.frame,
            chain.function,
            chain.place,
            chain.seconds,
            chain.untimed,
            chain.advice,
            tuple(Cause(*item) for item in chain.culprits),
            tuple(
                CompileOfChain(
                    *(row.compile_id, row.times.seconds, row.times, row.status, row.failures),
                    asked.get(row.compile_id),
                    made.get(row.compile_id),
                    graphs.get(row.compile_id),
                )
                for row in chain.rows
            ),
        )


@dataclass(frozen=True)
class RecompilesDocument:
    """Functions that were compiled again, each with all the times it was."""

    recompiles: tuple[Chain, ...]
    verdicts: tuple[Verdict, ...] = ()
    """What they cost and what would spare them, as `inspector why` says it."""


# --- time and limits ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TimesOf:
    """How long one compile id took, as torch's metrics and events say."""

    compile_id: str
    seconds: float
    times: CompileTimes


@dataclass(frozen=True)
class Phases:
    """Where the time of the compiles went."""

    phases: tuple[TimeShare, ...]
    """Longest own time first."""
    flame: FlameNode
    """The same, each phase below what called it."""
    compilations: tuple[TimesOf, ...]
    verdicts: tuple[Verdict, ...] = ()
    """What takes long and why, as `inspector why` says it."""


@dataclass(frozen=True)
class RanksDocument(RankReport):
    """How the ranks of one job differ."""

    verdicts: tuple[Verdict, ...] = ()
    """What that comes to, as `inspector why` says it."""

    @classmethod
    def of(cls, report: RankReport, verdicts: tuple[Verdict, ...]) -> RanksDocument:
        """A report with what it comes to."""
        return cls(report.ranks, report.aspects, report.normalised, report.remarks, verdicts)


@dataclass(frozen=True)
class Checked:
    """Whether limits are kept."""

    ok: bool
    """Whether all are, nothing grew, and all could be checked."""
    limits: tuple[Finding, ...]
    compile_ids: int
    logs: int
    damaged_records: int
    baseline: BaselineReport | None = None
    """What a baseline was held against; null where none was given."""


# --- what costs most ----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Why:
    """What costs most, and what was looked at."""

    verdicts: tuple[Verdict, ...]
    """What is wrong first, then by what it costs."""
    in_order: Mapping[str, str]
    """What was looked at and is fine → what it came to."""
    unknown: Mapping[str, str]
    """What could not be looked at, or not at all of it → why."""

    @classmethod
    def of(cls, answers: Sequence[Answer]) -> Why:
        """What the rules say."""
        return cls(
            ranked(answers),
            {item.topic: item.looked for item in answers if item.looked},
            {item.topic: item.unknown for item in answers if item.unknown},
        )
