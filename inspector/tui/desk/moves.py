"""Moves: which stages, texts and panels stand on the desk, and how large. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from inspector.model.artifact import Artifact, Position
from inspector.model.kernel import KernelKey
from inspector.model.stage import Stage
from inspector.say.doc import Show
from inspector.say.names import place
from inspector.say.none import no_source
from inspector.say.units import plural
from inspector.tui import layout
from inspector.tui.desk.captured import select
from inspector.tui.desk.effects import FocusPane, FocusPanel, Goto, ShowTexts, Unfold
from inspector.tui.desk.links import follow
from inspector.tui.desk.running import race_if_seen
from inspector.tui.desk.state import Desk, say, show, with_effect
from inspector.tui.effects import Copy

SMALLEST_PANEL = 3
"""Rows below which a panel shows nothing that can be read."""


def settled(desk: Desk) -> Desk:
    """The chosen stage is one of those on screen: the nearest, where its own has gone."""
    if desk.stage in desk.spread or not desk.spread:
        return desk
    return replace(desk, stage=min(desk.spread, key=lambda stage: abs(stage.order - desk.stage.order)))


# --- stages -------------------------------------------------------------------------------------------------


def _set(desk: Desk, stages: Sequence[Stage], stage: Stage) -> Desk:
    """These stages; what was exchanged for another is kept on its text no longer."""
    pins = {item: text for item, text in desk.pins.items() if item in stages or item not in desk.spread}
    return with_effect(replace(desk, wanted=tuple(stages), stage=stage, pins=pins), FocusPane(stage))


def choose(desk: Desk, stage: Stage) -> Desk:
    """Shows a stage, in the chosen pane unless another shows it already, and goes there."""
    if stage not in desk.stages:
        return desk
    stages, _ = layout.choose(desk.spread, desk.slot, stage, desk.stages)
    return _set(desk, stages, stage)


def show_stages(desk: Desk, stages: Sequence[Stage], stage: Stage) -> Desk:
    """Shows exactly these stages, as many as there is room for, and goes to one of them."""
    ordered = tuple(sorted(dict.fromkeys(stages), key=lambda item: item.order))
    if len(ordered) > desk.layout.panes:
        slot = ordered.index(stage) if stage in ordered else 0
        ordered = layout.resize(ordered, slot, desk.layout.panes, desk.stages)
    return _set(desk, ordered, stage if stage in ordered else ordered[0])


def step(desk: Desk, by: int) -> Desk:
    """Shows the next or previous stage in the chosen pane."""
    if not desk.spread:
        return desk
    stages, slot = layout.step(desk.spread, desk.slot, by, desk.stages)
    return _set(desk, stages, stages[slot])


def slide(desk: Desk, by: int) -> Desk:
    """Moves every pane one stage on or back."""
    if not desk.spread:
        return desk
    stages = layout.slide(desk.spread, by, desk.stages)
    return _set(desk, stages, stages[desk.slot])


def story(desk: Desk) -> Desk:
    """Shows the stages that tell the whole story."""
    stages = layout.settle(layout.story(desk.layout.panes), desk.stages)
    return _set(desk, stages, desk.stage if desk.stage in stages else stages[0]) if stages else desk


def toggle_pin(desk: Desk) -> Desk:
    """Keeps the chosen pane on its text, or lets it go."""
    if desk.text is None:
        return desk
    pins = {stage: text for stage, text in desk.pins.items() if stage is not desk.stage}
    return replace(desk, pins=pins if desk.stage in desk.pins else {**pins, desk.stage: desk.text.id})


def copy_all(desk: Desk) -> Desk:
    """Copies the chosen pane's whole text."""
    if desk.text is None:
        return desk
    return say(with_effect(desk, Copy(desk.text.text)), f"{plural(len(desk.text.lines), 'line')} copied.", timeout=2)


# --- texts --------------------------------------------------------------------------------------------------


def show_compile_id(desk: Desk, compile_id: str) -> Desk:
    """Puts a compile id on screen, with its source file."""
    desk = show(desk, compile_id)
    where = desk.compilation.place if desk.compilation is not None else None
    if where is not None and (file := next((item for item in desk.sources() if item.path == where.file), None)):
        desk = select(desk, file)
    return replace(desk, asked=None, kept=(), trail=())


def show_kernel(desk: Desk, key: KernelKey) -> Desk:
    """Puts a kernel into the panes that show one per kernel; shows the kernel stage if none does."""
    desk = replace(desk, kernel=key)
    panes = [stage for stage in desk.shown if stage.per_kernel]
    if not panes:
        return choose(desk, Stage.KERNEL)
    if all(stage in desk.pins for stage in panes):
        return say(desk, "The kernel's pane is pinned to its text: * unpins it.", timeout=4)
    return desk


