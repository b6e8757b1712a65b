"""The words of the top row: what is on screen, and how far it is. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from inspector.model.overview_of import ran_compiled
from inspector.say.units import plural, running, seconds
from inspector.say.writes import writes_words
from inspector.tui.desk import edits, notes, versions
from inspector.tui.desk.state import Desk
from inspector.tui.header import Parts
from inspector.tui.widgets.glyphs import glyphs
from inspector.tui.widgets.state import StageState


def left(desk: Desk) -> Parts:
    """What is on screen."""
    parts = [("◆" if not glyphs().ascii else "*", "$primary"), (desk.title, "bold")]
    compilation = desk.compilation
    if compilation is not None:
        count = desk.of_log or len(desk.capture.compilations)
        of = f" of {count}" if count > 1 and not desk.discreet else ""
        parts.append((f"{compilation.compile_id}{of}", "bold $primary"))
        if compilation.function:
            parts.append((compilation.function, "$foreground 60%"))
    if desk.of_log and compilation is not None and compilation.error:
        parts.append((f"failed: {compilation.error.splitlines()[0]}", "$error"))
        return parts
    if not desk.discreet and (reason := desk.recompile_reason(desk.compile_id)):
        parts.append((f"recompiled: {reason}", "$warning"))
        return parts
    if desk.watches or desk.versions:
        return parts + versions.heading(desk)
    if edited := edits.heading(desk):
        return parts + edited
    inputs = [_input(item) for item in desk.capture.target.get("inputs", ())]
    if inputs:
        more = f" +{len(inputs) - 2}" if len(inputs) > 2 else ""
        parts.append((" ".join(inputs[:2]) + more, "$foreground 60%"))
    if writes := writes_words([str(item) for item in desk.capture.target.get("writes", ())]):
        parts.append((writes, "$warning"))
    if breaks := len(desk.capture.graph_breaks):
        parts.append((plural(breaks, "graph break", "graph breaks"), "$warning"))
    return parts


def _input(item: Mapping[str, Any]) -> str:
    dtype = str(item.get("dtype", "")).removeprefix("torch.")
    for long, short in (("bfloat", "bf"), ("float", "f"), ("uint", "u"), ("int", "i"), ("complex", "c")):
        if dtype.startswith(long):
            dtype = short + dtype.removeprefix(long)
            break
    shape = ",".join(str(size) for size in item.get("shape", ()))
    return f"{item.get('name', '')}={dtype}[{shape}]"


def right(desk: Desk, now: float, frame: int) -> Parts:
    """How far it is."""
    parts: Parts = [(noted, "$warning")] if (noted := notes.words(desk)) else []
    if desk.kept:
        parts.append((f"{len(desk.kept)} kept lit", "$accent"))
    if desk.zoomed:
        parts.append(("zoomed", "bold $accent"))
    if (mode := desk.cache_mode) and not desk.versions:
        parts.append((f"cache {mode}", "$accent"))
    if desk.of_log:
        parts.append((f"Esc {glyphs().left} the whole log", "$foreground 60%"))
    elif not desk.live:
        parts.append(("opened, no worker", "$foreground 60%"))
    elif desk.failed and desk.outcome is not None:
        kind = str(desk.outcome.kind).replace("_", " ")
        parts.append((f"{glyphs().states[StageState.FAILED]} {kind} after {running(desk.elapsed(now))}", "bold $error"))
    elif desk.compiling:
        spinner = glyphs().spinner
        parts.append((f"{spinner[frame % len(spinner)]} {desk.activity}", "bold $primary"))
        parts.append((running(desk.elapsed(now)), "bold"))
    else:
        parts += _compiled(desk, now, frame)
    return parts


def _compiled(desk: Desk, now: float, frame: int) -> Parts:
    """How long it took: the first call as a whole, or the recompile that is on screen."""
    done = glyphs().states[StageState.DONE]
    if words := versions.times(desk):
        return [(f"{done} {words}", "bold $success")]
    if not desk.recompile_reason(desk.compile_id):
        took = desk.compiled.seconds if desk.compiled is not None else desk.elapsed(now)
        if not ran_compiled(desk.capture):
            return [(f"nothing was compiled, the first call took {seconds(took)}", "bold $warning")]
        return [(f"{done} compiled in {seconds(took)}", "bold $success")]
    phases, zero = desk.phases
    if any(phase.duration is None for phase in phases):
        spinner = glyphs().spinner
        since = max(0.0, desk.phase_now(now) - zero)
        return [(f"{spinner[frame % len(spinner)]} recompiling", "bold $primary"), (running(since), "bold")]
    own = [phase for phase in phases if phase.compile_id == desk.compile_id and phase.duration is not None]
    if not own:
        return [(f"{done} recompiled", "bold $success")]
    took = max(phase.start + (phase.duration or 0.0) for phase in own) - min(phase.start for phase in own)
    return [(f"{done} recompiled in {seconds(took)}", "bold $success")]
