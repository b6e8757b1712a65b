"""A desk with a newer capture, or with another text of it chosen. Pure."""

from __future__ import annotations

from dataclasses import replace

from inspector.model.artifact import Artifact
from inspector.model.capture import Capture
from inspector.model.stage import Stage
from inspector.tui.desk.state import Desk, show


def with_capture(desk: Desk, capture: Capture, now: float) -> Desk:
    """A newer snapshot; the first compile id with a graph is put on screen when none is.

    Args:
        desk: before it.
        capture: the snapshot.
        now: seconds on the app's clock.
    """
    zero = desk.trace_zero
    if capture.phases and capture.phases != desk.capture.phases:
        zero = now - max(phase.start + (phase.duration or 0.0) for phase in capture.phases)
    capture, own = _viewed(desk, capture)
    desk = replace(desk, capture=capture, own=own, trace_zero=zero)
    if desk.compile_id is None or (not desk.chosen and not desk.has_graph(desk.compile_id)):
        with_graph = (item.compile_id for item in capture.compilations if desk.has_graph(item.compile_id))
        first = next(with_graph, None) or next((item.compile_id for item in capture.compilations), None)
        if first is not None and first != desk.compile_id:
            return show(desk, first, chosen=False)
    return desk


def _viewed(desk: Desk, capture: Capture) -> tuple[Capture, Capture | None]:
    """A newer capture as it is shown with an edit in place, and itself where that is another one; what was worked out
    before is kept."""
    edit = next((item for item in capture.edits if item.number == desk.editing.shown), None)
    if edit is None:
        return capture, None
    before = desk.own
    if before is not None and before.artifacts is capture.artifacts and before.links is capture.links:
        return replace(capture, artifacts=desk.capture.artifacts, links=desk.capture.links, prices=()), capture
    from inspector.edits.view import with_edit

    return with_edit(capture, edit), capture


def select(desk: Desk, artifact: Artifact) -> Desk:
    """`artifact` is the one that panes of its stage show: its compile id, kernel or source file."""
    if artifact.compile_id is not None and artifact.compile_id != desk.compile_id:
        desk = show(desk, artifact.compile_id)
    if artifact.key is not None:
        desk = replace(desk, kernel=artifact.key)
    return replace(desk, source=artifact.id) if artifact.stage is Stage.SOURCE else desk
