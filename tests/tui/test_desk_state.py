"""How far a capture is, and which texts stand for it: what the desk's state works out. No screen."""

import subprocess
import sys
from dataclasses import replace

import pytest
from fakes import REQUEST, growing, llama_mlp, recompiled, with_breaks

from inspector.client.outcome import Outcome, OutcomeKind
from inspector.model.capture import Capture, CompileStatus
from inspector.model.request import CaptureRequest
from inspector.model.stage import Stage
from inspector.protocol import Compiled
from inspector.tui.desk.captured import with_capture
from inspector.tui.desk.parts import expected_stages
from inspector.tui.desk.state import Desk, show
from inspector.tui.widgets.state import StageState


def live(capture: Capture | None = None) -> Desk:
    desk = Desk(request=REQUEST, live=True)
    return with_capture(desk, capture, 0.0) if capture is not None else desk


def test_expected_stages_of_a_training_capture_and_of_a_gpu():
    assert Stage.JOINT not in expected_stages(REQUEST)
    training = expected_stages(CaptureRequest(target="llama-mlp", train=True))
    assert Stage.JOINT in training
    assert Stage.ATEN_BACKWARD in training
    on_gpu = expected_stages(CaptureRequest(target="llama-mlp", device="cuda"))
    assert Stage.PTX in on_gpu
    assert Stage.ASM not in on_gpu


def test_states_grow_with_the_capture():
    desk = live()
    assert {state for _, state in desk.states.items()} == {StageState.WAITING, StageState.LIVE}
    for capture in growing():
        desk = with_capture(desk, capture, 0.0)
        states = dict(desk.states)
        assert states[capture.artifacts[-1].stage] is StageState.DONE
        if capture.artifacts[-1].stage is Stage.ATEN:
            assert states[Stage.POST_GRAD] is StageState.LIVE
            assert states[Stage.KERNEL] is StageState.WAITING
    desk = replace(desk, compiled=Compiled(6.2))
    assert set(dict(desk.states).values()) == {StageState.DONE}


def test_a_failure_stands_at_the_stage_that_was_next():
    captures = {capture.artifacts[-1].stage: capture for capture in growing()}
    desk = live(captures[Stage.ATEN])
    desk = replace(desk, outcome=Outcome(OutcomeKind.CRASHED, "Segmentation fault", exit_code=1))
    states = dict(desk.states)
    assert states[Stage.POST_GRAD] is StageState.FAILED
    assert states[Stage.ATEN] is StageState.DONE
    assert states[Stage.KERNEL] is StageState.WAITING
    assert desk.failed
    assert desk.exit_code == 1


def test_a_cancelled_worker_is_no_failure():
    desk = live()
    desk = replace(desk, outcome=Outcome(OutcomeKind.CANCELLED, "stopped", exit_code=130))
    assert not desk.failed
    assert desk.exit_code == 0


def test_stages_that_never_came_are_gone_when_the_capture_is_complete():
    capture = llama_mlp()
    desk = live(replace(capture, artifacts=tuple(a for a in capture.artifacts if a.stage is not Stage.ASM)))
    assert Stage.ASM in desk.stages
    desk = replace(desk, compiled=Compiled(6.2))
    assert Stage.ASM not in desk.stages


def test_the_first_compile_id_with_a_graph_is_shown():
    capture = with_breaks()
    nothing = replace(capture.compilations[0], compile_id="9/0", status=CompileStatus.EMPTY)
    desk = live(replace(capture, compilations=(nothing, *capture.compilations)))
    assert desk.compile_id == "0/0"


def test_a_chosen_compile_id_stays():
    desk = live(with_breaks())
    desk = show(desk, "1/0")
    desk = with_capture(desk, with_breaks(), 0.0)
    assert desk.compile_id == "1/0"


def test_kernels_by_compile_id_and_choice():
    desk = live(with_breaks())
    assert len(desk.kernels()) == 1
    desk = show(desk, "1/0")
    first, second = desk.kernels()
    assert desk.artifact(Stage.ASM).key == first
    desk = replace(desk, kernel=second)
    assert desk.artifact(Stage.ASM).key == second
    assert desk.artifact(Stage.ATEN).id == "1/0:aten"


def test_the_reason_of_a_recompile():
    desk = live(recompiled(llama_mlp()))
    assert desk.recompile_reason("0/1").startswith("tensor 'x' size mismatch")
    assert desk.recompile_reason("0/0") == ""


def test_cache_mode_is_what_was_really_in_force():
    desk = live()
    assert desk.cache_mode == "kept"
    desk = replace(desk, compiled=Compiled(6.2, cache="cold"))
    assert desk.cache_mode == "cold"


def test_the_phase_clock_follows_the_trace():
    desk = live()
    desk = with_capture(desk, llama_mlp(), 50.0)
    assert desk.phase_now(51.0) == pytest.approx(6.2 + 1.0)


def test_elapsed_stops_at_the_end():
    desk = live()
    desk = replace(desk, started=10.0)
    assert desk.elapsed(12.5) == 2.5
    desk = replace(desk, ended=16.0)
    assert desk.elapsed(99.0) == 6.0


def test_the_reason_is_freed_of_what_torch_puts_around_it():
    capture = recompiled(llama_mlp())
    reason = "0/0: kind == 'relu'                        # if kind == \"gelu\":  # targets/recompiles.py:23 in activate"
    desk = live(replace(capture, recompiles=(replace(capture.recompiles[0], reasons=(reason,)),)))
    assert desk.recompile_reason("0/1") == "kind == 'relu'"


def test_a_recompile_has_a_phase_chart_of_its_own():
    capture = recompiled(llama_mlp())
    later = tuple(replace(phase, start=phase.start + 30, compile_id="0/1") for phase in capture.phases[:2])
    desk = live(replace(capture, phases=(*capture.phases, *later)))
    desk = show(desk, "0/1")
    phases, zero = desk.phases
    assert [round(phase.start, 2) for phase in phases] == [0.0, 0.01]
    assert zero == 30.0
    desk = show(desk, "0/0")
    assert len(desk.phases[0]) == len(capture.phases)


def test_the_desk_comes_on_screen_without_what_only_some_keys_need():
    code = (
        "import sys, inspector.tui.desk.screen; print(*(name for name in sys.modules if name.startswith('inspector.')))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    late = ("trace", "compare", "explain", "live", "client", "bundle", "tui.screens", "tui.log", "tui.compare")
    assert "inspector.tui.desk.after" in loaded
    assert [name for name in loaded if name.removeprefix("inspector.").startswith(late)] == []
