"""The screen of a study: pages, keys, a plan under way, and what becomes of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest
from driving import until
from studyfakes import MACHINE, FakeRuns, cures, layers, live, phase, requests, run_of, shapes, shown, spot, text_of

from inspector import protocol
from inspector.errors import EnvironmentLacking, Interrupted, TargetFailed, UsageError
from inspector.model.study import Experiment, StudyRequest
from inspector.study import store
from inspector.study.runner import Plan
from inspector.study.updates import PlanWaiting, RunFailed, RunFinished
from inspector.tui.study.app import StudyApp
from inspector.tui.study.failures import FailuresScreen
from inspector.tui.study.intents import StudyDo
from inspector.tui.study.parts import PlanState, RunState

SMALL = (80, 24)


async def test_pages_turn_by_number_and_by_brackets():
    async with shown(spot(), size=SMALL) as (pilot, screen):
        assert screen.desk.section.topic == "latency"
        await pilot.press("2")
        assert screen.desk.section.topic == "wall time"
        await pilot.press("right_square_bracket")
        assert screen.desk.section.topic == "steps"
        await pilot.press("left_square_bracket", "left_square_bracket", "left_square_bracket")
        assert screen.desk.section.topic == "results", "the first page follows the last"
        await pilot.press("9")
        assert screen.desk.section.topic == "results", "there is no ninth page"


async def test_batches_are_switched_and_stay_when_the_page_turns():
    async with shown(spot(), size=SMALL) as (pilot, screen):
        await pilot.press("right_parenthesis")
        assert screen.chart.figure.subject == "batch 8"
        await pilot.press("2")
        assert screen.chart.figure.title == "Wall time, batch 8"
        await pilot.press("left_parenthesis", "left_parenthesis")
        assert screen.chart.figure.subject == "batch 32"
        await pilot.press("3", ")")
        assert "one figure" in [note.message for note in screen.app._notifications][-1]


async def test_a_page_shows_chart_and_table_where_there_is_room_for_both():
    async with shown(spot()) as (pilot, screen):
        await pilot.press("2")
        assert screen.chart.display and screen.table.display
        await pilot.press("v")
        assert (screen.chart.display, screen.table.display) == (True, False)
        await pilot.press("v")
        assert (screen.chart.display, screen.table.display) == (False, True)
        await pilot.press("v")
        assert (screen.chart.display, screen.table.display) == (True, True)


async def test_a_small_terminal_shows_one_of_them():
    async with shown(spot(), size=SMALL) as (pilot, screen):
        await pilot.press("2")
        assert (screen.chart.display, screen.table.display) == (True, False)
        await pilot.press("v")
        assert (screen.chart.display, screen.table.display) == (False, True)
        assert screen.focused is screen.table
        assert "Break-even" in text_of(screen)
        await pilot.press("v", "v")
        assert screen.table.display


async def test_wide_tables_scroll_by_columns_and_keep_their_names():
    async with shown(spot(), size=SMALL) as (pilot, screen):
        await pilot.press("3", "v")
        before = text_of(screen)
        assert "› more columns" in before and "process start to first token" not in before
        await pilot.press("l", "l", "l")
        after = text_of(screen)
        assert "process start to first token" in after and "prefill+decode" in after
        assert "spread" not in after and "spread" in before
        await pilot.press("l")
        assert text_of(screen) == after, "there is nothing further"
        await pilot.press("h", "h", "h")
        assert text_of(screen) == before


async def test_long_tables_keep_the_names_of_their_columns():
    async with shown(spot(), size=(80, 15)) as (pilot, screen):
        await pilot.press("4", "v", "end")
        await pilot.pause()
        assert "first token" in text_of(screen) and "Table 1" in text_of(screen)
        assert screen.table.scroll_offset.y > 0


async def test_machines_are_compared_and_switched():
    theirs = spot("paper", pace=2.0, machine={"machine": "the paper"})
    async with shown(theirs, spot()) as (pilot, screen):
        assert screen.desk.section.set == "mine"
        assert "AVX512" in text_of(screen)
        await pilot.press("n")
        assert screen.desk.section.set == "paper"
        assert "paper: the paper" in text_of(screen)
        assert "Compared" in text_of(screen)
        await pilot.press("7" if "7 Compared" in text_of(screen) else "6")
        assert screen.desk.section.topic == "compared"
        assert [series.label for series in screen.chart.figure.series][:2] == ["paper: decode", "paper: prefill+decode"]
        await pilot.press("n")
        assert screen.desk.section.topic == "compared", "it is about all of them"


async def test_what_was_left_out_of_a_file_is_told_with_the_results():
    async with shown(spot(), notes=("mine.jsonl: line 7 is cut short and is left out.",)) as (pilot, screen):
        await pilot.press("left_square_bracket")
        assert "line 7 is cut short" in text_of(screen)


@pytest.mark.parametrize(
    ("results", "says"),
    [
        (
            shapes(),
            ("Lengths", "Graphs", "dynamic none, prompt 10: recompiled because tensor 'input_ids' size mismatch"),
        ),
        (layers(), ("later call", "8 of 16 layers were left eager without a word")),
        (cures(), ("importing torch", "From process start to first result, llama-mlp", "17.8 s")),
    ],
    ids=["shapes", "layers", "cures"],
)
async def test_the_other_experiments_have_their_charts(results, says):
    async with shown(results) as (pilot, screen):
        seen = text_of(screen)
        await pilot.press("right_parenthesis")
        seen += text_of(screen)
        await pilot.press("2")
        seen += text_of(screen)
        assert [words for words in says if words not in seen] == []


# --- a plan under way -------------------------------------------------------------------------------------------


async def test_charts_grow_as_results_come():
    runs = FakeRuns()
    async with live(runs) as (pilot, screen):
        assert phase(screen) is PlanState.ESTIMATING
        runs.say(*runs.up_to(0))
        await until(pilot, lambda: phase(screen) is PlanState.RUNNING)
        assert "The charts begin with the first finished run" in text_of(screen)
        assert "decoding  0:12" in text_of(screen)
        runs.say(RunFinished(run_of(runs.requests[0]), 30.0))
        await until(pilot, lambda: screen.chart.figure is not None)
        assert [series.label for series in screen.chart.figure.series] == ["eager"]
        runs.say(RunFinished(run_of(runs.requests[1]), 30.0))
        await until(pilot, lambda: len(screen.chart.figure.series) == 2)
        await pilot.press("2")
        assert "decode compiled" in text_of(screen)
        runs.say(RunFinished(run_of(runs.requests[3]), 30.0))
        await until(pilot, lambda: screen.chart.figure.subject == "batch 8")
        await pilot.press("right_parenthesis")
        assert screen.chart.figure.subject == "batch 1"
        runs.say(RunFinished(run_of(runs.requests[4]), 30.0))
        await until(pilot, lambda: screen.desk.plan.count(RunState.DONE) == 4)
        assert screen.chart.figure.subject == "batch 1", "a person has chosen"
        await pilot.press("o")
        assert screen.chart.figure.subject == "batch 8"


async def test_time_left_and_the_plan():
    runs = FakeRuns()
    async with live(runs) as (pilot, screen):
        runs.say(*runs.up_to(4, kept=2))
        await until(pilot, lambda: phase(screen) is PlanState.RUNNING and screen.desk.plan.progress is not None)
        seen = text_of(screen)
        assert "4 of 9 runs" in seen and "about 2:05 left" in seen
        assert seen.count("kept") == 2
        assert "reads 28.0 GB/s" in seen
        await pilot.press("O")
        assert not screen.plan.display
        await pilot.press("O")
        assert screen.plan.display


async def test_it_pauses_after_a_run_and_goes_on():
    runs = FakeRuns()
    async with live(runs) as (pilot, screen):
        runs.say(*runs.up_to(1))
        await until(pilot, lambda: phase(screen) is PlanState.RUNNING)
        await pilot.press("space")
        assert runs.control.paused
        assert "pauses after this run" in text_of(screen)
        runs.say(RunFinished(run_of(runs.requests[1]), 9.0), PlanWaiting(7, 100.0))
        await until(pilot, lambda: phase(screen) is PlanState.WAITING)
        assert "paused  7 to come" in text_of(screen) and "Space goes on" in text_of(screen)
        await pilot.press("space")
        assert not runs.control.paused


async def test_nothing_is_said_to_be_right_before_a_run_has_ended():
    runs = FakeRuns()
    async with live(runs) as (pilot, screen):
        runs.say(*runs.up_to(1))
        await until(pilot, lambda: phase(screen) is PlanState.RUNNING)
        ended = screen.desk.plan.count(RunState.DONE, RunState.KEPT)
        screen.turn(StudyDo.FAILURES)
        runs.say(RunFinished(run_of(runs.requests[1]), 9.0))
        await until(pilot, lambda: screen.desk.plan.count(RunState.DONE, RunState.KEPT) == ended + 1)
        screen.turn(StudyDo.FAILURES)
        await pilot.pause()
        said = [note.message for note in screen.app._notifications]
    assert ("No run has ended yet." in said[0]) is (ended == 0)
    assert f"None of the {ended + 1} run" in said[-1] and "that ended failed." in said[-1]


async def test_a_stopped_plan_keeps_its_results_and_goes_on():
    runs = FakeRuns()
    async with live(runs) as (pilot, screen):
        runs.say(*runs.up_to(2))
        await until(pilot, lambda: screen.desk.plan.progress is not None)
        await pilot.press("S")
        await until(pilot, lambda: phase(screen) is PlanState.STOPPED)
        assert "stopped  7 to come" in text_of(screen)
        assert screen.chart.figure is not None
        assert isinstance(screen.app, StudyApp)
        assert screen.app.last_words() == (
            "2 runs finished; the results are in study-spot.jsonl.\n7 are missing: the same command goes on."
        )
        await pilot.press("ctrl+r")
        await until(pilot, lambda: runs.begun == 2)
        runs.say(*runs.up_to(3, kept=2))
        await until(pilot, lambda: screen.desk.plan.count(RunState.DONE) == 3)


async def test_failed_runs_are_told_and_tried_again():
    runs = FakeRuns(requests((1,)))
    error = TargetFailed("The worker was killed.", "Try again.", detail="the end of its \x1b[31mlog")
    async with live(runs) as (pilot, screen):
        runs.say(*runs.up_to(1), RunFailed(runs.requests[1], error, 3.0))
        runs.say(RunFinished(run_of(runs.requests[2]), 9.0), None)
        await until(pilot, lambda: phase(screen) is PlanState.ENDED)
        assert "1 failed" in text_of(screen) and "! says why" in text_of(screen)
        await pilot.press("exclamation_mark")
        await until(pilot, lambda: isinstance(screen.app.screen, FailuresScreen))
        seen = text_of(screen)
        assert "The worker was killed." in seen and "the end of its log" in seen and "\x1b" not in seen
        await pilot.press("escape")
        await until(pilot, lambda: screen.app.screen is screen)
        await pilot.press("ctrl+r")
        await until(pilot, lambda: runs.begun == 2)
        assert screen.desk.plan.count(RunState.DONE) == 2 and not screen.desk.plan.failed


async def test_the_plan_leads_to_figures_and_reasons():
    runs = FakeRuns()
    async with live(runs) as (pilot, screen):
        runs.say(*runs.up_to(6), RunFailed(runs.requests[6], TargetFailed("It is gone."), 1.0), None)
        await until(pilot, lambda: phase(screen) is PlanState.ENDED)
        screen.plan.focus()
        screen.plan.go("0")
        await pilot.press("enter")
        await until(pilot, lambda: screen.chart.figure.subject == "batch 1")
        screen.plan.go("6")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(screen.app.screen, FailuresScreen))
        assert "It is gone." in text_of(screen)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("llama-1b with batch 256 needs about 80 GiB, and 20 GiB are available.", "Take less."), 2),
        (EnvironmentLacking("The result cannot be written: No space left on device.", "Make room."), 3),
    ],
)
async def test_a_plan_that_cannot_go_on_says_why(error, code):
    runs = FakeRuns()
    async with live(runs) as (pilot, screen):
        runs.say(error)
        await until(pilot, lambda: isinstance(screen.app.screen, FailuresScreen))
        assert error.hint in text_of(screen)
        await pilot.press("escape")
        await until(pilot, lambda: screen.app.screen is screen)
        assert "cannot go on" in text_of(screen)
        app = screen.app
        await pilot.press("q")
    assert app.return_value == code
    assert app.last_words() == str(error)


@pytest.mark.parametrize(("key", "code"), [("q", 0), ("ctrl+c", 130)])
async def test_leaving_ends_what_is_under_way(key, code):
    runs = FakeRuns()
    async with live(runs) as (pilot, screen):
        runs.say(*runs.up_to(1))
        await until(pilot, lambda: screen.desk.plan.progress is not None)
        app = screen.app
        await pilot.press(key)
    with pytest.raises(Interrupted):
        runs.control.check()
    assert app.return_value == code


# --- the report -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "begins"),
    [
        ("r.html", "<!doctype html>"),
        ("r.md", "# When does"),
        ("r.txt", "When does"),
        ("r.csv", "set,"),
        ("r.json", "{"),
    ],
)
async def test_the_report_is_exported_in_the_format_of_its_ending(tmp_path: Path, monkeypatch, name: str, begins: str):
    monkeypatch.chdir(tmp_path)
    async with shown(cures(), size=SMALL) as (pilot, screen):
        await pilot.press("E")
        await until(pilot, lambda: screen.app.screen is not screen)
        assert screen.app.screen.text == "mine.html"
        screen.app.screen.query_one("Entry").value = name
        await pilot.press("enter")
        await until(pilot, (tmp_path / name).exists)
    assert (tmp_path / name).read_text().startswith(begins)


async def test_a_report_replaces_no_file_unasked(tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.html").write_text("mine")
    async with shown(cures(), size=SMALL) as (pilot, screen):
        await pilot.press("E")
        await until(pilot, lambda: screen.app.screen is not screen)
        prompt = screen.app.screen
        assert prompt.text == "mine-2.html"
        await pilot.press("f3")
        assert prompt.text == "mine-2.md"
        prompt.query_one("Entry").value = "mine.nonsense"
        await pilot.press("enter")
        assert prompt.is_current, "no format has that ending"
        prompt.query_one("Entry").value = "mine.html"
        await pilot.pause()
        await pilot.press("enter")
        assert prompt.is_current and "Enter again replaces it" in text_of(screen)
        assert (tmp_path / "mine.html").read_text() == "mine"
        prompt.query_one("Entry").value = "mine.json"
        await pilot.pause()
        await pilot.press("enter")
        await until(pilot, (tmp_path / "mine.json").exists)
    assert json.loads((tmp_path / "mine.json").read_text())["values"]


async def test_a_guest_writes_no_report(tmp_path: Path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("INSPECTOR_GUEST", "1")
    async with shown(cures(), size=SMALL) as (pilot, screen):
        await pilot.press("E")
        await until(pilot, lambda: screen.app.screen is not screen)
        await pilot.press("enter")
        await until(pilot, lambda: "writes nothing on this machine" in text_of(screen))
    assert list(tmp_path.iterdir()) == []


async def test_hostile_names_reach_no_terminal():
    hostile = "llama\x1b]52;c;aGk=\x07[red]"
    results = cures()
    bad = tuple(
        type(run)(run.request, type(run.result)(hostile, run.result.cure, 1.0), {"cpu": hostile}, key=run.key)
        for run in results.runs
    )
    async with shown(type(results)(hostile, bad, hostile)) as (pilot, screen):
        for key in ("v", "v", "v", "2"):
            await pilot.press(key)
            assert "\x1b" not in text_of(screen) and "\x07" not in text_of(screen)
        assert "[red]" in text_of(screen)


async def test_the_runner_itself_is_followed_on_its_own_thread(tmp_path: Path):
    wanted, file = requests((1,)), tmp_path / "r.jsonl"

    def once(request: StudyRequest, *, on_phase: Callable[[str], object], place: object = None) -> protocol.Measured:
        on_phase("decoding")
        if request.experiment is Experiment.ESTIMATE:
            return protocol.Measured("Estimate", {"needed": 1, "available": 2, "bandwidth": 28e9}, MACHINE)
        return protocol.Measured("Generation", asdict(run_of(request).result), MACHINE)

    for kept in (0, 3):
        async with live(Plan(wanted, file, once=once), size=SMALL) as (pilot, screen):
            await until(pilot, lambda: phase(screen) is PlanState.ENDED)
            assert screen.desk.plan.count(RunState.KEPT) == kept
            assert "✓ finished" in text_of(screen) and "3 of 3 runs" in text_of(screen)
            assert [series.label for series in screen.chart.figure.series] == ["eager", "decode", "prefill+decode"]
    assert len(store.read(file).runs) == 3


async def test_a_mistake_of_ours_leaves_no_screen_that_waits(tmp_path: Path):
    runs = FakeRuns()
    async with live(runs) as (pilot, screen):
        runs.say(ZeroDivisionError("division by zero"))
        await until(pilot, lambda: isinstance(screen.app.screen, FailuresScreen))
        assert "inspector itself failed" in text_of(screen)


async def test_the_palette_offers_what_there_is():
    async with shown(spot()) as (_, screen):
        titles = [command.title for command in screen.app.get_system_commands(screen)]
        assert "Page: Wall time" in titles and "Export the report…" in titles
        assert "Stop" not in titles, "there is no plan"
        assert len(titles) == len(set(titles))
