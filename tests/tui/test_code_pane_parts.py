"""What a code pane is made of: safe text, lines, rows, search, palette."""

from __future__ import annotations

import pytest

from inspector.model.artifact import Artifact, Language
from inspector.model.stage import Stage
from inspector.tui.panes.find import find
from inspector.tui.panes.lines import Lines
from inspector.tui.panes.marks import Mark, Strength
from inspector.tui.panes.palette import Palette, contrast
from inspector.tui.panes.rows import PaneRow, RowWalk
from inspector.tui.panes.text import sanitised, shown


def artifact(text: str, name: str = "a", language: Language = Language.PYTHON, focus: int = 1) -> Artifact:
    return Artifact(f"0/0:{name}", Stage.DYNAMO, "0/0", None, language, text, focus=focus)


def test_nothing_raw_reaches_the_terminal() -> None:
    nasty = "a\x1b[31mb\x07\x9b\u202e\u200b\x7f\r\tc"
    assert sanitised(nasty).isprintable() and "␛[31m" in sanitised(nasty)


def test_columns_and_cells() -> None:
    line = shown("a\t漢b")
    assert (line.text, line.width) == ("a   漢b", 7)
    assert [line.cell(col) for col in range(6)] == [0, 1, 4, 6, 7, 8]
    assert [line.column(cell) for cell in range(8)] == [0, 1, 1, 1, 2, 2, 3, 4]
    assert line.piece(1, 3) == "   漢"
    assert shown("x" * 99_999).width < 20_000


@pytest.mark.parametrize("text", ["", "\n", "a", "a\n", "a\n\n", "\n\na", "héé\n" * 70_000, ("x" * 90_000 + "\n") * 5])
def test_lines_are_what_split_makes(text: str) -> None:
    expected = text[:-1].split("\n") if text.endswith("\n") else text.split("\n")
    lines = Lines(text)
    assert len(lines) == len(expected) and lines[:] == expected
    assert lines[-1] == expected[-1] and lines[len(expected) // 2] == expected[len(expected) // 2]
    with pytest.raises(IndexError):
        lines[len(expected)]
    head = Lines(text, 1000)
    assert head[:] == expected[: len(head)] and head.complete == (len(head) == len(expected))
    assert head.estimate == pytest.approx(len(expected), rel=0.05)


def test_rows_walk_back_as_they_walk_forth() -> None:
    widths = [0, 5, 10, 11, 35, 1]
    rows = RowWalk(len(widths), lambda line: max(1, -(-widths[line - 1] // 10)))
    every = rows.from_top(PaneRow(1, 0), 99)
    assert len(every) == 1 + 1 + 1 + 2 + 4 + 1
    assert [rows.moved(every[0], i) for i in range(len(every))] == every
    assert [rows.moved(every[-1], -i) for i in range(len(every))] == every[::-1]
    assert rows.moved(every[3], 99) == every[-1] and rows.moved(every[3], -99) == every[0]
    assert rows.from_top(rows.last_top(4), 99) == every[-4:]


def test_search_places() -> None:
    text = artifact("İx aX\nax\nxxx\n")
    assert find(text, "x", case=True).places == ((1, 1, 2), (2, 1, 2), (3, 0, 1), (3, 1, 2), (3, 2, 3))
    assert find(text, "x").places[1] == (1, 4, 5), "a letter that grows in lower case shifts no column"
    assert find(text, r"^x{2}", regex=True).places == ((3, 0, 2),)
    assert find(text, r"(", regex=True).status.error.startswith("not a regular expression")
    assert find(text, r"(a+)+$", regex=True).status.error, "catastrophic patterns are refused"
    assert find(text, r"(a|b)x", regex=True).status.error == ""
    assert find(text, "q").places == () and str(find(text, "q").status) == "0/0"


def test_a_search_with_very_many_matches_is_capped() -> None:
    status = find(artifact("e\n" * 50_000), "e").status
    assert status.count == 10_000 and str(status).endswith("+")


@pytest.mark.parametrize("dark", [True, False])
@pytest.mark.parametrize("strength", list(Strength))
def test_every_token_is_legible_on_every_mark(dark: bool, strength: Strength) -> None:
    from textual.color import Color

    from inspector.highlight import Kind

    palette = Palette({}, dark=dark, ansi=False)
    for group in range(12):
        tint = palette.tint(Mark(group, strength))
        for kind in (None, *Kind):
            style = palette.text(kind, tint)
            assert style.color is not None and style.bgcolor is not None
            pair = (Color.from_rich_color(style.color), Color.from_rich_color(style.bgcolor))
            assert contrast(*pair) >= (3.5 if kind is Kind.COMMENT else 4.4)


def test_groups_differ_where_colours_are_tinted() -> None:
    palette = Palette({}, dark=True, ansi=False)
    assert len({palette.tint(Mark(group)) for group in range(12)}) == 12


def test_sixteen_colours_have_no_tints_but_glyphs_and_underlines() -> None:
    palette = Palette({"background": "ansi_default", "foreground": "ansi_default"}, dark=True, ansi=True)
    assert palette.tint(Mark(0, Strength.ANCHOR)) is None
    assert palette.gutter(Mark(0), None).color != palette.gutter(Mark(1), None).color
