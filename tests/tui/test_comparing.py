"""How two sides come to be compared: read, compiled while one waits, chosen from what is on screen."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from comparisons import TRACES, recorded, rows_of, shown
from driving import clock, notes, on_top, opened, screen_text, until
from fakes import REQUEST, llama_mlp, recompiled
from logdriving import log_opened
from textual.pilot import Pilot
from textual.widgets import Input, OptionList

from inspector.client import process
from inspector.errors import EXIT_INTERRUPTED, UsageError
from inspector.model.capture import Capture
from inspector.model.request import CacheMode, CaptureRequest
from inspector.tui import run_difference
from inspector.tui.compare.app import DifferenceApp
from inspector.tui.compare.choosing import OtherPicker, comparison_with, held_of_capture
from inspector.tui.compare.options import with_options
from inspector.tui.compare.screen import DifferenceScreen
from inspector.tui.compare.waiting import WaitingScreen
from inspector.tui.desk.intents import ShowCompileId
from inspector.tui.screens.help import HelpScreen
from inspector.work.comparing import Cancelled, ComparingProgress, Making
from inspector.work.comparison import Comparison, Side

RECOMPILE = str(TRACES / "recompile.log")


@pytest.fixture
def scenario(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Sets which fake worker runs in place of the real one."""
    fake = str(Path(__file__).parent.parent / "unit" / "fake_worker.py")
    return lambda name: monkeypatch.setattr(process, "worker_command", lambda: [sys.executable, fake, name])


def compiled(*options: str) -> Side:
    return Side(" ".join(("softmax", *options)), request=CaptureRequest("softmax"))


# --- making one ---------------------------------------------------------------------------------------------


def test_two_compile_ids_of_a_log_are_read_and_paired_as_asked() -> None:
    told: list[ComparingProgress] = []
    sides = [Side(item, path=RECOMPILE, compile_id=item, compile_ids=("0/0", "0/1")) for item in ("0/0", "0/1")]
    found = Making(Comparison(*sides, pairs=(("0/0", "0/1"),))).make(told.append)
    assert [(item.a, item.b) for item in found.compilations] == [("0/0", "0/1")]
    assert (found.title_a, found.title_b) == ("0/0", "0/1")
    assert list(dict.fromkeys(item.at for item in told)) == [0, 1, 2]
    assert told[-1].words == "0/0 and 0/1"
    assert all(seconds is not None for seconds in told[-1].seconds)


def test_what_only_the_other_side_has_is_left_out_for_a_part_of_a_log() -> None:
    part = Side("0/0", path=RECOMPILE, compile_id="0/0")
    whole = Side("all", path=RECOMPILE)
    pairs = [(item.a, item.b) for item in Making(Comparison(part, whole)).make(lambda _: None).compilations]
    assert pairs == [("0/0", "0/0"), (None, "0/1"), (None, "0/2")]
    alone = Making(Comparison(part, whole, unpaired=False)).make(lambda _: None)
    assert [(item.a, item.b) for item in alone.compilations] == [("0/0", "0/0")]
    assert alone.recompiles == ()


def test_a_log_that_is_being_read_can_be_given_up() -> None:
    making: Making

    def tell(progress: ComparingProgress) -> None:
        if progress.words.startswith("read") and progress.words != "reading":
            making.cancel()

    making = Making(Comparison(Side("a", path=RECOMPILE), Side("b", path=RECOMPILE)))
    with pytest.raises(Cancelled):
        making.make(tell)
    assert all(seconds is None for seconds in making._took)


def test_both_sides_are_compiled_one_after_the_other(scenario: Callable[[str], None]) -> None:
    scenario("finish")
    told: list[ComparingProgress] = []
    found = Making(Comparison(compiled(), compiled("--dynamic"))).make(told.append)
    assert found.change.alike
    assert {item.at for item in told} == {0, 1, 2}
    assert all(told[-1].stages)


def test_giving_up_ends_the_worker_and_waits_for_it(scenario: Callable[[str], None]) -> None:
    scenario("standstill")
    making: Making

    def tell(progress: ComparingProgress) -> None:
        making.cancel()

    making = Making(Comparison(compiled(), compiled("--dynamic")))
    with pytest.raises(Cancelled):
        making.make(tell)
    making.close()


