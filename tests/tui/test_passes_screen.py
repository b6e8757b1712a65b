"""Stepping through what each pass did, on the screen of differences."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from driving import notes, on_top, opened, screen_text, until

from inspector.model.capture import Capture
from inspector.say.passes import NO_PASSES
from inspector.tui.compare.passes import pass_parts
from inspector.tui.compare.screen import DifferenceScreen
from inspector.tui.desk.after import after
from inspector.tui.desk.effects import StepThroughPasses
from inspector.tui.desk.intents import Do
from inspector.work.opening import open_path

LOG = Path(__file__).parents[1] / "traces" / "live_passes.log"


def recorded() -> Capture:
    with open_path(LOG) as found:
        return found.capture()


def test_a_part_for_each_round_and_each_change_below_it() -> None:
    parts = pass_parts("0/0", recorded().passes).parts
    assert [(part.depth, part.title) for part in parts] == [
        (0, "0/0 pre-grad"),
        (0, "0/0 joint"),
        (1, "1 remove_noop_ops"),
        (1, "2 constant_fold_uniform_value"),
        (1, "3 pass_pattern_1"),
        (0, "0/0 post-grad"),
        (1, "4 reorder_for_locality"),
    ]
    assert parts[0].alike and not parts[1].alike
    assert all((part.text is not None) == (part.depth == 1) for part in parts)
    told = [row.text for row in parts[1].sections[0].rows]
    assert any("div_softmax_pattern matched div, amax, sub" in words for words in told)


async def test_next_and_previous_step_through_the_passes() -> None:
    async with opened(recorded()) as (pilot, main):
        await pilot.press("Q")
        await until(pilot, lambda: isinstance(pilot.app.screen, DifferenceScreen) and pilot.app.screen.is_mounted)
        screen = pilot.app.screen
        assert isinstance(screen, DifferenceScreen)
        await until(pilot, lambda: screen.desk.part.title == "1 remove_noop_ops")
        assert "before ↔ after" in screen_text(main)
        await pilot.press("right_square_bracket")
        await until(pilot, lambda: screen.desk.part.title == "2 constant_fold_uniform_value")
        await pilot.press("left_square_bracket", "left_square_bracket")
        await until(pilot, lambda: screen.desk.part.title == "0/0 joint")
        await until(pilot, lambda: "7 passes, 3 changes" in screen_text(main))
        await pilot.press("escape")
        await until(pilot, lambda: on_top(main))


async def test_where_nothing_is_recorded_it_says_how_to_record_it() -> None:
    async with opened(replace(recorded(), request=None, passes=())) as (pilot, main):
        await pilot.press("Q")
        await until(pilot, lambda: NO_PASSES in notes(main))
        assert on_top(main)


async def test_what_is_asked_for_is_of_the_compile_on_screen() -> None:
    capture = recorded()
    async with opened(capture) as (pilot, main):
        await until(pilot, lambda: main.desk.compile_id == "0/0")
        (effect,) = after(replace(main.desk, effects=()), Do.PASSES).effects
        assert effect == StepThroughPasses("0/0", capture.passes)
