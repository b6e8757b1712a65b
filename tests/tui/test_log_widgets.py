"""The widgets that a log is shown with, by what stands on their rows."""

from __future__ import annotations

from dataclasses import replace

import pytest
from logfakes import flame
from rich.cells import cell_len
from rich.segment import Segment
from textual import constants
from textual.app import App, ComposeResult
from textual.color import Color
from textual.widget import Widget

from inspector.model.artifact import Language
from inspector.model.difference import Change, Text, TextDifference, TextRow
from inspector.model.flame import FlameNode
from inspector.say.doc import Cell, Column, Item
from inspector.tui.printable import Printable
from inspector.tui.widgets import glyphs as alphabet
from inspector.tui.widgets.cells import fit
from inspector.tui.widgets.difference import DifferenceView
from inspector.tui.widgets.diffrows import lay_out
from inspector.tui.widgets.flame import FlameGraph
from inspector.tui.widgets.flamebars import lay_out as lay_out_bars
from inspector.tui.widgets.outline import Outline


class One(App[None]):
    """One widget, filling the screen, and what it said."""

    CSS = "Screen > * { height: 1fr; width: 1fr; }"

    def __init__(self, widget: Widget) -> None:
        super().__init__()
        self.widget = widget
        self.said: list[object] = []

    def compose(self) -> ComposeResult:
        yield self.widget

    def on_outline_chosen(self, message: Outline.Chosen) -> None:
        self.said.append(message.item.key)

    def on_outline_title_clicked(self, message: Outline.TitleClicked) -> None:
        self.said.append(message.column)

    def on_flame_graph_chosen(self, message: FlameGraph.Chosen) -> None:
        self.said.append(message.compile_id)

    def rows(self) -> list[str]:
        return [self.widget.render_line(y).text.rstrip() for y in range(self.widget.size.height)]


# --- outline ---------------------------------------------------------------------------------------------------

COLUMNS = (Column("name", 10, grow=1), Column("time", 6, right=True), Column("note", 12, rank=1))
ITEMS = tuple(
    Item(key, (Cell(key), Cell(time), Cell("a note")), depth, opens=depth == 2)
    for key, time, depth in (
        ("a", "1 s", 0),
        ("b", "2 s", 1),
        ("c", "3 s", 2),
        ("d", "4 s", 2),
        ("e", "5 s", 1),
        ("f", "", 0),
    )
)


@pytest.fixture
def outline() -> Outline:
    return Outline(empty="Nothing.")


async def test_rows_fold_and_the_cursor_keeps_to_its_row(outline: Outline) -> None:
    app = One(outline)
    async with app.run_test(size=(50, 10)) as pilot:
        outline.update_items(COLUMNS, ITEMS)
        await pilot.pause()
        assert app.rows()[0].split() == ["name", "time", "note"]
        assert app.rows()[3].split() == ["c", "3", "s", "a", "note"]
        await pilot.press("down", "down")
        await pilot.press("left")  # nothing lies in it: to the row it lies in
        assert outline.current is ITEMS[1]
        await pilot.press("left")
        assert [row.split()[1] for row in app.rows()[1:3]] == ["a", "b"]
        assert app.rows()[3].split()[0] == "e"
        outline.update_items(COLUMNS, (Item("new", (Cell("new"),)), *ITEMS))
        assert outline.current is ITEMS[1]
        assert app.rows()[4].split()[0] == "e"  # still folded
        outline.go("d")
        assert outline.current is ITEMS[3]
        await pilot.press("enter")
        await pilot.pause()
        assert app.said == ["d"]


async def test_a_full_bar_under_the_cursor_looks_full_where_there_are_few_colours(
    outline: Outline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "COLOR_SYSTEM", "standard")
    app = One(outline)
    async with app.run_test(size=(40, 4)) as pilot:
        outline.update_items((Column("of all", 20),), (Item("a", (Cell("96 %", share=1.0),)),))
        await pilot.pause()
        bar, *others = (piece for piece in outline.render_line(1) if piece.text.strip())
        assert set(bar.text) == {"█"}
        assert not bar.style.reverse
        assert all(piece.style.reverse for piece in others if piece.text.strip())


