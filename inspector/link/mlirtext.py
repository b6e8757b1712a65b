"""Triton's MLIR texts: operations without their `loc(…)`, and what those say.

The grammar of locations: https://mlir.llvm.org/docs/Dialects/Builtin/#location-attributes. Every operation ends in
`loc(#loc12)`; what `#loc12` is stands on lines of its own, by and by through further ones.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from itertools import product

from inspector.link.listing import NOWHERE, Chain, Listing, ListingLines, Places, base_name

_ALIAS = re.compile(r"^(#loc\d*) = loc\((.*)\)$")
_FILE = re.compile(r'"((?:[^"\\]|\\.)*)":(\d{1,9}):(\d{1,9})(?: to (?:\d*:)?\d+)?$')
_NAMED = re.compile(r'"(?:[^"\\]|\\.)*"\((.*)\)$')
_CALL = re.compile(r"callsite\((.*?) at (.*)\)$")
_FUSED = re.compile(r"fused(?:<.*?>)?\[(.*)\]$")
_MOST = 8
"""Places of one operation that are kept, and locations deep that one is followed: real ones have three or four."""


def read_mlir(raw: str) -> Listing:
    """The readable form of a `.ttir` or `.ttgir` text.

    An operation with a region of its own says its location where the region ends; its first line gets it too.
    """
    rows = raw.split("\n")
    known = _Locations({match[1]: match[2] for row in rows if (match := _ALIAS.match(row)) is not None})
    lines = ListingLines()
    opened: list[int] = []
    for number, row in enumerate(rows, start=1):
        if _ALIAS.match(row):
            continue
        text, said = without_locations(row)
        places = known.places(said[-1]) if said else NOWHERE
        if text.lstrip().startswith("}") and opened:
            first = opened.pop()
            if first < len(lines):
                lines.place(first, places)
        if text.rstrip().endswith("{"):
            opened.append(len(lines))
        lines.add(text, places, number)
    return lines.listing()


def without_locations(row: str) -> tuple[str, list[str]]:
    """A line without its `loc(…)`, and what stands in each of them."""
    kept: list[str] = []
    said: list[str] = []
    at = 0
    while (start := row.find(" loc(", at)) >= 0:
        end = _closing(row, start + len(" loc("))
        if end < 0:
            break
        kept.append(row[at:start])
        said.append(row[start + len(" loc(") : end])
        at = end + 1
    return "".join([*kept, row[at:]]), said


def _closing(row: str, at: int) -> int:
    """Where the bracket that is open at `at` closes, brackets in strings not counted; -1 where it does not."""
    depth, quoted = 1, False
    while at < len(row):
        sign = row[at]
        if quoted and sign == "\\":
            at += 1
        elif sign == '"':
            quoted = not quoted
        elif not quoted:
            depth += (sign in "([") - (sign in ")]")
            if depth == 0:
                return at
        at += 1
    return -1


class _Locations:
    """The locations that a text gives names to."""

    def __init__(self, aliases: Mapping[str, str]) -> None:
        self._aliases = aliases
        self._known: dict[str, Places] = {}

    def places(self, said: str) -> Places:
        """What a location says; nothing for one that is unknown, or that leads nowhere."""
        if said not in self._known:
            self._known[said] = self._read(said, _MOST)
        return self._known[said]

    def _read(self, said: str, deep: int) -> Places:
        said, found = said.strip(), NOWHERE
        if deep == 0:
            pass
        elif said.startswith("#"):
            found = self._read(self._aliases.get(said, ""), deep - 1)
        elif (match := _FILE.match(said)) is not None:
            found = frozenset({((base_name(match[1]), int(match[2]), int(match[3])),)})
        elif (match := _CALL.match(said)) is not None:
            inner, outer = self._read(match[1], deep - 1), self._read(match[2], deep - 1)
            found = _few(a + b for a, b in product(inner, outer)) if inner and outer else inner or outer
        elif (match := _FUSED.match(said)) is not None:
            found = _few(chain for part in match[1].split(",") for chain in self._read(part, deep - 1))
        elif (match := _NAMED.match(said)) is not None:
            found = self._read(match[1], deep - 1)
        return found


def _few(chains: Iterable[Chain]) -> Places:
    return frozenset(sorted(set(chains))[:_MOST])
