"""A worker's life on screen: compiling, failing, ending; what the app says to it."""

import threading

import pytest
from driving import clock, live, notes, on_top, pane_of, ready, screen_text, shown, since, taken, text, until
from fakes import REQUEST, Factory, growing, llama_mlp, recompiled

from inspector import protocol
from inspector.client.outcome import OutcomeKind
from inspector.errors import EnvironmentLacking
from inspector.live import CaptureUpdated
from inspector.model.stage import Stage
from inspector.tui.app import InspectorApp
from inspector.tui.desk.picture import Picture
from inspector.tui.source import LiveSource


async def test_the_first_frame_needs_no_worker_and_no_main_screen():
    factory = Factory()
    app = InspectorApp(LiveSource(REQUEST, factory), title="llama-mlp", clock=clock)
    seen = []
    original = app._open

    async def opening():
        strips = app.screen._compositor.render_strips(app.size)
        seen.append(("\n".join(strip.text for strip in strips), bool(factory.made)))
        await original()

    app._open = opening
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: ready(app) and factory.made)
    frame, started = seen[0]
    assert not started
    assert "llama-mlp" in frame
    assert "Source" in frame
    assert "Kernel" in frame
    assert "q quit" in frame


async def test_stages_fill_as_they_arrive():
    async with live() as (pilot, main, worker):
        assert "waiting" in screen_text(main)
        worker.event(protocol.Progress("importing torch"))
        await until(pilot, lambda: "importing torch" in screen_text(main))
        for capture in growing():
            worker.show(capture)
            last = capture.artifacts[-1]
            await until(pilot, lambda last=last: last in main.desk.capture.artifacts)
            if last.stage.value in shown(main):
                await until(pilot, lambda last=last: pane_of(main, last.stage).artifact is not None)
        assert text(main, "kernel").startswith("0/0:kernel")


async def test_progress_shows_phase_and_elapsed_time():
    async with live() as (pilot, main, worker):
        since(main, 3.2)
        worker.until(Stage.ATEN)
        await until(pilot, lambda: main.desk.activity in screen_text(main) and "3.2 s" in screen_text(main))
        worker.compile()
        await until(pilot, lambda: "compiled in 6.20 s" in screen_text(main))


async def test_the_header_says_which_cache_it_is():
    async with live() as (pilot, main, worker):
        assert "cache kept" in screen_text(main)
        worker.event(protocol.Compiled(6.2, cache="cold"))
        await until(pilot, lambda: "cache cold" in screen_text(main))


async def test_a_burst_is_drawn_once(monkeypatch):
    drawn = []
    draw = Picture.draw
    monkeypatch.setattr(Picture, "draw", lambda *args: (drawn.append(1), draw(*args))[1])
    async with live() as (pilot, main, worker):
        drawn.clear()
        captures = list(growing())
        thread = threading.Thread(target=lambda: [worker.say(CaptureUpdated(capture)) for capture in captures * 20])
        thread.start()
        thread.join()  # nothing can be taken until all of it is there
        await until(pilot, lambda: main.desk.capture is captures[-1])
        assert len(drawn) < 6


async def test_log_text_reaches_the_log():
    async with live() as (pilot, main, worker):
        worker.log("V1123 07:10:12.345678 4711 torch/_inductor/scheduler.py:599] [0/0] fused\nplain words\n")
        await until(pilot, lambda: "plain words" in main.panels.log_view.text)
        assert "scheduler.py:599 [0/0] fused" in main.panels.log_view.text
        assert "4711" not in main.panels.log_view.text


@pytest.mark.parametrize(
    ("kind", "title"),
    [
        (OutcomeKind.FAILED, "The target failed"),
        (OutcomeKind.CRASHED, "The worker crashed"),
        (OutcomeKind.KILLED, "The worker was killed"),
        (OutcomeKind.OUT_OF_MEMORY, "The worker ran out of memory"),
        (OutcomeKind.HUNG, "The worker does not answer"),
    ],
)
async def test_a_failure_says_which_and_keeps_what_arrived(kind, title):
    async with live() as (pilot, main, worker):
        worker.until(Stage.ATEN)
        worker.end(kind, "It broke [bold]here.", hint="Do [this].", log_tail=("last words",), exit_code=1)
        await until(pilot, lambda: title in screen_text(main))
        for words in ("It broke [bold]here.", "Do [this].", "last words"):
            assert words in screen_text(main)
        await pilot.press("escape")
        await until(pilot, lambda: on_top(main))
        assert text(main, "aten") == "0/0:aten"
        assert str(kind).replace("_", " ") in screen_text(main)
        await pilot.press("exclamation_mark")
        await until(pilot, lambda: title in screen_text(main))
        await pilot.press("q")
    assert pilot.app.return_value == 1


