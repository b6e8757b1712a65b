"""Links of bundles that an earlier version saved, weakened to what is known of them.

Those versions called `exact`: a view and the whole operation that it is folded into, or its call; each definition of a
loop body and every statement of its node; and a call or a buffer's line and all nodes that it goes back to. What is so
shows in the links themselves, so those of today stay as they are.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping

from inspector.model.artifact import Artifact, Span
from inspector.model.link import Link, Origin
from inspector.model.stage import Stage

_IR = frozenset((Stage.IR_PRE_FUSION, Stage.IR_POST_FUSION))
_DEFINED = re.compile(r"\s+\w+ = (?:ops\.|self\.)(\w+(?:\('\w+')?)")
"""`load('buf0'` of a definition in a loop body: what two that share a statement must have in common."""
_CALLED = re.compile(r"(\w+)(?:\.run)?\(")


def as_known_today(links: tuple[Link, ...], artifacts: Iterable[Artifact]) -> tuple[Link, ...]:
    """The links, each as strong as this version would call it."""
    known = {artifact.id: artifact for artifact in artifacts}
    weaker = _Weaker(known, [link for link in links if link.origin is Origin.EXACT and _both(link, known)])
    return tuple(link._replace(origin=weaker.of(link)) if link.origin is Origin.EXACT else link for link in links)


def _both(link: Link, known: Mapping[str, Artifact]) -> bool:
    return link.a.artifact in known and link.b.artifact in known


class _Weaker:
    def __init__(self, known: Mapping[str, Artifact], exact: list[Link]) -> None:
        self._known = known
        self._texts: set[Span] = set()
        """Lines of the output code that are a kernel's."""
        self._lines: defaultdict[tuple[str, str], set[Span]] = defaultdict(set)
        """Post-grad graph and kernel → the nodes with lines in it."""
        self._nodes: defaultdict[Span, set[Span]] = defaultdict(set)
        """Place in the output code → its nodes."""
        self._within: defaultdict[str, set[int]] = defaultdict(set)
        """Loop IR → the lines that are known to be a node's."""
        self._written_for: defaultdict[Span, set[str]] = defaultdict(set)
        """Place in a kernel's text → the definitions of the loop IR that it was written for."""
        for a, b, _ in exact:
            match self._stage(a), self._stage(b):
                case Stage.INDUCTOR, Stage.KERNEL:
                    self._texts.add(a)
                case Stage.POST_GRAD, Stage.KERNEL:
                    self._lines[a.artifact, known[b.artifact].kernel or ""].add(a)
                case Stage.POST_GRAD, Stage.INDUCTOR:
                    self._nodes[b].add(a)
                case Stage.POST_GRAD, stage if stage in _IR and b.start.line == b.last_line:
                    self._within[b.artifact].add(b.start.line)
                case stage, Stage.KERNEL | Stage.INDUCTOR if stage in _IR and (made := self._definition(a)):
                    self._written_for[b].add(made)

    def of(self, link: Link) -> Origin:
        """How well an `exact` link is known."""
        a, b, _ = link
        if not _both(link, self._known):
            return Origin.EXACT
        match self._stage(a), self._stage(b):
            case Stage.POST_GRAD, stage if stage in _IR and b.start.line < b.last_line:
                folded = any(b.start.line <= line <= b.last_line for line in self._within[b.artifact])
                return Origin.KERNEL if folded else Origin.EXACT
            case Stage.POST_GRAD, Stage.INDUCTOR if b not in self._texts:
                return Origin.EXACT if self._computes(a, b) else Origin.KERNEL
            case stage, Stage.KERNEL | Stage.INDUCTOR if stage in _IR and self._definition(a):
                return Origin.ALIGNED if len(self._written_for[b]) > 1 and self._is_text(b) else Origin.EXACT
        return Origin.EXACT

    def _computes(self, node: Span, place: Span) -> bool:
        """Whether a line of the output code that is no kernel's text computes a node, as far as is known."""
        called = _CALLED.match(self._text(place).strip())
        lines = self._lines.get((node.artifact, called[1])) if called is not None else None
        return len(self._nodes[place]) == 1 if lines is None else node in lines

    def _is_text(self, place: Span) -> bool:
        return self._stage(place) is Stage.KERNEL or place in self._texts

    def _definition(self, place: Span) -> str | None:
        found = _DEFINED.match(self._text(place)) if place.start.line == place.last_line else None
        return found[1] if found is not None else None

    def _text(self, place: Span) -> str:
        lines = self._known[place.artifact].lines
        return lines[place.start.line - 1] if place.start.line <= len(lines) else ""

    def _stage(self, place: Span) -> Stage:
        return self._known[place.artifact].stage
