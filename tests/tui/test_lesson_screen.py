"""Lessons on the screen: steps, votes, answers that wait for the compiler, presenter mode. The worker is a fake."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from driving import BIG, clock, notes, on_top, pane_of, ready, screen_text, shown, until
from fakes import Factory, llama_mlp, recompiled, with_breaks
from textual.pilot import Pilot

from inspector import protocol
from inspector.client.outcome import OutcomeKind
from inspector.lessons import Lesson, find_lesson, lessons, parse_lesson
from inspector.model.stage import Stage
from inspector.tui.app import InspectorApp
from inspector.tui.lesson.panel import inline
from inspector.tui.lesson.screen import LessonScreen
from inspector.tui.panes.code import CodePane
from inspector.tui.source import LiveSource
from inspector.tui.widgets.phases import PhaseChart
from inspector.tui.widgets.stages import StageStrip


def app_of(lesson: Lesson, factory: Factory) -> InspectorApp:
    return InspectorApp(LiveSource(lesson.request, factory), lesson=lesson, title=lesson.title, clock=clock)


@asynccontextmanager
async def taught(
    lesson: str | Lesson = "fusion", size: tuple[int, int] = BIG
) -> AsyncIterator[tuple[Pilot[int], LessonScreen, Factory]]:
    """A lesson on a worker that is a fake, before anything is compiled."""
    factory = Factory()
    app = app_of(find_lesson(lesson) if isinstance(lesson, str) else lesson, factory)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: ready(app) and factory.made and factory.live.started)
        assert isinstance(app.main, LessonScreen)
        await told(pilot, app.main)
        yield pilot, app.main, factory


async def told(pilot: Pilot[int], main: LessonScreen) -> None:
    """Waits until the step that stands is the one on the panel."""
    heading = f"{main.course.at + 1}/{len(main.course.lesson.steps)}"
    await until(pilot, lambda: heading in screen_text(main) and main.course.step.title in screen_text(main))


def lesson(*steps: str) -> Lesson:
    front = '+++\ntitle = "T"\nsummary = "S"\nminutes = 1\n[capture]\ntarget = "llama-mlp"\n+++\n'
    return parse_lesson("mine", front + "\n".join(steps))


def cursor(main: LessonScreen, stage: Stage) -> str:
    """The line that the cursor of a stage's pane is on."""
    pane = pane_of(main, stage)
    if pane is None or pane.text is None:
        return ""
    return pane.text.lines[pane.place.line - 1]


async def test_a_step_shows_its_panes_and_lights_its_line() -> None:
    async with taught() as (pilot, main, factory):
        assert shown(main) == ["source", "aten"]
        assert "Every operation visits memory" in screen_text(main)
        factory.live.compile()
        await until(pilot, lambda: "exp" in cursor(main, Stage.ATEN))
        await until(pilot, lambda: main.desk.group is not None and main.desk.group.found_in("0/0:post_grad"))
        await pilot.press("full_stop", "full_stop")
        await told(pilot, main)
        assert shown(main) == ["aten", "kernel"]
        await until(pilot, lambda: "auto tmp2 = tmp1.exp();" in cursor(main, Stage.KERNEL))
        await until(pilot, lambda: main.desk.group is not None and main.desk.group.found_in("0/0:aten"))
        await pilot.press("comma")
        await told(pilot, main)
        assert shown(main) == ["source", "aten"]


async def test_the_answer_waits_for_the_compiler() -> None:
    async with taught() as (pilot, main, factory):
        await pilot.press("b", "b", "a")
        await until(pilot, lambda: "■ 2" in screen_text(main))
        assert main.course.votes == (1, 2, 0)
        await pilot.press("full_stop")
        await until(pilot, lambda: "The answer waits for the compiler" in screen_text(main))
        factory.live.until(Stage.ATEN)
        await pilot.pause()
        assert main.course.answer is None
        factory.live.compile()
        await until(pilot, lambda: "1. Its name says what is inside" in screen_text(main))
        assert "✓ 1" in screen_text(main)
        assert "This machine says otherwise: fused is 0" in screen_text(main)


