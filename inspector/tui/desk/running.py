"""The worker: what it says, and what it is asked for: samples, shapes, profiles, numerics. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from inspector import protocol
from inspector.model.capture import Capture
from inspector.model.numerics import Numerics
from inspector.model.price import Price
from inspector.model.profile import Profile
from inspector.model.request import CaptureRequest
from inspector.say.units import plural, seconds
from inspector.tui.desk.captured import with_capture
from inspector.tui.desk.effects import Act, Printed, Send, ShowFailure
from inspector.tui.desk.parts import NUMERICS, PRICE, PROFILE, Race
from inspector.tui.desk.state import Desk, say, show, with_effect
from inspector.tui.layout import PANEL_KEYS
from inspector.tui.profile.standing import CANCELLING
from inspector.tui.words import short_log

if TYPE_CHECKING:
    from inspector.live.updates import Update

_T = TypeVar("_T", Profile, Numerics, Price)

PAIRS = 1000
"""Pairs of samples after which the runner rests by itself: enough for a steady median, and a laptop stays cool."""

_OF_ONE_RUN = (
    *("capture", "compile_id", "chosen", "kernel", "source", "phase", "ended", "trace_zero", "compiled", "outcome"),
    *("prices", "runner", "shape_pending", "batch", "seq", "shapes", "trial", "measuring"),
    *("index", "indexed", "asked", "kept", "trail", "found", "found_in"),
    *("versions", "version", "version_shown", "own"),
)
_NOTHING_YET: dict[str, Any] = {name: getattr(Desk(), name) for name in _OF_ONE_RUN}
"""What another worker begins without; what stands where stays."""


def begun(desk: Desk, now: float, request: CaptureRequest | None) -> Desk:
    """Nothing of a capture yet, and a new worker; what stands where stays."""
    if not desk.live:
        return desk
    asked = request if request is not None else desk.request
    title = request.title if request is not None else desk.title
    race = Race(desk.race.by_itself and not desk.watches)
    editing = replace(desk.editing, shown=0, asked=None)  # what a person left of a text stays
    fresh = replace(desk, request=asked, title=title, started=now, race=race, painted=False, **_NOTHING_YET)
    fresh = replace(fresh, editing=editing)
    return with_effect(fresh, Act.START)


# --- what it says -------------------------------------------------------------------------------------------


def heard(desk: Desk, updates: Sequence[Update], now: float) -> Desk:
    """A burst of updates, in order.

    Of several snapshots only the last is looked at: each holds all of the earlier ones.
    """
    from inspector.live.updates import CaptureUpdated, Ended, EventArrived, LogText

    capture = ended = None
    for update in updates:
        match update:
            case CaptureUpdated():
                capture = update.capture
            case LogText(stream, text):
                desk = with_effect(desk, Printed(stream, short_log(text)))
            case EventArrived(event):
                if capture is not None and isinstance(event, protocol.Compiled | protocol.ShapeChanged):
                    desk, capture = _captured(desk, capture, now), None
                desk = _event(desk, event, now)
            case Ended(outcome):
                ended = outcome
    if capture is not None:
        desk = _captured(desk, capture, now)
    if ended is None:
        return desk
    if desk.measuring.asked is not None:
        desk = _measured(desk, "The worker ended before it was done.")
    desk = replace(desk, outcome=ended, runner="idle", ended=now if desk.ended is None else desk.ended)
    tried = desk.editing.asked is not None  # then the edit says itself what became of it
    return with_effect(desk, ShowFailure(ended)) if desk.failed and not tried else desk


def _captured(desk: Desk, capture: Capture, now: float) -> Desk:
    known = {item.compile_id for item in desk.capture.compilations}
    new = [item for item in capture.compilations if item.compile_id not in known]
    desk = with_capture(desk, capture, now)
    if desk.shape_pending is not None and new:
        newest = new[-1].compile_id
        return _noted(show(desk, newest, chosen=False), f"recompiling as {newest}…")
    if desk.compiled is None and not desk.discreet:
        for item in new:
            if reason := desk.recompile_reason(item.compile_id):
                words = f"{item.function or 'the function'} is compiled again: {reason}"
                desk = say(desk, words, title=item.compile_id, timeout=5)
    return desk


def _noted(desk: Desk, note: str) -> Desk:
    """With a note for the chart."""
    return replace(desk, race=replace(desk.race, note=note))


def _event(desk: Desk, event: protocol.Message, now: float) -> Desk:  # noqa: PLR0911 (a case each)
    if (answered := _of_measuring(desk, event)) is not None:
        return answered
    match event:
        case protocol.Progress(phase):
            busy = desk.measuring.busy
            if desk.measuring.asked is not None and busy != CANCELLING:
                busy = phase
            return replace(desk, phase=phase, measuring=replace(desk.measuring, busy=busy))
        case protocol.Compiled():
            desk = replace(desk, compiled=event, ended=now, batch=event.batch, seq=event.seq)
            if desk.watches:  # a version says itself what came of it
                return desk
            graphs = sum(1 for item in desk.capture.compilations if desk.has_graph(item.compile_id))
            words = f"Compiled in {seconds(event.seconds)}."
            if graphs > 1 and not desk.discreet:
                words += f" {plural(graphs, 'graph', 'graphs')}: c chooses, D says why."
            return race_if_seen(say(desk, words, timeout=4))
        case protocol.LatencyState():
            return replace(desk, runner=event.state)
        case protocol.ShapeChanged():
            return _reshaped(desk, event)
        case protocol.Failed(fatal=False):
            desk = _noted(replace(desk, shape_pending=None), event.message)
            return say(desk, f"{event.message} {event.hint}".strip(), severity="error", timeout=10)
    return desk


def _reshaped(desk: Desk, event: protocol.ShapeChanged) -> Desk:
    shape = event.shape or shape_words(event.batch, event.seq)
    desk = replace(desk, shape_pending=None, batch=event.batch, seq=event.seq, race=replace(desk.race, shape=shape))
    desk = replace(desk, shapes=(*desk.shapes, (event.batch, event.seq)))
    if desk.trial is not None:
        desk = replace(desk, trial=replace(desk.trial, heard=desk.trial.heard.union(event.new_compile_ids)))
    if not event.new_compile_ids:
        desk = _noted(desk, f"{shape}: nothing was recompiled")
        return say(desk, f"{shape}: nothing was recompiled.", timeout=6)
    new = event.new_compile_ids[-1]
    desk = _noted(show(desk, new, chosen=False), f"{shape}: recompiled as {new} in {seconds(event.seconds)}")
    reason = desk.recompile_reason(new) or "A guard failed."
    return say(desk, reason, title=f"Recompiled as {new}", severity="warning", timeout=12)


def refused(desk: Desk, starts: str) -> Desk | None:
    """The desk with why no worker waits for requests; None where one does.

    Args:
        desk: as it is.
        starts: what would be begun, `The race starts`.
    """
    if not desk.live:
        return say(desk, "An opened capture has no worker to run. `inspector TARGET` makes one.", timeout=4)
    if desk.compiling:
        return say(desk, f"{starts} when the compile is done.")
    if desk.outcome is not None:
        return say(desk, "The worker has ended; Ctrl+R compiles again.", severity="warning", timeout=4)
    return None


# --- the race -----------------------------------------------------------------------------------------------


def race_if_seen(desk: Desk) -> Desk:
    """The runner begins by itself, once, when its panel is in sight and no more texts arrive."""
    race = desk.race
    if "latency" not in desk.panels_shown or not desk.panel_rows:
        return replace(desk, race=replace(race, waits=False))
    if race.by_itself and not race.asked and desk.compiled is not None and desk.outcome is None:
        return replace(desk, race=replace(race, waits=True))
    return desk


def quiet(desk: Desk) -> Desk:
    """No text has arrived for a while: a runner that waits for that begins."""
    race = replace(desk.race, waits=False)
    if not desk.race.waits or race.asked or desk.outcome is not None:
        return replace(desk, race=race)
    return with_effect(replace(desk, race=replace(race, asked=True)), Send(protocol.RunLatency(samples=PAIRS)))


def toggle_race(desk: Desk) -> Desk:
    """Runs, or pauses."""
    if (no := refused(desk, "The race starts")) is not None:
        return no
    desk = replace(desk, race=replace(desk.race, waits=False, asked=True))
    runs = desk.runner in ("running", "warming")
    return with_effect(desk, Send(protocol.PauseLatency() if runs else protocol.RunLatency(samples=PAIRS)))


def reset_race(desk: Desk) -> Desk:
    """Throws the samples away."""
    no = refused(desk, "The race starts")
    return no if no is not None else with_effect(desk, Send(protocol.ResetLatency()))


def reshape(desk: Desk, batch: float | None, seq: float | None) -> Desk:
    """Asks for another shape; both are factors, and nothing goes below one element."""
    if (no := refused(desk, "The race starts")) is not None:
        return no
    if desk.compiled is None or not desk.compiled.can_reshape:
        return say(desk, "This target has no batch or sequence length to change.", timeout=4)
    old_batch, old_seq = _runs(desk)
    wanted = _scaled(old_batch, batch), _scaled(old_seq, seq)
    if wanted == (old_batch, old_seq):
        what, now = ("batch", old_batch) if batch is not None else ("sequence length", old_seq)
        return say(desk, f"The {what} is {now}." if now else f"This target has no {what}.")
    return ask_shape(desk, *wanted)


def to_shape(desk: Desk, batch: int | None, seq: int | None) -> Desk:
    """Asks for exactly this shape, unless it runs already."""
    if (no := refused(desk, "The race starts")) is not None:
        return no
    return ask_shape(desk, batch, seq) if (batch, seq) != _runs(desk) else desk


def _runs(desk: Desk) -> tuple[int | None, int | None]:
    return desk.shape_pending or (desk.batch, desk.seq)


def ask_shape(desk: Desk, batch: int | None, seq: int | None) -> Desk:
    """Asks the worker for another shape."""
    desk = _noted(replace(desk, shape_pending=(batch, seq)), f"warming {shape_words(batch, seq)}…")
    return with_effect(desk, Send(protocol.ChangeShape(batch=batch, seq=seq)))


def _scaled(value: int | None, factor: float | None) -> int | None:
    return value if value is None or factor is None else max(1, int(value * factor))


def shape_words(batch: int | None, seq: int | None) -> str:
    """`batch 2 · seq 16`; what is unknown is left out."""
    parts = [f"batch {batch}" if batch is not None else "", f"seq {seq}" if seq is not None else ""]
    return " · ".join(filter(None, parts))


# --- profiles and numerics ----------------------------------------------------------------------------------


def _panel(request: protocol.RunProfile) -> str:
    return PRICE if request.price else PROFILE if request.times else NUMERICS


def measure(desk: Desk, request: protocol.RunProfile) -> Desk:
    """Has the worker profile or compare."""
    if (no := refused(desk, "Measuring starts")) is not None:
        return no
    if desk.measuring.asked is not None:
        return say(desk, "The worker is measuring already; Esc cancels it.")
    notes = {**desk.measuring.notes, _panel(request): ""}
    resumes = request.price and desk.runner in ("running", "warming")
    measuring = replace(desk.measuring, asked=request, busy="waiting for the worker", notes=notes, resumes=resumes)
    return with_effect(replace(desk, measuring=measuring), Send(request))


def cancel_measuring(desk: Desk) -> Desk:
    """Has the worker stop at its next step."""
    if desk.measuring.asked is None:
        return desk
    desk = replace(desk, measuring=replace(desk.measuring, busy=CANCELLING))
    return with_effect(desk, Send(protocol.CancelProfile()))


def _of_measuring(desk: Desk, event: protocol.Message) -> Desk | None:
    """The desk after an answer to what was to be measured; None where the event is none."""
    asked = desk.measuring.asked
    if asked is None:
        return None
    match event:
        case protocol.Profiled():
            results = ((PROFILE, event.profile), (NUMERICS, event.numerics), (PRICE, event.price))
            new = {panel: str(result.shape) for panel, result in results if result is not None}
            measuring = replace(desk.measuring, shapes={**desk.measuring.shapes, **new})
            if measuring.resumes:
                desk = with_effect(desk, Send(protocol.RunLatency(samples=PAIRS)))
            desk = _measured(replace(desk, measuring=measuring), "Cancelled." if event.cancelled else "")
            if _panel(asked) in desk.panels_shown or event.cancelled:
                return desk
            return say(desk, f"Measured: {PANEL_KEYS[_panel(asked)]} shows it.", timeout=4)
        case protocol.Failed(fatal=False) if desk.shape_pending is None:
            words = f"{event.message} {event.hint}".strip()
            return _measured(say(desk, words, severity="error", timeout=10), words)
    return None


def _measured(desk: Desk, note: str) -> Desk:
    """Nothing is measured any more."""
    measuring = desk.measuring
    notes = {**measuring.notes, _panel(measuring.asked): note} if measuring.asked is not None else measuring.notes
    return replace(desk, measuring=replace(measuring, asked=None, busy="", notes=notes))


def chosen(known: Sequence[_T], shape: str) -> tuple[_T | None, int]:
    """The one of a shape, else the last, and its place from 1."""
    at = next((number for number, item in enumerate(known) if item.shape == shape), len(known) - 1)
    return (known[at] if known else None), at + 1


def step_shape(desk: Desk, by: int) -> Desk:
    """Another of the shapes that were measured, in the active panel."""
    capture = desk.capture
    known: dict[str, Sequence[Profile | Numerics | Price]]
    known = {PROFILE: capture.profiles, NUMERICS: capture.numerics, PRICE: capture.prices}
    measured = known.get(desk.panel, ())
    shapes = [item.shape for item in measured]
    if not shapes:
        return desk
    now = desk.measuring.shapes.get(desk.panel, "")
    at = shapes.index(now) if now in shapes else len(shapes) - 1
    new = {**desk.measuring.shapes, desk.panel: shapes[(at + by) % len(shapes)]}
    return replace(desk, measuring=replace(desk.measuring, shapes=new))
