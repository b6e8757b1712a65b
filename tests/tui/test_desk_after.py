"""What a person wants and what arrives, as pure steps of the desk: no screen, no thread, no worker."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fakes import KERNEL, OTHER_KERNEL, REQUEST, find_line, growing, llama_mlp, recompiled, with_breaks
from hypothesis import given, settings
from hypothesis import strategies as st
from profilefakes import measured, numerics, profile

from inspector import protocol
from inspector.client.outcome import Outcome, OutcomeKind
from inspector.live.updates import CaptureUpdated, Ended, EventArrived, LogText
from inspector.model.artifact import Artifact, Language, Position
from inspector.model.capture import Capture
from inspector.model.stage import Stage
from inspector.tui.desk import intents as want
from inspector.tui.desk.after import after, opened
from inspector.tui.desk.commands import COMMANDS
from inspector.tui.desk.drawing import findings
from inspector.tui.desk.effects import Act, FocusPane, Goto, Pick, Printed, Send, ShowFailure, ShowTexts
from inspector.tui.desk.intents import Do, Here
from inspector.tui.desk.state import Desk
from inspector.tui.effects import Copy, Say
from inspector.tui.intents import Resized, StepBy
from inspector.tui.layout import PANELS
from inspector.why.verdict import Answer, Sure, Verdict

SMALL, BIG, HUGE = (80, 24), (200, 50), (300, 80)


def desk_of(capture: Capture | None = None, size: tuple[int, int] = BIG, **about: object) -> Desk:
    """An opened capture whose links are known."""
    capture = llama_mlp() if capture is None else capture
    desk = opened(size, capture=capture, title="llama-mlp", panel_names=("phases", "latency", "details"), **about)
    return steps(desk, want.Painted(frozenset(Stage), (capture.links, capture.index)))


def live(size: tuple[int, int] = BIG) -> Desk:
    return steps(opened(size, live=True, request=REQUEST, panel_names=PANELS), want.Begin(100.0))


def steps(desk: Desk, *intents: want.Intent) -> Desk:
    """Each of them after the other; only the last one's effects are kept."""
    for intent in intents:
        desk = after(replace(desk, effects=()), intent)
    return desk


def heard(*messages: protocol.Message, capture: Capture | None = None) -> want.Burst:
    """What the worker said."""
    updates = (CaptureUpdated(capture),) if capture is not None else ()
    return want.Burst((*updates, *(EventArrived(message) for message in messages)), 110.0)


def compiled(desk: Desk, *, can_reshape: bool = True) -> Desk:
    done = protocol.Compiled(6.2, cache="kept", can_reshape=can_reshape, batch=1, seq=8)
    return steps(desk, heard(done, capture=llama_mlp()))


def at(desk: Desk, stage: Stage, needle: str, *, column: bool = False) -> Here:
    """The cursor on a line of what a pane shows."""
    text = desk.texts[stage]
    assert text is not None
    line = find_line(text, needle)
    return Here(text, Position(line, text.lines[line - 1].index(needle) if column else 0))


def said(desk: Desk) -> str:
    return " ".join(effect.words for effect in desk.effects if isinstance(effect, Say))


def names(desk: Desk) -> list[str]:
    return [stage.value for stage in desk.shown]


def sent(desk: Desk) -> list[protocol.Message]:
    return [effect.message for effect in desk.effects if isinstance(effect, Send)]


# --- what stands where --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        (SMALL, ["source"]),
        ((120, 40), ["source", "aten", "kernel"]),
        (BIG, ["source", "aten", "kernel"]),
        (HUGE, ["source", "dynamo", "aten", "inductor", "kernel", "asm"]),
    ],
)
def test_a_size_shows_the_story(size, shown):
    assert names(desk_of(size=size)) == shown


