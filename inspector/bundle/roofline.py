"""The roofline of a profile as a picture: intensity across, operations a second up, both logarithmic.

A picture of our own, as the pages' others are: it needs two lines and some dots, and no plotting library outside the
study. Everything that comes from a profile is escaped.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from html import escape
from typing import NamedTuple

from inspector.model.profile import Ceilings, Limit, Part, Profile, ProfileRow

_WIDTH, _HEIGHT = 900, 560
_LEFT, _RIGHT, _TOP, _BOTTOM = 80, 30, 60, 60
_COLOURS = {"eager": "#b45309", "compiled": "#0369a1"}
_NAMED = 8
"""Dots of each side that carry their name: those that take longest."""


class Dot(NamedTuple):
    """One operator or kernel."""

    side: str
    name: str
    intensity: float
    """Operations for each byte."""
    rate: float
    """Operations a second."""
    share: float
    """Of its side's time."""
    limit: Limit


def dots(profile: Profile) -> list[Dot]:
    """Every row whose operations and time are known, those that take longest first."""
    found = []
    for side, rows in (("eager", profile.eager), ("compiled", profile.compiled)):
        for row in rows.rows:
            limit = profile.limit(row)
            if limit is not None and limit.intensity and limit.rate and row.part is not Part.RUNTIME:
                found.append(Dot(side, _name(row), limit.intensity, limit.rate, rows.share(row), limit))
    return sorted(found, key=lambda dot: -dot.share)


def roofline_svg(profile: Profile) -> str:
    """The picture, complete; without ceilings or dots it says so."""
    found, ceilings = dots(profile), profile.ceilings
    body = (
        list(_drawn(profile, found, ceilings)) if found and ceilings else [_text(_LEFT, _HEIGHT / 2, "Nothing known")]
    )
    title = _text(_LEFT, 28, f"Roofline · {profile.shape}", size=18)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" '
        f'role="img" aria-label="Roofline">\n<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>\n'
        + "\n".join([title, *body])
        + "\n</svg>\n"
    )


def _drawn(profile: Profile, found: list[Dot], ceilings: Ceilings) -> Iterator[str]:
    dtypes = dict.fromkeys(
        row.work.dtype for side in (profile.eager, profile.compiled) for row in side.rows if row.work is not None
    )
    peaks = {name: peak for name in dtypes if (peak := ceilings.peak(name)) is not None} or {"": 0.0}
    ridge = max(peaks.values()) / ceilings.bandwidth or 1.0
    low = math.floor(math.log10(min([*(dot.intensity for dot in found), ridge])))
    high = math.ceil(math.log10(max([*(dot.intensity for dot in found), ridge])) + 0.3)
    bottom = math.floor(math.log10(min(dot.rate for dot in found)))
    top = math.ceil(math.log10(max([*(dot.rate for dot in found), *peaks.values()])) + 0.1)

    def x(value: float) -> float:
        return _LEFT + (math.log10(value) - low) / (high - low) * (_WIDTH - _LEFT - _RIGHT)

    def y(value: float) -> float:
        return _HEIGHT - _BOTTOM - (math.log10(value) - bottom) / (top - bottom) * (_HEIGHT - _TOP - _BOTTOM)

    for power in range(low, high + 1):
        yield _line(x(10.0**power), _TOP, x(10.0**power), _HEIGHT - _BOTTOM, colour="#e5e7eb")
        yield _text(x(10.0**power), _HEIGHT - _BOTTOM + 20, _power(power), anchor="middle")
    for power in range(bottom, top + 1):
        yield _line(_LEFT, y(10.0**power), _WIDTH - _RIGHT, y(10.0**power), colour="#e5e7eb")
        yield _text(_LEFT - 8, y(10.0**power) + 4, _power(power), anchor="end")
    yield _text(_WIDTH / 2, _HEIGHT - 14, "floating-point operations for each byte", anchor="middle")
    yield _text(_LEFT, _TOP - 10, "floating-point operations a second")
    begin = max(10.0**low, 10.0**bottom / ceilings.bandwidth)
    for name, peak in peaks.items():
        turn = min(max(peak / ceilings.bandwidth, begin), 10.0**high)
        yield _line(
            x(begin), y(begin * ceilings.bandwidth), x(turn), y(turn * ceilings.bandwidth), colour="#374151", width=2
        )
        if peak:
            yield _line(x(turn), y(peak), x(10.0**high), y(peak), colour="#374151", width=2)
            yield _text(_WIDTH - _RIGHT, y(peak) - 6, f"{name} {peak / 1e9:.3g} Gflop/s", anchor="end")
    yield _text(x(begin) + 6, y(begin * ceilings.bandwidth) - 70, f"memory {ceilings.bandwidth / 1e9:.3g} GB/s")
    named = {"eager": 0, "compiled": 0}
    written: list[tuple[float, float]] = []
    """Where names stand, so that no two stand over one another."""
    for dot in found:
        radius = 4 + 14 * math.sqrt(max(0.0, min(1.0, dot.share)))
        words = f"{dot.side}: {dot.name}, {dot.share:.1%} of the time, {dot.limit.share:.0%} of the limit"
        yield (
            f'<circle cx="{x(dot.intensity):.1f}" cy="{y(dot.rate):.1f}" r="{radius:.1f}" fill="{_COLOURS[dot.side]}" '
            f'fill-opacity="0.55"><title>{_shown(words)}</title></circle>'
        )
        if named[dot.side] < _NAMED:
            named[dot.side] += 1
            right = x(dot.intensity) > _WIDTH * 0.7
            place = x(dot.intensity) + (-radius - 3 if right else radius + 3)
            height = y(dot.rate) + 4
            while any(abs(height - other) < 14 and abs(place - at) < 220 for at, other in written):
                height -= 14
            written.append((place, height))
            yield _text(place, height, dot.name, anchor="end" if right else "start", colour=_COLOURS[dot.side])
    for number, side in enumerate(_COLOURS):
        yield f'<circle cx="{_WIDTH - 190 + 90 * number}" cy="24" r="6" fill="{_COLOURS[side]}"/>'
        yield _text(_WIDTH - 178 + 90 * number, 29, side)


def _name(row: ProfileRow) -> str:
    name = row.name
    return name if len(name) <= 40 else f"{name[:39]}…"


def _power(power: int) -> str:
    return f"1e{power}" if abs(power) > 2 else f"{10.0**power:g}"


def _line(x1: float, y1: float, x2: float, y2: float, *, colour: str, width: int = 1) -> str:
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" stroke-width="{width}"/>'


def _text(x: float, y: float, text: str, *, anchor: str = "start", size: int = 13, colour: str = "#111827") -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{colour}">{_shown(text)}</text>'
    )


def _shown(text: str) -> str:
    """A text from a profile, without what is no letter and with what means something in XML escaped."""
    return escape("".join(letter if letter.isprintable() else "·" for letter in text))
