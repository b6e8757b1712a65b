"""Versions of a target on the desk: what each save changed, back and on, and one that does not compile."""

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
from inspector.compare import compare_captures
from inspector.form.form import Taste
from inspector.live import EventArrived
from inspector.model.capture import Capture
from inspector.model.stage import Stage
from inspector.model.text_difference import Change
from inspector.model.version import KEPT, Standing, Version, VersionNumbers, VersionRace, with_version
from inspector.trace import read_capture
from inspector.tui import editor
from inspector.tui.app import InspectorApp
from inspector.tui.desk.screen import DeskScreen
from inspector.tui.source import LiveSource

RACE = VersionRace(0.82, (0.79, 0.85), 8, busy=0.0)
NUMBERS = VersionNumbers(64, 0, 0, 0.0, 0.0)


RECORDED = read_capture(Path(__file__).parents[1] / "traces" / "live_gated.log")


def edited(capture: Capture) -> Capture:
    """The same with one statement of the kernel another."""
    kernel = capture.find(Stage.KERNEL)[0]
    line = next(line for line in kernel.lines if " = tmp" in line and " * " in line)
    text = kernel.text.replace(line, line.replace(" * ", " + "), 1)
    changed = replace(kernel, text=text)
    return replace(capture, artifacts=tuple(changed if item is kernel else item for item in capture.artifacts))


def first() -> Version:
    return Version(1, Standing.GOOD, RECORDED, unraced="", uncompared="", code_after=0.4, compiled_after=1.2)


def second() -> Version:
    before, now = first().capture, edited(first().capture)
    difference = compare_captures(before, now, ("1", "2"), timed=False)
    return replace(first(), number=2, capture=now, before=1, difference=difference, race=RACE, numbers=NUMBERS)


def broken() -> Version:
    return Version(
        3, Standing.FAILED, before=2, message="SyntaxError: unmatched ')'", hint="At mine.py:4.", exit_code=1
    )


@asynccontextmanager
async def watching(
    size: tuple[int, int] = BIG, *, from_start: bool = True
) -> AsyncIterator[tuple[Pilot[int], DeskScreen, FakeLive, FakeLive | None]]:
    """The app, whose target is watched from its start on, or compiled once."""
    once, watcher = Factory(), Factory()
    source = LiveSource(REQUEST, once, watcher, watches=from_start)  # type: ignore[arg-type]
    app = InspectorApp(source, title="mine.py:f", clock=clock)
    app.remember(Taste(concise=False))
    async with app.run_test(size=size) as pilot:
        made = watcher if from_start else once
        await until(pilot, lambda: ready(app) and made.made and made.live.started)
        assert app.main is not None
        yield pilot, app.main, made.live, watcher.live if watcher.made else None
        if not from_start and watcher.made:
            assert once.made[0].cancelled


async def says(pilot: Pilot[int], main: DeskScreen, live: FakeLive, *versions: Version) -> None:
    for version in versions:
        live.say(version)  # type: ignore[arg-type]
    await until(pilot, lambda: taken(main) and main.desk.versions and main.desk.settled)


async def test_each_save_is_shown_with_what_it_changed() -> None:
    async with watching() as (pilot, main, live, _):
        await says(pilot, main, live, first())
        assert "version 1" in screen_text(main)
        assert "the first version, nothing to compare it with" in screen_text(main)
        live.say(EventArrived(protocol.Compiled(0.5)))
        await says(pilot, main, live, second())
        top = screen_text(main).splitlines()[0]
        assert "version 2" in top
        assert "1 statement changed" in top
        assert "18 % faster (95 %: 15 to 21)" in top
        assert "same numbers" in top
        assert any(note.startswith("Version 2 1 statement changed") for note in notes(main))
        pane = pane_of(main, Stage.KERNEL)
        assert pane is not None and pane.artifact is not None
        (line,) = (number for number, change in pane._changes.items() if change is Change.CHANGED)
        row = next(row for row in screen_text(main).splitlines() if pane.artifact.lines[line - 1].strip()[:30] in row)
        assert f"{line}≠" in row


async def test_one_that_fails_stands_beside_the_last_good_one() -> None:
    async with watching() as (pilot, main, live, _):
        await says(pilot, main, live, first(), second())
        shown = main.desk.capture
        await says(pilot, main, live, broken())
        top = screen_text(main).splitlines()[0]
        assert "version 2 of 3" in top
        assert "3 does not compile: SyntaxError: unmatched ')'" in top
        assert main.desk.capture is shown
        await pilot.press("exclamation_mark")
        await until(pilot, lambda: main.app.screen is not main)
        assert "At mine.py:4." in "\n".join(
            strip.text for strip in main.app.screen._compositor.render_strips(main.app.size)
        )


