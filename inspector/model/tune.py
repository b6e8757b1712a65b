"""A search over settings: what was tried on a target, what was left out, what came of each, and what it says."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from inspector.model.capture import Capture
from inspector.model.difference import CaptureDifference
from inspector.model.numerics import Numerics
from inspector.model.request import CaptureRequest
from inspector.model.version import VersionNumbers, VersionRace


class TuneFate(StrEnum):
    """How far a candidate came."""

    UNTRIED = "untried"
    """The time was spent before it was compiled."""
    FAILED = "failed"
    """It did not compile, or its process ended."""
    WRONG = "wrong"
    """Its results are beyond the tolerance, against eager."""
    SAME_CODE = "same_code"
    """It compiles to what there is without it."""
    OUT = "out"
    """Others were faster in a short race, or it was slower than what there is."""
    FINAL = "final"
    """It was raced again in processes of its own."""


@dataclass(frozen=True)
class Candidate:
    """One setting, or several together, beside what was asked for."""

    name: str
    """`freezing`, `cpp.simdlen=256`; of a combination those of its parts."""
    factor: str
    """What --only and --skip call it."""
    why: str
    """Why it can matter for this target, as the rest of a sentence; of a combination nothing."""
    inductor: tuple[tuple[str, str], ...] = ()
    dynamic: bool | None = None
    threads: int | None = None
    parts: tuple[str, ...] = ()
    """Of a combination, the names of its parts."""

    @property
    def in_code(self) -> bool:
        """Whether all that it changes is in the generated code: equal code is equally fast then."""
        return self.threads is None and not any(name.endswith("cudagraphs") for name, _ in self.inductor)

    @property
    def wraps(self) -> bool:
        """Whether the code around the kernels is of another kind: C++, in which the kernels are not told apart."""
        return "cpp_wrapper" in dict(self.inductor)

    def of(self, request: CaptureRequest) -> CaptureRequest:
        """What is asked for with it."""
        kept = tuple(item for item in request.inductor if item[0] not in dict(self.inductor))
        return replace(
            request,
            inductor=(*kept, *self.inductor),
            dynamic=request.dynamic if self.dynamic is None else self.dynamic,
            threads=request.threads if self.threads is None else self.threads,
        )


@dataclass(frozen=True)
class LeftOut:
    """A factor of which nothing was tried, and why."""

    factor: str
    why: str
    """The rest of a sentence."""


@dataclass(frozen=True)
class TuneStanding:
    """How fast a candidate is against what there is, from several starts, each of both."""

    ratio: float
    """Time of a call over that without the candidate: below 1 it is faster. The mean over the starts, of logarithms."""
    interval: tuple[float, float] | None
    """Of `ratio`: those of all finalists hold together with 95 %. None with too few starts."""
    starts: int
    """Starts that it is from: those that others did not disturb; all, where these are too few."""
    disturbed: int = 0
    """Starts that others disturbed."""
    trusted: bool = False
    """Whether it is from undisturbed starts alone, and enough of them."""

    @property
    def pays(self) -> bool:
        """Whether it is faster beyond noise."""
        return self.trusted and self.interval is not None and self.interval[1] < 1

    @property
    def costs(self) -> bool:
        """Whether it is slower beyond noise."""
        return self.trusted and self.interval is not None and self.interval[0] > 1


@dataclass(frozen=True)
class TuneTrial:
    """What came of a candidate."""

    candidate: Candidate
    fate: TuneFate
    message: str = ""
    """Why it failed, or what could not be compared."""
    first_call: float | None = None
    """Seconds of its first compiled call, which compiles: of several starts the median."""
    numerics: Numerics | None = None
    """Its results against eager's, and both against float64; None where they were not compared."""
    numbers: VersionNumbers | None = None
    """Its results against those without it."""
    difference: CaptureDifference | None = None
    """What was compiled, against what is compiled without it."""
    capture: Capture | None = None
    races: tuple[VersionRace, ...] = ()
    """The short ones that chose the finalists."""
    starts: tuple[VersionRace, ...] = ()
    """Of a finalist: a race in each start."""
    standing: TuneStanding | None = None

    @property
    def checked(self) -> bool:
        """Whether its results were compared with eager's, and are the same within the tolerance."""
        found = self.numerics
        return found is not None and not (found.wrong or found.chance or found.unlike or found.graphs == 0)

    @property
    def pays(self) -> bool:
        """Whether it is to be recommended: faster beyond noise, its numbers checked."""
        return self.standing is not None and self.standing.pays and self.checked


@dataclass(frozen=True)
class LinesCheck:
    """The recommended lines, run in a program of their own."""

    same: bool
    """Whether they compile to the code that was raced, up to names."""
    words: str
    """Of how much that is known, or why it is not."""


@dataclass(frozen=True)
class Tuning:
    """A search, whole."""

    request: CaptureRequest
    """What is asked for without any candidate."""
    capture: Capture
    """What that compiles to."""
    trials: tuple[TuneTrial, ...] = ()
    """In the order in which they were tried."""
    left_out: tuple[LeftOut, ...] = ()
    first_call: float | None = None
    """Seconds of the first compiled call without any candidate."""
    numerics: Numerics | None = None
    """Results without any candidate, against eager's."""
    starts: int = 0
    """How often each finalist was started, with what there is beside it."""
    forked: bool = True
    """Whether processes were forked from one that had compiled before."""
    took: float = 0.0
    """Seconds."""
    notes: tuple[str, ...] = ()
    """What a reader must know of the search itself, a sentence each."""
    recommended: str = ""
    """The name of the candidate that is; empty where none is."""
    lines: tuple[str, ...] = ()
    """What to put into one's program; of the fastest one too where a busy machine leaves it unsure."""
    check: LinesCheck | None = None

    @property
    def finalists(self) -> tuple[TuneTrial, ...]:
        """The trials that were raced to the end, the fastest first."""
        found = [trial for trial in self.trials if trial.standing is not None]
        return tuple(sorted(found, key=lambda trial: trial.standing.ratio if trial.standing is not None else 0.0))

    @property
    def busy(self) -> bool:
        """Whether others kept the machine from saying anything surely."""
        if finalists := self.finalists:
            return not any(trial.standing is not None and trial.standing.trusted for trial in finalists)
        return any(not race.trusted for trial in self.trials for race in trial.races)

    def trial(self, name: str) -> TuneTrial | None:
        return next((trial for trial in self.trials if trial.candidate.name == name), None)


@dataclass(frozen=True)
class TuneProgress:
    """Where a search stands."""

    doing: str
    """What is being compiled or raced, in words."""
    done: int
    """Candidates that are settled."""
    total: int
    elapsed: float
    budget: float


@dataclass(frozen=True)
class TrialDone:
    """A candidate was tried, or came further."""

    trial: TuneTrial