def show_text(desk: Desk, artifact: Artifact, *, pinned: bool) -> Desk:
    """Puts a text on screen, wherever it belongs; one that no pane shows by itself stays out unless `pinned`."""
    if artifact.stage is not Stage.OTHER:
        desk = choose(select(desk, artifact), artifact.stage)
    if not pinned or not desk.shown or desk.text is artifact:
        return desk
    desk = replace(desk, pins={**desk.pins, desk.stage: artifact.id})
    return say(desk, "* lets this pane go back to its stage.")


def go(desk: Desk, artifact: Artifact, position: Position) -> Desk:
    """Goes to a place in some text, wherever it is; one beside the stages has a screen of its own."""
    if artifact.stage is Stage.OTHER:
        return with_effect(desk, ShowTexts(desk.capture, artifact.compile_id, (artifact.id, position)))
    stage = artifact.stage
    desk = choose(select(desk, artifact), stage)
    if (text := desk.texts.get(stage)) is not None and text.id != artifact.id:
        desk = replace(desk, pins={other: kept for other, kept in desk.pins.items() if other is not stage})
    if desk.texts.get(stage) is None:
        return desk
    return follow(with_effect(desk, Goto(stage, position)), (artifact.id, position))


def go_to_place(desk: Desk, file: str, line: int) -> Desk:
    """Goes to a line of a source file, if the capture holds that file."""
    for artifact in desk.sources():
        if artifact.path == file or artifact.id.partition(":")[2] == file:
            return go(desk, artifact, Position(line, 0))
    return say(desk, no_source(place(file, line), others=bool(desk.sources())), timeout=6)


def back(desk: Desk) -> Desk:
    """Returns to where the last jump began."""
    if not desk.trail:
        return say(desk, "No jump to return from.")
    *before, (artifact_id, position) = desk.trail
    artifact = desk.capture.by_id.get(artifact_id)
    desk = replace(desk, trail=tuple(before))
    return go(desk, artifact, position) if artifact is not None else desk


# --- size and panels ----------------------------------------------------------------------------------------


def resized(desk: Desk, size: tuple[int, int], cramped: bool) -> Desk:
    """The terminal's new size; the chosen stage stays on screen."""
    new = layout.layout_for(*size)
    if new.panes != desk.layout.panes:
        by_count = {**desk.wanted_by_count, desk.layout.panes: desk.spread}
        wanted = by_count.get(new.panes, ())
        if desk.stage not in wanted:
            wanted = layout.resize(desk.spread, desk.slot, new.panes, desk.stages)
        desk = replace(desk, wanted=wanted, wanted_by_count=by_count)
    return replace(desk, size=size, cramped=cramped)


def show_panel(desk: Desk, name: str) -> Desk:
    """Shows a panel below, whatever hid it: the zoom, or that the panels are put away.

    The same again puts a panel away that there was no room for. Where none fits, that is said.
    """
    if name not in desk.panel_names:
        return say(desk, f"This capture holds no {name} to show.")
    seen = desk.panel_rows > 0
    desk = replace(desk, zoomed=False)
    if seen and name == desk.panel and not desk.layout.panel_rows:
        desk = replace(desk, panel_size="")
    elif not seen:
        desk = replace(desk, panel_size="" if desk.layout.panel_rows else "tall")
        if desk.panel_rows < SMALLEST_PANEL or desk.cramped:
            words = f"There is no room for the {name} here: a taller terminal has it."
            desk = say(replace(desk, panel_size=""), words, timeout=4)
    desk = replace(desk, panel=name)
    return race_if_seen(with_effect(desk, FocusPanel(name) if desk.panel_rows else FocusPane(desk.stage)))


_EVIDENCE = {"recompiles": "recompiles", "breaks": "breaks", "show": "error", "ranks": "logs"}
"""Verb → the section of the details that shows the same."""


def show_evidence(desk: Desk, show: Show) -> Desk:
    """Goes to the panel that shows what a verb shows."""
    if show.compile_id and show.compile_id != desk.compile_id and desk.has_graph(show.compile_id):
        desk = show_compile_id(desk, show.compile_id)
    if show.verb in desk.panel_names:
        return show_panel(desk, show.verb)
    return with_effect(show_panel(desk, "details"), Unfold(_EVIDENCE.get(show.verb, show.verb)))


def next_panel_size(desk: Desk) -> Desk:
    """Taller, hidden, as the layout has it."""
    return replace(desk, panel_size={"": "tall", "tall": "hidden", "hidden": ""}[desk.panel_size])
