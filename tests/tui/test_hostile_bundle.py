"""A bundle in which every text is evil, on the screen: nothing that a terminal acts on is drawn anywhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from driving import on_top, opened, screen_text, until
from hostile_bundle import HOSTILE_TEXTS, everywhere, hostile
from rich.style import Style
from textual import events
from textual.command import CommandList

from inspector.bundle import read, write
from inspector.tui.desk.screen import DeskScreen
from inspector.tui.dialog import OptionRows

DIALOGS = ("question_mark", "K", "f", "c", "u", "A", "e", "ctrl+p")


def rows(main: DeskScreen) -> list[str]:
    return screen_text(main).split("\n")


@pytest.mark.parametrize("text", ["", *HOSTILE_TEXTS])
async def test_nothing_that_a_terminal_acts_on_is_drawn(tmp_path: Path, text: str) -> None:
    capture = read(write(everywhere(HOSTILE_TEXTS[text]) if text else hostile(), tmp_path / "bundle.inspector"))
    async with opened(capture) as (pilot, main):
        if not text:
            await until(pilot, lambda: "owned" in screen_text(main))
        assert all(row.isprintable() for row in rows(main))
        for number in range(1, len(capture.stages()) + 1):
            await pilot.press(str(number))
            assert all(row.isprintable() for row in rows(main))
        for key in ("D", "P", "T"):
            await pilot.press(key)
            await pilot.pause()
            assert all(row.isprintable() for row in rows(main))
        for key in DIALOGS:
            await pilot.press(key)
            await pilot.pause(0.05)
            assert all(row.isprintable() for row in rows(main)), key
            await pilot.press("escape")
            await until(pilot, lambda: on_top(main))
        assert "\x1b" not in (main.app.title + main.app.sub_title)


async def test_a_name_in_brackets_is_a_name_in_the_palette(tmp_path: Path) -> None:
    capture = everywhere("[red]r[/red][@click=app.quit]q[/]")
    async with opened(capture) as (pilot, main):
        await pilot.press("ctrl+p")
        await until(pilot, lambda: not on_top(main))
        await pilot.press(*"compile")
        await until(pilot, lambda: "forward[red]r[/red][@click=app.quit]q[/]" in screen_text(main))
        assert "@click" not in str([option.prompt.spans for option in main.app.screen.query_one(CommandList).options])


@pytest.mark.parametrize("key", ["colon", "slash"])
async def test_what_was_typed_is_said_as_it_was_typed(key: str) -> None:
    async with opened() as (pilot, main):
        await pilot.press(key)
        await until(pilot, lambda: not on_top(main))
        await pilot.press(*"re:[/b](", "enter")
        await pilot.pause()
        assert main.app.is_running
        if key == "colon":
            assert "'re:[/b](' is not a line" in screen_text(main)


async def test_a_click_on_a_row_that_is_gone_is_on_nothing() -> None:
    """What is drawn and what the list holds are not changed in one moment."""
    async with opened() as (pilot, main):
        await pilot.press("f")
        await until(pilot, lambda: not on_top(main))
        rows = main.app.screen.query_one(OptionRows)
        meta = Style.from_meta({"option": rows.option_count})
        rows.post_message(events.Click(rows, 0, 0, 0, 0, 1, False, False, False, style=meta))
        await pilot.pause()
        assert main.app.is_running
        assert not on_top(main)


async def test_what_is_copied_is_the_text_itself(tmp_path: Path) -> None:
    """A clipboard is no terminal: who copies source text gets what is in the file."""
    capture = read(write(hostile(), tmp_path / "bundle"))
    async with opened(capture) as (pilot, main):
        await pilot.press("1", "Y")
        await pilot.pause()
        assert main.app.clipboard == capture.artifacts[0].text


async def test_half_a_letter_is_copied_as_a_question_mark() -> None:
    async with opened(everywhere("\ud800")) as (pilot, main):
        await pilot.press("1", "Y")
        await pilot.pause()
        assert main.app.clipboard.endswith("?")
