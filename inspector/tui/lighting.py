"""What lights up: a place, all that belongs to it, and the marks that this puts on a pane's lines. No widget here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from inspector.link.lit import lit_spans
from inspector.model.artifact import Artifact, Position
from inspector.model.link import LinkIndex, Relative, Relatives
from inspector.tui.panes.marks import Mark, Strength

Spot = tuple[str, Position]
"""Artifact id and position: where a person stood."""


@dataclass(frozen=True)
class LitGroup:
    """A place and all that belongs to it."""

    spot: Spot
    relatives: Relatives
    stage_order: int
    """Where the asked artifact's stage stands in the compiler's order."""
    color: int
    """Group number of the asked place and of what it came from; what it became has numbers of its own."""

    def found_in(self, artifact_id: str) -> tuple[Relative, ...]:
        """What belongs to the place in one artifact."""
        return self.relatives.by_artifact.get(artifact_id, ())


def look_up(index: LinkIndex, by_id: Mapping[str, Artifact], spot: Spot) -> LitGroup | None:
    """What belongs to a place; None where its artifact is gone or is shorter now."""
    artifact_id, position = spot
    artifact = by_id.get(artifact_id)
    if artifact is None or position.line > len(artifact.lines):
        return None
    # In the indentation nothing in particular is meant, so the whole line is.
    meant = position.col if artifact.lines[position.line - 1][: position.col + 1].strip() else None
    relatives = index.relatives(artifact_id, position.line, meant)
    order = artifact.stage.order
    # A line can hold several expressions, each with a colour of its own. Which one is meant shows in what the place
    # became; only where it became several things has the line to speak for itself.
    became = {
        index.group(found_in, found[0].span.start.line)
        for found_in, found in relatives.by_artifact.items()
        if found_in in by_id and by_id[found_in].stage.order > order
    }
    color = became.pop() if len(became) == 1 else index.group(artifact_id, position.line)
    return LitGroup(spot, relatives, order, color or 0)


def lit_lines(index: LinkIndex, group: LitGroup, artifact: Artifact, strength: Strength) -> dict[int, Mark]:
    """The marks that a group puts on an artifact's lines."""
    theirs = artifact.stage.order > group.stage_order
    marks: dict[int, Mark] = {}
    for line, found in lit_spans(index, group.found_in(artifact.id), artifact).items():
        own = (index.group(artifact.id, line) if theirs else group.color) or 0
        groups = tuple(own if span.group is None else span.group for span in found)
        marks[line] = Mark(own, strength, tuple((span.start, span.end) for span in found), groups)
    return marks


class Marks(Mapping[int, Mark]):
    """The marks of one artifact: some lit lines, and a faint mark on every other linked line.

    The faint ones are made as the pane looks at them: an artifact of 100,000 lines costs what is on the screen.

    Args:
        index: what is linked.
        artifact_id: whose marks these are.
        lit: lit lines; an earlier one lies over a later one.
    """

    def __init__(self, index: LinkIndex, artifact_id: str, lit: Sequence[Mapping[int, Mark]]) -> None:
        self._index = index
        self._artifact_id = artifact_id
        self._linked = index.linked_lines(artifact_id)
        self._lit: dict[int, Mark] = {}
        for marks in reversed(lit):
            self._lit.update(marks)

    def __getitem__(self, line: int) -> Mark:
        if line in self._lit:
            return self._lit[line]
        group = self._index.group(self._artifact_id, line) if line in self._linked else None
        if group is None:
            raise KeyError(line)
        return Mark(group, Strength.OTHER)

    def __iter__(self) -> Iterator[int]:
        return iter(sorted(self._linked | self._lit.keys()))

    def __len__(self) -> int:
        return len(self._linked | self._lit.keys())