async def test_letters_are_votes_only_while_the_class_is_asked() -> None:
    async with taught() as (pilot, main, factory):
        factory.live.compile()
        await until(pilot, lambda: main.desk.compiled is not None)
        await pilot.press("a", "9")
        assert main.course.votes == (1, 0, 0)
        assert "inductor" in shown(main), "numbers are stages, as ever"
        await pilot.press("d")
        assert main.course.votes == (1, 0, 0), "there is no fourth choice"
        await pilot.press("backspace")
        assert main.course.votes == (0, 0, 0)
        await pilot.press("full_stop")
        await until(pilot, lambda: main.course.answer == "1")
        await pilot.press("3")
        assert main.course.votes == (0, 0, 0)
        assert "dynamo" in shown(main), "the third stage of the strip"


async def test_the_list_of_steps_leads_anywhere() -> None:
    async with taught() as (pilot, main, factory):
        factory.live.compile()
        await pilot.press("O")
        await until(pilot, lambda: not on_top(main))
        await pilot.press(*"not fused", "enter")
        await until(pilot, lambda: main.course.at == 3)
        await told(pilot, main)
        assert shown(main) == ["source", "aten"]
        await pilot.press(*["full_stop"] * 4)
        assert main.course.at == 5
        assert "Calls of a library stay outside" in screen_text(main), "what was learnt"
        assert any("last step" in note for note in notes(main))
        await pilot.press("question_mark")
        await until(pilot, lambda: not on_top(main))
        assert "count a vote" in screen_text(main)
        await pilot.press("escape")
        offered = {command.title: command.callback for command in main.app.get_system_commands(main)}
        offered["Lesson: Go back a step"]()
        await until(pilot, lambda: main.course.at == 4)


async def test_a_step_compiles_something_else_and_the_way_back_compiles_again() -> None:
    async with taught("recompiles") as (pilot, main, factory):
        factory.live.compile()
        assert factory.live.request.target == "recompiles"
        main.course = main.course.go(2)
        await pilot.press("full_stop")
        await until(pilot, lambda: len(factory.made) == 2 and factory.live.started)
        assert factory.live.request.target == "recompiles-repaired"
        assert factory.made[0].cancelled
        assert main.desk.title == "recompiles-repaired"
        assert not main.complete
        await pilot.press("comma")
        await until(pilot, lambda: len(factory.made) == 3 and factory.live.request.target == "recompiles")


async def test_another_shape_is_run_once_something_is_compiled() -> None:
    async with taught("guards") as (pilot, main, factory):
        main.course = main.course.go(1)
        await pilot.press("full_stop", "full_stop")
        await told(pilot, main)
        assert main.course.at == 2
        assert not any(isinstance(item, protocol.ChangeShape) for item in factory.live.sent)
        factory.live.compile()
        await until(pilot, lambda: protocol.ChangeShape(batch=1, seq=16) in factory.live.sent)
        assert not main.complete, "the step speaks of what the new shape does"
        factory.live.show(recompiled(llama_mlp(timed=False)))
        factory.live.event(
            protocol.ShapeChanged("batch 1 · seq 16", 1, batch=1, seq=16, new_compile_ids=["0/1"], seconds=2.0)
        )
        await until(pilot, lambda: main.complete)
        assert main.desk.compile_id == "0/1"


async def test_the_race_runs_while_its_step_stands_and_never_by_itself() -> None:
    async with taught() as (pilot, main, factory):
        factory.live.compile()
        await pilot.press("T")
        await pilot.pause(0.7)
        assert not any(isinstance(item, protocol.RunLatency) for item in factory.live.sent)
        main.course = main.course.go(3)
        await pilot.press("full_stop", "full_stop")
        await until(pilot, lambda: any(isinstance(item, protocol.RunLatency) for item in factory.live.sent))
        factory.live.event(protocol.LatencyState("running"))
        await until(pilot, lambda: main.desk.runner == "running")
        await pilot.press("comma")
        await until(pilot, lambda: any(isinstance(item, protocol.PauseLatency) for item in factory.live.sent))


