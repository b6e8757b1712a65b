"""Links: what the cursor's place became lights up in every other pane, and leads there. Pure."""

from __future__ import annotations

from collections.abc import Callable

from inspector.link.unlinked import why_unlinked
from inspector.model.artifact import Artifact, Position
from inspector.model.stage import Stage
from inspector.tui.desk.captured import select
from inspector.tui.desk.effects import Goto
from inspector.tui.desk.intents import Here
from inspector.tui.desk.state import Desk, but, say, with_effect
from inspector.tui.lighting import Spot


def follow(desk: Desk, spot: Spot) -> Desk:
    """Lights up what belongs to a place, and brings it into sight."""
    return _switched(but(desk, asked=spot, asks=desk.asks + 1))


def _switched(desk: Desk) -> Desk:
    """Brings the kernel and source file that the relatives lie in into panes that show another one."""
    by_id = desk.capture.by_id
    if desk.group is None or desk.asked is None:
        return desk
    asked = by_id[desk.asked[0]]
    related = [by_id[item] for item in desk.group.relatives.by_artifact if item in by_id]
    free = [stage for stage in desk.shown if stage not in desk.pins and desk.texts.get(stage) is not asked]
    kernels = [item for item in related if item.kernel is not None and desk.on_screen(item)]
    if kernels and asked.key is None and any(stage.per_kernel for stage in free):
        shown = desk.kernel or next(iter(desk.kernels()), None)
        if all(item.key != shown for item in kernels):
            desk = select(desk, kernels[0])
    sources = [item for item in related if item.stage is Stage.SOURCE]
    if sources and Stage.SOURCE in free and desk.artifact(Stage.SOURCE) not in sources:
        desk = select(desk, sources[0])
    return desk


def first_lit(desk: Desk, painted: frozenset[Stage]) -> Desk:
    """Before anyone has moved, the target's first line with a graph node lights up, and all that it becomes."""
    artifact = desk.texts.get(Stage.SOURCE, desk.artifact(Stage.SOURCE))
    if artifact is None or (Stage.SOURCE in desk.shown and Stage.SOURCE not in painted):
        return desk
    by_id = desk.capture.by_id
    for line in sorted(line for line in desk.index.linked_lines(artifact.id) if line >= artifact.focus):
        became = desk.index.relatives(artifact.id, line).by_artifact
        items = [by_id[item] for item in became if item in by_id]
        if any(item.stage.order >= Stage.DYNAMO.order and desk.on_screen(item) for item in items):
            return _at(desk, artifact, line)
    where = desk.compilation.place if desk.compilation is not None else None
    if desk.chosen and where is not None and where.file == artifact.path:
        return _at(desk, artifact, min(max(where.line, 1), len(artifact.lines)))
    return desk


def _at(desk: Desk, artifact: Artifact, line: int) -> Desk:
    desk = but(desk, asked=(artifact.id, Position(line, 0)), asks=desk.asks + 1)
    return with_effect(desk, Goto(Stage.SOURCE, Position(line, 0)))


def unlinked(desk: Desk, artifact: Artifact) -> str:
    """Why nothing is known to be linked to a place of a text."""
    if desk.indexed is not desk.capture.links:
        return "The newest links are still being looked at."
    return why_unlinked(desk.capture, artifact)


def jump(desk: Desk, here: Here, go: Callable[[Desk, Artifact, Position], Desk]) -> Desk:
    """Goes to the first relative in the next pane that has one; with one pane, in the next stage."""
    if here.artifact is None or here.spot is None:
        return desk
    desk = follow(desk, here.spot)
    goal = _goal(desk, here.artifact)
    if goal is None:
        return say(desk, _why_nowhere(desk, here.artifact), timeout=4)
    return go(but(desk, trail=(*desk.trail, here.spot)), *goal)


def _related(desk: Desk) -> list[Artifact]:
    by_id = desk.capture.by_id
    return [by_id[item] for item in desk.group.relatives.by_artifact if item in by_id] if desk.group is not None else []


def _goal(desk: Desk, artifact: Artifact) -> tuple[Artifact, Position] | None:
    if desk.group is None:
        return None
    shown = desk.shown
    at = shown.index(desk.stage) if desk.stage in shown else 0
    ring = [text for stage in (*shown[at + 1 :], *shown[:at]) if (text := desk.texts[stage]) is not None]
    if not ring:
        start = desk.stages.index(artifact.stage) if artifact.stage in desk.stages else 0
        order = (*desk.stages[start + 1 :], *desk.stages[:start])
        related = _related(desk)
        ring = [item for stage in order for item in related if item.stage is stage and desk.on_screen(item)]
    for other in ring:
        found = desk.group.found_in(other.id)
        if found and other.id != artifact.id:
            return other, found[0].span.start
    return None


def _why_nowhere(desk: Desk, artifact: Artifact) -> str:
    """Why no pane has a relative of this place: others would have one, there is none, or none was recorded."""
    elsewhere = [item for item in _related(desk) if item is not artifact]
    if not elsewhere:
        return unlinked(desk, artifact)
    here = [item.stage.heading for item in elsewhere if desk.on_screen(item)]
    found = here or [f"{item.stage.heading} of {item.compile_id}" for item in elsewhere]
    return f"No pane shows what is linked to this line: {', '.join(dict.fromkeys(found))}."


def keep_lit(desk: Desk, here: Here) -> Desk:
    """Keeps what belongs to a place lit while the cursor moves on, or lets it go."""
    if here.artifact is None or here.spot is None:
        return desk
    (name, position), desk = here.spot, follow(desk, here.spot)
    others = tuple(spot for spot in desk.kept if (spot[0], spot[1].line) != (name, position.line))
    if len(others) < len(desk.kept):
        return but(desk, kept=others)
    if desk.group is not None and desk.group.relatives:
        return but(desk, kept=(*desk.kept, here.spot))
    return say(desk, f"{unlinked(desk, here.artifact)} So there is nothing to keep lit.")


def let_go(desk: Desk) -> Desk:
    """Lets go of everything that is kept lit."""
    if not desk.kept:
        return say(desk, "Nothing is kept lit: p keeps what belongs to a line.")
    return but(desk, kept=())


def toggle_scrolls(desk: Desk) -> Desk:
    """Whether a move scrolls the other panes."""
    desk = but(desk, scrolls=not desk.scrolls)
    words = "Links scroll the other panes." if desk.scrolls else "The other panes stay where they are."
    return say(desk, words, timeout=5)
