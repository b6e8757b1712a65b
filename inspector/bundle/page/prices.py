"""What each line costs and what a call is made of, as the page has it: finished words, places, and shares to draw."""

from __future__ import annotations

from collections.abc import Sequence

from inspector.bundle.page.sections import Json
from inspector.model.artifact import Artifact
from inspector.model.capture import Capture
from inspector.model.price import Cost, Price
from inspector.price import TextPrice, TextPrices, rows_by
from inspector.say import gutter
from inspector.say import price as say
from inspector.say.doc import Cell, Item

TABLES = ("module", "expression", "kernel", "part")
MOST_ROWS = 400


def price_data(capture: Capture) -> Json | None:
    """The last price; None where nothing was priced."""
    if not capture.prices:
        return None
    price = capture.prices[-1]
    prices = TextPrices(capture, price)
    found = [(item, known) for item in capture.artifacts if (known := prices.of(item))]
    return {
        "shape": price.shape,
        "of": gutter.title(price, known=True),
        "none": gutter.title(price, known=False),
        "legend": gutter.LEGEND,
        "texts": [[item.id, *_text(item, known, price)] for item, known in found],
        "tables": [_table(prices, by) for by in TABLES],
        "said": [[row.label, row.text, row.tone.value] for row in say.told(price)],
    }


def _text(artifact: Artifact, known: TextPrice, price: Price) -> tuple[list[Json], list[Json], list[list[int]]]:
    """The lines, the expressions in them, and the dearest places."""
    lines: list[Json] = []
    for line in range(1, len(artifact.lines) + 1):
        if (cost := known.of(line)) is not None:
            tag = gutter.tag(cost, price)
            bar = round(tag.share * 100, 1) if tag.sure else 0
            lines.append({"line": line, "tag": tag.words, "bar": bar, "heat": tag.heat, "words": _said(cost, price)})
    expressions = [
        {
            **{"line": row.span.start.line, "from": row.span.start.col},
            "to": row.span.end.col if row.span.end.line == row.span.start.line else None,
            "heat": gutter.heat_of(price.share(row.own)),
            "words": f"{say.short(row.label)}: {_said(row, price)}",
        }
        for row in known.expressions
        if row.span is not None
    ]
    return lines, expressions, [[place.line, place.col] for place in known.dearest]


def _said(cost: Cost, price: Price) -> str:
    return say.cost_words(cost, price)


def _table(prices: TextPrices, by: str) -> Json:
    """The rows of a kind, the dearest first where they lie side by side, and what none of them has."""
    price = prices.price
    found = rows_by(prices.joined, by)
    rows = say.nested(found, "time")
    columns = say.columns(by, rows)
    shown = [number for number, column in enumerate(columns) if not column.hidden]
    depths = say.depths(rows)
    kept = say.cut(rows, MOST_ROWS)
    items = [(say.item(rows[number], number, depths[number], price), rows[number]) for number in kept]
    body = [_row(item, shown, row) for item, row in items]
    left = enumerate(say.left(prices.joined, by, found))
    body += [_row(say.left_item(seconds, words, price, number), shown) for number, (seconds, words) in left]
    return {
        "by": by,
        "columns": [[columns[number].title, columns[number].right] for number in shown],
        "rows": body,
        "left": len(rows) - len(kept),
    }


def _row(item: Item, shown: Sequence[int], row: Cost | None = None) -> Json:
    """Depth, cells, and the place that it leads to."""
    span = row.span if row is not None else None
    cells = [item.cells[number] if number < len(item.cells) else Cell() for number in shown]
    return {
        "depth": item.depth,
        "cells": [[cell.text, None if cell.share is None else round(cell.share * 100, 1)] for cell in cells],
        "to": [span.artifact, span.start.line, span.start.col] if span is not None else None,
    }
