"""What gives way where there is little room, and what never does."""

from __future__ import annotations

from dataclasses import replace

import pytest
from driving import live, notes, on_top, opened, pane_of, screen_text, since, until
from fakes import KERNEL, kernels, llama_mlp, recompiled, with_breaks
from rich.style import Style
from textual import constants
from textual.app import App

from inspector import protocol
from inspector.model.capture import Phase
from inspector.model.latency import LatencyRun
from inspector.model.stage import Stage
from inspector.tui.desk.commands import COMMANDS
from inspector.tui.desk.intents import ShowCompileId, ShowStage
from inspector.tui.desk.parts import expected_stages
from inspector.tui.screens.picker import Picker
from inspector.tui.widgets.rule import rule, shortened
from inspector.tui.widgets.themed import palette_of

PLAIN = Style()


def test_a_long_name_in_a_rule_loses_its_middle() -> None:
    left = [("Kernel", PLAIN), ("cpp_fused__to_copy_add_mean_mul_pow_rsqrt_3", PLAIN), ("88 lines", PLAIN)]
    text = rule(40, left, [], PLAIN).text
    assert "Kernel · cpp_fused" in text
    assert "rsqrt_3" in text
    assert "…" in text
    assert len(text) == 40
    assert "cpp" not in rule(16, left, [], PLAIN).text
    assert shortened("as it is", 8) == "as it is"
    assert len(shortened("a" * 30, 12)) == 12