async def test_a_compile_id_of_a_step_is_shown_when_it_comes() -> None:
    made = lesson(
        '## One\n\n```show\npanes = ["aten"]\ncompile_id = "0/1"\nlight = {stage = "aten", text = "exp"}\n```\n'
    )
    async with taught(made) as (pilot, main, factory):
        factory.live.compile()
        await until(pilot, lambda: main.desk.compiled is not None)
        assert main.desk.compile_id == "0/0"
        factory.live.show(recompiled(llama_mlp(timed=False)))
        await until(pilot, lambda: main.desk.compile_id == "0/1")
        await until(pilot, lambda: "exp" in cursor(main, Stage.ATEN))


async def test_presenter_mode_leaves_panes_and_lesson_and_a_clicker_steps() -> None:
    async with taught() as (pilot, main, factory):
        factory.live.compile()
        await until(pilot, lambda: "compiled in" in screen_text(main))
        await pilot.press("pagedown")
        assert main.course.at == 0
        assert not main.course.revealing
        await pilot.press("f5")
        await until(pilot, lambda: "compiled in" not in screen_text(main))
        assert "Phases" not in screen_text(main)
        assert "help" not in screen_text(main)
        await pilot.press("pagedown", "pagedown")
        await told(pilot, main)
        assert main.course.at == 1
        await pilot.press("pageup")
        assert main.course.at == 0
        await pilot.press("f5")
        await until(pilot, lambda: "compiled in" in screen_text(main) and "Phases" in screen_text(main))


async def test_the_speakers_notes_come_only_when_asked_for() -> None:
    async with taught() as (pilot, main, _):
        await pilot.press("full_stop", "full_stop")
        await told(pilot, main)
        assert "Walk down the kernel" not in screen_text(main)
        await pilot.press("ctrl+n")
        await until(pilot, lambda: "Walk down the kernel" in screen_text(main))
        await pilot.press("ctrl+n")
        await until(pilot, lambda: "Walk down the kernel" not in screen_text(main))


async def test_a_failed_compile_is_told_instead_of_waited_for() -> None:
    async with taught() as (pilot, main, factory):
        factory.live.end(OutcomeKind.FAILED, "The compiler is gone.", exit_code=1)
        await until(pilot, lambda: not on_top(main))
        await pilot.press("escape", "full_stop")
        await until(pilot, lambda: "No answer: The compiler is gone." in screen_text(main))


async def test_narrow_and_wide_and_back() -> None:
    async with taught(size=(80, 24)) as (pilot, main, factory):
        factory.live.compile()
        await until(pilot, lambda: "a to c counts a vote" in screen_text(main))
        assert shown(main) == ["aten"]
        await pilot.resize_terminal(200, 50)
        await until(pilot, lambda: shown(main) == ["source", "aten"])
        await pilot.resize_terminal(80, 24)
        await until(pilot, lambda: shown(main) == ["aten"])


async def test_hostile_text_is_text() -> None:
    evil = "\x1b]0;owned\x07 [bold]x[/bold] [link](http://evil.example)"
    question = '```predict\nquestion = "[red]q`a`"\nchoices = ["[1]", "b`"]\nfact = "kernels"\n```\n'
    async with taught(lesson(f"## [b]\n\n{evil}\n\n{question}")) as (_, main, _factory):
        assert "[red]q" in screen_text(main)
        assert "[1]" in screen_text(main)
        assert "\x1b]0" not in screen_text(main)


def test_code_in_a_question_is_set_apart() -> None:
    assert inline("how many `neg`?").plain == "how many neg?"
    assert inline("one ` alone").plain == "one ` alone"
    assert inline("[bold]").plain == "[bold]"