def test_steps_slides_numbers_and_the_story_again():
    desk = steps(desk_of(), want.Chosen(Stage.ATEN))
    assert names(steps(desk, StepBy(1))) == ["source", "post_grad", "kernel"]
    assert names(steps(desk, want.Slide(1))) == ["bytecode", "post_grad", "asm"]
    assert names(steps(desk, want.ShowNumber(2))) == ["source", "dynamo", "kernel"]
    assert names(steps(desk, want.ShowNumber(99))) == names(desk)
    moved = steps(desk, StepBy(1), StepBy(1), Do.STORY)
    assert names(moved) == ["source", "aten", "kernel"]
    assert FocusPane(moved.stage) in moved.effects


def test_growing_and_shrinking_keep_the_chosen_stage_and_remember():
    desk = steps(desk_of(size=HUGE), want.Chosen(Stage.ASM))
    small = steps(desk, Resized(SMALL))
    assert names(small) == ["asm"]
    assert names(steps(small, Resized(HUGE))) == names(desk)


def test_zoom_shows_one_pane_and_no_panel():
    desk = steps(desk_of(), want.Chosen(Stage.ATEN), Do.ZOOM)
    assert (names(desk), desk.panel_rows) == (["aten"], 0)
    assert names(steps(desk, StepBy(1))) == ["post_grad"]
    assert names(steps(desk, StepBy(1), Do.ZOOM)) == ["source", "post_grad", "kernel"]
    assert not steps(desk, want.ShowPanel("details")).zoomed


def test_a_pin_keeps_a_text_and_goes_when_its_stage_is_exchanged():
    desk = steps(desk_of(with_breaks()), want.ShowCompileId("1/0"), want.Chosen(Stage.KERNEL), Do.PIN)
    kept = desk.texts[Stage.KERNEL]
    other = next(key for key in desk.kernels() if key.name == OTHER_KERNEL)
    pinned = steps(desk, want.ShowKernel(other))
    assert pinned.texts[Stage.KERNEL] is kept
    assert "* unpins it" in said(pinned)
    assert steps(pinned, Do.PIN).texts[Stage.KERNEL].kernel == OTHER_KERNEL
    assert not steps(pinned, StepBy(1)).pins
    assert steps(pinned, Do.ZOOM, Do.ZOOM).pins == pinned.pins


def test_a_text_beside_the_stages_is_pinned_where_it_is_chosen_and_has_a_screen_where_it_is_gone_to():
    other = Artifact("other:0/0:x", Stage.OTHER, "0/0", None, Language.TEXT, "a\nb\n")
    desk = desk_of(replace(llama_mlp(), others=(other,)))
    shown = steps(desk, want.ShowText(other.id, pinned=True))
    assert shown.text is other
    assert steps(shown, Do.PIN).text is not other
    (effect,) = steps(desk, want.Go(other.id, Position(2, 0))).effects
    assert isinstance(effect, ShowTexts) and effect.at == (other.id, Position(2, 0))


def test_a_panel_that_has_no_room_is_tall_and_goes_again():
    desk = steps(desk_of(size=SMALL), want.ShowPanel("details"))
    assert (desk.panel_size, desk.panel_rows) == ("tall", 14)
    assert steps(desk, want.ShowPanel("details")).panel_size == ""
    assert "no room" in said(steps(desk_of(size=(60, 4)), want.ShowPanel("details")))
    assert "holds no numerics" in said(steps(desk, want.ShowPanel("numerics")))
    sizes = [steps(desk_of(), *[Do.PANEL_SIZE] * times).panel_size for times in range(4)]
    assert sizes == ["", "tall", "hidden", ""]


def test_copying_says_how_much():
    desk = steps(desk_of(), Do.COPY_ALL)
    assert desk.effects == (Copy(desk.text.text), Say(f"{len(desk.text.lines):,} lines copied.", timeout=2))


# --- links --------------------------------------------------------------------------------------------------


def test_the_first_line_with_a_node_is_asked_about_before_anyone_moves():
    desk = desk_of()
    assert desk.asked == ("source:modeling_llama.py", Position(164, 0))
    assert Goto(Stage.SOURCE, Position(164, 0)) in desk.effects
    assert desk.settled