@pytest.mark.parametrize(("system", "few"), [("truecolor", False), ("256", False), ("standard", True)])
async def test_sixteen_colours_are_told_apart_by_the_gutter_not_by_greys(
    system: str, few: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(constants, "COLOR_SYSTEM", system)
    app: App[None] = App()
    async with app.run_test():
        assert palette_of(app.screen).ansi is few


def test_every_stage_of_a_training_step_has_a_key() -> None:
    request = replace(llama_mlp().request, train=True, device="cuda")  # type: ignore[type-var]
    stages = expected_stages(request)
    assert len(stages) == 17
    assert all(f"stage_{number}" in COMMANDS for number in range(1, len(stages) + 1))
    assert COMMANDS["stage_13"].keys == ("plus",)


async def test_phase_and_clock_outlast_a_long_title() -> None:
    async with live((80, 24)) as (pilot, main, worker):
        title = "some/long/path/to/a_model_file.py:AVeryLongModuleName --batch 4 --seq 128"
        main.desk = replace(main.desk, title=title)
        since(main, 3.2)
        worker.until(Stage.ATEN)
        await until(pilot, lambda: main.desk.activity in screen_text(main).splitlines()[0])
        assert "3.2 s" in screen_text(main).splitlines()[0]


async def test_after_a_recompile_the_time_is_its_own() -> None:
    async with live() as (pilot, main, worker):
        worker.compile()
        capture = recompiled(llama_mlp())
        running = Phase("_compile.compile_inner", 60.0, None, 0, "0/1")
        worker.show(replace(capture, phases=(*capture.phases, running)))
        await until(pilot, lambda: "0/1" in [item.compile_id for item in main.desk.capture.compilations])
        main.turn(ShowCompileId("0/1"))
        assert "recompiling" in screen_text(main) or "recompiling" in str(main.picture.header.render())
        worker.show(replace(capture, phases=(*capture.phases, replace(running, duration=2.5))))
        await until(pilot, lambda: "recompiled in 2.50 s" in screen_text(main))
        main.turn(ShowCompileId("0/0"))
        await until(pilot, lambda: "compiled in 6.20 s" in screen_text(main))


async def test_the_chart_shows_the_shape_that_runs_now() -> None:
    async with live() as (pilot, main, worker):
        worker.compile()
        one, two = (LatencyRun(f"batch {n} · seq 8", (0.02,) * 9, (0.01,) * 9) for n in (1, 2))
        worker.show(replace(main.desk.capture, latency=(one,)))
        await until(pilot, lambda: main.panels.latency.summary is not None)
        await pilot.press("right_parenthesis")
        assert main.panels.latency.summary is None
        assert "warming batch 2 · seq 8…" in screen_text(main)
        worker.event(protocol.ShapeChanged("batch 2 · seq 8", 2, 2, 8, [], 0.1))
        await until(pilot, lambda: main.desk.shape_pending is None)
        assert main.panels.latency.summary is None
        worker.show(replace(main.desk.capture, latency=(one, two)))
        await until(pilot, lambda: main.panels.latency.summary is not None)
        await pilot.press("left_parenthesis")
        worker.event(protocol.ShapeChanged("batch 1 · seq 8", 3, 1, 8, [], 0.1))
        await until(pilot, lambda: main.panels.latency.summary is not None)
        assert main.panels.latency.summary.shape == "batch 1 · seq 8"


async def test_one_pair_is_singular() -> None:
    capture = replace(llama_mlp(), latency=(LatencyRun("batch 1", (0.02,), (0.01,)),))
    async with opened(capture, (200, 80)) as (pilot, main):
        await pilot.press("T")
        await until(pilot, lambda: "1 pair" in screen_text(main))
        assert "1 pairs" not in screen_text(main)


async def test_a_pinned_kernel_pane_says_why_it_stays() -> None:
    async with opened(with_breaks()) as (pilot, main):
        main.turn(ShowStage(Stage.KERNEL))
        await pilot.press("asterisk", "K")
        await until(pilot, lambda: not on_top(main))
        await pilot.press("enter")
        await until(pilot, lambda: any("pinned" in note for note in notes(main)))


async def test_backward_kernels_are_marked_in_the_list() -> None:
    capture = llama_mlp()
    name = "cpp_fused_mul_1"
    backward = tuple(replace(item, id=f"{item.id}:backward") for item in kernels(name=name))
    async with opened(replace(capture, artifacts=(*capture.artifacts, *backward))) as (pilot, _):
        await pilot.press("K")
        await until(pilot, lambda: isinstance(pilot.app.screen, Picker))
        screen = pilot.app.screen
        assert isinstance(screen, Picker)
        marked = {choice.key: choice.detail.startswith("backward") for choice in screen._choices}
        assert marked == {KERNEL: False, f"{name}:backward": True}


@pytest.mark.parametrize("size", [(50, 12), (59, 40)])
async def test_too_small_shows_nothing_else(size: tuple[int, int]) -> None:
    async with opened(size=size) as (_, main):
        assert [row for row in screen_text(main).splitlines() if row.strip()][-1].strip() == "q quits"
        assert len([row for row in screen_text(main).splitlines() if row.strip()]) == 3


async def test_help_and_quit_stay_in_the_bottom_row() -> None:
    async with opened(size=(120, 40)) as (pilot, main):
        main.picture.status.update_words("modeling_llama.py:176", "↔ " + "many things, " * 12)
        await pilot.pause()
        row = screen_text(main).splitlines()[-1]
        assert "? help" in row
        assert "…" in row


async def test_with_one_pane_the_bottom_row_is_about_the_stage_in_view() -> None:
    async with opened(size=(80, 24)) as (pilot, main):
        await until(pilot, lambda: main.picture.status.words.startswith("164 down_proj"))
        main.turn(ShowStage(Stage.KERNEL))
        await until(pilot, lambda: "Kernel:" in main.picture.status.words)


async def test_help_wraps_where_it_is_narrow() -> None:
    async with opened(size=(80, 24)) as (pilot, main):
        await pilot.press("question_mark")
        await until(pilot, lambda: not on_top(main))
        column = pilot.app.screen.query("HelpScreen Static").first()
        assert column.region.right <= 78
        assert max(map(len, str(column.render()).splitlines())) <= column.size.width


async def test_a_chosen_compile_id_brings_its_place_into_the_source_pane() -> None:
    capture = with_breaks()
    first, second = capture.compilations
    activations = capture.find(Stage.SOURCE)[1]
    assert first.place is not None
    place = replace(first.place, file=activations.path or "", line=101)
    capture = replace(capture, compilations=(first, replace(second, place=place)))
    async with opened(capture) as (pilot, main):
        await pilot.press("c")
        await until(pilot, lambda: not on_top(main))
        await pilot.press("down", "enter")
        pane = pane_of(main, Stage.SOURCE)
        assert pane is not None
        await until(pilot, lambda: pane.artifact is activations and pane.cursor.line == 101)
