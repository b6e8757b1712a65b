"""Two prices of one shape: which expressions became dearer or cheaper, beyond what chance explains."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from inspector.model.capture import Capture
from inspector.model.difference import CostSide, Doubt, FactChange, PriceChange
from inspector.model.price import Cost, Price
from inspector.price import Joined, rows_by

_Key = tuple[str, str, int]
"""An expression's source, its text, and which of those with this text it is."""


def compare_prices(a: Capture, b: Capture) -> tuple[PriceChange, ...]:
    """The expressions of all shapes that both sides priced, in the first side's order."""
    theirs = {price.shape: price for price in b.prices}
    return tuple(
        change
        for price in a.prices
        if price.shape in theirs
        for change in _expressions((a, price), (b, theirs[price.shape]))
    )


def _expressions(a: tuple[Capture, Price], b: tuple[Capture, Price]) -> Iterator[PriceChange]:
    ours, theirs = (_keyed(rows_by(Joined(*side), "expression")) for side in (a, b))
    (_, mine), (_, other) = a, b
    facts = (("threads", str(mine.threads), str(other.threads)), ("GPU", mine.gpu or "none", other.gpu or "none"))
    unlike = tuple(FactChange(*fact) for fact in facts if fact[1] != fact[2])
    busy = mine.disturbed or other.disturbed
    for key in dict.fromkeys((*ours, *theirs)):
        one, two = _side(ours.get(key)), _side(theirs.get(key))
        doubt = doubt_of(one, two) if one is not None and two is not None else None
        yield PriceChange(mine.shape, key[1], one, two, unlike, busy, doubt)


def _keyed(rows: Sequence[Cost]) -> dict[_Key, Cost]:
    found: dict[_Key, Cost] = {}
    for row in rows:
        if row.span is not None:
            number = 0
            while (key := (row.span.artifact, row.label, number)) in found:
                number += 1
            found[key] = row
    return found


def _side(row: Cost | None) -> CostSide | None:
    return CostSide(row.seconds, row.known, row.error, row.shared) if row is not None else None


def doubt_of(a: CostSide, b: CostSide) -> Doubt | None:
    """What may explain how far both are apart: the chance of both together, then what they share."""
    if a.error is None or b.error is None:
        return Doubt.UNKNOWN
    both = a.seconds > 0 and b.seconds > 0
    beyond = abs(b.seconds - a.seconds) - math.hypot(a.error, b.error)
    if beyond > a.shared + b.shared:
        return None if both else Doubt.UNKNOWN
    return Doubt.CHANCE if both and beyond <= 0 else Doubt.SHARED
