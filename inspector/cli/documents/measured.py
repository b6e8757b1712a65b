"""What was measured of a target: times, profiles, differences of results, a cold start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from inspector.cli.documents.shapes import extended
from inspector.edits.experiments import KernelExperiment
from inspector.model.capture import Capture
from inspector.model.compile_time import ColdStart, CompilePart
from inspector.model.edit import KernelEdit
from inspector.model.latency import LatencyRun
from inspector.model.numerics import Numerics
from inspector.model.price import Cost, Price
from inspector.model.profile import Limit, Profile, ProfileRow, SideProfile
from inspector.model.request import CaptureRequest
from inspector.price import Joined, rows_by
from inspector.say import price as say_price
from inspector.say import profile as say
from inspector.say.levers import Lever
from inspector.why.verdict import Verdict

T = TypeVar("T", bound="MeasuredData")


@dataclass(frozen=True)
class MeasuredData:
    """What was measured, and how it was made."""

    target: Mapping[str, Any]
    request: CaptureRequest | None
    environment: Mapping[str, Any]
    cache: str
    """How it was started: `kept`, `cold` or `warm`; empty where that is not recorded."""
    warnings: tuple[str, ...]
    """What whoever sees it has to know of the target, a sentence each."""

    @classmethod
    def made(cls: type[T], capture: Capture, **found: Any) -> T:
        """What was found of a capture."""
        return cls(
            target=capture.target,
            request=capture.request,
            environment=capture.environment,
            cache=capture.cache_mode,
            warnings=capture.warnings,
            **found,
        )


@dataclass(frozen=True)
class LatencyDocument(MeasuredData):
    """Eager against compiled, by the clock."""

    runs: tuple[LatencyRun, ...]


@dataclass(frozen=True)
class Deviations(MeasuredData):
    """How far compiled results are from eager's."""

    numerics: tuple[Numerics, ...]


@dataclass(frozen=True)
class EditsDocument(MeasuredData):
    """A kernel, what can be tried with it, and what became of texts that were."""

    kernel: str
    compile_id: str
    text: str
    """The compiler's own."""
    experiments: tuple[KernelExperiment, ...]
    """Those that apply to it."""
    edits: tuple[KernelEdit, ...]
    said: tuple[str, ...]
    """Of each edit, the line that says what became of it."""


# --- profiles -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class RowOfSide(ProfileRow):
    """One operator or kernel within one side."""

    share: float
    """Its own part of the side, 0 to 1."""
    limit: Limit | None
    """The least that it can take; null where that is not known."""


@dataclass(frozen=True)
class SideData(SideProfile):
    """One side: eager or compiled."""

    rows: tuple[RowOfSide, ...]
    """Longest own time first."""

    @classmethod
    def of(cls, profile: Profile, side: SideProfile) -> SideData:
        rows = tuple(extended(RowOfSide, row, share=side.share(row), limit=profile.limit(row)) for row in side.rows)
        return cls(side.calls, side.seconds, side.undisturbed, rows)


@dataclass(frozen=True, kw_only=True)
class ProfileData(Profile):
    """One shape, eager against compiled."""

    eager: SideData
    compiled: SideData
    verdict: str
    """What is to be said about the whole call, where eager or the host leaves nothing to gain; else empty."""
    doubt: str
    """Why the times are not to be trusted, as the rest of a sentence; empty where the machine was quiet."""
    guarding: str
    """What Dynamo's guards take of a compiled call, in a sentence without its full stop; empty where none was seen."""
    no_limit: str
    """Why no share of a limit can be told, as the rest of a sentence; empty where it can."""
    uncounted: str
    """What was not counted, in a sentence without its full stop; empty where all was."""

    @classmethod
    def of(cls, profile: Profile) -> ProfileData:
        """A profile with what follows from it."""
        said = {
            "verdict": say.verdict(profile),
            "doubt": say.doubt(profile),
            "guarding": say.guarding(profile),
            "no_limit": say.no_limit(profile),
            "uncounted": say.uncounted(profile),
        }
        whole = extended(cls, profile, **said)
        object.__setattr__(whole, "eager", SideData.of(profile, profile.eager))
        object.__setattr__(whole, "compiled", SideData.of(profile, profile.compiled))
        return whole


@dataclass(frozen=True)
class ProfilesDocument(MeasuredData):
    """Where the time of one call goes."""

    profiles: tuple[ProfileData, ...]
    verdicts: tuple[Verdict, ...] = ()
    """What a call loses and to what, as `inspector why` says it."""


# --- prices -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class CostData(Cost):
    """What one place costs. Times are in seconds a call; `own` of all rows adds up to what the rows are known of."""

    share: float
    """Its part of a call, 0 to 1."""


@dataclass(frozen=True, kw_only=True)
class PriceData(Price):
    """One shape: as it was measured, and as rows."""

    rows: tuple[CostData, ...]
    dearest: str
    """The dearest row in words; empty without any."""
    said: tuple[str, ...]
    """How the numbers came about and what is wrong with them, in words."""

    @classmethod
    def of(cls, capture: Capture, price: Price, by: str) -> PriceData:
        """A price with its rows."""
        rows = rows_by(Joined(capture, price), by)
        best = say_price.dearest(rows)
        return extended(
            cls,
            price,
            rows=tuple(extended(CostData, row, share=price.share(row.seconds)) for row in rows),
            dearest=say_price.sentence_of(best, price) if best is not None else "",
            said=tuple(row.text for row in say_price.told(price)),
        )


@dataclass(frozen=True)
class PricesDocument(MeasuredData):
    """What each part of a call costs."""

    by: str
    """What a row is: `expression`, `module`, `kernel`, `statement`, `instruction`, `part` or `node`."""
    prices: tuple[PriceData, ...]


# --- a cold start -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ColdStarts:
    """A target's cold start taken apart; with `--cures`, other ways to start it too."""

    starts: tuple[ColdStart, ...]
    levers: Mapping[CompilePart, tuple[Lever, ...]]
    """Part → what would avoid it."""
