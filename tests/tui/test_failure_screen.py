"""What is said of a failure, in the dialog and after the app has gone."""

from __future__ import annotations

import pytest
from driving import live, on_top, screen_text, until
from textual.containers import VerticalScroll

from inspector import tui
from inspector.client.outcome import OutcomeKind
from inspector.model.request import CaptureRequest
from inspector.tui import last_words, run_live
from inspector.tui.app import InspectorApp
from inspector.tui.screens.failure import without_ours

DYING = """\
compiling
Fatal Python error: Segmentation fault

Current thread 0x00007f11 (most recent call first):
  File "/home/me/crash.py", line 6 in forward
  File "/opt/env/torch/nn/modules/module.py", line 1776 in _call_impl
  File "/opt/env/inspector/worker/capture.py", line 130 in run
  File "/opt/env/inspector/worker/__main__.py", line 9 in <module>
  File "<frozen runpy>", line 88 in _run_code
  File "<frozen runpy>", line 198 in _run_module_as_main

Extension modules: numpy (total: 1)"""
TRACEBACK = """\
Traceback (most recent call last):
  File "/usr/lib/python3.11/runpy.py", line 88, in _run_code
    exec(code, run_globals)
  File "/opt/env/inspector/worker/capture.py", line 130, in run
    result = call()
             ^^^^^^
  File "/opt/env/inspector/targets/softmax.py", line 4, in build
    raise ValueError
ValueError"""


def test_only_frames_that_led_to_the_persons_code_are_left_out() -> None:
    assert without_ours(DYING).splitlines() == [
        line for line in DYING.splitlines() if "inspector/worker" not in line and "runpy" not in line
    ]
    assert [line.strip() for line in without_ours(TRACEBACK).splitlines()] == [
        "Traceback (most recent call last):",
        'File "/opt/env/inspector/targets/softmax.py", line 4, in build',
        "raise ValueError",
        "ValueError",
    ]
    assert without_ours("no frames\n    here") == "no frames\n    here"


@pytest.mark.parametrize("size", [(80, 24), (60, 15), (200, 50)])
async def test_the_keys_are_there_at_every_size_and_the_log_begins_where_it_died(size: tuple[int, int]) -> None:
    before = tuple(f"log line {number}" for number in range(40))
    async with live(size) as (pilot, main, worker):
        worker.end(
            OutcomeKind.CRASHED,
            "The worker crashed with a segmentation fault (SIGSEGV) in the phase “compiling”.",
            hint="Try again with --cold, which starts from fresh caches; the end of its log is the best lead.",
            log_tail=(*before, *DYING.splitlines(), *(f"  {number}" for number in range(30))),
            traceback=TRACEBACK,
            exit_code=1,
        )
        await until(pilot, lambda: not on_top(main) and "Fatal Python error" in screen_text(main))
        await until(pilot, lambda: "log line 39" not in screen_text(main))
        rows = screen_text(main)
        for words in ("^r compile again", "Esc look", "y copy", "q quit", "segmentation fault", "best lead"):
            assert words in rows
        await pilot.press("v")
        await until(pilot, lambda: "Traceback (most" in screen_text(main))
        assert "v log" in screen_text(main)


async def test_a_log_that_holds_no_report_is_shown_to_its_end() -> None:
    async with live((80, 24)) as (pilot, main, worker):
        worker.end(OutcomeKind.KILLED, "Killed.", log_tail=tuple(f"line {number}" for number in range(60)))
        await until(pilot, lambda: not on_top(main) and "line 59" in screen_text(main))
        assert pilot.app.screen.query_one(VerticalScroll).scroll_y > 0
        assert "q quit" in screen_text(main)


async def test_the_last_words_are_the_failure_in_one_line() -> None:
    async with live() as (pilot, main, worker):
        assert last_words(pilot.app) == ""
        worker.end(OutcomeKind.FAILED, "Wrong\nshape.", hint="Try --batch 2.", exit_code=2)
        await until(pilot, lambda: main.desk.outcome)
        assert last_words(pilot.app) == "inspector: Wrong shape. Try --batch 2."


@pytest.mark.parametrize(("words", "expected"), [("inspector: It broke.", "inspector: It broke.\n"), ("", "")])
def test_the_last_words_go_to_stderr(
    words: str, expected: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(InspectorApp, "run", lambda _: 1)
    monkeypatch.setattr(tui, "last_words", lambda _: words)
    assert run_live(CaptureRequest(target="softmax")) == 1
    assert capsys.readouterr() == ("", expected)
