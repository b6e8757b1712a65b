"""Trying what a finding advises: the target is compiled with it and called as before, and both counts are told."""

from __future__ import annotations

from dataclasses import replace

from inspector.model.capture import CompileStatus
from inspector.model.compile_row import recompiles_before
from inspector.say.doc import Row, Section, Tone
from inspector.say.units import plural
from inspector.tui.desk.parts import Trial
from inspector.tui.desk.running import ask_shape, begun
from inspector.tui.desk.state import Desk, say
from inspector.tui.keys import shown_key
from inspector.why.verdict import Verdict, ranked

_KEY = "ctrl+t"
_LIVE = CompileStatus.LIVE
_TRIES = "dynamic=True"
"""The one setting that an advice names and a request has; it makes every size a symbol, marked ones too."""


def verdict_to_try(desk: Desk) -> Verdict | None:
    """The worst finding that a setting of the request may fix; None where there is none, or no worker to start."""
    asked = desk.request
    if not desk.live or desk.compiling or desk.discreet or asked is None or asked.dynamic:
        return None
    return next((item for item in ranked(desk.found) if item.symbols), None)


def try_finding(desk: Desk, now: float) -> Desk:
    """Compiles again with what the finding advises."""
    if desk.trial is not None and desk.trial.after is None:
        return say(desk, "It is being tried.")
    if verdict_to_try(desk) is None or desk.request is None:
        return say(desk, "No finding here can be tried by compiling this target another way.", timeout=4)
    trial = Trial(_TRIES, _recompiles(desk), desk.shapes, desk.shapes)
    words = f"Compiling again with {_TRIES}; {plural(trial.before, 'recompile')} so far."
    desk = begun(say(desk, words, timeout=4), now, replace(desk.request, dynamic=True))
    return replace(desk, trial=trial)


def went_on(desk: Desk) -> Desk:
    """With the next shape that had been called asked for; once all were, and their records read, with the count."""
    trial = desk.trial
    if trial is None or trial.after is not None or desk.compiled is None or desk.shape_pending is not None:
        return desk
    if trial.waiting:
        first, *rest = trial.waiting
        return ask_shape(replace(desk, trial=replace(trial, waiting=tuple(rest))), *first)
    if desk.found_in is None or any(item.status is _LIVE for item in desk.capture.compilations):
        return desk  # the rules are asked once all texts have come
    trial = replace(trial, after=_recompiles(desk), alike=desk.shapes == trial.shapes)
    return say(replace(desk, trial=trial), _result(trial), title=f"Tried {trial.what}", timeout=12)


def _recompiles(desk: Desk) -> int:
    """How many compiles are of a function that was compiled before."""
    known = {item.compile_id for item in desk.capture.compilations}
    if desk.trial is not None:
        known |= desk.trial.heard
    return sum(recompiles_before(compile_id) > 0 for compile_id in known)


def section(desk: Desk) -> Section | None:
    """What can be tried, or what came of it; None where there is neither."""
    trial = desk.trial
    if trial is not None:
        words = _result(trial)
        if trial.after is None:
            now = "being tried" if desk.outcome is None else "not tried to the end, for the worker has ended"
            words = f"{now}; {plural(trial.before, 'recompile')} before"
        fell = trial.after is not None and trial.after < trial.before and trial.alike
        rows = (Row(words, Tone.GOOD if fell else Tone.TEXT, label=trial.what),)
        return Section("tried", "Tried", rows=rows)
    if (verdict := verdict_to_try(desk)) is None:
        return None
    words = f"{shown_key(_KEY)} compiles again with it and makes the same calls: {verdict.title}"
    return Section("tried", "Can be tried here", rows=(Row(words, Tone.NAME, label=_TRIES),))


def _result(trial: Trial) -> str:
    counts = f"{plural(trial.before, 'recompile')} before, {trial.after} with {trial.what}"
    return counts + ("" if trial.alike else ": not of the same calls, one of which failed, or others were asked for")