async def test_the_first_one_fails_and_the_next_one_does_not() -> None:
    async with watching() as (pilot, main, live, _):
        await says(pilot, main, live, replace(broken(), number=1, before=None))
        top = screen_text(main).splitlines()[0]
        assert "version 1 does not compile: SyntaxError: unmatched ')'" in top
        assert "waiting for a save" in top
        await says(pilot, main, live, replace(first(), number=2))
        top = screen_text(main).splitlines()[0]
        assert "version 2" in top
        assert "does not compile" not in top


async def test_back_to_the_version_before_and_on_again() -> None:
    async with watching() as (pilot, main, live, _):
        await says(pilot, main, live, first(), second())
        await pilot.press("alt+left")
        await until(pilot, lambda: main.desk.version_shown == 1)
        assert "version 1 of 2" in screen_text(main)
        await says(pilot, main, live, replace(second(), number=3, before=2))
        assert main.desk.version_shown == 1, "a person who looks back is left there"
        await pilot.press("alt+right", "alt+right")
        await until(pilot, lambda: main.desk.version_shown == 3)
        await says(pilot, main, live, replace(second(), number=4, before=3))
        assert main.desk.version_shown == 4, "at the newest the screen follows each save"
        await pilot.press("alt+right")
        assert any("newest" in note for note in notes(main))


async def test_a_live_capture_is_watched_from_a_key_on_and_no_longer() -> None:
    async with watching(from_start=False) as (pilot, main, once, _):
        once.compile()
        await until(pilot, lambda: main.desk.compiled is not None and main.desk.settled)
        shown = main.desk.capture
        await pilot.press("ctrl+w")
        await until(pilot, lambda: once.cancelled)
        assert main.desk.capture is shown, "what is there stays until the first version has code"
        assert main.source is not None
        await until(pilot, lambda: isinstance(main.source._live, FakeLive) and main.source._live.started)
        watcher = main.source._live
        assert isinstance(watcher, FakeLive) and watcher is not once
        await says(pilot, main, watcher, first(), second())
        await pilot.press("space")
        await until(pilot, lambda: watcher.sent)
        await pilot.press("ctrl+w")
        await until(pilot, lambda: watcher.cancelled)
        assert "Ctrl+R" in notes(main)[-1]


async def test_the_editor_opens_at_the_line(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, int]] = []
    monkeypatch.setattr(editor, "edit", lambda _screen, file, line: asked.append((file, line)))
    async with watching() as (pilot, main, live, _):
        await says(pilot, main, live, first())
        source = pane_of(main, Stage.SOURCE)
        assert source is not None and source.artifact is not None
        source.focus()
        await pilot.pause()
        source.go(7, 0)
        await pilot.press("ctrl+e")
        await until(pilot, lambda: asked)
        assert asked == [(source.artifact.path, source.place.line)]


def test_which_editor(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("mine", "code"):
        program = tmp_path / name
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", "mine -x")
    assert editor.editor_command("a.py", 3) == ["mine", "-x", "+3", "a.py"]
    monkeypatch.setenv("VISUAL", "code -w")
    assert editor.editor_command("a.py", 3) == ["code", "-w", "--goto", "a.py:3"]
    monkeypatch.setenv("VISUAL", "nowhere")
    assert editor.editor_command("a.py", 3) is None
    monkeypatch.delenv("VISUAL")
    monkeypatch.delenv("EDITOR")
    assert editor.editor_command("a.py", 3) is None


def test_the_texts_of_old_versions_are_let_go() -> None:
    versions: tuple[Version, ...] = ()
    for number in range(1, KEPT + 6):
        versions = with_version(
            versions, replace(second(), number=number) if number < 8 else replace(first(), number=number)
        )
    assert [item.number for item in versions] == list(range(1, KEPT + 6))
    assert [bool(item.capture.artifacts) for item in versions] == [False] * 5 + [True] * KEPT
    assert all(item.difference is None for item in versions[:5])
    assert versions[0].race == RACE, "what is said of it stays"


def test_lines_that_are_gone_are_told_at_the_line_after_them() -> None:
    before = first().capture
    source = before.find(Stage.SOURCE)[0]
    lines = source.text.split("\n")
    at = next(number for number, line in enumerate(lines) if "def forward" in line)
    gone = replace(source, text="\n".join([*lines[:at], *lines[at + 1 :]]))
    now = replace(before, artifacts=tuple(gone if item is source else item for item in before.artifacts))
    found = compare_captures(before, now, ("1", "2"), timed=False).by_text[source.id].changed_lines
    assert found == {at + 1: Change.REMOVED}
