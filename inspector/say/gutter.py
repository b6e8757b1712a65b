"""What a line costs, on little room: a share with a sign of how it is known, and its heat; for every face's gutter."""

from __future__ import annotations

from typing import NamedTuple

from inspector.model.link import Origin
from inspector.model.price import Cost, Known, Price
from inspector.say import units

WIDTH = 7
"""Characters of the longest share with its sign: `~<0.1 %`."""
SIGNS = {
    Known.COUNTED: "",
    Known.CLOCKED: "",
    Known.SAMPLED: "~",
    Known.SKID: "±",
    Known.SHARED: "≤",
    Known.MODELLED: "?",
}
"""Before a share; none where it was clocked and all links are exact."""
LEGEND = "~ sampled, or by a link that is not exact; ± sampled, may be a neighbour's; ≤ shared, at most"
"""What the signs mean."""
HEATS = (0.02, 0.1, 0.25, 0.5)
"""Shares of a call from which on a line is one degree hotter, the coldest being 0."""


class Tag(NamedTuple):
    """What stands beside a line."""

    words: str
    """`71 %`, `~4.2 %`, `≤1.4 %`."""
    share: float
    """0 to 1."""
    heat: int
    """0 to 4."""
    sure: bool
    """Whether most of it is the line's own; else the share is what it is at most."""


def tag(cost: Cost, price: Price) -> Tag:
    """What stands beside a line that costs so much."""
    sure = cost.seconds >= cost.shared
    share = min(1.0, price.share(cost.seconds if sure else cost.seconds + cost.shared))
    known = cost.known if sure else Known.SHARED
    sign = SIGNS[known]
    if not sign and cost.link not in (None, Origin.EXACT):
        sign = SIGNS[Known.SAMPLED]
    heat = heat_of(share)
    words = units.share(share, 0 if share >= 0.0995 else 1)
    if not words.startswith("<") or known is not Known.SHARED:  # less than that is at most that already
        words = sign + words
    return Tag(words, share, heat if sure else min(heat, 1), sure)


def heat_of(share: float) -> int:
    """How hot a share of a call is, 0 to 4."""
    return sum(share >= bound for bound in HEATS)


def title(price: Price, *, known: bool) -> str:
    """What stands in the head of a text: what the shares are shares of, or that there are none here."""
    if not known:
        return "no cost is known here"
    return f"% of {units.seconds(price.seconds)}{', busy machine' if price.disturbed else ''}"
