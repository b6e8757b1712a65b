"""What the lines of one text cost: each of them, several that one row stands for, and the dearest places in it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import NamedTuple

from inspector.model.artifact import Artifact, Position, Span
from inspector.model.capture import Capture
from inspector.model.kernel import KernelKey
from inspector.model.link import Origin
from inspector.model.price import Cost, PartKind, Price, Site
from inspector.model.stage import Stage
from inspector.price.atoms import Atom, Joined
from inspector.price.flat import relatives_of
from inspector.price.sums import Sum, part_of
from inspector.price.trees import by_expression

_HEAD = re.compile(r'extern "C"|def triton')
"""A line at which the function of a kernel's text begins, in C++ and in Triton."""


_Places = tuple[frozenset[int], ...]
"""One set of lines for each place that something may belong to, all of whose lines hold it: a statement and its
function's head, an expression and its callers. An empty set is a place outside."""


class _Piece(NamedTuple):
    """An atom, and where in the text it lies."""

    atom: Atom
    places: _Places
    link: Origin | None
    part: str


class TextPrice:
    """The price of one text, line by line."""

    def __init__(self, joined: Joined, artifact: Artifact) -> None:
        self.price = joined.price
        self._joined, self._artifact = joined, artifact
        found = (_Piece(atom, *self._places(atom), part_of(joined, atom)) for atom in joined.atoms)
        self._pieces = tuple(piece for piece in found if any(piece.places))
        self._sites = {
            site: self._places(joined.of_site(site))[0] for site in {item.atom.site for item in self._pieces}
        }
        """Site → where it lies as a whole."""
        self._by_line: dict[int, list[int]] = {}
        """Line → the pieces that it may hold."""
        for number, piece in enumerate(self._pieces):
            for line in frozenset().union(*piece.places):
                self._by_line.setdefault(line, []).append(number)
        self._known: dict[tuple[int, int], Cost | None] = {}

    def __bool__(self) -> bool:
        return bool(self._pieces)

    def of(self, first: int, last: int | None = None) -> Cost | None:
        """What lies in the lines from `first` to `last`, both 1-based and inclusive; None where nothing does.

        What belongs to several places counts where the lines hold all of them, and is `shared` where they hold some.
        """
        key = first, last or first
        if key not in self._known:
            self._known[key] = self._sum(range(first, key[1] + 1))
        return self._known[key]

    def _sum(self, lines: range) -> Cost | None:
        touched = lines if len(lines) < len(self._by_line) else [line for line in self._by_line if line in lines]
        numbers = sorted({number for line in touched for number in self._by_line.get(line, ())})
        if not numbers:
            return None
        found = Sum()
        for number in numbers:
            piece = self._pieces[number]
            if _hold(lines, piece.places):
                found.add(piece.atom, piece.link, piece.part, whole=_hold(lines, self._sites[piece.atom.site]))
                found.own += piece.atom.seconds
            else:
                found.shared += piece.atom.seconds
        label = self._artifact.lines[lines.start - 1].strip() if lines.start <= len(self._artifact.lines) else ""
        return found.cost(label, self.price)

    def line(self, line: int) -> Span:
        """A line of the text, without its indent."""
        return Span(self._artifact.id, Position(line, self._indent(line)), Position(line + 1, 0))

    @cached_property
    def expressions(self) -> tuple[Cost, ...]:
        """The expressions of a source, each with its span; none of another text."""
        if self._artifact.stage is not Stage.SOURCE:
            return ()
        rows = by_expression(self._joined)
        return tuple(row for row in rows if row.span is not None and row.span.artifact == self._artifact.id)

    def at(self, position: Position) -> Cost | None:
        """What a place costs: the innermost expression around it, else its line."""
        around = [
            row
            for row in self.expressions
            if (span := row.span) is not None and span.start <= position < span.end and span.start.line == position.line
        ]
        return around[-1] if around else self.of(position.line)

    @cached_property
    def dearest(self) -> tuple[Position, ...]:
        """Where the text costs most by itself, the dearest first; what is shared comes behind all that is not."""
        places = [(row.span.start, row) for row in self.expressions if row.span is not None]
        if not places:
            lines = [line for line in self._by_line if line not in self._head] or [*self._by_line]
            places = [(Position(line, self._indent(line)), row) for line in lines if (row := self.of(line)) is not None]
        worth = [(place, row) for place, row in places if row.own or row.shared]
        return tuple(place for place, row in sorted(worth, key=lambda item: (-item[1].own, -item[1].shared, item[0])))

    def _indent(self, line: int) -> int:
        text = self._artifact.lines[line - 1]
        return len(text) - len(text.lstrip())

    # --- where atoms lie ------------------------------------------------------------------------------------

    def _places(self, atom: Atom) -> tuple[_Places, Origin | None]:
        """Where an atom lies, and the link by which that is known."""
        artifact, site = self._artifact, self._joined.price.sites[atom.site]
        if artifact.stage is Stage.SOURCE:
            found = self._joined.belongs(atom)
            return tuple(frozenset(self._begin(node.path)) for node in found.nodes), found.link
        if artifact.stage is Stage.INDUCTOR:
            return ((frozenset({site.line}),) if site.artifact == artifact.id else ()), None
        if artifact.key is not None:
            return self._in_kernel(atom, site)
        if atom.place is None:
            return (), None
        spans, link = relatives_of(self._joined, atom.place, artifact)
        outside = (frozenset[int](),) if link is Origin.KERNEL else ()  # it holds more than what is linked to it
        return (*(frozenset({span.start.line}) for span in spans), *outside), link

    def _begin(self, path: Iterable[Span]) -> Iterator[int]:
        return (span.start.line for span in path if span.artifact == self._artifact.id)

    def _in_kernel(self, atom: Atom, site: Site) -> tuple[_Places, Origin | None]:
        """A statement, or an instruction, and the head of the function that both stand in."""
        artifact, code = self._artifact, self._joined.capture.by_id.get(site.artifact)
        if site.part is not PartKind.KERNEL or code is None:
            return (), None
        if KernelKey(site.compile_id, code.unit, site.name) != artifact.key:
            return (), None
        for place in (atom.instruction, atom.place):
            if place is not None and place[0] == artifact.id:
                return (self._head | {place[1]},), None
        if atom.place is not None and atom.place[0] != site.artifact and not artifact.stage.is_listing:
            spans, link = relatives_of(self._joined, atom.place, artifact)
            if spans and link is not Origin.KERNEL:
                return tuple(self._head | {span.start.line} for span in spans), link
        return (self._head,), None

    @cached_property
    def _head(self) -> frozenset[int]:
        """The line at which a kernel's function begins: it stands for the kernel as a whole."""
        if self._artifact.key is None:
            return frozenset()
        lines = enumerate(self._artifact.lines, 1)
        return frozenset({next((number for number, line in lines if _HEAD.match(line)), 1)})


class TextPrices:
    """One price of a capture, text by text; each is worked out when it is first asked for."""

    def __init__(self, capture: Capture, price: Price) -> None:
        self.capture, self.price = capture, price
        self.joined = Joined(capture, price)
        self._texts: dict[str, TextPrice] = {}

    def of(self, artifact: Artifact) -> TextPrice:
        """What the lines of one text cost."""
        if artifact.id not in self._texts:
            self._texts[artifact.id] = TextPrice(self.joined, artifact)
        return self._texts[artifact.id]


def _hold(lines: range, places: _Places) -> bool:
    """Whether something lies in these lines, wherever it belongs."""
    return bool(places) and all(any(line in lines for line in place) for place in places)
