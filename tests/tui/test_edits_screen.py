"""Kernels edited on the screen: opened, tried, shown with what changed, gone back from, lost with the worker."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from driving import BIG, clock, notes, pane_of, ready, screen_text, taken, until
from fakes import REQUEST, Factory, FakeLive
from textual.pilot import Pilot

from inspector import protocol
from inspector.client.outcome import Outcome, OutcomeKind
from inspector.form.form import Taste
from inspector.live import CaptureUpdated, Ended
from inspector.model.deviation import Deviation
from inspector.model.edit import EditedOutput, EditedText, Fate, KernelEdit, Problem
from inspector.model.stage import Stage
from inspector.model.text_difference import Change
from inspector.trace import read_capture
from inspector.tui import editor
from inspector.tui.app import InspectorApp
from inspector.tui.desk.screen import DeskScreen
from inspector.tui.source import LiveSource

RECORDED = read_capture(Path(__file__).parents[1] / "traces" / "live_gated.log")
KERNEL = RECORDED.find(Stage.KERNEL)[0]
LINE = next(line for line in KERNEL.lines if " = tmp" in line and " * " in line)
EDITED = KERNEL.text.replace(LINE, LINE.replace(" * ", " + "), 1)
EQUAL = Deviation(0.0, 0.0, 0.0, elements=64)


@asynccontextmanager
async def compiled() -> AsyncIterator[tuple[Pilot[int], DeskScreen, FakeLive]]:
    factory = Factory()
    app = InspectorApp(LiveSource(REQUEST, factory), title="mine.py:f", clock=clock)  # type: ignore[arg-type]
    app.remember(Taste(concise=False))
    async with app.run_test(size=BIG) as pilot:
        await until(pilot, lambda: ready(app) and factory.made and factory.live.started)
        main, live = app.main, factory.live
        assert main is not None
        live.show(RECORDED)
        live.event(protocol.Compiled(0.5))
        await until(pilot, lambda: main.desk.compiled is not None and taken(main) and main.desk.settled)
        yield pilot, main, live


def writes(monkeypatch: pytest.MonkeyPatch, text: str) -> list[tuple[str, int]]:
    """An editor that leaves a text."""
    asked: list[tuple[str, int]] = []

    def edit(_screen: object, file: str, line: int) -> None:
        asked.append((Path(file).read_text(), line))
        Path(file).write_text(text)

    monkeypatch.setattr(editor, "edit", edit)
    return asked


def asked_of(live: FakeLive) -> protocol.EditKernel:
    return next(item for item in reversed(live.sent) if isinstance(item, protocol.EditKernel))


async def tried(pilot: Pilot[int], main: DeskScreen, live: FakeLive, keys: tuple[str, ...] = ("ctrl+y",)) -> None:
    before = len(live.sent)
    await pilot.press(*keys)
    await until(pilot, lambda: len(live.sent) > before and main.desk.editing.asked is not None)


def answer(live: FakeLive, fate: Fate = Fate.SAME, **fields: object) -> KernelEdit:
    """What the worker says of the last edit, as a live capture passes it on."""
    asked = asked_of(live)
    output = EditedOutput("output 0", "f32", (8, 8), EQUAL, EQUAL, EQUAL)
    edit = KernelEdit(
        asked.number,
        asked.compile_id,
        asked.kernel,
        fate,
        asked.before,
        asked.text,
        asked.unit,
        calls=1,
        outputs=(output,) if fate.ran else (),
        unraced="no race was asked for",
        texts=(EditedText("asm", "kernel:\n        ret\n"),),
    )
    made = replace(edit, **fields)  # type: ignore[arg-type]
    live.event(protocol.KernelEdited(made))
    live.show(replace(live.capture, edits=(*live.capture.edits, made)))
    return made


async def test_a_kernel_is_opened_tried_and_shown_as_edited(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = writes(monkeypatch, EDITED)
    async with compiled() as (pilot, main, live):
        await tried(pilot, main, live)
        assert opened[0][0] == KERNEL.text
        request = asked_of(live)
        assert (request.number, request.kernel, request.before) == (1, KERNEL.kernel, KERNEL.text)
        assert request.text.strip() == EDITED.strip()
        live.event(protocol.Progress("racing eager, compiled and edited"))
        await until(pilot, lambda: "racing eager" in screen_text(main).splitlines()[0])
        answer(live)
        await until(pilot, lambda: main.desk.editing.shown == 1 and main.desk.own is not None and main.desk.settled)
        top = screen_text(main).splitlines()[0]
        assert "edit 1 of 1" in top and "numbers the same in 64 of 64" in top
        pane = pane_of(main, Stage.KERNEL)
        assert pane is not None and pane.artifact is not None and pane.artifact.text.strip() == EDITED.strip()
        assert Change.CHANGED in pane._changes.values()
        assert f"{KERNEL.kernel} · edit 1" in screen_text(main)
        assert main.desk.capture.find(Stage.ASM)[0].text == "kernel:\n        ret\n"
        await pilot.press("tilde")
        await until(pilot, lambda: pane.artifact is not None and pane.artifact.text == KERNEL.text)
        assert main.desk.own is None and not pane._changes
        assert main.desk.capture.find(Stage.ASM) == RECORDED.find(Stage.ASM)
        await pilot.press("alt+right")
        await until(pilot, lambda: main.desk.editing.shown == 1)
        await pilot.press("alt+right")
        assert any("last edit" in note for note in notes(main))
        await pilot.press("alt+left")
        await until(pilot, lambda: main.desk.editing.shown == 0)


async def test_what_is_saved_is_the_compilers_capture_with_the_edits(monkeypatch: pytest.MonkeyPatch) -> None:
    writes(monkeypatch, EDITED)
    async with compiled() as (pilot, main, live):
        await tried(pilot, main, live)
        made = answer(live)
        await until(pilot, lambda: main.desk.own is not None)
        assert main.to_save().find(Stage.KERNEL)[0] == KERNEL
        assert main.to_save().edits == (made,)
        live.show(replace(live.capture, latency=()))
        await until(pilot, lambda: taken(main))
        assert main.desk.own is not None, "news of the worker leave the edit where it is"


async def test_one_that_is_not_built_leaves_what_was_there_and_opens_again(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = writes(monkeypatch, EDITED)
    async with compiled() as (pilot, main, live):
        await tried(pilot, main, live)
        answer(live, Fate.NOT_BUILT, problem=Problem("‘tmp9’ was not declared", 20, 4))
        await until(pilot, lambda: main.desk.editing.asked is None and live.capture.edits and taken(main))
        assert main.desk.editing.shown == 0 and main.desk.own is None
        top = screen_text(main).splitlines()[0]
        assert "not built at line 20: ‘tmp9’ was not declared" in top
        writes_again = writes(monkeypatch, KERNEL.text)
        await pilot.press("ctrl+y")
        await until(pilot, lambda: writes_again)
        assert writes_again[0][0].strip() == EDITED.strip() and writes_again[0][1] == 20
        assert opened[0][0] == KERNEL.text


async def test_a_crash_leaves_the_screen_and_the_text(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    writes(monkeypatch, EDITED)
    async with compiled() as (pilot, main, live):
        await tried(pilot, main, live)
        asked = asked_of(live)
        lost = KernelEdit(
            *(asked.number, asked.compile_id, asked.kernel, Fate.CRASHED, asked.before, asked.text, asked.unit),
            problem=Problem("The worker crashed (SIGSEGV)."),
        )
        live.say(CaptureUpdated(replace(live.capture, edits=(lost,))))
        live.say(Ended(Outcome(OutcomeKind.CRASHED, "The worker crashed (SIGSEGV).", exit_code=1)))
        await until(pilot, lambda: any("edited text is in" in note for note in notes(main)))
        assert main.app.screen is main, "no dialog covers what is there"
        (kept,) = (tmp_path / "inspector" / "edits").iterdir()
        assert kept.read_text().strip() == EDITED.strip()
        assert str(kept) in "".join(notes(main))
        pane = pane_of(main, Stage.KERNEL)
        assert pane is not None and pane.artifact is not None and pane.artifact.text == KERNEL.text
        await pilot.press("ctrl+y")
        assert any("has ended" in note for note in notes(main))


async def test_an_experiment_is_chosen_from_those_that_apply() -> None:
    async with compiled() as (pilot, main, live):
        await pilot.press("ctrl+x")
        await until(pilot, lambda: main.app.screen is not main)
        await pilot.press(*"O2", "enter")
        await until(pilot, lambda: any(isinstance(item, protocol.EditKernel) for item in live.sent))
        assert asked_of(live).flags == ["-O2"]
        assert asked_of(live).text.startswith("// flags: -O2\n")


async def test_an_edit_from_the_output_code_is_of_the_kernel_under_the_cursor(monkeypatch: pytest.MonkeyPatch) -> None:
    opened = writes(monkeypatch, EDITED)
    async with compiled() as (pilot, main, live):
        await pilot.press("9")
        pane = pane_of(main, Stage.INDUCTOR)
        assert pane is not None and pane.artifact is not None
        line = next(at for at, text in enumerate(pane.artifact.lines, 1) if "#include" in text)
        pane.focus()
        await pilot.pause()
        pane.go(line, 0)
        await tried(pilot, main, live)
        assert opened[0][0] == KERNEL.text


async def test_nothing_is_edited_without_a_worker_or_while_it_watches() -> None:
    app = InspectorApp(capture=RECORDED, title="opened", clock=clock)
    async with app.run_test(size=BIG) as pilot:
        await until(pilot, lambda: ready(app))
        assert app.main is not None
        await pilot.press("ctrl+y")
        assert not app.main.desk.editing.asked
    watcher = Factory()
    app = InspectorApp(LiveSource(REQUEST, Factory(), watcher, watches=True), title="f", clock=clock)  # type: ignore[arg-type]
    async with app.run_test(size=BIG) as pilot:
        await until(pilot, lambda: ready(app) and watcher.made)
        await pilot.press("ctrl+y")
        await until(pilot, lambda: app.main is not None and any("Ctrl+W ends that" in note for note in notes(app.main)))