async def test_traceback_on_request():
    async with live() as (pilot, main, worker):
        worker.end(OutcomeKind.FAILED, "Wrong shape.", traceback="Traceback (most recent call last):\n  ValueError")
        await until(pilot, lambda: not on_top(main))
        assert "ValueError" not in screen_text(main)
        await pilot.press("v")
        assert "ValueError" in screen_text(main)
        await pilot.press("y")
        assert "Wrong shape." in main.app.clipboard
        assert "ValueError" in main.app.clipboard


async def test_retry_starts_a_new_worker_and_forgets_the_old():
    factory = Factory()
    app = InspectorApp(LiveSource(REQUEST, factory), title="llama-mlp", clock=clock)
    async with app.run_test(size=(200, 50)) as pilot:
        await until(pilot, lambda: ready(app) and factory.made and factory.live.started)
        first = factory.live
        first.until(Stage.ATEN)
        first.end(OutcomeKind.CRASHED, "Segmentation fault", exit_code=1)
        await until(pilot, lambda: not on_top(app.main))
        await pilot.press("ctrl+r")
        await until(pilot, lambda: len(factory.made) == 2 and factory.live.started)
        assert first.cancelled
        assert not app.main.desk.capture.artifacts
        first.show(llama_mlp())
        factory.live.compile()
        await until(pilot, lambda: app.main.desk.compiled)
        assert not app.main.desk.failed
        await pilot.press("q")
    assert app.return_value == 0


async def test_an_environment_that_lacks_something_is_a_failure_with_its_exit_code():
    def lacking(request, on_update):
        raise EnvironmentLacking("There is no C++ compiler.", "Install g++.")

    app = InspectorApp(LiveSource(REQUEST, lacking), title="llama-mlp", clock=clock)
    async with app.run_test(size=(120, 40)) as pilot:
        await until(pilot, lambda: app.main is not None and "no C++ compiler" in screen_text(app.main))
        await pilot.press("q")
    assert app.return_value == 3


@pytest.mark.parametrize(("key", "code"), [("q", 0), ("ctrl+q", 130), ("ctrl+c", 130)])
async def test_quitting_while_compiling(key, code):
    async with live() as (pilot, _, worker):
        worker.until(Stage.ATEN)
        await pilot.press(key)
    assert pilot.app.return_value == code


@pytest.mark.parametrize("opener", ["slash", "question_mark", "c", "ctrl+f", "ctrl+p"])
async def test_ctrl_c_quits_from_every_dialog(opener):
    async with live() as (pilot, main, worker):
        worker.compile()
        await until(pilot, lambda: main.desk.compiled)
        await pilot.press(opener)
        await until(pilot, lambda: not on_top(main))
        await pilot.press("ctrl+c")
    assert pilot.app.return_value == 0


async def test_closing_the_source_cancels_the_worker():
    async with live() as (_, main, worker):
        main.source.close()
        assert worker.cancelled
        before = main.desk.capture
        worker.show(llama_mlp())
        assert taken(main)
        assert main.desk.capture is before


def sent(worker, kind):
    return [message for message in worker.sent if isinstance(message, kind)]


async def test_the_race_starts_by_itself_when_its_panel_is_in_sight():
    async with live() as (pilot, main, worker):
        assert not worker.sent
        worker.compile()
        await until(pilot, lambda: sent(worker, protocol.RunLatency))
    async with live((80, 24)) as (pilot, main, worker):
        worker.compile()
        await until(pilot, lambda: main.desk.compiled)
        assert not worker.sent
        await pilot.press("T")
        await until(pilot, lambda: sent(worker, protocol.RunLatency))


async def test_pause_resume_and_reset():
    async with live() as (pilot, main, worker):
        await pilot.press("space")
        assert "when the compile is done" in notes(main)[-1]
        worker.compile()
        worker.event(protocol.LatencyState("running"))
        await until(pilot, lambda: main.desk.runner == "running")
        await pilot.press("space")
        assert isinstance(worker.sent[-1], protocol.PauseLatency)
        worker.event(protocol.LatencyState("paused"))
        await until(pilot, lambda: main.desk.runner == "paused")
        await pilot.press("space")
        assert isinstance(worker.sent[-1], protocol.RunLatency)
        await pilot.press("r")
        assert isinstance(worker.sent[-1], protocol.ResetLatency)


