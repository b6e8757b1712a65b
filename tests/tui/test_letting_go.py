"""What was opened and closed again is gone: objects are counted after some rounds and after three times as many."""

from __future__ import annotations

import gc
import weakref
from collections import Counter
from typing import NamedTuple

import pytest
from driving import live, until
from fakes import llama_mlp
from monkey import SCREENS
from textual import events
from textual._styles_cache import StylesCache
from textual.pilot import Pilot
from textual.screen import Screen
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Static

from inspector.model.capture import Capture
from inspector.tui.desk.beside import index
from inspector.tui.dialog import Dialog
from inspector.tui.task import Task

ROUNDS = 2

DESK = (
    *("question_mark escape", "ctrl+p escape", "slash a enter", "ctrl+f escape", "A escape", "vertical_line escape"),
    *("a x escape", "I escape", "E escape", "W P T D R H U L", "m m m", "z z", "1 2 3 backspace"),
)
LOG = (
    *("question_mark escape", "ctrl+p escape", "1 2 3 4 5", "W W", "D D", "vertical_line escape", "E escape"),
    "enter escape",
)
OTHERS = ("question_mark escape", "ctrl+p escape", "right_square_bracket left_square_bracket", "E escape", "tab tab")


async def _counted(pilot: Pilot[int]) -> Counter[str]:
    """How many widgets, their drawn rows and timers there are, and objects of our own classes, by their class."""
    pilot.app.clear_notifications()
    for _ in range(3):
        await pilot.pause(0.05)
    gc.collect()
    kinds = (type(thing) for thing in gc.get_objects())
    return Counter(
        f"{kind.__module__}.{kind.__qualname__}"
        for kind in kinds
        if issubclass(kind, Widget | StylesCache | Timer) or kind.__module__.startswith("inspector.")
    )


async def _more_than(before: Counter[str], pilot: Pilot[int]) -> list[tuple[str, int]]:
    """What there is more of, in each round; what closed a moment ago is given time to go."""
    more: list[tuple[str, int]] = []
    for _ in range(10):
        now = await _counted(pilot)
        more = [(kind, count) for kind, count in (now - before).items() if count >= 2 * ROUNDS]
        if not more:
            break
        await pilot.pause(0.5)
    return more


async def _play(pilot: Pilot[int], keys: str, times: int) -> None:
    for _ in range(times):
        for key in keys.split():
            pilot.app.post_message(events.Key(key, key if len(key) == 1 else None))
            await pilot.pause()


@pytest.mark.parametrize(("name", "all_keys"), [("live", DESK), ("log", LOG), ("diff", OTHERS), ("study", OTHERS)])
async def test_nothing_is_kept_of_what_was_closed(name: str, all_keys: tuple[str, ...]) -> None:
    ground = SCREENS[name]()
    kept = []
    try:
        async with ground.app.run_test(size=(120, 40)) as pilot:
            await until(pilot, ground.ready)
            for keys in all_keys:
                await _play(pilot, keys, ROUNDS)
                before = await _counted(pilot)
                await _play(pilot, keys, 2 * ROUNDS)
                kept += [(keys, *more) for more in await _more_than(before, pilot)]
    finally:
        ground.close()
    assert not kept


class _Meddler(Dialog[None]):
    """Sends a message to a widget of the screen below, and adds one there."""

    def __init__(self, below: Screen[None]) -> None:
        super().__init__()
        self._below = below

    async def on_mount(self) -> None:
        """Meddles."""
        self._below.query(Widget).last().post_message(events.Show())
        await self._below.mount(Static("added"))


async def test_a_dialog_is_held_by_no_widget_that_lives_on() -> None:
    async with live() as (pilot, main, _):
        dialog = _Meddler(main)
        await pilot.app.push_screen(dialog)
        await pilot.pause()
        await dialog.dismiss()
        held = weakref.ref(dialog)
        del dialog
        for _ in range(20):
            await pilot.pause(0.05)
            gc.collect()
            if held() is None:
                break
        assert held() is None


async def test_a_task_that_is_over_is_not_kept() -> None:
    async with live() as (pilot, main, _):
        for number in range(5):
            task = main.app.tasks.run(f"write {number}", lambda _: _Written(), doing="wrote")
            await until(pilot, lambda task=task: task.done)
        assert len(main.app.tasks._running) == 1


class _Written(NamedTuple):
    words: str = "written"
    title: str = ""
    then: None = None


async def test_nothing_is_kept_of_a_capture_that_was_begun_anew() -> None:
    async with live() as (pilot, main, _):
        assert main.source is not None
        made = main.source._factory.made  # type: ignore[attr-defined]
        counts = []
        for rounds in (ROUNDS, 2 * ROUNDS):
            for _ in range(rounds):
                made[-1].compile()
                await pilot.pause()
                await pilot.press("ctrl+r")
                await until(pilot, lambda: made[-1].started)
                del made[:-1]
            counted = await _counted(pilot)
            counts.append({kind: counted[f"{kind.__module__}.{kind.__qualname__}"] for kind in (Task, Capture)})
        # One may be about to go.
        assert all(counts[1][kind] <= counts[0][kind] + 1 for kind in counts[0]), counts


class _Ring:
    """What only a collection can free."""

    def __init__(self) -> None:
        self.me = self


def test_what_was_taken_out_of_collections_is_freed_with_the_next_capture() -> None:
    ring = _Ring()
    held = weakref.ref(ring)
    index(llama_mlp(), [], None)  # takes everything that is there out of Python's collections
    del ring
    gc.collect()
    assert held() is not None
    index(llama_mlp(), [], None)
    assert held() is None
