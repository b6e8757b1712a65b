"""What the widgets of the desk show, worked out from its state: finished values. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from inspector.model.artifact import Artifact, Position
from inspector.model.latency import LatencyRun
from inspector.model.stage import Stage
from inspector.say.chain import ChainLine, chain
from inspector.say.doc import Section
from inspector.say.names import place
from inspector.tui.desk import edits, pricing
from inspector.tui.desk.running import chosen
from inspector.tui.desk.state import Desk
from inspector.tui.desk.trial import section
from inspector.tui.keys import NUMBER_KEYS, shown_key
from inspector.tui.lighting import LitGroup, Marks, Spot, lit_lines
from inspector.tui.panes.marks import Mark, Strength
from inspector.tui.profile.standing import MeasuringProgress
from inspector.tui.widgets.stages import StageItem
from inspector.tui.widgets.state import StageState
from inspector.why.words import sections


def strip(desk: Desk) -> list[StageItem]:
    """The row of stages."""
    hotkeys = [shown_key(key) for key in NUMBER_KEYS[: len(desk.states)]]
    hotkeys += [" "] * (len(desk.states) - len(hotkeys))
    return [
        StageItem(stage.value, stage.heading, stage.short, state, visible=stage in desk.shown, hotkey=hotkey)
        for (stage, state), hotkey in zip(desk.states.items(), hotkeys, strict=True)
    ]


# --- panes --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Face:
    """What one pane shows."""

    text: Artifact | None
    state: StageState
    detail: str
    """The title's further words; without a text, why there is none."""


def face(desk: Desk, stage: Stage) -> Face:
    """What the pane of a stage shows."""
    text, state = desk.texts.get(stage), desk.states.get(stage, StageState.WAITING)
    if text is None:
        return Face(None, state, _why_waiting(desk, stage, state))
    about = text.kernel or text.variant or text.compile_id or ""
    if text.stage is Stage.SOURCE:
        about = place(text.path or text.id.partition(":")[2])
    return Face(
        text, state, " · ".join(filter(None, (about, edits.detail(desk, text), "pinned" if stage in desk.pins else "")))
    )


def _why_waiting(desk: Desk, stage: Stage, state: StageState) -> str:
    if state is StageState.FAILED:
        return f"failed: {desk.outcome.message if desk.outcome is not None else 'the compiler failed here'}"
    if desk.failed:
        return "The compile did not get this far."
    if desk.outcome is not None or not desk.live:
        return f"This capture has no {stage.heading}."
    return f"{desk.activity}…" if state is StageState.LIVE else stage.about


def lights(desk: Desk, artifact: Artifact) -> Mapping[int, Mark]:
    """How the lines of a text are lit."""
    asked = desk.asked is not None and artifact.id == desk.asked[0]
    lit = [] if desk.group is None else [(desk.group, Strength.ANCHOR if asked else Strength.RELATIVE)]
    lit += [(group, Strength.PINNED) for group in desk.kept_groups]
    marks = [lit_lines(desk.index, group, artifact, strength) for group, strength in lit]
    return Marks(desk.index, artifact.id, marks)


# --- panels and the bottom row ------------------------------------------------------------------------------


def race(desk: Desk) -> tuple[LatencyRun | None, str]:
    """The run that the chart shows, and the sentence with it."""
    runs, note = desk.capture.latency, desk.race.note
    if not desk.live and not runs:
        note = "This capture holds no latency samples."
    elif desk.compiling:
        note = "The race starts when the compile is done."
    if desk.shape_pending is not None:
        return None, note
    if desk.race.shape:
        return next((run for run in runs if run.shape == desk.race.shape), None), note
    return (runs[-1] if runs else None), note


def standing(desk: Desk, panel: str) -> MeasuringProgress:
    """How far the measurement of a panel is."""
    live, note = desk.live and desk.outcome is None, desk.measuring.notes.get(panel, "")
    if live and desk.compiling:
        live, note = False, "It can be measured when the compile is done."
    return MeasuringProgress(live, desk.measuring.busy, note, desk.capture.warnings)


def findings(desk: Desk) -> tuple[Section, ...]:
    """What costs most, and what to do."""
    if desk.discreet:
        return (Section("why", "What costs most", None, (), "The lesson asks; it is shown when that is answered."),)
    tried = section(desk)
    shown = (tried,) if tried is not None else ()
    if desk.found_in is None:
        words = "The rules are asked when the compile is done." if desk.compiling else "The rules are being asked…"
        return (*shown, Section("why", "What costs most", None, (), words))
    return (*shown, *sections(desk.found))


measured = chosen
"""Of what was measured the one of a shape, else the last, and its place from 1."""


def status(desk: Desk, cursor: Position, room: int) -> ChainLine:
    """The place asked about, between what it came from and what it became.

    Args:
        desk: the state.
        cursor: of the chosen pane.
        room: cells for both.
    """
    capture = desk.capture
    asked, group = _in_view(desk, cursor)
    artifact = capture.by_id.get(asked[0]) if asked is not None else None
    if artifact is None or asked is None:
        empty = not capture.artifacts and not desk.live
        return ChainLine(
            "", "", "This capture holds no text." if empty else "Move the cursor: what a line became lights up."
        )
    line = asked[1].line
    if (cost := pricing.said(desk, artifact, asked[1])) is not None:
        return ChainLine("", cost[0], f"  {cost[1]}")
    where = place(artifact.path or artifact.id, line) if artifact.stage is Stage.SOURCE else ""
    where = where or f"{artifact.stage.short}:{line}"
    if desk.discreet:
        return ChainLine("", where, "what it became is told when the lesson's question is answered")
    if group is not None:
        by_id = {key: capture.by_id[key] for key in group.relatives.by_artifact if key in capture.by_id}
        by_id = {
            item.id: item for item in (*desk.sources(), *by_id.values()) if item.id in by_id and desk.on_screen(item)
        }
        if (found := chain(group.relatives, artifact, asked[1], by_id, _near(desk))) is not None:
            return found.fitting(room - 1)
    if not capture.links:
        words = "no links yet" if desk.compiling else "no link of this input is recorded"
    elif group is not None and capture.by_id.keys() & group.relatives.by_artifact.keys() - {artifact.id}:
        words = "no pane shows what is linked to this line"
    elif desk.indexed is not capture.links:
        words = "the newest links are still being looked at"
    else:
        known = desk.index.linked_lines(artifact.id)
        words = "nothing is linked to this line" if known else "no link of this text is recorded"
    return ChainLine("", where, words)


def _near(desk: Desk) -> str | None:
    source = desk.artifact(Stage.SOURCE)
    return source.id if source is not None else None


def _in_view(desk: Desk, cursor: Position) -> tuple[Spot | None, LitGroup | None]:
    """The place that the bottom row is about: the one asked about, or what a single pane shows of it."""
    artifact = desk.texts.get(desk.shown[0]) if len(desk.shown) == 1 else None
    if desk.asked is None or artifact is None or artifact.id == desk.asked[0]:
        return desk.asked, desk.group
    found = desk.group.found_in(artifact.id) if desk.group is not None else ()
    spot = (artifact.id, found[0].span.start if found else cursor)
    return spot, desk.group_of(spot)
