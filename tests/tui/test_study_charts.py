"""What charts draw: ranges, ticks, lines, marks and bars, read from the rows that they make."""

from __future__ import annotations

import math

import pytest
from rich.segment import Segment
from textual.color import Color

from inspector.study.document import Figure, Series
from inspector.tui.panes.palette import Palette
from inspector.tui.printable import Printable
from inspector.tui.study.axes import Axis, value_axis, written
from inspector.tui.study.bars import draw_bars
from inspector.tui.study.lines import draw_lines
from inspector.tui.study.series import ChartLook
from inspector.tui.widgets import glyphs as alphabet

PALETTE = Palette({}, dark=True, ansi=False)


def rows(figure: Figure, width: int = 60, height: int = 16) -> list[str]:
    draw = draw_bars if figure.bars else draw_lines
    strips = draw(figure, width, height, ChartLook(PALETTE, figure))
    assert [strip.cell_length for strip in strips] == [width] * height, "every row is as wide as it should be"
    return [strip.text for strip in strips]


def line(*y: float, label: str = "eager", first: int = 1) -> Series:
    return Series(label, tuple(float(first + place) for place in range(len(y))), y)


@pytest.mark.parametrize(
    ("axis", "most", "ticks"),
    [
        (Axis(0, 100), 6, [0, 20, 40, 60, 80, 100]),
        (Axis(2, 41), 5, [10, 20, 30, 40]),
        (Axis(0.05, 12, log=True), 9, [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10]),
        (Axis(0.05, 12, log=True), 4, [0.1, 1, 10]),
        (Axis(1e-6, 1e3, log=True), 3, [1e-4, 1]),
        (Axis(0.18, 0.19, log=True), 3, [0.18, 0.185, 0.19]),
    ],
)
def test_ticks_are_round_and_no_more_than_there_is_room_for(axis: Axis, most: int, ticks: list[float]) -> None:
    assert axis.ticks(most) == pytest.approx(ticks)


@pytest.mark.parametrize(
    ("value", "label", "words"),
    [
        (0.2, "step (s)", "200 ms"),
        (10.0, "total (s)", "10 s"),
        (0.0, "total (s)", "0"),
        (0.5, "eager ÷ compiled", "0.5"),
        (150.0, "token", "150"),
        (20000.0, "count", "20,000"),
        (100.0, "count", "100"),
    ],
)
def test_values_carry_their_unit(value: float, label: str, words: str) -> None:
    assert written(value, label) == words


def test_a_range_begins_at_zero_and_takes_in_everything() -> None:
    axis = value_axis([3.0, 9.0], log=False)
    assert axis.low == 0 and axis.share(9.0) < 1
    log = value_axis([0.01, 10.0], log=True)
    assert log.log and 0 < log.share(0.01) < log.share(0.1) < log.share(10.0) < 1
    assert log.share(0.1) == pytest.approx(1 / 3, abs=0.05), "decades are equally long"


@pytest.mark.parametrize("values", [[], [0.0], [0.0, 0.0], [5.0], [-1.0, 2.0]])
@pytest.mark.parametrize("log", [False, True])
def test_no_values_break_a_range(values: list[float], log: bool) -> None:
    axis = value_axis(values, log=log)
    assert axis.low < axis.high
    assert all(math.isfinite(axis.share(value)) for value in values)


def test_a_line_rises_from_the_left_to_the_right() -> None:
    figure = Figure("Wall time", "token", "since the prompt (s)", (line(*range(1, 41)),))
    picture = rows(figure)
    assert picture[0].split() == ["since", "the", "prompt", "●", "eager"]
    body = picture[1:-2]
    first = [
        min(place for place, sign in enumerate(row) if sign == "●" or "⠀" < sign <= "⣿") for row in body if _drawn(row)
    ]
    assert first == sorted(first, reverse=True), "the higher the row, the further right it begins"
    assert "40 s" in "".join(body) and "token" in picture[-1] and " 20 " in picture[-1]


def _drawn(row: str) -> bool:
    return any(sign == "●" or "⠀" < sign <= "⣿" for sign in row)


def test_series_are_told_apart_without_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    figure = Figure("t", "token", "step (s)", (line(*[1.0] * 40), line(*[5.0] * 40, label="decode")))
    picture = rows(figure)
    assert any("●" in row and "■" not in row for row in picture[1:])
    assert any("■" in row and "●" not in row for row in picture[1:])
    monkeypatch.setattr("inspector.tui.study.series.glyphs", lambda: alphabet.ASCII)
    monkeypatch.setattr("inspector.tui.study.lines.glyphs", lambda: alphabet.ASCII)
    monkeypatch.setattr("inspector.tui.printable.glyphs", lambda: alphabet.ASCII)
    plain = [segment.text for segment in Printable().apply(list(map(Segment, rows(figure))), Color(0, 0, 0))]
    assert all(row.isascii() for row in plain)
    assert any("oooo" in row for row in plain) and any("****" in row for row in plain)