def test_a_side_that_fails_names_itself(scenario: Callable[[str], None]) -> None:
    scenario("fail")
    with pytest.raises(UsageError, match="softmax: toy has no forward"):
        Making(Comparison(compiled(), compiled("--dynamic"))).make(lambda _: None)


# --- waiting for it -----------------------------------------------------------------------------------------


async def test_the_stages_of_both_sides_are_seen_then_the_difference(scenario: Callable[[str], None]) -> None:
    scenario("finish")
    app = DifferenceApp(Comparison(compiled(), compiled("--dynamic")), clock=clock)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: any("✓  AOT ATen graph" in row for row in rows_of(app)) or shown(app))
        await until(pilot, lambda: shown(app))
        assert any("softmax ↔ softmax --dynamic" in row for row in rows_of(app))


async def test_what_was_made_behind_a_dialog_is_shown_once_that_is_closed() -> None:
    gate = threading.Event()

    def capture() -> Capture:
        assert gate.wait(20)
        return recorded("two_ops")

    app = DifferenceApp(Comparison(Side("a", capture), Side("b", capture)), clock=clock)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: any("waits its turn" in row for row in rows_of(app)))
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(app.screen, HelpScreen))
        gate.set()
        waiting = next(screen for screen in app.screen_stack if isinstance(screen, WaitingScreen))
        await until(pilot, lambda: waiting.made is not None)
        assert isinstance(app.screen, HelpScreen)
        await pilot.press("escape")
        await until(pilot, lambda: shown(app))


async def test_escape_gives_up_and_leaves(scenario: Callable[[str], None]) -> None:
    scenario("standstill")
    app = DifferenceApp(Comparison(compiled(), compiled("--dynamic")), clock=clock)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: any("waits its turn" in row for row in rows_of(app)))
        await pilot.press("escape")
        await until(pilot, lambda: not app.is_running or app.return_value is not None)
    app.close()
    assert app.return_value == EXIT_INTERRUPTED


def test_why_there_is_nothing_to_show_is_raised_once_the_screen_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    def run(app: DifferenceApp) -> int:
        app.failure = UsageError("nothing there")
        return 2

    monkeypatch.setattr("inspector.tui._run", run)
    with pytest.raises(UsageError, match="nothing there"):
        run_difference(Comparison(Side("a", path="a"), Side("b", path="b")))


async def test_a_path_that_is_nothing_fails_the_app() -> None:
    app = DifferenceApp(Comparison(Side("a", path=RECOMPILE), Side("gone", path="/no/such.log")), clock=clock)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.failure is not None)
    assert app.return_value == 2


# --- options ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "request_",
    [
        CaptureRequest("llama-mlp", dynamic=True, batch=4, seq=32, threads=2, seed=3),
        CaptureRequest("llama-mlp", dynamic=False, train=True, fullgraph=True, cache=CacheMode.COLD),
        CaptureRequest("f.py:f", inputs=("x=f32[1, 8]",), mode="max-autotune", dtype="bf16", inductor=(("a", "b c"),)),
        CaptureRequest("softmax", cache=CacheMode.WARM, device="cuda"),
    ],
)
def test_options_read_what_a_request_writes(request_: CaptureRequest) -> None:
    import shlex

    words = shlex.join(request_.arguments()[1:])
    assert with_options(CaptureRequest(request_.target), words) == request_


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("--nothing", "no option --nothing"),
        ("dynamic", "'dynamic' is no option"),
        ("--batch", "--batch needs a value"),
        ("--batch x", "not a whole number"),
        ("--batch 0", "not a whole number"),
        ("--inductor x", "not KEY=VALUE"),
        ("--train=yes", "is no option"),
        ("--mode 'x", "not a line of options"),
    ],
)
def test_options_that_are_none(text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        with_options(REQUEST, text)


# --- from the screen of a capture ---------------------------------------------------------------------------


async def ask(pilot: Pilot[int], typed: str = "") -> list[str]:
    """Opens the list, types, and returns the choices."""
    await pilot.press("vertical_line")
    await until(pilot, lambda: isinstance(pilot.app.screen, OtherPicker) and pilot.app.screen.query(Input))
    pilot.app.screen.query_one(Input).value = typed
    await pilot.pause()
    options = pilot.app.screen.query_one(OptionList)
    return [options.get_option_at_index(index).id or "" for index in range(options.option_count)]


async def test_another_compile_id_is_held_against_the_one_on_screen_in_the_order_they_were_compiled() -> None:
    async with opened(recompiled(llama_mlp())) as (pilot, main):
        main.turn(ShowCompileId("0/1"))
        choices = await ask(pilot)
        assert choices[0] == "id 0/0"
        assert "options --dynamic" in choices
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, DifferenceScreen) and pilot.app.screen.is_mounted)
        await until(pilot, lambda: "0/0 ↔ 0/1" in screen_text(main))
        await pilot.press("escape")
        await until(pilot, lambda: on_top(main))


