"""The screen of a difference: moving among its parts and changes, filtering, narrow terminals, handing it on."""

from __future__ import annotations

from pathlib import Path

import pytest
from comparisons import EVIL, difference_opened, evil, recorded, rows_of, shown, trained
from driving import until
from textual.widgets import Input

from inspector.tui.compare.intents import ShowPart
from inspector.tui.compare.screen import DifferenceScreen
from inspector.tui.screens.help import HelpScreen

SMALL = (80, 24)


def said(screen: DifferenceScreen) -> list[str]:
    return [note.message for note in screen.app._notifications]


def change_of(screen: DifferenceScreen) -> int:
    assert screen.texts.place.startswith("change ")
    return int(screen.texts.place.split()[1])


async def test_the_overview_stands_beside_the_list_and_says_what_differs() -> None:
    async with difference_opened(*trained()) as (pilot, screen):
        text = "\n".join(rows_of(pilot.app))
        assert "≠ 0/0  forward  different · " in text
        assert "The left side is faster, 1.25×." in text
        assert "AOT ATen graph" in text  # in the list
        assert screen.list.has_focus


async def test_the_next_difference_is_in_a_later_part_where_this_one_has_no_more() -> None:
    async with difference_opened(recorded("graph_break"), recorded("again")) as (pilot, screen):
        await pilot.press("n")
        first = screen.desk.part
        assert first.text is not None
        assert not first.alike
        seen = [first.title]
        for _ in range(400):
            await pilot.press("n")
            await pilot.pause()
            if screen.desk.part.title != seen[-1]:
                seen.append(screen.desk.part.title)
            if said(screen):
                break
        wanted = [part.title for part in screen.desk.every if part.text is not None and not part.alike]
        assert seen == wanted
        assert said(screen) == ["That was the last difference."]
        last = change_of(screen)
        await pilot.press("N")
        await pilot.pause()
        assert (screen.desk.part.title, change_of(screen)) == (seen[-1], last - 1) if last > 1 else (seen[-2], 1)


async def test_back_from_a_part_leads_to_the_last_change_of_the_one_before() -> None:
    async with difference_opened(*trained()) as (pilot, screen):
        screen.turn(ShowPart("0/0|0/0 text 2"))
        await until(pilot, lambda: screen.desk.part.key == "0/0|0/0 text 2")
        await pilot.press("tab")
        for _ in range(50):
            await pilot.press("N")
            await pilot.pause()
            if screen.desk.part.key != "0/0|0/0 text 2":
                break
        assert change_of(screen) == len(screen.texts._begins)


async def test_only_what_differs_is_listed_on_demand() -> None:
    async with difference_opened(*trained()) as (pilot, screen):
        everything = len(screen.list.items)
        await pilot.press("x")
        assert 0 < len(screen.list.items) < everything
        assert all(not screen.desk.by_key(item.key).alike for item in screen.list.items if item.depth)
        await pilot.press("x")
        assert len(screen.list.items) == everything


async def test_where_nothing_differs_there_is_nothing_to_filter() -> None:
    capture = recorded("two_ops")
    async with difference_opened(capture, capture) as (pilot, screen):
        assert "= identical" in "\n".join(rows_of(pilot.app))
        await pilot.press("x", "n")
        await until(pilot, lambda: len(said(screen)) == 1 or len(said(screen)) == 2)
        assert "That was the last difference." in said(screen)


async def test_enter_on_a_kernel_shows_both_codes_side_by_side() -> None:
    async with difference_opened(*trained()) as (pilot, screen):
        screen.turn(ShowPart("0/0|0/0 kernels"))
        await until(pilot, lambda: screen.table.display)
        await pilot.press("tab")
        assert screen.table.has_focus
        await pilot.press("enter")
        await until(pilot, lambda: screen.desk.part.key == "0/0|0/0 kernels 0 0")
        row = next(row for row in rows_of(pilot.app) if "0/0:kernel:" in row)
        assert row.count("0/0:kernel:") == 2
        assert " a · " in row
        assert " b · " in row


