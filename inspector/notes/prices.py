"""The dearest expression of a call, where its price is beyond doubt."""

from __future__ import annotations

from collections.abc import Iterator

from inspector.model.annotation import Annotation, Fact
from inspector.model.capture import Capture
from inspector.model.price import Known
from inspector.notes.markup import code
from inspector.price import Joined, rows_by
from inspector.say.price import cost_words, dearest

_WORTH = 0.1
"""Share of a call from which on its dearest expression is worth a note."""


def dearest_expressions(capture: Capture) -> Iterator[Annotation]:
    """One note for each shape that was priced on a quiet machine: on the innermost expression that most of a call is
    spent in, where that was clocked, or sampled with every link on the way exact."""
    for number, price in enumerate(capture.prices):
        if price.disturbed:
            continue
        row = dearest(rows_by(Joined(capture, price), "expression"))
        if row is None or row.span is None or price.share(row.seconds) < _WORTH:
            continue
        if row.known not in (Known.CLOCKED, Known.SAMPLED):
            continue
        shape = f" at {code(price.shape)}" if price.shape else ""
        yield Annotation(
            "price" + (f":{number + 1}" if number else ""),
            f"{code(row.label)} is the dearest expression{shape}: {cost_words(row, price)}.",
            row.span,
            None,
            fact=Fact.PRICE,
        )