def test_a_jump_goes_along_the_link_and_back():
    desk = desk_of()
    here = at(desk, Stage.SOURCE, "self.up_proj(x))", column=True)
    jumped = steps(desk, want.Jump(here))
    aten = jumped.texts[Stage.ATEN]
    assert jumped.stage is Stage.ATEN
    assert jumped.asked == (aten.id, Position(find_line(aten, " permute_1: "), jumped.asked[1].col))
    back = steps(jumped, Do.BACK)
    assert (back.stage, back.asked, back.trail) == (Stage.SOURCE, here.spot, ())
    assert "No jump" in said(steps(back, Do.BACK))


def test_a_jump_that_leads_nowhere_says_why():
    desk = desk_of()
    assert "Nothing is linked to this place." in said(steps(desk, want.Jump(at(desk, Stage.SOURCE, "class LlamaMLP"))))
    late = replace(desk, indexed=())
    assert "still being looked at" in said(steps(late, want.Jump(at(desk, Stage.SOURCE, "class LlamaMLP"))))


def test_places_are_kept_lit_and_let_go():
    desk = desk_of()
    first, second = at(desk, Stage.KERNEL, "auto tmp6"), at(desk, Stage.KERNEL, "auto tmp8")
    kept = steps(desk, want.KeepLit(first), want.KeepLit(second))
    assert kept.kept == (first.spot, second.spot)
    assert steps(kept, want.KeepLit(first)).kept == (second.spot,)
    assert steps(kept, Do.LET_GO).kept == ()
    assert "nothing to keep lit" in said(steps(desk, want.KeepLit(at(desk, Stage.KERNEL, "#pragma omp for"))))


def test_another_compile_id_forgets_where_one_was():
    desk = steps(desk_of(recompiled(llama_mlp())), want.Chosen(Stage.KERNEL))
    desk = steps(desk, want.KeepLit(at(desk, Stage.KERNEL, "auto tmp6")), want.ShowCompileId("0/1"))
    assert (desk.asked, desk.kept, desk.trail, desk.painted) == (None, (), (), False)


# --- the worker ---------------------------------------------------------------------------------------------


def test_a_burst_takes_the_last_snapshot_and_prints_what_was_written():
    desk = live()
    assert desk.effects == (Act.START,)
    captures = list(growing())
    desk = steps(desk, want.Burst((*map(CaptureUpdated, captures), LogText("err", "words\n")), 101.0))
    assert desk.capture is captures[-1]
    assert desk.effects == (Printed("err", "words\n"),)


def test_the_race_waits_until_it_is_quiet_and_begins_once():
    desk = compiled(live())
    assert desk.race.waits
    begun = steps(desk, want.Quiet())
    assert isinstance(sent(begun)[0], protocol.RunLatency)
    assert not sent(steps(begun, want.Quiet()))
    assert not compiled(live(SMALL)).race.waits
    by_hand = steps(opened(BIG, live=True, request=REQUEST, panel_names=PANELS, by_itself=False), want.Begin(1.0))
    assert not compiled(by_hand).race.waits


def test_what_needs_a_worker_says_why_there_is_none():
    assert "no worker to run" in said(steps(desk_of(), Do.RACE))
    assert "when the compile is done" in said(steps(live(), Do.RACE))
    ended = steps(compiled(live()), want.Burst((Ended(Outcome(OutcomeKind.KILLED, "Killed.", exit_code=1)),), 1.0))
    assert isinstance(ended.effects[-1], ShowFailure)
    assert "Ctrl+R compiles again" in said(steps(ended, want.MeasureNow(protocol.RunProfile())))
    assert ended.exit_code == 1


