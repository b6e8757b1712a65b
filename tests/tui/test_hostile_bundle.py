"""A bundle in which every text is evil, on the screen: nothing that a terminal acts on is drawn anywhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from driving import on_top, opened, screen_text, until
from hostile_bundle import hostile

from inspector.bundle import read, write
from inspector.tui.main import MainScreen

DIALOGS = ("question_mark", "K", "f", "c", "u", "A", "e", "ctrl+p")


def rows(main: MainScreen) -> list[str]:
    return screen_text(main).split("\n")


@pytest.mark.parametrize("name", ["bundle", "bundle.inspector"])
async def test_nothing_that_a_terminal_acts_on_is_drawn(tmp_path: Path, name: str) -> None:
    capture = read(write(hostile(), tmp_path / name))
    async with opened(capture) as (pilot, main):
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


async def test_what_is_copied_is_the_text_itself(tmp_path: Path) -> None:
    """A clipboard is no terminal: who copies source text gets what is in the file."""
    capture = read(write(hostile(), tmp_path / "bundle"))
    async with opened(capture) as (pilot, main):
        await pilot.press("1", "Y")
        await pilot.pause()
        assert main.app.clipboard == capture.artifacts[0].text
