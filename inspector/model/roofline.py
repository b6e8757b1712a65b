"""The roofline of a profile as data: what stands where, before anybody draws it.

Operations for each byte lie across, operations a second up, both logarithmic. A part lies below the slanting roof of
the memory and the flat one of its dtype's matrix products (Williams, Waterman, Patterson: Roofline, CACM 2009).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import NamedTuple

from inspector.model.profile import Limit, Part, Profile, ProfileRow


class Dot(NamedTuple):
    """One operator or kernel."""

    side: str
    """`eager` or `compiled`."""
    row: ProfileRow
    intensity: float
    """Operations for each byte."""
    rate: float
    """Operations a second."""
    share: float
    """Of its side's time."""
    limit: Limit


class Roofline(NamedTuple):
    """The dots, the roofs, and what of the plane they need."""

    dots: tuple[Dot, ...]
    """Those that take longest first."""
    bandwidth: float
    """Bytes a second: the slope of the slanting roof."""
    peaks: Mapping[str, float]
    """dtype → operations a second: the flat roofs of what is calculated here."""
    across: tuple[int, int]
    """First and last power of ten of the intensity."""
    up: tuple[int, int]
    """First and last power of ten of the rate."""

    def place(self, intensity: float, rate: float) -> tuple[float, float]:
        """Where a point lies: from 0, at the left and at the bottom, to 1."""
        return _within(intensity, self.across), _within(rate, self.up)

    def roof(self, intensity: float, peak: float = math.inf) -> float:
        """Operations a second that are possible at an intensity; without a peak, by the memory alone."""
        return min(intensity * self.bandwidth, peak)


def dots(profile: Profile) -> tuple[Dot, ...]:
    """Every row whose operations and time are known, those that take longest first."""
    found = []
    for side, rows in (("eager", profile.eager), ("compiled", profile.compiled)):
        for row in rows.rows:
            limit = profile.limit(row)
            if limit is None or row.part is Part.RUNTIME or not _drawable(limit.intensity, limit.rate):
                continue
            found.append(Dot(side, row, limit.intensity or 0.0, limit.rate or 0.0, rows.share(row), limit))
    return tuple(sorted(found, key=lambda dot: -dot.share))


def roofline(profile: Profile) -> Roofline | None:
    """The picture's data; None where no quiet ceilings or no part's operations are known."""
    found, ceilings = dots(profile), profile.ceilings
    if not found or ceilings is None:
        return None
    dtypes = dict.fromkeys(dot.row.work.dtype for dot in found if dot.row.work is not None)
    peaks = {name: peak for name in dtypes if (peak := ceilings.peak(name)) is not None and _drawable(peak)}
    ridges = [peak / ceilings.bandwidth for peak in peaks.values()]
    intensities, rates = [dot.intensity for dot in found], [dot.rate for dot in found]
    across = _powers([*intensities, *ridges], above=0.3)
    return Roofline(found, ceilings.bandwidth, peaks, across, _powers([*rates, *peaks.values()], above=0.1))


def _drawable(*values: float | None) -> bool:
    """Whether all are numbers that a logarithmic axis has: a bundle may hold any."""
    return all(value is not None and 0 < value < math.inf for value in values)


def _powers(values: list[float], above: float) -> tuple[int, int]:
    low = math.floor(math.log10(min(values)))
    return low, max(low + 1, math.ceil(math.log10(max(values)) + above))


def _within(value: float, powers: tuple[int, int]) -> float:
    return (math.log10(value) - powers[0]) / (powers[1] - powers[0])
