from dataclasses import replace

import pytest
from fakes import REQUEST, growing, llama_mlp, recompiled, with_breaks

from inspector.client.outcome import Outcome, OutcomeKind
from inspector.model.capture import Capture, CompileStatus
from inspector.model.request import CaptureRequest
from inspector.model.stage import Stage
from inspector.protocol import Compiled
from inspector.tui.session import Session, expected_stages, fresh_ids
from inspector.tui.widgets.state import StageState


def live(capture: Capture | None = None) -> Session:
    session = Session(request=REQUEST, live=True)
    if capture is not None:
        session.update(capture, 0.0)
    return session


def test_expected_stages_of_a_training_capture_and_of_a_gpu():
    assert Stage.JOINT not in expected_stages(REQUEST)
    training = expected_stages(CaptureRequest(target="llama-mlp", train=True))
    assert Stage.JOINT in training
    assert Stage.ATEN_BACKWARD in training
    on_gpu = expected_stages(CaptureRequest(target="llama-mlp", device="cuda"))
    assert Stage.PTX in on_gpu
    assert Stage.ASM not in on_gpu


def test_states_grow_with_the_capture():
    session = live()
    assert {state for _, state in session.states()} == {StageState.WAITING, StageState.LIVE}
    for capture in growing():
        session.update(capture, 0.0)
        states = dict(session.states())
        assert states[capture.artifacts[-1].stage] is StageState.DONE
        if capture.artifacts[-1].stage is Stage.ATEN:
            assert states[Stage.POST_GRAD] is StageState.LIVE
            assert states[Stage.KERNEL] is StageState.WAITING
    session.compiled = Compiled(6.2)
    assert set(dict(session.states()).values()) == {StageState.DONE}


def test_a_failure_stands_at_the_stage_that_was_next():
    captures = {capture.artifacts[-1].stage: capture for capture in growing()}
    session = live(captures[Stage.ATEN])
    session.outcome = Outcome(OutcomeKind.CRASHED, "Segmentation fault", exit_code=1)
    states = dict(session.states())
    assert states[Stage.POST_GRAD] is StageState.FAILED
    assert states[Stage.ATEN] is StageState.DONE
    assert states[Stage.KERNEL] is StageState.WAITING
    assert session.failed
    assert session.exit_code == 1


def test_a_cancelled_worker_is_no_failure():
    session = live()
    session.outcome = Outcome(OutcomeKind.CANCELLED, "stopped", exit_code=130)
    assert not session.failed
    assert session.exit_code == 0


def test_stages_that_never_came_are_gone_when_the_capture_is_complete():
    capture = llama_mlp()
    session = live(replace(capture, artifacts=tuple(a for a in capture.artifacts if a.stage is not Stage.ASM)))
    assert Stage.ASM in session.stages()
    session.compiled = Compiled(6.2)
    assert Stage.ASM not in session.stages()


def test_the_first_compile_id_with_a_graph_is_shown():
    capture = with_breaks()
    nothing = replace(capture.compilations[0], compile_id="9/0", status=CompileStatus.EMPTY)
    session = live(replace(capture, compilations=(nothing, *capture.compilations)))
    assert session.compile_id == "0/0"


def test_a_chosen_compile_id_stays():
    session = live(with_breaks())
    session.show("1/0")
    session.update(with_breaks(), 0.0)
    assert session.compile_id == "1/0"


def test_kernels_by_compile_id_and_choice():
    session = live(with_breaks())
    assert len(session.kernels()) == 1
    session.show("1/0")
    first, second = session.kernels()
    assert session.artifact(Stage.ASM).key == first
    session.kernel = second
    assert session.artifact(Stage.ASM).key == second
    assert session.artifact(Stage.ATEN).id == "1/0:aten"


def test_fresh_ids_and_reasons():
    before = llama_mlp()
    after = recompiled(before)
    assert [item.compile_id for item in fresh_ids(before, after)] == ["0/1"]
    session = live(after)
    assert session.recompile_reason("0/1").startswith("tensor 'x' size mismatch")
    assert session.recompile_reason("0/0") == ""


def test_cache_mode_is_what_was_really_in_force():
    session = live()
    assert session.cache_mode == "kept"
    session.compiled = Compiled(6.2, cache="cold")
    assert session.cache_mode == "cold"


def test_the_phase_clock_follows_the_trace():
    session = live()
    session.update(llama_mlp(), 50.0)
    assert session.phase_now(51.0) == pytest.approx(6.2 + 1.0)


def test_elapsed_stops_at_the_end():
    session = live()
    session.started = 10.0
    assert session.elapsed(12.5) == 2.5
    session.ended = 16.0
    assert session.elapsed(99.0) == 6.0


def test_the_reason_is_freed_of_what_torch_puts_around_it():
    capture = recompiled(llama_mlp())
    reason = "0/0: kind == 'relu'                        # if kind == \"gelu\":  # targets/recompiles.py:23 in activate"
    session = live(replace(capture, recompiles=(replace(capture.recompiles[0], reasons=(reason,)),)))
    assert session.recompile_reason("0/1") == "kind == 'relu'"


def test_a_recompile_has_a_phase_chart_of_its_own():
    capture = recompiled(llama_mlp())
    later = tuple(replace(phase, start=phase.start + 30, compile_id="0/1") for phase in capture.phases[:2])
    session = live(replace(capture, phases=(*capture.phases, *later)))
    session.show("0/1")
    phases, zero = session.phases()
    assert [round(phase.start, 2) for phase in phases] == [0.0, 0.01]
    assert zero == 30.0
    session.show("0/0")
    assert len(session.phases()[0]) == len(capture.phases)