async def test_parts_are_stepped_through_and_a_pair_is_gone_to_from_the_overview() -> None:
    async with difference_opened(*trained()) as (pilot, screen):
        await pilot.press("right_square_bracket", "right_square_bracket")
        assert screen.desk.part is screen.desk.every[2]
        await pilot.press("left_square_bracket", "left_square_bracket", "left_square_bracket")
        assert screen.desk.part is screen.desk.every[0]
        await pilot.press("tab", *["down"] * 7, "enter")
        await until(pilot, lambda: screen.desk.part.key == "0/0|0/0")


async def test_a_small_terminal_shows_the_list_then_what_it_lists() -> None:
    async with difference_opened(*trained(), size=SMALL) as (pilot, screen):
        assert screen.list.size.width > 70
        assert not screen.query_one("#body").display
        assert any("identical" in row or "changed" in row for row in rows_of(pilot.app))
        screen.list.go("0/0|0/0 guards")
        await pilot.press("enter")
        await pilot.pause()
        assert screen.query_one("#body").display
        assert not screen.list.display
        await pilot.press("escape")
        await pilot.pause()
        assert screen.list.display
        await pilot.press("escape")  # the only screen there is stays
        await pilot.pause()
        assert pilot.app.screen is screen


async def test_words_beyond_the_right_edge_come_into_sight_with_their_change() -> None:
    async with difference_opened(recorded("graph_break"), recorded("again"), size=SMALL) as (pilot, screen):
        screen.list.go("0/0|0/0 guards")
        await pilot.press("enter")
        await until(pilot, lambda: screen.texts.has_focus)
        row = next(row for row in screen.desk.part.text.rows if row.parts_a)  # type: ignore[union-attr]
        assert screen.texts._left == 0
        if row.parts_a[0][0] > 80:
            await pilot.press("n")
            assert 0 < screen.texts._left < row.parts_a[0][0]


async def test_the_page_is_written_and_replaced_only_when_asked_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with difference_opened(*trained()) as (pilot, screen):
        await pilot.press("E")
        await until(pilot, lambda: bool(pilot.app.screen.query(Input)))
        assert pilot.app.screen.query_one(Input).value == "a-b.html"
        await pilot.press("enter")
        page = tmp_path / "a-b.html"
        await until(pilot, lambda: any("opens in a browser" in note for note in said(screen)))
        assert "<h1>What was compiled: different (" in page.read_text()
        page.write_text("mine")
        await pilot.press("E")
        await until(pilot, lambda: bool(pilot.app.screen.query(Input)))
        assert pilot.app.screen.query_one(Input).value == "a-b-2.html"
        pilot.app.screen.query_one(Input).value = "a-b.html"
        await pilot.press("enter")
        await pilot.pause()
        assert page.read_text() == "mine"
        await pilot.press("enter")
        await until(pilot, lambda: page.read_text() != "mine")


async def test_a_guest_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("INSPECTOR_GUEST", "1")
    async with difference_opened(*trained()) as (pilot, _):
        await pilot.press("E")
        await until(pilot, lambda: bool(pilot.app.screen.query(Input)))
        await pilot.press("enter")
        await pilot.pause()
        assert "guest" in "\n".join(rows_of(pilot.app))
    assert list(tmp_path.iterdir()) == []


async def test_help_lists_every_key_and_q_leaves() -> None:
    async with difference_opened(*trained()) as (pilot, screen):
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(pilot.app.screen, HelpScreen))
        lines = [line for group in pilot.app.screen._lines.values() for line in group]  # type: ignore[attr-defined]
        assert {"x", "E", "n", "N"} <= {keys for keys, _ in lines}
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is screen)
        names = [command.title for command in pilot.app.get_system_commands(screen)]
        assert "Part: Guards" in names
        await pilot.press("q")
        await until(pilot, lambda: not shown(pilot.app))  # type: ignore[arg-type]
    assert pilot.app.return_value == 0


@pytest.mark.parametrize("size", [SMALL, (200, 50)])
async def test_hostile_names_reach_the_terminal_as_marks(size: tuple[int, int]) -> None:
    async with difference_opened(evil(1), evil(2), size=size) as (pilot, screen):
        for part in screen.desk.every:
            screen.turn(ShowPart(part.key))
            for key in ("tab", "tab"):
                await pilot.press(key)
                await pilot.pause()
                text = "\n".join(rows_of(pilot.app))
                assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(text)
                assert all(len(row) <= size[0] for row in rows_of(pilot.app))
    assert EVIL