def test_another_shape_is_asked_for_answered_and_followed():
    desk = steps(compiled(live()), want.Reshape(batch=2.0))
    assert sent(desk) == [protocol.ChangeShape(batch=2, seq=8)]
    desk = steps(desk, heard(capture=recompiled(llama_mlp())))
    assert (desk.compile_id, desk.race.note) == ("0/1", "recompiling as 0/1…")
    desk = steps(desk, heard(protocol.ShapeChanged("batch 2 · seq 8", 1, 2, 8, ["0/1"], 3.0)))
    assert (desk.shape_pending, desk.batch) == (None, 2)
    assert "size mismatch at index 0" in said(desk)
    assert "batch is 1" in said(steps(compiled(live()), want.Reshape(batch=0.5)))
    assert "no batch or sequence" in said(steps(compiled(live(), can_reshape=False), want.Reshape(batch=2.0)))


def _again(capture: Capture) -> tuple[Answer, ...]:
    verdict = Verdict("recompiles.size", "forward is compiled 1 time more", Sure.REPLAYED, 1.0, symbols=True)
    return (Answer("recompiles", (verdict,) if len(capture.compilations) > 1 else ()),)


def _asked(desk: Desk) -> Desk:
    """What the screen does once a capture has come to rest."""
    return steps(desk, want.Found(desk.capture, _again(desk.capture)))


def _tried(desk: Desk) -> str:
    return " ".join(row.text for part in findings(desk) if part.name == "tried" for row in part.rows)


def test_a_finding_is_tried_by_another_compile_and_the_same_calls():
    grown = [heard(capture=recompiled(llama_mlp())), heard(protocol.ShapeChanged("batch 2", 1, 2, 8, ["0/1"], 3.0))]
    desk = _asked(steps(compiled(live()), want.Reshape(batch=2.0), *grown))
    assert "Ctrl+T compiles again with it and makes the same calls: forward is compiled" in _tried(desk)
    desk = steps(desk, want.TryFinding(200.0))
    assert Act.START in desk.effects
    assert (desk.request.dynamic, desk.capture.compilations) == (True, ())
    assert "being tried; 1 recompile before" in _tried(desk)
    assert "is being tried" in said(steps(desk, want.TryFinding(201.0)))
    desk = compiled(desk)  # then the same shape is called
    assert sent(desk) == [protocol.ChangeShape(batch=2, seq=8)]
    desk = _asked(desk)
    assert desk.trial.after is None
    changed = protocol.ShapeChanged("batch 2", 1, 2, 8, [], 0.1)
    better = steps(desk, heard(changed))
    assert "1 recompile before, 0 with dynamic=True" in said(better)
    assert _tried(better) == "1 recompile before, 0 with dynamic=True"
    assert "finding here can be tried" in said(steps(better, want.TryFinding(300.0)))
    as_bad = steps(desk, heard(replace(changed, new_compile_ids=["0/1"])))  # whose records are still to come
    assert "1 recompile before, 1 with dynamic=True" in said(as_bad)
    failed = steps(desk, heard(protocol.Failed("Too large.", "", fatal=False)))
    assert "not of the same calls" in _tried(failed)
    ended = steps(desk, want.Burst((Ended(Outcome(OutcomeKind.KILLED, "Killed.", exit_code=1)),), 1.0))
    assert "not tried to the end" in _tried(ended)


def test_what_cannot_be_tried_is_not_offered():
    opened_one = steps(desk_of(recompiled(llama_mlp())), want.Found(Capture(), _again(recompiled(llama_mlp()))))
    healthy = _asked(compiled(live()))
    asked = steps(compiled(live()), heard(capture=recompiled(llama_mlp())))
    dynamic = _asked(replace(asked, request=replace(REQUEST, dynamic=True)))
    for desk in (opened_one, healthy, dynamic):
        assert not _tried(desk)
        assert "No finding here can be tried" in said(steps(desk, want.TryFinding(1.0)))


