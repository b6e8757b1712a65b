"""What it means that nothing is linked to a place: that nothing belongs to it, or that nobody recorded what does."""

from __future__ import annotations

from collections.abc import Iterator

from inspector.model.artifact import Artifact
from inspector.model.capture import Capture
from inspector.model.stage import Stage


def why_unlinked(capture: Capture, artifact: Artifact) -> str:
    """The sentence for a place of a text that has no relatives."""
    if not capture.links:
        return "No link of this input is recorded."
    if not capture.index.linked_lines(artifact.id):
        return f"No link of this text ({artifact.id}) is recorded: what belongs to this place is not known."
    led_to = sorted(set(_led_to(capture, artifact)), key=lambda stage: stage.order)
    return f"Nothing is linked to this place. Links of this text are recorded to: {_named(led_to)}."


def without_links(capture: Capture, artifact: Artifact) -> str:
    """The sentence for the stages beside a text that hold no link at all; empty where there are none."""
    beside = [item for item in capture.artifacts if item.compile_id in (None, artifact.compile_id)]
    linked = {item.stage for item in beside if capture.index.linked_lines(item.id)}
    missing = [stage for stage in dict.fromkeys(item.stage for item in beside) if stage not in linked]
    return f"No link is recorded of: {_named(missing)}." if missing else ""


def _led_to(capture: Capture, artifact: Artifact) -> Iterator[Stage]:
    for a, b, _ in capture.links:
        if artifact.id in (a.artifact, b.artifact):
            other = capture.by_id.get(b.artifact if a.artifact == artifact.id else a.artifact)
            if other is not None:
                yield other.stage


def _named(stages: list[Stage]) -> str:
    return ", ".join(stage.heading for stage in stages)