async def test_another_batch_recompiles_and_is_followed():
    async with live() as (pilot, main, worker):
        worker.compile()
        await until(pilot, lambda: main.desk.compiled)
        await pilot.press("right_parenthesis")
        await until(pilot, lambda: protocol.ChangeShape(batch=2, seq=8) in worker.sent)
        assert "warming batch 2 · seq 8" in screen_text(main)
        worker.show(recompiled(main.desk.capture))
        await until(pilot, lambda: text(main, "aten") == "0/1:aten")
        worker.event(protocol.ShapeChanged("batch 2 · seq 8", 1, 2, 8, ["0/1"], 3.0))
        await until(pilot, lambda: main.desk.shape_pending is None)
        assert "Recompiled as 0/1" in notes(main)[-1]
        assert "size mismatch at index 0. expected 1, actual 2" in notes(main)[-1]
        assert "recompiled: tensor 'x' size mismatch" in screen_text(main)
        assert "0/1 of 2" in screen_text(main)
        await pilot.press("left_parenthesis")
        await until(pilot, lambda: protocol.ChangeShape(batch=1, seq=8) in worker.sent)


async def test_another_sequence_length_without_a_recompile_says_so():
    async with live() as (pilot, main, worker):
        worker.compile()
        await until(pilot, lambda: main.desk.compiled)
        await pilot.press("circumflex_accent")
        await until(pilot, lambda: protocol.ChangeShape(batch=1, seq=16) in worker.sent)
        worker.event(protocol.ShapeChanged("batch 1 · seq 16", 1, 1, 16, [], 0.1))
        await until(pilot, lambda: "nothing was recompiled" in " ".join(notes(main)))
        assert main.desk.compile_id == "0/0"
        await pilot.press("percent_sign", "percent_sign")
        await until(pilot, lambda: protocol.ChangeShape(batch=1, seq=4) in worker.sent)


async def test_no_shape_below_one_and_none_for_a_target_without():
    async with live() as (pilot, main, worker):
        worker.compile()
        await until(pilot, lambda: main.desk.compiled)
        await pilot.press("left_parenthesis")
        assert not sent(worker, protocol.ChangeShape)
        assert "batch is 1" in notes(main)[-1]
    async with live() as (pilot, main, worker):
        worker.compile(can_reshape=False)
        await until(pilot, lambda: main.desk.compiled)
        await pilot.press("right_parenthesis")
        assert not sent(worker, protocol.ChangeShape)
        assert "no batch or sequence length" in notes(main)[-1]


async def test_a_failure_that_is_not_fatal_is_a_notice():
    async with live() as (pilot, main, worker):
        worker.compile()
        await until(pilot, lambda: main.desk.compiled)
        await pilot.press("right_parenthesis")
        worker.event(protocol.Failed("Batch 2 does not fit.", "Try 1.", fatal=False))
        await until(pilot, lambda: "Batch 2 does not fit." in " ".join(notes(main)))
        assert on_top(main)
        assert main.desk.shape_pending is None
        await pilot.press("right_parenthesis")
        await until(pilot, lambda: protocol.ChangeShape(batch=2, seq=8) in worker.sent)


async def test_what_the_person_chose_stays_while_stages_arrive():
    async with live() as (pilot, main, worker):
        worker.until(Stage.DYNAMO)
        await until(pilot, lambda: main.desk.compile_id)
        await pilot.press("3")
        chosen = shown(main)
        worker.compile()
        await until(pilot, lambda: main.desk.compiled)
        assert shown(main) == chosen


async def test_links_of_a_capture_that_was_thrown_away_never_light_up(monkeypatch):
    go_on, made = threading.Event(), []

    def slow(capture, _seen, _say):
        go_on.wait(20)
        made.append(capture.links)
        return capture.links, capture.index

    monkeypatch.setattr("inspector.tui.desk.screen.AT_ONCE", 0)
    monkeypatch.setattr("inspector.tui.desk.beside.index", slow)
    async with live() as (pilot, main, worker):
        worker.compile()
        await until(pilot, lambda: main.tasks.running("links"))
        await pilot.press("ctrl+r")
        await until(pilot, lambda: not main.desk.capture.artifacts)
        go_on.set()
        await until(pilot, lambda: made)
        await pilot.pause(0.2)
        assert made[0]
        assert main.desk.indexed == ()
