"""What it means that nothing is linked to a place: that nothing belongs to it, or that nobody recorded what does."""

from __future__ import annotations

from collections.abc import Mapping, Set

from inspector.model.artifact import Artifact
from inspector.model.capture import Capture
from inspector.model.stage import Stage

Led = Mapping[str, Set[Stage]]
"""A text's id → the stages that a link of it leads to."""


def why_unlinked(capture: Capture, artifact: Artifact, led: Led | None = None) -> str:
    """The sentence for a place of a text that has no relatives.

    Args:
        capture: with the links.
        artifact: the text.
        led: `led_to(capture)`, for whoever asks of many texts.
    """
    if not capture.links:
        return "No link of this input is recorded."
    if not capture.index.linked_lines(artifact.id):
        return f"No link of this text ({artifact.id}) is recorded: what belongs to this place is not known."
    stages = sorted((led_to(capture) if led is None else led)[artifact.id], key=lambda stage: stage.order)
    return f"Nothing is linked to this place. Links of this text are recorded to: {_named(stages)}."


def without_links(capture: Capture, artifact: Artifact) -> str:
    """The sentence for the stages beside a text that hold no link at all; empty where there are none."""
    beside = [item for item in capture.artifacts if item.compile_id in (None, artifact.compile_id)]
    linked = {item.stage for item in beside if capture.index.linked_lines(item.id)}
    missing = [stage for stage in dict.fromkeys(item.stage for item in beside) if stage not in linked]
    return f"No link is recorded of: {_named(missing)}." if missing else ""


def led_to(capture: Capture) -> Led:
    """Where the links of each text lead."""
    found: dict[str, set[Stage]] = {}
    for pair in {(a.artifact, b.artifact) for a, b, _ in capture.links}:
        for name, other in (pair, pair[::-1]):
            if other in capture.by_id:
                found.setdefault(name, set()).add(capture.by_id[other].stage)
    return found


def _named(stages: list[Stage]) -> str:
    return ", ".join(stage.heading for stage in stages)
