"""Pieces of one place added up to its cost, with how well that is known."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from inspector.model.artifact import Span
from inspector.model.link import Origin
from inspector.model.price import Cost, Known, PartKind, Price, Site, weakest
from inspector.model.profile import Limit, Work, together
from inspector.price.atoms import AWAY, WAITING, Atom, Joined

CONFIDENCE = 1.96
"""Standard errors that hold 95 % of what chance does."""
_COUNTS = 0.01
"""Share of a sum below which a part does not decide how the sum is known."""


@dataclass
class Sum:
    """Atoms of one place."""

    seconds: float = 0.0
    own: float = 0.0
    shared: float = 0.0
    samples: int = 0
    eager: float | None = None
    links: list[Origin] = field(default_factory=list)
    by_site: dict[int, _OfSite] = field(default_factory=dict)
    parts: dict[str, float] = field(default_factory=dict)
    """What it is spent in → seconds."""

    def add(self, atom: Atom, link: Origin | None, part: str, *, whole: bool = False) -> None:
        """Adds one; `whole` says whether all of its site lies here, by the links and not by chance."""
        self.seconds += atom.seconds
        self.samples += atom.samples
        if link is not None:
            self.links.append(link)
        of_site = self.by_site.setdefault(atom.site, _OfSite())
        of_site.parts.add(part)
        of_site.seconds += atom.seconds
        of_site.samples += atom.samples
        of_site.whole = whole
        of_site.known = weakest(of_site.known, atom.known)
        self.parts[part] = self.parts.get(part, 0.0) + atom.seconds

    def cost(self, label: str, price: Price, span: Span | None = None, parent: int | None = None) -> Cost:
        return Cost(
            label,
            self.seconds,
            self.own,
            self._known(),
            span,
            max(self.links, key=lambda item: item.rank, default=None),
            self.samples,
            self.shared,
            self.eager,
            self._error(price),
            parent,
            tuple(sorted(self.parts.items(), key=lambda item: -item[1])),
            self._limit(price),
            self._work(price),
        )

    def _known(self) -> Known:
        """The weakest of what makes up a hundredth of it or more; of a site that lies in it whole, by the clock."""
        if not self.by_site:
            return Known.SHARED
        return weakest(
            *(
                Known.CLOCKED if found.whole else found.known
                for found in self.by_site.values()
                if found.seconds >= _COUNTS * self.seconds
            )
        )

    def _error(self, price: Price) -> float | None:
        """From how many calls were clocked, and how many samples there are, as far as chance goes."""
        squares = 0.0
        for number, found in self.by_site.items():
            site = price.sites[number]
            if site.error is None or not site.seconds:
                return None
            squares += (found.seconds / site.seconds * site.error) ** 2
            total = site.sampled.working
            if not found.whole and total:
                part = min(1.0, found.samples / total)
                squares += (CONFIDENCE * price.split(site).working) ** 2 * part * (1 - part) / total
        return math.sqrt(squares)

    def _work(self, price: Price) -> Work | None:
        """Of the kernels and library calls that lie in it whole, where no other of them matters."""
        known: list[Work] = []
        for number, found in self.by_site.items():
            site = price.sites[number]
            if site.part not in (PartKind.KERNEL, PartKind.LIBRARY):
                continue
            if found.whole and site.work is not None:
                known.append(site.work)
            elif found.seconds >= _COUNTS * self.seconds:
                return None
        return together(known)

    def _limit(self, price: Price) -> Limit | None:
        """Of what it is spent in the most, where all sites of that lie in it whole and their work is known."""
        most = max(self.parts, key=self.parts.__getitem__, default="")
        if most in (WAITING, AWAY):
            return None
        numbers = [number for number, found in self.by_site.items() if most in found.parts]
        if not numbers or not all(self.by_site[number].whole for number in numbers):
            return None
        return price.limit(*(price.sites[number] for number in numbers))


@dataclass
class _OfSite:
    """What of one site lies in a place."""

    parts: set[str] = field(default_factory=set)
    seconds: float = 0.0
    samples: int = 0
    known: Known = Known.CLOCKED
    whole: bool = False


_PARTS = {
    PartKind.KERNEL: "kernels",
    PartKind.LIBRARY: "library calls",
    PartKind.WRAPPER: "allocation, checks and views",
    PartKind.OUTSIDE: "guards, Python and dispatcher",
}
_GPU_PARTS = {
    PartKind.WRAPPER: "copies and fills",
    PartKind.OUTSIDE: "launched around the generated code",
    PartKind.IDLE: "the GPU waits for the host",
}


def parts_of(price: Price) -> dict[PartKind, str]:
    """What a call is made of, in words."""
    return {**_PARTS, **(_GPU_PARTS if price.gpu else {})}


def part_of(joined: Joined, atom: Atom) -> str:
    """What an atom is spent in, in a word: `mm`, `silu`, waiting."""
    site = joined.price.sites[atom.site]
    if atom.note in (WAITING, AWAY):
        return atom.note
    if site.part is PartKind.LIBRARY:
        return short_name(site)
    names = dict.fromkeys(node.operator for node in joined.belongs(atom).nodes)
    if site.part is PartKind.KERNEL:
        return next(iter(names)) if len(names) == 1 else site.name
    return parts_of(joined.price)[site.part]


def short_name(site: Site) -> str:
    """`mm` of `extern_kernels.mm`, `_scaled_dot_product_flash_attention` of `torch.ops.aten….default`."""
    parts = site.name.removeprefix("torch.ops.").split(".")
    packet = site.name.startswith(("torch.ops.", "aten.")) and len(parts) > 1  # its overload stands behind it
    return parts[1] if packet else parts[-1]