def test_one_measurement_at_a_time_and_what_becomes_of_it():
    asked = steps(compiled(live()), want.MeasureNow(protocol.RunProfile()))
    assert sent(asked) == [protocol.RunProfile()]
    assert "already" in said(steps(asked, want.MeasureNow(protocol.RunProfile())))
    busy = steps(asked, heard(protocol.Progress("turn 2 of 4")))
    assert busy.measuring.busy == "turn 2 of 4"
    cancelled = steps(busy, Do.CANCEL_MEASURING, heard(protocol.Progress("turn 3 of 4")))
    assert cancelled.measuring.busy == "cancelling"
    done = steps(cancelled, heard(protocol.Profiled(None, cancelled=True)))
    assert (done.measuring.asked, done.measuring.notes["profile"]) == (None, "Cancelled.")
    assert "H shows it" in said(steps(asked, heard(protocol.Profiled(profile()))))
    failed = steps(asked, heard(protocol.Failed("Too large.", "Halve it.", fatal=False)))
    assert failed.measuring.notes["profile"] == "Too large. Halve it."
    assert failed.race.note == ""


def test_rows_of_what_was_measured_lead_to_texts():
    desk = desk_of(measured(profile(), numerics=(numerics(),)))
    rows = {row.name: row for row in (*profile().eager.rows, *profile().compiled.rows)}
    kernel = steps(desk, want.OpenRow(rows[KERNEL]))
    assert (kernel.stage, kernel.text.kernel) == (Stage.KERNEL, KERNEL)
    operator = steps(desk, want.OpenRow(rows["aten::mm"]))
    assert (operator.stage, len(operator.kept)) == (Stage.ATEN, 3)
    assert "No ATen node calls" in said(steps(desk, want.OpenRow(rows["aten::linear"])))
    node = steps(desk, want.OpenRow(numerics().first))
    assert node.text.lines[node.asked[1].line - 1].strip().startswith("div: ")


def test_a_new_worker_forgets_the_capture_and_keeps_what_stands_where():
    desk = steps(compiled(live()), want.Chosen(Stage.ATEN), StepBy(1), Do.PANEL_SIZE, want.Begin(200.0))
    assert (desk.capture.artifacts, desk.compiled, desk.started) == ((), None, 200.0)
    assert (desk.stage, desk.panel_size) == (Stage.POST_GRAD, "tall")
    assert desk.effects == (Act.START,)
    assert steps(desk_of(), want.Begin(1.0)).effects == ()


# --- notes and lists ----------------------------------------------------------------------------------------


def test_notes_are_written_changed_and_removed():
    desk = desk_of()
    here = at(desk, Stage.SOURCE, "self.up_proj(x))", column=True)
    asked = steps(desk, want.Follow(here.spot), want.AddNote(here)).effects[-1]
    desk = steps(desk, want.Follow(here.spot), asked.then("slow", "Me"))
    (note,) = desk.notes
    assert (note.text, note.author, desk.author) == ("slow", "Me", "Me")
    assert steps(desk, Do.EDIT_NOTE).effects[-1].text == "slow"
    assert steps(desk, want.WriteNote("fast", "Me", note.id)).notes[0].text == "fast"
    assert steps(desk, want.WriteNote("", "Me", note.id)).notes == ()
    assert steps(desk, Do.REMOVE_NOTE).notes == ()
    assert "No note of yours" in said(steps(desk_of(), Do.REMOVE_NOTE))
    assert steps(desk, want.GoToNote(note.id)).asked[0] == here.artifact.id


@pytest.mark.parametrize("do", [Do.COMPILE_IDS, Do.KERNELS, Do.SOURCES, Do.TEXTS, Do.NOTES])
def test_every_choice_of_every_list_is_something_to_want(do):
    desk = desk_of(with_breaks())
    (pick,) = steps(desk, do).effects
    assert isinstance(pick, Pick)
    for choice in pick.choices:
        invariants(steps(desk, pick.then(choice.key)))


# --- everything, in any order -------------------------------------------------------------------------------


