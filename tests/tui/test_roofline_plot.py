"""The roofline as data and as characters: what stands where."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from profilefakes import CEILINGS, ceiling, profile

from inspector.model.profile import Ceilings, Part, Profile, ProfileRow, SideProfile, Work
from inspector.model.roofline import dots, roofline
from inspector.tui.profile.plot import LEFT, Ink, marks, plot


def one(work: Work, seconds: float, ceilings: Ceilings = CEILINGS) -> Profile:
    """A single compiled kernel."""
    rows = (ProfileRow("k", Part.KERNEL, 1, seconds, seconds, "0/0", work),)
    return Profile("x", SideProfile(1, 1.0, 1.0, ()), SideProfile(1, seconds, seconds, rows), ceilings=ceilings)


def cells(
    found: object, width: int = 60, height: int = 16, **options: object
) -> dict[tuple[int, int], tuple[str, Ink]]:
    """Column and row → what stands there, blanks left out."""
    drawn = {}
    for y, row in enumerate(plot(found, width, height, **options)):  # type: ignore[arg-type]
        assert sum(len(text) for text, _ in row) == width
        x = 0
        for text, ink in row:
            for letter in text:
                if ink is not Ink.BLANK:
                    drawn[x, y] = letter, ink
                x += 1
    return drawn


def where(drawn: dict[tuple[int, int], tuple[str, Ink]], letter: str, ink: Ink) -> tuple[int, int]:
    return next(place for place, cell in drawn.items() if cell == (letter, ink))


def test_a_part_at_its_limit_lies_on_the_roof_and_a_slow_one_below() -> None:
    work = Work(1_000_000, 0, 1_000_000)
    least = 1_000_000 / CEILINGS.bandwidth
    for times, on_roof in ((1, True), (1000, False)):
        found = roofline(one(work, least * times))
        assert found is not None
        (dot,) = found.dots
        assert dot.rate == pytest.approx(found.roof(dot.intensity) / times)
        drawn = cells(found)
        x, y = where(drawn, "A", Ink.COMPILED)
        roof = [row for (column, row), (_, ink) in drawn.items() if column == x + 1 and ink is Ink.ROOF]
        assert (min(abs(row - y) for row in roof) <= 1) == on_roof


def test_roofs_slant_up_to_the_flat_one_of_each_dtype() -> None:
    found = roofline(profile())
    assert found is not None
    assert dict(found.peaks) == {"f32": 327e9}, "bf16 was measured too, but nothing is calculated in it"
    ridge = 327e9 / found.bandwidth
    assert found.roof(ridge / 10, 327e9) == pytest.approx(32.7e9)
    assert found.roof(ridge * 10, 327e9) == 327e9
    (first, last), (low, high) = found.across, found.up
    assert first <= math.log10(min(dot.intensity for dot in found.dots))
    assert last > math.log10(ridge)
    assert low <= math.log10(min(dot.rate for dot in found.dots))
    assert high > math.log10(327e9)
    roof = sorted(place for place, (_, ink) in cells(found).items() if ink is Ink.ROOF)
    (left, lowest), (right, highest) = roof[0], roof[-1]
    assert left > LEFT and right == 59
    assert lowest > highest


def test_the_chosen_part_shows_its_way_to_the_roof() -> None:
    found = roofline(one(Work(1_000_000, 0, 1_000_000), 1.0))
    assert found is not None
    assert not [ink for _, ink in cells(found).values() if ink in (Ink.GAP, Ink.CHOSEN)]
    drawn = cells(found, chosen="A")
    x, y = where(drawn, "A", Ink.CHOSEN)
    gap = [place for place, (_, ink) in drawn.items() if ink is Ink.GAP]
    assert len(gap) > 2
    assert all(column == x and row <= y for column, row in gap)


def test_letters_go_by_time_and_end_with_the_alphabet() -> None:
    found = roofline(profile())
    assert found is not None
    letters = marks(found.dots)
    assert list(letters) == ["A", "a", "b", "B", "c"]
    assert letters["A"].side == "compiled"
    many = [dot for dot in found.dots if dot.side == "eager"] * 20
    assert len(marks(many)) == 26


@pytest.mark.parametrize("size", [(20, 4), (9, 2), (80, 3), (200, 40)])
@pytest.mark.parametrize("ascii", [False, True])
def test_any_size_is_filled(size: tuple[int, int], ascii: bool) -> None:
    found = roofline(profile())
    assert found is not None
    rows = plot(found, *size, ascii=ascii)
    assert len(rows) == size[1]
    assert all(sum(len(text) for text, _ in row) == size[0] for row in rows)
    if ascii:
        assert all(text.isascii() for row in rows for text, _ in row)


def test_what_no_logarithm_has_is_left_out() -> None:
    assert roofline(replace(profile(), ceilings=None)) is None
    for seconds in (math.nan, math.inf, 0.0):
        assert not dots(one(Work(1, 1, 1), seconds))
    assert not dots(one(Work(8, 8, 0), 1.0)), "nothing is calculated"
    assert not dots(one(Work(8, 8, None), 1.0)), "nobody knows what"
    still = replace(CEILINGS, read=ceiling(0.0), copy=ceiling(0.0))
    assert not dots(one(Work(8, 8, 8), 1.0, still))
    flat = replace(CEILINGS, matmul={"f32": ceiling(math.inf)})
    found = roofline(one(Work(8, 8, 8), 1.0, flat))
    assert found is not None and not found.peaks
    assert cells(found)
