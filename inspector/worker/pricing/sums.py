"""Stretches and samples of many calls, added up by the statement of the generated code that they belong to."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from inspector.model.price import PartKind, Sampled, Site, Spot
from inspector.model.profile import Work
from inspector.worker.kernels import LoadedKernel, kernels_of
from inspector.worker.pricing.callers import Callers
from inspector.worker.pricing.clocking import OUTSIDE, Clocked, ClockedPlace, ClockedStatement, Stretch
from inspector.worker.pricing.images import Images
from inspector.worker.pricing.sampling import Sample

_OPENMP = ("libgomp", "libomp", "libiomp")
_CONFIDENCE = 1.96
"""Standard errors that hold 95 % of what chance does."""


@dataclass
class _Sum:
    """One statement, all its stretches so far."""

    stretches: int = 0
    nanoseconds: int = 0
    squares: float = 0.0
    """Of the nanoseconds of each call of the target."""
    sampled_nanoseconds: int = 0
    main: int = 0
    waiting: int = 0
    working: int = 0
    strays: int = 0
    spots: Counter[tuple[str, int, str, bool]] = field(default_factory=Counter)
    """Binary, address, library below it, whether in OpenMP's runtime."""


class Sums:
    """What was measured so far.

    Args:
        clocked: the generated code.
        main: the thread that calls.
    """

    def __init__(self, clocked: Clocked, main: int) -> None:
        self.calls = 0
        """That were clocked and not sampled."""
        self.seconds = self.sampled_seconds = 0.0
        """Of the calls that were clocked, and of those that were sampled too."""
        self.sampled_calls = self.samples = 0
        self._clocked, self._main = clocked, main
        self._sums: dict[ClockedPlace, _Sum] = {}
        self._kernels: list[dict[str, LoadedKernel]] = [
            {kernel.name: kernel for kernel in kernels_of(module, compile_id)} for compile_id, module in clocked.modules
        ]
        self._callers = Callers(kernel.so for kernels in self._kernels for kernel in kernels.values())

    def add(self, stretches: Sequence[Stretch]) -> None:
        """One call that was clocked alone."""
        self.calls += 1
        self.seconds += (stretches[-1].end - stretches[0].start) / 1e9
        taken: Counter[ClockedPlace] = Counter()
        for start, end, place in stretches:
            taken[place] += end - start
            self._sum(place).stretches += 1
        for place, nanoseconds in taken.items():
            found = self._sum(place)
            found.nanoseconds += nanoseconds
            found.squares += float(nanoseconds) ** 2

    def add_sampled(self, calls: Sequence[Sequence[Stretch]], samples: Sequence[Sample], images: Images) -> None:
        """Calls that were sampled too; samples from before and after them count nowhere."""
        self.sampled_calls += len(calls)
        stretches = [stretch for call in calls for stretch in call]
        self.sampled_seconds += sum(stretch.end - stretch.start for stretch in stretches) / 1e9
        for start, end, place in stretches:
            self._sum(place).sampled_nanoseconds += end - start
        starts = [stretch.start for stretch in stretches]
        for sample in samples:
            number = bisect_right(starts, sample.time) - 1
            if number >= 0 and sample.time < stretches[number].end:
                self.samples += 1
                self._add_sample(stretches[number].place, sample, images)

    def _sum(self, place: ClockedPlace) -> _Sum:
        return self._sums.setdefault(place, _Sum())

    def _add_sample(self, place: ClockedPlace, sample: Sample, images: Images) -> None:
        found, image = self._sum(place), images.of(sample.address)
        statement = self._clocked.statement(place) if place != OUTSIDE else ClockedStatement(PartKind.OUTSIDE, "")
        waiting = Path(image.file).name.startswith(_OPENMP)
        if sample.thread == self._main:
            found.main += 1
            found.waiting += waiting
        found.working += not waiting
        file, address, below = image.file, 0, ""
        if self._callers.holds(image.file, sample.address - image.bias):
            address = sample.address - image.bias
        elif statement.part is PartKind.KERNEL and not waiting:
            called = self._callers.above(sample.callers, images)
            if called is not None:
                below, (file, address) = image.file, called
        if address:
            own = self._kernels[place.module].get(statement.name) if place != OUTSIDE else None
            found.strays += own is None or str(own.so) != file
        found.spots[file, address, below, waiting] += 1

    def frozen(self, works: Mapping[ClockedPlace, Work]) -> tuple[tuple[Site, ...], tuple[Spot, ...]]:
        """The statements in the order of the code, what lies around them first, and the samples of each."""
        places = sorted(self._sums)
        sites = tuple(self._site(place, works.get(place)) for place in places)
        spots = (
            Spot(number, file, address, count, below, waiting)
            for number, place in enumerate(places)
            for (file, address, below, waiting), count in self._sums[place].spots.most_common()
        )
        return sites, tuple(spots)

    def _site(self, place: ClockedPlace, work: Work | None) -> Site:
        found, calls = self._sums[place], self.calls
        statement = self._clocked.statement(place) if place != OUTSIDE else ClockedStatement(PartKind.OUTSIDE, "")
        mean = found.nanoseconds / calls
        variance = max(0.0, found.squares / calls - mean**2)
        error = _CONFIDENCE * math.sqrt(variance / (calls - 1)) / 1e9 if calls > 1 else None
        return Site(
            statement.part,
            statement.name,
            self._clocked.file(place),
            place.line,
            found.stretches / calls if place != OUTSIDE else 1.0,
            mean / 1e9,
            error,
            Sampled(found.main, found.waiting, found.working, found.strays, found.sampled_nanoseconds / 1e9),
            work,
            self._clocked.modules[place.module][0] if place != OUTSIDE else "",
        )