def invariants(desk: Desk) -> None:
    """What holds of every desk."""
    assert desk.stage in desk.shown or not desk.shown
    assert len(desk.shown) == (1 if desk.one and desk.shown else len(desk.spread))
    assert list(desk.spread) == sorted(set(desk.spread), key=lambda stage: stage.order)
    assert set(desk.spread) <= set(desk.stages)
    assert desk.panel in desk.panel_names
    assert desk.panel_rows >= 0
    assert all(artifact in desk.capture.by_id or desk.live for artifact in desk.pins.values())
    known = {None, *(item.compile_id for item in desk.capture.compilations)}
    assert desk.compile_id in known or desk.live  # a worker may name one before its first record has come
    assert desk.kernel is None or desk.kernel.compile_id == desk.compile_id
    assert set(desk.states) == set(desk.stages)
    assert not (desk.measuring.busy and desk.measuring.asked is None)
    assert not (desk.race.waits and desk.race.asked)


CAPTURES = (*list(growing())[::3], llama_mlp(), recompiled(llama_mlp()), with_breaks())
MESSAGES = (
    protocol.Progress("lowering"),
    protocol.Compiled(6.2, cache="kept", can_reshape=True, batch=1, seq=8),
    protocol.LatencyState("running"),
    protocol.LatencyState("paused"),
    protocol.ShapeChanged("batch 2 · seq 8", 1, 2, 8, ["0/1"], 3.0),
    protocol.ShapeChanged("", 1, 2, 8, [], 3.0),
    protocol.Failed("It does not fit.", "", fatal=False),
    protocol.Profiled(profile()),
    protocol.Profiled(None, cancelled=True),
)
ARRIVALS = st.one_of(
    st.sampled_from(CAPTURES).map(lambda capture: heard(capture=capture)),
    st.sampled_from(MESSAGES).map(heard),
    st.just(want.Burst((Ended(Outcome(OutcomeKind.CRASHED, "Gone.", exit_code=1)),), 1.0)),
    st.sampled_from((want.Quiet(), want.Begin(1.0), want.Discreet(True), want.Discreet(False))),
)
PLACES = st.sampled_from((SMALL, (120, 40), BIG, HUGE, (60, 15), (20, 4)))


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_walk_of_wishes_and_arrivals_breaks_a_desk(data):
    alive = data.draw(st.booleans())
    size = data.draw(PLACES)
    desk = live(size) if alive else desk_of(data.draw(st.sampled_from(CAPTURES)), size)
    for _ in range(data.draw(st.integers(5, 40))):
        kind = data.draw(st.sampled_from(["command", "arrival", "move", "paint", "resize"]))
        if kind == "command":
            does = COMMANDS[data.draw(st.sampled_from(sorted(COMMANDS)))].does
            intent = does(somewhere(data, desk)) if callable(does) else does
        elif kind == "arrival" and alive:
            intent = data.draw(ARRIVALS)
        elif kind == "resize":
            intent = Resized(data.draw(PLACES))
        elif kind == "paint":
            intent = want.Painted(frozenset(desk.shown), (desk.capture.links, desk.capture.index))
        else:
            here = somewhere(data, desk)
            moves = [want.Chosen(stage) for stage in desk.shown] + [want.ShowText(key) for key in desk.capture.by_id]
            moves += [want.Follow(here.spot), want.Go(*here.spot)] if here.spot is not None else []
            moves += [want.ShowCompileId(item.compile_id) for item in desk.capture.compilations]
            moves += [want.ShowKernel(key) for key in desk.kernels()]
            if not moves:
                continue
            intent = data.draw(st.sampled_from(moves))
        desk = steps(desk, intent)
        invariants(desk)
        for effect in desk.effects:
            if isinstance(effect, Pick) and effect.choices:
                desk = steps(desk, effect.then(data.draw(st.sampled_from(effect.choices)).key))
                invariants(desk)


def somewhere(data: st.DataObject, desk: Desk) -> Here:
    """Some place in what a pane shows."""
    text = desk.text
    if text is None:
        return Here()
    line = data.draw(st.integers(1, len(text.lines)))
    return Here(text, Position(line, data.draw(st.integers(0, max(0, len(text.lines[line - 1]) - 1)))), now=1.0)