async def test_everything_folds_and_unfolds(outline: Outline) -> None:
    app = One(outline)
    async with app.run_test(size=(50, 10)) as pilot:
        outline.update_items(COLUMNS, ITEMS)
        await pilot.press("J")
        assert len([row for row in app.rows() if row]) == 3
        await pilot.press("J")
        assert len([row for row in app.rows() if row]) == 7


async def test_the_mouse_moves_folds_opens_and_sorts(outline: Outline) -> None:
    app = One(outline)
    async with app.run_test(size=(50, 10)) as pilot:
        outline.update_items(COLUMNS, ITEMS)
        await pilot.pause()
        await pilot.click(outline, offset=(8, 3))
        assert outline.current is ITEMS[2]
        await pilot.click(outline, offset=(8, 4), times=2)
        await pilot.click(outline, offset=(1, 1))
        assert [row for row in app.rows() if row][-1].split()[0] == "f"
        await pilot.click(outline, offset=(31, 0))
        await pilot.pause()
        assert app.said == ["d", "time"]


async def test_an_empty_outline_says_so(outline: Outline) -> None:
    app = One(outline)
    async with app.run_test(size=(50, 5)) as pilot:
        outline.update_items(COLUMNS, ())
        assert app.rows()[1].strip() == "Nothing."
        outline.update_items(COLUMNS, (), empty="Still nothing.")
        assert app.rows()[1].strip() == "Still nothing."
        await pilot.press("down", "enter", "left", "right", "J")
        assert outline.current is None


def test_columns_give_way_by_rank() -> None:
    assert [column.title for column, _ in fit(COLUMNS, 50)] == ["name", "time", "note"]
    assert [column.title for column, _ in fit(COLUMNS, 30)] == ["name", "time"]
    assert sum(width for _, width in fit(COLUMNS, 50)) + 4 + 1 == 50
    hidden = (COLUMNS[0], replace(COLUMNS[1], hidden=True))
    assert [column.title for column, _ in fit(hidden, 50)] == ["name"]


# --- flame graph -----------------------------------------------------------------------------------------------


def whole() -> FlameNode:
    parts = (flame("0/0", "forward", 6.0), flame("0/1", "forward", 3.0), flame("1/0", "loss", 1.0))
    return FlameNode("all", 10.0, 3, parts)


async def test_bars_are_as_wide_as_their_share() -> None:
    graph = FlameGraph()
    app = One(graph)
    async with app.run_test(size=(101, 12)) as pilot:
        graph.update_flame(whole())
        await pilot.pause()
        bars = {bar.node.name: bar.last - bar.first for bar in graph._rows[1] if bar.node is not None}
        assert bars == {"0/0": 60, "0/1": 30, "1/0": 10}
        assert "entire_frame_compile 6.00 s" in app.rows()[2]


async def test_the_cursor_walks_zooms_and_opens() -> None:
    graph = FlameGraph()
    app = One(graph)
    async with app.run_test(size=(101, 12)) as pilot:
        graph.update_flame(whole())
        await pilot.press("down", "right")
        assert graph.compile_id == "0/1"
        await pilot.press("enter")
        assert [bar.last - bar.first for bar in graph._rows[0]] == [100]
        await pilot.press("o", "up")
        assert graph.compile_id == "0/1"  # not above what fills the screen
        await pilot.press("backspace", "up")
        assert graph.compile_id is None
        graph.show_compile_id("1/0")
        assert graph.nodes[-1].name == "1/0"
        graph.update_flame(replace(whole(), total=11.0))
        assert graph.nodes[-1].name == "1/0"
        assert app.said == ["0/1"]


def test_what_is_too_narrow_is_counted() -> None:
    small = tuple(FlameNode(f"n{number}", 0.001) for number in range(500))
    rows = lay_out_bars(FlameNode("all", 10.0, 1, (FlameNode("big", 9.0), *small)), (), 100)
    assert [(bar.node.name if bar.node else bar.more) for bar in rows[1]] == ["big", 500]
    assert rows[1][1].first == 90


