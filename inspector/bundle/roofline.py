"""The roofline of a profile as a picture: intensity across, operations a second up, both logarithmic.

A picture of our own, as the pages' others are: it needs two lines and some dots, and no plotting library outside the
study. Everything that comes from a profile is escaped.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from html import escape

from inspector.model.profile import Profile
from inspector.model.roofline import Roofline, roofline
from inspector.say import units
from inspector.say.profile import no_limit
from inspector.say.units import amount

_WIDTH, _HEIGHT = 900, 560
_LEFT, _RIGHT, _TOP, _BOTTOM = 80, 30, 60, 60
_COLOURS = {"eager": "#b45309", "compiled": "#0369a1"}
_NAMED = 8
"""Dots of each side that carry their name: those that take longest."""


def roofline_svg(profile: Profile) -> str:
    """The picture, complete; without ceilings or dots it says so."""
    found = roofline(profile)
    body = (
        list(_drawn(found))
        if found is not None
        else [_text(_LEFT, _HEIGHT / 2, f"Nothing known: {no_limit(profile) or 'no operations'}")]
    )
    title = _text(_LEFT, 28, f"Roofline · {profile.shape}", size=18)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" font-family="sans-serif" '
        f'role="img" aria-label="Roofline">\n<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#ffffff"/>\n'
        + "\n".join([title, *body])
        + "\n</svg>\n"
    )


def _drawn(found: Roofline) -> Iterator[str]:
    low, high = found.across
    bottom, top = found.up

    def x(value: float) -> float:
        return _LEFT + found.place(value, 1.0)[0] * (_WIDTH - _LEFT - _RIGHT)

    def y(value: float) -> float:
        return _HEIGHT - _BOTTOM - found.place(1.0, value)[1] * (_HEIGHT - _TOP - _BOTTOM)

    for power in range(low, high + 1):
        yield _line(x(10.0**power), _TOP, x(10.0**power), _HEIGHT - _BOTTOM, colour="#e5e7eb")
        yield _text(x(10.0**power), _HEIGHT - _BOTTOM + 20, _power(power), anchor="middle")
    for power in range(bottom, top + 1):
        yield _line(_LEFT, y(10.0**power), _WIDTH - _RIGHT, y(10.0**power), colour="#e5e7eb")
        yield _text(_LEFT - 8, y(10.0**power) + 4, _power(power), anchor="end")
    yield _text(_WIDTH / 2, _HEIGHT - 14, "floating-point operations for each byte", anchor="middle")
    yield _text(_LEFT, _TOP - 10, "floating-point operations a second")
    begin = max(10.0**low, 10.0**bottom / found.bandwidth)
    for name, peak in (found.peaks or {"": math.inf}).items():
        turn = min(max(min(peak, 10.0**top) / found.bandwidth, begin), 10.0**high)
        yield _line(x(begin), y(found.roof(begin)), x(turn), y(found.roof(turn)), colour="#374151", width=2)
        if peak < math.inf:
            yield _line(x(turn), y(peak), x(10.0**high), y(peak), colour="#374151", width=2)
            yield _text(_WIDTH - _RIGHT, y(peak) - 6, f"{name} {amount(peak, 'flop/s')}", anchor="end")
    yield _text(x(begin) + 6, y(found.roof(begin)) - 70, f"memory {amount(found.bandwidth, 'B/s')}")
    named = dict.fromkeys(_COLOURS, 0)
    written: list[tuple[float, float]] = []
    """Where names stand, so that no two stand over one another."""
    for dot in found.dots:
        radius = 4 + 14 * math.sqrt(max(0.0, min(1.0, dot.share)))
        name = short(dot.row.name)
        words = (
            f"{dot.side}: {name}, {units.share(dot.share, 1)} of the time, {units.share(dot.limit.share)} of the limit"
        )
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
            yield _text(place, height, name, anchor="end" if right else "start", colour=_COLOURS[dot.side])
    for number, side in enumerate(_COLOURS):
        yield f'<circle cx="{_WIDTH - 190 + 90 * number}" cy="24" r="6" fill="{_COLOURS[side]}"/>'
        yield _text(_WIDTH - 178 + 90 * number, 29, side)


def short(name: str) -> str:
    """A name of at most 40 letters."""
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
