"""A version of a target that a person is changing: what it was compiled to, how it differs from the one before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from inspector.model.busy import disturbed
from inspector.model.capture import Capture
from inspector.model.difference import CaptureDifference, KernelChange
from inspector.model.stage import Stage
from inspector.model.text_difference import Change

NOT_YET = "not yet"
"""Why something was not compared that is going to be."""


class Standing(StrEnum):
    """How far a version is."""

    COMPILING = "compiling"
    GOOD = "good"
    """It compiled and was called."""
    FAILED = "failed"
    OVERTAKEN = "overtaken"
    """A newer one was saved before this one was done."""


@dataclass(frozen=True)
class VersionRace:
    """Two versions, timed in turn, each in its own process."""

    ratio: float
    """Time of a compiled call of this version over the one before: below 1 this one is faster."""
    interval: tuple[float, float] | None
    """95 % interval of `ratio`, from pairs of neighbouring turns; None with too few of them."""
    turns: int
    busy: float | None = None
    """Share of the machine's processors that others used meanwhile, 0 to 1; None: not known."""

    @property
    def trusted(self) -> bool:
        """Whether others left the machine alone meanwhile."""
        return not disturbed(self.busy)

    @property
    def certain(self) -> bool:
        """Whether one of the two is faster beyond noise."""
        return self.trusted and self.interval is not None and not self.interval[0] <= 1 <= self.interval[1]


@dataclass(frozen=True)
class VersionNumbers:
    """What a compiled call of two versions comes to, held against each other."""

    elements: int
    differing: int
    beyond: int
    """Elements beyond the tolerance of their dtype."""
    max_abs: float
    max_rel: float
    unlike: tuple[str, ...] = ()
    """What differs in kind."""

    @property
    def same(self) -> bool:
        """Whether they are equal to the bit."""
        return not self.differing and not self.unlike

    @property
    def close(self) -> bool:
        """Whether none is beyond the tolerance of its dtype."""
        return not self.beyond and not self.unlike


@dataclass(frozen=True)
class Version:
    """One version; `number` counts what was saved, from 1."""

    number: int
    standing: Standing
    capture: Capture = field(default_factory=Capture)
    before: int | None = None
    """The version that it is held against: the last good one; None for the first."""
    difference: CaptureDifference | None = None
    race: VersionRace | None = None
    unraced: str = NOT_YET
    """Why there is no race."""
    numbers: VersionNumbers | None = None
    uncompared: str = NOT_YET
    """Why there are no numbers."""
    message: str = ""
    """Of one that failed: why."""
    hint: str = ""
    traceback: str = ""
    exit_code: int = 0
    files: tuple[str, ...] = ()
    """The person's own files that it comes from, as far as they are known."""
    code_after: float | None = None
    """Seconds from when its save was seen until Inductor's code was there."""
    compiled_after: float | None = None
    """… until the first call had returned."""
    raced_after: float | None = None
    """… until the first samples of a race were there."""


def kernel_counts(difference: CaptureDifference) -> tuple[int, int]:
    """How many kernels both sides have."""
    kernels = [item for pair in difference.compilations for item in pair.kernels]
    return sum(len(item.a) for item in kernels), sum(len(item.b) for item in kernels)


def statement_counts(difference: CaptureDifference) -> Mapping[Change, int] | None:
    """What became of the statements of kernels that both sides have, by meaning; None where no text of a kernel was
    held against another."""
    kernels = [item for pair in difference.compilations for item in pair.kernels]
    texts = [text for item in kernels for text in item.texts if text.stage is Stage.KERNEL and text.a and text.b]
    if not texts:
        return None
    return Counter(item.change for text in texts for item in text.items if not item.change.alike)


def cut_otherwise(difference: CaptureDifference) -> int:
    """How many groups of kernels are split, merged or cut otherwise."""
    kinds = (KernelChange.SPLIT, KernelChange.MERGED, KernelChange.REGROUPED)
    return sum(item.change in kinds for pair in difference.compilations for item in pair.kernels)


KEPT = 20
"""Versions whose texts are kept; of older ones what is said of them in a line."""


def with_version(versions: tuple[Version, ...], version: Version) -> tuple[Version, ...]:
    """All versions with a newer state of one, or a further one; the texts of old ones are let go."""
    found = [*(item for item in versions if item.number != version.number), version]
    found.sort(key=lambda item: item.number)
    return tuple(
        item
        if at >= len(found) - KEPT or (item.difference is None and not item.capture.artifacts)
        else replace(item, capture=Capture(), difference=None)
        for at, item in enumerate(found)
    )
