"""A code pane on its own: cursor, scrolling, marks, search, selection, wrapping."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from textual.app import App, ComposeResult
from textual.geometry import Offset
from textual.pilot import Pilot

from inspector.model.artifact import Artifact, Language, Position
from inspector.model.stage import Stage
from inspector.tui.panes.code import CodePane
from inspector.tui.panes.marks import Mark, Strength
from inspector.tui.widgets.state import StageState


def artifact(text: str, name: str = "a", language: Language = Language.PYTHON, focus: int = 1) -> Artifact:
    return Artifact(f"0/0:{name}", Stage.DYNAMO, "0/0", None, language, text, focus=focus)


def numbered(count: int, name: str = "a") -> Artifact:
    return artifact("".join(f"value_{i} = {i}\n" for i in range(1, count + 1)), name)


class PaneApp(App[None]):
    """One pane, and what it said."""

    def __init__(self) -> None:
        super().__init__()
        self.pane = CodePane("Dynamo FX graph")
        self.moves: list[tuple[Position, bool]] = []
        self.copies: list[str] = []
        self.founds: list[str] = []

    def compose(self) -> ComposeResult:
        yield self.pane

    def on_code_pane_cursor_moved(self, message: CodePane.CursorMoved) -> None:
        assert message.pane is self.pane
        self.moves.append((message.position, message.by_user))

    def on_code_pane_copied(self, message: CodePane.Copied) -> None:
        self.copies.append(message.text)

    def on_code_pane_found(self, message: CodePane.Found) -> None:
        self.founds.append(str(message.status))

    def row(self, y: int) -> str:
        return self.pane.render_line(y).text.rstrip()


@contextmanager
def counted_rows(pane: CodePane) -> Iterator[list[int]]:
    """The rows that are drawn while this lasts."""
    drawn: list[int] = []
    original = pane.render_line

    def render_line(y: int) -> object:
        drawn.append(y)
        return original(y)

    pane.render_line = render_line  # type: ignore[method-assign, assignment]
    try:
        yield drawn
    finally:
        del pane.render_line  # type: ignore[method-assign]


async def ready(pilot: Pilot[None], app: PaneApp, what: Artifact) -> None:
    app.pane.show(what)
    app.pane.focus()
    await pilot.pause()
    await pilot.pause()
    app.moves.clear()


async def test_title_and_text() -> None:
    app = PaneApp()
    async with app.run_test(size=(60, 10)) as pilot:
        await ready(pilot, app, numbered(3))
        assert "Dynamo FX graph" in app.row(0) and "3 lines" in app.row(0) and "1:1" in app.row(0)
        assert app.row(2).split() == ["2", "value_2", "=", "2"]
        assert app.row(4) == ""


async def test_waiting_live_and_failed_say_so() -> None:
    app = PaneApp()
    async with app.run_test(size=(60, 9)) as pilot:
        app.pane.show_state("AOT ATen graph", StageState.WAITING, "waiting for Dynamo…")
        await pilot.pause()
        assert "AOT ATen graph" in app.row(0) and "waiting for Dynamo…" in app.row(4)
        app.pane.show_state("AOT ATen graph", StageState.FAILED, "Unsupported: \x1b[2J")
        assert "Unsupported: ␛[2J" in app.row(4) and "failed" in app.row(0)
        await pilot.press("down", "G", "y", "shift+left")
        assert app.pane.artifact is None and app.copies == []


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        (["down", "j"], Position(3, 0)),
        (["down", "up", "k"], Position(1, 0)),
        (["right", "l", "left"], Position(1, 1)),
        (["end", "right"], Position(2, 0)),
        (["down", "left"], Position(1, 11)),
        (["G"], Position(200, 0)),
        (["G", "g"], Position(1, 0)),
        (["pagedown"], Position(8, 0)),
        (["pagedown", "pageup"], Position(1, 0)),
        (["ctrl+d"], Position(5, 0)),
        (["ctrl+right"], Position(1, 10)),
        (["end", "ctrl+left"], Position(1, 10)),
        (["end", "down", "home"], Position(2, 0)),
    ],
)
async def test_keys_move_the_cursor(keys: list[str], expected: Position) -> None:
    app = PaneApp()
    async with app.run_test(size=(60, 10)) as pilot:
        await ready(pilot, app, numbered(200))
        await pilot.press(*keys)
        assert app.pane.cursor == expected
        assert app.moves[-1] == (expected, True)
        assert expected.line in {row.line for row in app.pane.visible_rows}


async def test_the_chosen_column_survives_short_lines() -> None:
    app = PaneApp()
    async with app.run_test(size=(60, 10)) as pilot:
        await ready(pilot, app, artifact("a long line\nx\nanother one"))
        await pilot.press("end", "down", "down")
        assert app.pane.cursor == (3, 11)


async def test_a_program_move_is_told_from_a_users() -> None:
    app = PaneApp()
    async with app.run_test(size=(60, 10)) as pilot:
        await ready(pilot, app, numbered(200))
        app.pane.goto(150, 3)
        app.pane.goto(9_999)
        app.pane.goto(9_999)
        await pilot.pause()
        assert app.moves == [((150, 3), False), ((200, 0), False)]


async def test_reveal_scrolls_and_leaves_the_cursor() -> None:
    app = PaneApp()
    async with app.run_test(size=(60, 10)) as pilot:
        await ready(pilot, app, numbered(200))
        app.pane.reveal(100)
        await pilot.pause()
        assert 100 in {row.line for row in app.pane.visible_rows}
        assert app.pane.cursor == (1, 0) and app.moves == []
        top = app.pane.visible_rows[0]
        app.pane.reveal(101)
        assert app.pane.visible_rows[0] == top, "what is in sight is not scrolled"


async def test_what_was_asked_of_a_hidden_pane_is_done_when_it_shows() -> None:
    app = PaneApp()
    async with app.run_test(size=(60, 10)) as pilot:
        app.pane.show(artifact(numbered(200).text, focus=50))
        await pilot.pause()
        assert 50 in {row.line for row in app.pane.visible_rows}, "shown before the first layout"
        app.pane.display = False
        await pilot.pause()
        app.pane.show(numbered(200, "b"))
        app.pane.reveal(150)
        app.pane.display = True
        await pilot.pause()
        await pilot.pause()
        assert 150 in {row.line for row in app.pane.visible_rows}


async def test_only_changed_visible_rows_are_drawn_when_marks_change() -> None:
    app = PaneApp()
    async with app.run_test(size=(60, 20)) as pilot:
        await ready(pilot, app, numbered(100_000))
        app.pane.mark({3: Mark(0), 5: Mark(1)})
        await pilot.pause()
        with counted_rows(app.pane) as drawn:
            app.pane.mark({3: Mark(0), 6: Mark(1), 90_000: Mark(2)})
            await pilot.pause()
        assert set(drawn) == {0, 5, 6}
        with counted_rows(app.pane) as drawn:
            app.pane.mark({3: Mark(0), 6: Mark(1)})
            await pilot.pause()
        assert drawn == [], "nothing that is seen changed"


async def test_a_cursor_step_draws_two_rows_and_the_title() -> None:
    app = PaneApp()
    async with app.run_test(size=(60, 20)) as pilot:
        await ready(pilot, app, numbered(100_000))
        while not app.pane._lines.complete:  # the tail is counted after the first paint, and redraws the title's count
            await pilot.pause(0.01)
        await pilot.pause()
        with counted_rows(app.pane) as drawn:
            await pilot.press("down")
            await pilot.pause()
        assert set(drawn) == {0, 1, 2}


async def test_a_long_text_is_cut_only_where_it_is_looked_at() -> None:
    app = PaneApp()
    async with app.run_test(size=(60, 20)) as pilot:
        await ready(pilot, app, numbered(100_000))
        await pilot.press("G")
        assert app.pane.cursor == (100_000, 0)
        assert app.row(19).split() == ["100000", "value_100000", "=", "100000"]
        assert len(app.pane._shown) < 200
        assert "lines" not in app.pane.artifact.__dict__, "the whole text was split"  # type: ignore[union-attr]


async def test_going_far_into_a_long_text_at_once() -> None:
    """Before what lies beyond the head has been counted."""
    app = PaneApp()
    async with app.run_test(size=(60, 20)) as pilot:
        await pilot.pause()
        app.pane.show(numbered(100_000))
        app.pane.goto(99_000)
        assert app.pane.cursor == (99_000, 0)
        app.pane.show(numbered(100_000, "b"))
        assert str(app.pane.find("value_98765").count) == "1" and app.pane.cursor.line == 98_765
        app.pane.show(artifact(numbered(100_000).text, "c", focus=90_000))
        assert app.pane.cursor.line == 90_000


async def test_gutter_glyphs_by_strength() -> None:
    app = PaneApp()
    async with app.run_test(size=(60, 10)) as pilot:
        await ready(pilot, app, numbered(5))
        app.pane.mark({1: Mark(0, Strength.ANCHOR), 2: Mark(0), 3: Mark(1, Strength.OTHER)})
        assert [app.row(y)[0] for y in (1, 2, 3)] == ["▌", "┃", "┊"]
        assert app.pane.render_line(4).text[0] == " "


async def test_exact_columns_of_a_mark_are_underlined() -> None:
    app = PaneApp()
    async with app.run_test(size=(60, 10)) as pilot:
        await ready(pilot, app, numbered(5))
        app.pane.mark({2: Mark(0, spans=((0, 7),))})
        underlined = [text for text, style, _ in app.pane.render_line(2) if style and style.underline]
        assert "".join(underlined) == "value_2"


async def test_search_as_one_types() -> None:
    app = PaneApp()
    async with app.run_test(size=(60, 10)) as pilot:
        await ready(pilot, app, artifact("one\nTwo two\nthree\ntwo\n"))
        assert str(app.pane.find("t")) == "1/4"
        assert str(app.pane.find("two")) == "1/3" and app.pane.cursor == (2, 0)
        await pilot.press("n")
        assert app.pane.cursor == (2, 4) and str(app.pane.find_status) == "2/3"
        await pilot.press("n", "n")
        assert app.pane.cursor == (2, 0), "from the last on to the first"
        await pilot.press("N")
        assert app.pane.cursor == (4, 0) and "3/3" in app.row(0)
        assert str(app.pane.find("Two")) == "1/1", "a capital letter makes case count"
        assert str(app.pane.find("two", case=True)) == "2/2", "typing goes on from where it began"
        await pilot.press("escape")
        assert str(app.pane.find_status) == "" and app.founds


async def test_ending_a_search_goes_back() -> None:
    app = PaneApp()
    async with app.run_test(size=(60, 10)) as pilot:
        await ready(pilot, app, numbered(100))
        app.pane.goto(5)
        app.pane.find("value_90")
        assert app.pane.cursor.line == 90
        app.pane.find("")
        assert app.pane.cursor == (5, 0)


async def test_selection_by_keys_and_copy() -> None:
    app = PaneApp()
    async with app.run_test(size=(60, 10)) as pilot:
        await ready(pilot, app, artifact("first\nsecond\nthird\n"))
        await pilot.press("right", "shift+down", "shift+right")
        assert app.pane.selected_text == "irst\nse"
        await pilot.press("y")
        assert app.clipboard == "irst\nse" and app.copies == ["irst\nse"]
        await pilot.press("down")
        assert app.pane.selected_text == ""
        await pilot.press("y")
        assert app.clipboard == "first\nsecond\nthird\n", "without a selection, the whole text"
        await pilot.press("ctrl+a")
        assert app.pane.selected_text == "first\nsecond\nthird"


async def test_mouse_sets_the_cursor_and_drags() -> None:
    app = PaneApp()
    async with app.run_test(size=(60, 10)) as pilot:
        await ready(pilot, app, artifact("first\nsecond\nthird\n"))
        left = app.pane.gutter_width
        await pilot.mouse_down(app.pane, offset=Offset(left + 2, 1))
        assert app.pane.cursor == (1, 2)
        await pilot.hover(app.pane, offset=Offset(left + 3, 2))
        await pilot.mouse_up(app.pane, offset=Offset(left + 3, 2))
        assert app.pane.selected_text == "rst\nsec"
        await pilot.click(app.pane, offset=Offset(left + 1, 2), times=2)
        assert app.pane.selected_text == "second"
        assert app.pane.position_at(left, 0) is None and app.pane.position_at(left, 8) is None


async def test_dragging_below_the_pane_scrolls() -> None:
    app = PaneApp()
    async with app.run_test(size=(60, 6)) as pilot:
        await ready(pilot, app, numbered(100))
        await pilot.mouse_down(app.pane, offset=Offset(10, 2))
        app.pane._drag_at = (10, 20)
        for _ in range(10):
            app.pane._drag()
        await pilot.mouse_up(app.pane, offset=Offset(10, 5))
        assert app.pane.cursor.line > 12 and app.pane.selected_text.startswith("e_2 = 2\nvalue_3")


LONG_LINES = "short\n" + "x" * 100 + "\n" + "漢" * 40 + "\nlast\n"


async def test_wrap() -> None:
    app = PaneApp()
    async with app.run_test(size=(46, 20)) as pilot:
        await ready(pilot, app, artifact(LONG_LINES))
        assert len([row for row in app.pane.visible_rows if row.line == 2]) == 1
        await pilot.press("w")
        width = app.pane._text_width - 1
        parts = [row.line for row in app.pane.visible_rows]
        below = width - 4  # rows after a line's first are set in
        assert parts.count(2) == 1 + -(-(100 - width) // below) and parts.count(3) == 1 + -(-(80 - width) // below)
        shown_text = "".join(app.pane.render_line(y).text[app.pane.gutter_width :].strip() for y in range(1, 10))
        assert shown_text == LONG_LINES.replace("\n", ""), "nothing is lost at the edges"
        await pilot.press("down", "down")
        assert app.pane.cursor == (2, width), "down goes to the next row of the same line"
        await pilot.press("G")
        assert app.pane.cursor == (4, 0)
        await pilot.press("w")
        assert app.pane.wrap is False


async def test_a_wrapped_line_taller_than_the_pane_can_be_read_to_its_end() -> None:
    app = PaneApp()
    async with app.run_test(size=(40, 6)) as pilot:
        await ready(pilot, app, artifact("y" * 1000 + "END\nnext"))
        await pilot.press("w", "end")
        await pilot.pause()
        assert any("END" in app.row(y) for y in range(1, 6))
        await pilot.press("down")
        assert app.pane.cursor.line == 2 and any("next" in app.row(y) for y in range(1, 6))


async def test_sideways_follows_the_cursor() -> None:
    app = PaneApp()
    async with app.run_test(size=(40, 6)) as pilot:
        await ready(pilot, app, artifact("z" * 200 + "END"))
        await pilot.press("end")
        assert "END" in app.row(1)
        await pilot.press("home")
        assert app.pane.scroll_offset.x == 0


async def test_line_numbers_can_go() -> None:
    app = PaneApp()
    async with app.run_test(size=(40, 6)) as pilot:
        await ready(pilot, app, numbered(3))
        await pilot.press("number_sign")
        assert app.row(1).strip() == "value_1 = 1"


async def test_an_artifact_comes_back_where_it_was_left() -> None:
    app = PaneApp()
    async with app.run_test(size=(40, 10)) as pilot:
        await ready(pilot, app, numbered(200))
        app.pane.goto(120, 4)
        top = app.pane.visible_rows[0]
        app.pane.show(numbered(50, "b"))
        assert app.pane.cursor == (1, 0)
        app.pane.show(numbered(200))
        await pilot.pause()
        assert app.pane.cursor == (120, 4) and app.pane.visible_rows[0] == top


async def test_the_same_artifact_grown_keeps_its_marks_and_search() -> None:
    app = PaneApp()
    async with app.run_test(size=(60, 10)) as pilot:
        await ready(pilot, app, numbered(20))
        app.pane.mark({2: Mark(0)})
        app.pane.find("value_1")
        app.pane.show(numbered(30), state=StageState.LIVE)
        await pilot.pause()
        assert app.row(2)[0] == "┃" and app.pane.find_status.count == 11 and "live" in app.row(0)


async def test_an_empty_artifact_and_a_one_row_pane() -> None:
    app = PaneApp()
    async with app.run_test(size=(30, 1)) as pilot:
        await ready(pilot, app, artifact(""))
        await pilot.press("down", "pagedown", "G", "w", "end", "y")
        assert app.pane.cursor == (1, 0) and "1 line" in app.row(0)
