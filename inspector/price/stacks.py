"""A price as stacks for flame graphs: module, expressions, node, call, statement, instruction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from inspector.model.artifact import Span
from inspector.model.flame import FlameNode
from inspector.model.price import PartKind
from inspector.price.atoms import AWAY, WAITING, Atom, Joined
from inspector.price.sums import parts_of
from inspector.price.trees import ancestry, text_of


class StackLevel(NamedTuple):
    """One level of a stack."""

    name: str
    file: str = ""
    """Where it stands, as the machine that compiled has it; empty for what stands nowhere."""
    line: int = 0
    span: Span | None = None


Stack = tuple[tuple[StackLevel, ...], float]
"""The frames outermost first, and the seconds a call that are spent there and nowhere within."""


def stacks(joined: Joined) -> tuple[Stack, ...]:
    """Every one once; their seconds add up to the price's parts."""
    found: dict[tuple[StackLevel, ...], float] = {}
    for atom in joined.atoms:
        frames = tuple(_frames(joined, atom))
        found[frames] = found.get(frames, 0.0) + atom.seconds
    return tuple(sorted(found.items()))


def flame_of(found: Iterable[Stack], title: str) -> FlameNode:
    """The stacks as one flame graph; equal names within one bar are one bar."""
    root = _Bar(StackLevel(title))
    for frames, taken in found:
        root.seconds += taken
        bar = root
        for frame in frames:
            bar = bar.within.setdefault(frame.name, _Bar(frame))
            bar.seconds += taken
    return root.frozen()


@dataclass
class _Bar:
    level: StackLevel
    seconds: float = 0.0
    within: dict[str, _Bar] = field(default_factory=dict)

    def frozen(self) -> FlameNode:
        inner = sorted((bar.frozen() for bar in self.within.values()), key=lambda bar: -bar.total)
        return FlameNode(self.level.name, self.seconds, children=tuple(inner), span=self.level.span)


def _frames(joined: Joined, atom: Atom) -> Iterator[StackLevel]:
    site = joined.price.sites[atom.site]
    nodes = joined.belongs(atom).nodes
    if not nodes:
        yield StackLevel(parts_of(joined.price)[site.part])
    module = joined.module_of(atom)
    for path in ancestry(module or "")[1:]:
        yield StackLevel(path)
    for span in joined.path_of(atom)[0]:
        yield _at(joined, span)
    if len(nodes) == 1:
        yield StackLevel(nodes[0].name)
    elif nodes:
        yield StackLevel(f"shared by {len(nodes)} nodes")
    if site.part not in (PartKind.OUTSIDE, PartKind.IDLE):
        yield StackLevel(site.name, site.file, site.line)
    if site.part is PartKind.KERNEL and atom.place is not None and atom.place[0] != site.artifact:
        yield _at(joined, Span.of_lines(*atom.place))
    if atom.note in (WAITING, AWAY):
        yield StackLevel(atom.note)
    elif atom.instruction is not None:
        yield _at(joined, Span.of_lines(*atom.instruction))


def _at(joined: Joined, span: Span) -> StackLevel:
    item = joined.capture.by_id.get(span.artifact)
    return StackLevel(
        text_of(joined, span).strip(), (item.path or item.id) if item is not None else "", span.start.line, span
    )