async def test_a_path_is_offered_once_there_is_something() -> None:
    async with opened() as (pilot, main):
        assert (await ask(pilot, "/no/such/file.log"))[0] == ""
        await pilot.press("enter")
        assert isinstance(pilot.app.screen, OtherPicker)  # nothing to choose
        await pilot.press("escape")
        await until(pilot, lambda: on_top(main))
        assert (await ask(pilot, RECOMPILE))[0] == f"path {RECOMPILE}"
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, DifferenceScreen) and pilot.app.screen.is_mounted)
        await until(pilot, lambda: "llama-mlp ↔ recompile.log" in screen_text(main))


async def test_options_compile_the_target_again(scenario: Callable[[str], None]) -> None:
    scenario("finish")
    async with opened() as (pilot, main):
        assert (await ask(pilot, "--batch 4"))[0] == "options --batch 4"
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, DifferenceScreen) and pilot.app.screen.is_mounted)
        await until(pilot, lambda: "llama-mlp ↔ llama-mlp --batch 4" in screen_text(main))


async def test_options_that_are_wrong_say_so_in_the_list() -> None:
    async with opened() as (pilot, main):
        assert (await ask(pilot, "--batch none"))[0] == ""
        assert "is not a whole number" in screen_text(main)


async def test_a_compile_that_fails_is_told_and_the_capture_stays(scenario: Callable[[str], None]) -> None:
    scenario("fail")
    async with opened() as (pilot, main):
        await ask(pilot, "--train")
        await pilot.press("enter")
        await until(pilot, lambda: any("toy has no forward" in note for note in notes(main)))
        assert on_top(main)


async def test_a_guest_compiles_nothing_and_reads_no_path(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INSPECTOR_GUEST", "1")
    async with opened(recompiled(llama_mlp())) as (pilot, main):
        assert await ask(pilot) == ["id 0/1"]
        await pilot.press("escape")
        await until(pilot, lambda: on_top(main))
        assert await ask(pilot, RECOMPILE) == []


async def test_a_compile_id_of_a_log_is_compared_from_the_logs_own_screen() -> None:
    async with log_opened() as (pilot, screen):
        screen.outline.go("1/2")
        choices = await ask(pilot)
        assert "id 1/2" not in choices
        assert not any(choice.startswith("options") for choice in choices)
        pilot.app.screen.query_one(Input).value = "1/1"
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, DifferenceScreen) and pilot.app.screen.is_mounted)
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is screen)


def test_a_choice_says_what_to_compare() -> None:
    capture = recorded("recompile")
    held = held_of_capture("recompile.log", capture, "0/1", capture.compilations, request=REQUEST)
    assert held is not None
    made = comparison_with(held, "id 0/2")
    assert (made.a.title, made.b.title, made.pairs) == ("0/1", "0/2", (("0/1", "0/2"),))
    assert comparison_with(held, "id 0/0").pairs == (("0/0", "0/1"),)
    assert comparison_with(held, "options --dynamic").b.request == with_options(REQUEST, "--dynamic")
    assert comparison_with(held, "path x/y.log").b == Side("y.log", path="x/y.log")
