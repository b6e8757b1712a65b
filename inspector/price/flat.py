"""Costs side by side: parts of a call, statements of the generated code and of kernels, instructions, lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import replace
from typing import TypeVar

from inspector.model.artifact import Artifact, Span
from inspector.model.link import Origin
from inspector.model.price import Cost, Known, PartKind, Price
from inspector.model.stage import Stage
from inspector.price.atoms import AWAY, WAITING, Atom, Joined
from inspector.price.nsight import STALLS
from inspector.price.sums import Sum, part_of, parts_of

K = TypeVar("K", bound=Hashable)


def by_part(joined: Joined) -> tuple[Cost, ...]:
    """What a call is made of; the rows add up to the call."""
    price = joined.price
    parts = parts_of(price)
    sums = {name: Sum() for name in (*parts.values(), WAITING, AWAY)}
    for number, site in enumerate(price.sites):
        split = price.split(site)
        sampled = Known.SAMPLED if split.waiting or split.away else Known.CLOCKED
        for name, seconds, known in (
            (parts[site.part], split.working, sampled),
            (WAITING, split.waiting, sampled),
            (AWAY, split.away, sampled),
        ):
            if seconds:
                sums[name].add(
                    Atom(seconds, number, known, None),
                    None,
                    site.name or parts[site.part],
                    whole=seconds == site.seconds,
                )
    for found in sums.values():
        found.own = found.seconds
    return tuple(sums[name].cost(name, price) for name in sums if sums[name].seconds)


def by_site(joined: Joined) -> tuple[Cost, ...]:
    """Each statement of the generated code, and what lies around it."""
    sites, parts = joined.price.sites, parts_of(joined.price)

    def span(number: int) -> Span | None:
        return Span.of_lines(sites[number].artifact, sites[number].line) if sites[number].artifact else None

    def label(number: int) -> str:
        site = sites[number]
        code = joined.capture.by_id.get(site.artifact)
        if site.part is PartKind.WRAPPER and code is not None and site.line <= len(code.lines):
            return code.lines[site.line - 1].strip()
        return site.name or parts[site.part]

    return _grouped(joined, joined.atoms, lambda atom: atom.site, label, span, whole=True)


def by_statement(joined: Joined) -> tuple[Cost, ...]:
    """Statements of kernels; what is known of a kernel's call alone stands under its name."""
    price, texts = joined.price, joined.capture.by_id

    def key(atom: Atom) -> tuple[str, int, str]:
        item = texts.get(atom.place[0]) if atom.place else None
        if atom.place and item is not None and item.stage is Stage.KERNEL:
            return (*atom.place, "")
        return "", atom.site, atom.note if atom.note in (WAITING, AWAY) else "no statement is known"

    def label(key: tuple[str, int, str]) -> str:
        artifact, number, note = key
        return texts[artifact].lines[number - 1].strip() if artifact else f"{price.sites[number].name}: {note}"

    def span(key: tuple[str, int, str]) -> Span | None:
        return Span.of_lines(key[0], key[1]) if key[0] else None

    return _grouped(joined, _of_kernels(joined), key, label, span)


def by_instruction(joined: Joined) -> tuple[Cost, ...]:
    """Where in the kernels the samples stand, as they were taken; a call has those of the function that it calls."""

    def key(atom: Atom) -> tuple[str, int] | None:
        return atom.instruction

    atoms = [atom for atom in _of_kernels(joined) if atom.instruction is not None]
    rows = _grouped(
        joined,
        atoms,
        key,
        lambda key: joined.capture.by_id[key[0]].lines[key[1] - 1].strip() if key else "",
        lambda key: Span.of_lines(*key) if key else None,
    )
    waits = stalls_of(joined.price)
    return tuple(replace(row, parts=waited(row, waits)) for row in rows)


def stalls_of(price: Price) -> dict[tuple[str, int], Counter[str]]:
    """Machine code's artifact and line → what the warps waited for there; only a GPU's samples say it."""
    found: dict[tuple[str, int], Counter[str]] = {}
    for spot in price.spots:
        if spot.stalls:
            found.setdefault((spot.artifact, spot.line), Counter()).update(dict(spot.stalls))
    return found


def waited(row: Cost, stalls: Mapping[tuple[str, int], Counter[str]]) -> tuple[tuple[str, float], ...]:
    """An instruction's seconds by what its warps waited for; as they are where that is not known."""
    found = stalls.get((row.span.artifact, row.span.start.line)) if row.span is not None else None
    if not found:
        return row.parts
    total = found.total()
    return tuple((STALLS.get(name, name), row.seconds * count / total) for name, count in found.most_common())


def by_line(joined: Joined, artifact: Artifact) -> tuple[Cost, ...]:
    """The lines of any text that something belongs to by the links; what belongs to several is `shared` of each."""
    sums: dict[Span, Sum] = {}
    for atom in joined.atoms:
        spans, origin = _belongs(joined, atom, artifact)
        alone = len(spans) == 1 and origin is not Origin.KERNEL
        around, by = _belongs(joined, joined.of_site(atom.site), artifact)
        whole = around == spans and by is not Origin.KERNEL
        for span in spans:
            found = sums.setdefault(span, Sum())
            if alone:
                found.add(atom, origin, part_of(joined, atom), whole=whole)
                found.own += atom.seconds
            else:
                found.shared += atom.seconds
    lines = artifact.lines
    return tuple(
        sums[span].cost(lines[span.start.line - 1].strip(), joined.price, span)
        for span in sorted(sums, key=lambda span: span[1:])
    )


def _belongs(joined: Joined, atom: Atom, artifact: Artifact) -> tuple[list[Span], Origin | None]:
    """The lines of a text that an atom belongs to, the best known of them, with how that is known."""
    if atom.place is None:
        return [], None
    if atom.place[0] == artifact.id:
        return [Span.of_lines(*atom.place)], None
    return relatives_of(joined, atom.place, artifact)


def relatives_of(joined: Joined, place: tuple[str, int], artifact: Artifact) -> tuple[list[Span], Origin | None]:
    """What belongs to a place there, the best known of it, with how it is known."""
    found = joined.relatives(place).get(artifact.id, ())
    if not found:
        return [], None
    best = min((relative.origin for relative in found), key=lambda item: item.rank)
    return [relative.span for relative in found if relative.origin is best], best


def _of_kernels(joined: Joined) -> list[Atom]:
    return [atom for atom in joined.atoms if joined.price.sites[atom.site].part is PartKind.KERNEL]


def _grouped(
    joined: Joined,
    atoms: Iterable[Atom],
    key: Callable[[Atom], K],
    label: Callable[[K], str],
    span: Callable[[K], Span | None],
    *,
    whole: bool = False,
) -> tuple[Cost, ...]:
    """The atoms of each key together, in the order of the text."""
    sums: dict[K, Sum] = {}
    for atom in atoms:
        found = sums.setdefault(key(atom), Sum())
        found.add(atom, joined.belongs(atom).link, part_of(joined, atom), whole=whole)
        found.own += atom.seconds
    return tuple(sums[item].cost(label(item), joined.price, span(item)) for item in sums)
