"""The reading form on the screen; links, cursor, search and notes stay with the stored text."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from driving import opened, ready, until
from textual.pilot import Pilot

from inspector.bundle import read
from inspector.model.artifact import Position
from inspector.model.capture import Capture
from inspector.model.stage import Stage
from inspector.tui.desk.screen import DeskScreen
from inspector.tui.workspace import StagePane

SAMPLE = Path(__file__).parents[2] / "samples" / "llama-mlp.inspector"


@cache
def sample() -> Capture:
    return read(SAMPLE)


def pane(main: DeskScreen, stage: Stage) -> StagePane:
    found = main.workspace.pane(stage)
    assert found is not None
    return found


def rows(found: StagePane) -> list[str]:
    return [found.render_line(y).text.rstrip() for y in range(found.size.height)]


async def press(pilot: Pilot[int], main: DeskScreen, *keys: str) -> None:
    await pilot.press(*keys)
    await until(pilot, lambda: main.desk.settled)


async def test_a_key_shows_operators_and_shapes_and_the_same_key_the_stored_text():
    async with opened(sample(), (120, 60)) as (pilot, main):
        await press(pilot, main, "6")
        graph = pane(main, Stage.POST_GRAD if main.workspace.pane(Stage.ATEN) is None else Stage.ATEN)
        assert "torch.ops.aten.permute.default(arg0_1," in "\n".join(rows(graph))
        await press(pilot, main, "V")
        text = "\n".join(rows(graph))
        assert "exp = exp(neg)" in text and "f32 1×8×8192" in text and "rows of" in text and "torch.ops" not in text
        assert all(len(row) <= graph.size.width for row in rows(graph))
        await press(pilot, main, "V")
        await until(pilot, lambda: "torch.ops.aten.permute.default(arg0_1," in "\n".join(rows(graph)))


async def test_the_cursor_keeps_its_place_in_the_stored_text():
    async with opened(sample()) as (pilot, main):
        kernel = pane(main, Stage.KERNEL)
        kernel.focus()
        kernel.go(20, by_user=True)
        await press(pilot, main, "V")
        assert kernel.place.line == 20
        assert (
            "exp(tmp1)"
            in kernel.render_line(1 + [row.line for row in kernel.visible_rows].index(kernel.cursor.line)).text
        )
        await press(pilot, main, "down")
        assert kernel.place.line == 21
        await press(pilot, main, "V")
        assert kernel.cursor.line == 21


async def test_links_light_the_rows_that_stand_for_linked_lines():
    async with opened(sample()) as (pilot, main):
        await press(pilot, main, "V")
        source = pane(main, Stage.SOURCE)
        source.focus()
        source.go(164, 55, by_user=True)
        await until(pilot, lambda: main.desk.asked == (source.text.id, Position(164, 55)) if source.text else False)
        await until(pilot, lambda: main.desk.group is not None)
        kernel = pane(main, Stage.KERNEL)
        assert main.desk.group is not None and kernel.text is not None
        lines = {
            line
            for item in main.desk.group.found_in(kernel.text.id)
            for line in range(item.span.start.line, item.span.last_line + 1)
        }
        lit = {row.line for row in kernel.visible_rows if (mark := kernel._marks.get(row.line)) and mark.strength > 2}
        assert kernel._laid is not None
        assert lit == {row + 1 for line in lines for row in kernel._laid.form.rows_of(line, line)}


async def test_a_jump_lands_on_the_row_of_its_line():
    async with opened(sample()) as (pilot, main):
        await press(pilot, main, "V")
        kernel = pane(main, Stage.KERNEL)
        kernel.focus()
        kernel.go(20, by_user=True)
        await until(pilot, lambda: main.desk.group is not None)
        await press(pilot, main, "o")
        focused = main.focused
        assert isinstance(focused, StagePane) and focused is not kernel and focused.text is not None
        line = focused.text.lines[focused.place.line - 1]
        assert "exp" in line or "silu" in line or "act_fn" in line


async def test_search_finds_what_is_shown_and_go_to_line_means_the_stored_line():
    async with opened(sample()) as (pilot, main):
        await press(pilot, main, "V")
        kernel = pane(main, Stage.KERNEL)
        kernel.focus()
        assert kernel.find("load(in_ptr0").count == 1
        await press(pilot, main, ":", "2", "5", "enter")
        assert kernel.place.line == 25


async def test_another_width_lays_the_shapes_out_anew():
    async with opened(sample(), (120, 40)) as (pilot, main):
        await press(pilot, main, "6", "V")
        graph = next(
            item
            for item in main.workspace.shown
            if (item.text and item.text.stage is Stage.POST_GRAD) or (item.text and item.text.stage is Stage.ATEN)
        )
        before = graph._laid
        await pilot.resize_terminal(200, 50)
        await until(pilot, lambda: ready(main.app))  # type: ignore[arg-type]
        await press(pilot, main, "V", "V")
        assert graph._laid is not before and any("f32 1×8×8192" in row for row in rows(graph))


async def test_a_note_written_on_a_row_stands_at_the_stored_line():
    async with opened(sample()) as (pilot, main):
        await press(pilot, main, "V")
        kernel = pane(main, Stage.KERNEL)
        kernel.focus()
        kernel.go(20, by_user=True)
        await until(pilot, lambda: main.desk.stage is Stage.KERNEL)
        here = main.here()
        assert here.cursor.line == 20 and here.artifact is not None
        assert here.artifact.lines[19].strip() == "auto tmp2 = tmp1.exp();"


async def test_a_text_that_is_too_long_says_so_and_is_shown_as_it_is_stored(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("inspector.tui.panes.read.MOST", 1000)
    async with opened(sample()) as (pilot, main):
        await press(pilot, main, "V")
        graph = pane(main, Stage.ATEN)
        assert not graph.concise and "33 lines, too long to read" in rows(graph)[0]
        assert "torch.ops.aten" in "\n".join(rows(graph))