def test_the_break_even_stands_where_it_is_with_its_words() -> None:
    series = (line(*[float(n) for n in range(1, 101)]),)
    marks = ((25.0, "decode predicted 25"), (75.0, "decode seen 75"))
    picture = rows(Figure("t", "token", "s (s)", series, marks=marks), width=100)
    assert "decode predicted 25" in picture[1] and "decode seen 75" in picture[2]
    bottom = picture[-3]
    left, right = (place for place, sign in enumerate(bottom) if sign == "┊")
    ticks = {place: sign for place, sign in enumerate(picture[-2]) if sign == "┬"}
    twenty, eighty = picture[-1].index("20"), picture[-1].index("80")
    assert twenty < left < (twenty + eighty) // 2 < right < eighty, (left, right, ticks)


def test_words_of_a_mark_stay_inside() -> None:
    series = (line(*[float(n) for n in range(1, 51)]),)
    picture = rows(Figure("t", "token", "s (s)", series, marks=((50.0, "decode seen 50"),)), width=60)
    assert "decode seen 50" in picture[1]


def test_places_with_names_have_their_points_above_them() -> None:
    figure = Figure(
        "t", "batch", "step (s)", (Series("eager", (0.0, 1.0, 2.0), (1.0, 2.0, 4.0)),), ticks=("1", "8", "32")
    )
    picture = rows(figure)
    names = picture[-1]
    for name, row in zip(("1", "8", "32"), (row for row in reversed(picture[1:-2]) if "●" in row), strict=True):
        assert abs(row.index("●") - names.index(name)) <= 1


@pytest.mark.parametrize("size", [(10, 5), (60, 3), (19, 30), (30, 4), (200, 50), (60, 1)])
@pytest.mark.parametrize("bars", [False, True])
def test_any_size_is_filled(size: tuple[int, int], bars: bool) -> None:
    series = (Series("a", (0.0, 1.0), (1.0, 2.0)), Series("b", (1.0,), (3.0,)))
    assert rows(Figure("t", "x", "y (s)", series, ticks=("one", "two"), bars=bars), *size)


def test_a_figure_of_one_point_and_one_of_none() -> None:
    assert any("●" in row for row in rows(Figure("t", "token", "s (s)", (line(1.0),)))[1:])
    assert not any("●" in row for row in rows(Figure("t", "token", "s (s)", (Series("eager", (), ()),)))[1:])


# --- bars -------------------------------------------------------------------------------------------------------


CURES = Figure(
    "First result",
    "prepared with",
    "first result (s)",
    (Series("importing torch", (0.0, 1.0), (1.0, 1.0)), Series("rest", (0.0, 1.0), (1.0, 19.0))),
    ticks=("pack", "cold"),
    bars=True,
    stacked=True,
)


def test_stacked_bars_are_as_long_as_their_sum() -> None:
    picture = rows(CURES, 80, 6)
    pack, cold = picture[1], picture[2]
    assert pack.startswith("pack") and "2 s" in pack and "20 s" in cold
    assert cold.count("█") == pack.count("█")
    length = {name: row.count("█") + row.count("▒") for name, row in (("pack", pack), ("cold", cold))}
    assert length["cold"] / length["pack"] == pytest.approx(10, rel=0.15)


def test_bars_are_thicker_where_there_is_room() -> None:
    picture = rows(CURES, 80, 12)
    assert sum("█" in row for row in picture[1:]) == 6
    assert sum("pack" in row for row in picture) == 1


def test_each_series_has_a_bar_of_its_own_unless_stacked() -> None:
    series = (Series("calls", (0.0,), (98.0,)), Series("bodies", (0.0,), (16.0,)), Series("none", (0.0,), (0.0,)))
    picture = rows(Figure("t", "way", "count", series, ticks=("whole",), bars=True), 60, 8)
    counts = [sum(sign in "█▒░" for sign in row) for row in picture[1:-2]]
    assert counts[0] > counts[1] > 0
    assert [word for row in picture[1:6] for word in ("98", "16", "0") if row.rstrip().endswith(f" {word}")]


def test_bars_for_which_there_is_no_room_are_counted() -> None:
    places = tuple(float(place) for place in range(12))
    figure = Figure("t", "x", "count", (Series("a", places, places),), ticks=tuple("abcdefghijkl"), bars=True)
    picture = rows(figure, 60, 9)
    assert "7 more: v shows the table" in "\n".join(picture)
    assert sum(row[:1] in "abcdefghijkl" for row in picture if row[:1].strip()) >= 5


def test_of_two_equal_lines_both_are_seen() -> None:
    equal = tuple(Series(label, (0.0, 1.0), (1.0, 2.0)) for label in ("decode", "prefill+decode"))
    picture = "\n".join(rows(Figure("t", "batch", "step (s)", equal, ticks=("1", "8")))[1:])
    assert (picture.count("●"), picture.count("■")) == (2, 2)
