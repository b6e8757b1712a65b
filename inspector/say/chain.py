"""What a place is linked to as a chain, from what was written to what runs: the bottom row of the screen."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from inspector.model.artifact import Artifact, Position, Span
from inspector.model.link import Origin, Relatives
from inspector.model.stage import NODES, Stage
from inspector.say.links import ORIGINS, RANKS
from inspector.say.names import place
from inspector.say.units import plural

_LONGEST = 32
"""Characters of an expression."""
_SHORT = {Stage.DYNAMO: "FX"}
_KNOWN: tuple[Mapping[Origin, str], Mapping[Origin, str]] = (
    ORIGINS,
    {
        Origin.EXACT: "exact",
        Origin.DEBUG_INFO: "debug info",
        Origin.ALIGNED: "aligned",
        Origin.KERNEL: "whole kernel",
    },
)
"""How a step is known, in words and in shorter ones."""
_NEXT = " → "


class LinkStep(NamedTuple):
    """One stage of the chain."""

    words: str
    shorter: str
    """The same where there is little room."""
    shortest: str
    """The same where there is hardly room for the ends."""
    rank: int
    """0 stays longest."""
    origin: Origin | None = None
    """How it is known that it belongs to the place; None for the place itself."""


class ChainLine(NamedTuple):
    """A chain that fits: what stands before the place asked about, that place, and what stands behind it."""

    before: str
    place: str
    after: str


@dataclass(frozen=True)
class LinkChain:
    """The steps in stage order, the place asked about among them; each run of steps ends with how it is known."""

    steps: tuple[LinkStep, ...]

    def fitting(self, width: int) -> ChainLine:
        """The chain in so many cells: its ends and the place asked about stay longest."""
        kept = list(range(len(self.steps)))
        for words in (0, 1):
            if _size(cut := self._cut(kept, words)) <= width:
                return cut
        while len(kept) > 1:
            ends = {0, len(self.steps) - 1}
            middle = [at for at in kept if at not in ends and self.steps[at].origin is not None]
            others = middle or [at for at in kept if self.steps[at].origin is not None]
            if not middle and _size(cut := self._cut(kept, 2)) <= width:
                return cut
            if not others:
                break
            kept.remove(max(others, key=lambda at: (self.steps[at].rank, -at)))
            if _size(cut := self._cut(kept, 1)) <= width:
                return cut
        return self._cut(kept, 2)

    def _cut(self, kept: list[int], words: int) -> ChainLine:
        parts: list[str] = []
        asked = 0
        for number, at in enumerate(kept):
            step = self.steps[at]
            if step.origin is None:
                asked = len(parts)
            following = [self.steps[later].origin for later in kept[number + 1 :]]
            known = next((origin for origin in following if origin is not None), None)
            same = step.origin is None or step.origin is known
            text = (step.words, step.shorter, step.shortest)[words]
            parts.append(text if same or step.origin is None else f"{text} · {_KNOWN[min(words, 1)][step.origin]}")
        before = "".join(part + _NEXT for part in parts[:asked])
        return ChainLine(before, parts[asked], "".join(_NEXT + part for part in parts[asked + 1 :]))


def _size(cut: ChainLine) -> int:
    return sum(map(len, cut))


def chain(
    relatives: Relatives, asked: Artifact, at: Position, by_id: Mapping[str, Artifact], near: str | None = None
) -> LinkChain | None:
    """What a place came from and became; None where nothing that counts belongs to it.

    Args:
        relatives: the answer of the link index.
        asked: the text that the place is in.
        at: the place.
        by_id: the artifacts that count, those of the compile id on screen; of several sources the first is named.
        near: id of the source file that is in sight: its lines need no name before them.
    """
    by_stage: dict[Stage, list[_Found]] = {}
    for artifact_id, artifact in by_id.items():
        found = relatives.by_artifact.get(artifact_id)
        if found and artifact_id != asked.id and artifact.stage is not asked.stage:
            by_stage.setdefault(artifact.stage, []).extend((artifact, item.span, item.origin) for item in found)
    if not by_stage:
        return None
    steps = [(stage, _step(stage, found, near)) for stage, found in by_stage.items()]
    where, meant = _line(asked, at.line, near), _meant(relatives, at) or Span.of_lines(asked.id, at.line)
    words = expression(asked, meant)
    steps.append((asked.stage, LinkStep(f"{where} {words}", f"{where} {words}", f"{where} {_outermost(words)}", 0)))
    return LinkChain(tuple(step for _, step in sorted(steps, key=lambda item: item[0].order)))


_Found = tuple[Artifact, Span, Origin]


def _line(artifact: Artifact, line: int, near: str | None) -> str:
    if artifact.stage is not Stage.SOURCE:
        return f"{artifact.stage.short}:{line}"
    return str(line) if artifact.id == near else place(artifact.path or artifact.id.partition(":")[2], line)


def _step(stage: Stage, found: list[_Found], near: str | None) -> LinkStep:
    rank = RANKS.index(stage) if stage in RANKS else len(RANKS)
    worst = max((origin for _, _, origin in found), key=lambda origin: origin.rank)
    if stage in NODES:
        words = f"{len(found):,} {_SHORT.get(stage, stage.short)}"
        return LinkStep(words, words, words, rank, worst)
    lines = {(artifact.id, line) for artifact, span, _ in found for line in range(span.start.line, span.last_line + 1)}
    words = plural(len(lines), *stage.units)
    if stage is Stage.SOURCE:
        artifact, span, _ = found[0]
        more = f" and {len(lines) - 1} more" if len(lines) > 1 else ""
        words = f"{_line(artifact, span.start.line, near)} {expression(artifact, span)}".strip() + more
        return LinkStep(words, words, _line(artifact, span.start.line, near) + more, rank, worst)
    if stage is Stage.KERNEL:
        names = dict.fromkeys(artifact.kernel or "" for artifact, _, _ in found)
        name = next(iter(names)) if len(names) == 1 else plural(len(names), "kernel")
        # Where no statement is known, the kernel is all that is known of it.
        own = "" if worst is Origin.KERNEL else words
        short = f"{_shorter(name)} {own}".strip()
        return LinkStep(f"{name} {own}".strip(), short, short, rank, worst)
    return LinkStep(words, words, words, rank, worst)


def _shorter(name: str) -> str:
    """`cpp_fused_…` for a kernel's long name."""
    found = re.match(r"(?:[a-z]+_)?fused_|[a-z]+_(?:poi|red|per)_fused_", name)
    return f"{found[0]}…" if found else name[:14]


def _meant(relatives: Relatives, at: Position) -> Span | None:
    """The smallest part of a line that the place lies in; None where the line as a whole is meant."""
    holding = [span for span in relatives.anchors if span.start <= at < span.end and span.last_line == span.start.line]
    return min(holding, key=lambda span: span.end.col - span.start.col if span.end.col else 1 << 31, default=None)


def expression(artifact: Artifact, span: Span) -> str:
    """`self.act_fn(…)` for a part of a line."""
    line = artifact.lines[span.start.line - 1]
    end = span.end.col if span.end.line == span.start.line else len(line)
    text = " ".join(line[span.start.col : end].split())
    if artifact.stage in NODES:
        text = text.partition(":")[0].partition(" =")[0]
    text = text if len(text) <= _LONGEST else _outermost(text)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _outermost(text: str) -> str:
    """What stands in no bracket: `self.act_fn(…) * self.up_proj(…)`."""
    found: list[str] = []
    depth = 0
    for character in text:
        if character in ")]}" and depth:
            depth -= 1
        if not depth:
            found.append(character)
        if character in "([{":
            depth += 1
            found += "…" if depth == 1 else ""
    return "".join(found)