async def test_no_phases_are_no_bars() -> None:
    app = One(FlameGraph(empty="The log holds no timed phases."))
    async with app.run_test(size=(60, 5)) as pilot:
        assert "no timed phases" in app.rows()[0]
        await pilot.press("down", "enter", "o", "right")
        assert app.said == []


# --- difference ------------------------------------------------------------------------------------------------

OLD = "".join(f"line {number}\n" for number in range(1, 41))
NEW = OLD.replace("line 20\n", "line twenty\n").replace("line 30\n", "")


def difference() -> TextDifference:
    rows = []
    for number in range(1, 41):
        if number == 20:
            rows.append(TextRow(Change.CHANGED, 20, 20, ((5, 7),), ((5, 11),)))
        elif number == 30:
            rows.append(TextRow(Change.REMOVED, 30, None))
        else:
            rows.append(TextRow(Change.SAME, number, number - (number > 30)))
    a, b = Text("0/0:aten", Language.TEXT, OLD), Text("0/1:aten", Language.TEXT, NEW)
    return TextDifference("aten", a, b, Change.CHANGED, tuple(rows))


async def test_two_columns_show_what_changed_with_what_is_around() -> None:
    view = DifferenceView()
    app = One(view)
    async with app.run_test(size=(120, 30)) as pilot:
        view.show(difference())
        await pilot.pause()
        rows = app.rows()
        assert "0/0:aten" in rows[0]
        assert "0/1:aten" in rows[0]
        assert "16 lines alike" in rows[1]
        assert "line 20" in rows[5]
        assert "line twenty" in rows[5]
        assert "line 30" in rows[13]
        assert rows[13].count("line 30") == 1
        await pilot.press("J")
        assert "line 1" in app.rows()[1]
        assert view.place == "change 1 of 2"
        await pilot.press("n", "n")
        assert "line 40" in "".join(app.rows())


async def test_one_column_where_there_is_no_room_for_two() -> None:
    view = DifferenceView()
    app = One(view)
    async with app.run_test(size=(80, 30)) as pilot:
        view.show(difference())
        await pilot.pause()
        rows = app.rows()
        assert [row.split() for row in rows[5:7]] == [["~20", "line", "20"], ["~20", "line", "twenty"]]
        await pilot.press("v")
        assert "line twenty" in app.rows()[5]
        assert "line 20" in app.rows()[5]


def test_a_run_of_changes_stands_together_where_texts_stand_below_each_other() -> None:
    rows = [TextRow(Change.CHANGED, number, number) for number in (1, 2)]
    lines = lay_out(rows, beside=False, everything=True)
    assert [(line.row.a if line.left else -line.row.b) for line in lines if line.row] == [1, 2, -1, -2]
    assert [line.begins for line in lines] == [True, False, False, False]


async def test_a_text_that_is_on_one_side_only() -> None:
    made = difference()
    only = replace(
        made, a=None, rows=tuple(TextRow(Change.ADDED, None, number) for number in range(1, 5)), change=Change.ADDED
    )
    view = DifferenceView()
    app = One(view)
    async with app.run_test(size=(120, 10)) as pilot:
        view.show(only)
        await pilot.pause()
        assert "not there" in app.rows()[0]
        assert "+ 1 line 1" in app.rows()[1]


# --- the last thing before the terminal ------------------------------------------------------------------------


@pytest.mark.parametrize(("text", "shown"), [("a\x1b[2Jb", "a[2Jb"), ("plain", "plain"), ("x\u202ey\x07", "xy")])
def test_no_row_holds_what_a_terminal_acts_on(text: str, shown: str) -> None:
    (segment,) = Printable().apply([Segment(text)], Color(0, 0, 0))
    assert segment.text == shown
    assert cell_len(segment.text) == cell_len(text)


def test_signs_have_stand_ins_where_the_terminal_knows_ascii_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INSPECTOR_ASCII", "1")
    alphabet.glyphs.cache_clear()
    (segment,) = Printable().apply([Segment("2 → 3 · × 4")], Color(0, 0, 0))
    alphabet.glyphs.cache_clear()
    assert segment.text == "2 > 3 . x 4"