@pytest.mark.parametrize("size", [(80, 24), (200, 50)], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("way", ["dark", "light", "presenting"])
def test_looks(snap_compare, size, way, monkeypatch):
    monkeypatch.delenv("NO_COLOR", raising=False)
    for cls in (CodePane, StageStrip, PhaseChart):
        monkeypatch.setattr(cls, "_set_pulse", lambda self: None)
    factory = Factory()
    keys = {"dark": ("b", "b", "a"), "light": ("t", "full_stop"), "presenting": ("f5", "ctrl+n")}[way]

    async def before(pilot: Pilot[int]) -> None:
        app = pilot.app
        assert isinstance(app, InspectorApp)
        await until(pilot, lambda: ready(app) and factory.made and factory.live.started)
        main = app.main
        assert isinstance(main, LessonScreen)
        await told(pilot, main)
        factory.live.show(replace(llama_mlp(timed=False)))
        factory.live.event(protocol.Compiled(6.2, cache="kept", can_reshape=True, batch=1, seq=8))
        await until(pilot, lambda: main.complete and not main._waits and main.desk.settled)
        await pilot.press(*keys)
        await until(pilot, lambda: way != "light" or main.course.answer == "1")
        app.clear_notifications()
        await pilot.pause(0.3)

    assert snap_compare(app_of(find_lesson("fusion"), factory), terminal_size=size, run_before=before)


@pytest.mark.parametrize("name", [item.lesson.name for item in lessons()])
async def test_nothing_on_the_screen_gives_an_answer_away_before_it_is_asked_for(name: str) -> None:
    """Counts in the top row, in toasts and in the details wait; the panes of a question do not hold what it counts."""
    capture = with_breaks()
    capture = replace(recompiled(capture), graph_breaks=capture.graph_breaks)
    async with taught(name, (200, 50)) as (pilot, main, factory):
        for at, step in enumerate(main.course.lesson.steps):
            if step.prediction is None:
                continue
            main.call_later(main._become, main.course.go(at))
            await told(pilot, main)
            await until(pilot, lambda: factory.live.started)
            factory.live.show(capture)
            factory.live.event(protocol.Compiled(6.2, cache="kept", can_reshape=True, batch=1, seq=8))
            await until(pilot, lambda: main.desk.compiled is not None)
            before = screen_text(main)
            count = len(capture.compilations)
            assert re.search(rf"of {count}\b", before) is None
            assert not any("graphs:" in note or "compiled again" in note for note in notes(main))
            assert not main.panels.display or step.race
            assert not main.lesson_panel._claims.display
            asked = step.prediction.fact.stage or COUNTED_IN.get(step.prediction.fact.name)
            assert asked is None or asked.value not in shown(main)
            await pilot.press("full_stop")
            await until(pilot, lambda at=at: at in main.course.answers)
            await until(pilot, lambda: not main.desk.discreet)
            assert f"of {count}" in screen_text(main).splitlines()[0]
            pilot.app.clear_notifications()


COUNTED_IN = {
    "kernels": Stage.KERNEL,
    "lanes": Stage.KERNEL,
    "spilled": Stage.ASM,
    "library_calls": Stage.INDUCTOR,
    "saved_kib": None,
    "silu_parts": Stage.ATEN,
}
"""Where a person could read off what is asked."""


ANSWERS = {
    "fusion": r"\b(one|1) (loop|kernel)|2,?048|\b(three|3) (library|calls|products)",
    "decomposition": r"\b(four|4) op|\b(three|3) (mm|products)",
    "graph-breaks": r"\b(three|3) (graphs|kernels)|\b(two|2) (breaks|kernels)|second break",
    "recompiles": r"\b(four|4) (times|compiles)|\b(three|3) recompiles",
    "vectors": r"\bsixteen|\b16\b",
    "cold-start": r"\b(one|1) kernel",
}


@pytest.mark.parametrize("name", ANSWERS)
def test_no_title_or_question_says_what_another_asks(name: str) -> None:
    """The list of lessons and the list of their steps are open at any time."""
    found = find_lesson(name)
    listed = [found.title, found.summary, *(step.title for step in found.steps)]
    listed += [step.prediction.question for step in found.steps if step.prediction is not None]
    asking = [step.text for step in found.steps[:1]]
    assert [line for line in (*listed, *asking) if re.search(ANSWERS[name], line.lower())] == []
