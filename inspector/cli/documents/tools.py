"""What the verbs say that are not about one capture: targets, words, lessons, packs, this machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from inspector.explain.table import Meaning
from inspector.lessons.truth import StepChecked
from inspector.model.difference import TextDifference
from inspector.model.history import History, HistoryDifference
from inspector.model.library import KeptCapture
from inspector.model.sweep import PointResult
from inspector.study.document import ReportValue


@dataclass(frozen=True)
class TargetData:
    """A built-in target."""

    name: str
    summary: str
    description: str
    batch: int
    seq: int
    warning: str
    """What to know before starting it; mostly empty."""


@dataclass(frozen=True)
class Targets:
    """The built-in targets."""

    targets: tuple[TargetData, ...]


@dataclass(frozen=True)
class Explained:
    """What a word means; it may mean several things."""

    entries: tuple[Meaning, ...]


@dataclass(frozen=True)
class Check:
    """One thing that was looked at."""

    name: str
    ok: bool
    detail: str
    """What was found, or what is wrong."""
    advice: str = ""
    """What to install or to set, where it is not ok."""
    required: bool = True
    """Whether inspector cannot do its work without it."""


@dataclass(frozen=True)
class Doctor:
    """Whether this machine has what inspector needs."""

    ok: bool
    checks: tuple[Check, ...]


@dataclass(frozen=True)
class PrivateUse:
    """What inspector needs some of torch's private parts for."""

    name: str
    files: tuple[str, ...]
    """Of inspector's, below `inspector/worker/`."""
    parts: tuple[str, ...]
    """`torch._inductor.scheduler:Scheduler.codegen`: the module, and what it holds."""
    changed: tuple[str, ...]
    """What of them is not as inspector knows it; empty where all hold."""
    lost: str
    """What a capture loses without them."""
    test: str
    """inspector's test of what is done instead; empty where nothing is."""
    seen: tuple[str, ...]
    """Releases of torch that they were seen in."""


@dataclass(frozen=True)
class PrivateParts:
    """Which of torch's private parts hold on the torch at hand."""

    torch: str
    known: bool
    """Whether it is one of the releases that inspector was made with."""
    ok: bool
    """Whether all hold that nothing stands in for."""
    uses: tuple[PrivateUse, ...]


@dataclass(frozen=True)
class LessonData:
    """A lesson."""

    name: str
    title: str
    summary: str
    minutes: int


@dataclass(frozen=True)
class Lessons:
    """The lessons that there are."""

    lessons: tuple[LessonData, ...]


@dataclass(frozen=True)
class LessonChecked:
    """Whether what a lesson says is true here."""

    lesson: str
    holds: bool
    verdicts: tuple[StepChecked, ...]


@dataclass(frozen=True)
class Pack:
    """A pack that was just made."""

    pack: str
    """Its folder."""
    trust: str
    """The hash that `load_pack` takes."""
    manifest: Mapping[str, Any]
    """What it was made with; docs/bundle.md has no part in it, `inspector.load_pack` checks it."""
    notes: tuple[str, ...]


@dataclass(frozen=True)
class StudyReport:
    """The numbers of a study's report, in full precision."""

    title: str
    values: tuple[ReportValue, ...]
    notes: tuple[str, ...]
    """What was left out of it, and other things that a reader must know."""


@dataclass(frozen=True)
class SweepDocument:
    """A sweep's results, each with its raw samples, and what they say together."""

    results: tuple[PointResult, ...]
    values: tuple[ReportValue, ...]
    notes: tuple[str, ...]
    """What could not be read, and other things that a reader must know."""


@dataclass(frozen=True)
class KeptData:
    """One capture of the library."""

    capture: KeptCapture
    path: str
    """Its bundle."""
    found_in: tuple[str, ...] = ()
    """Of `library search`, where its words stand: `kernel cpp_fused_softmax_0`."""


@dataclass(frozen=True)
class LibraryDocument:
    """Captures of the library."""

    captures: tuple[KeptData, ...]


@dataclass(frozen=True)
class HistoriesDocument:
    """A target over time, a history for each machine, device and mode."""

    histories: tuple[History, ...]
    differences: tuple[HistoryDifference, ...] = ()
    """Of the two captures around each change, each pair once."""


@dataclass(frozen=True)
class TextDifferences:
    """The lines that differ, of one stage or one kernel."""

    texts: tuple[TextDifference, ...]
