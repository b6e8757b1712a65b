"""A price as lines: the dearest in a sentence, a table of rows, and how the numbers came about."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import replace

from inspector.cli.printable import one_line
from inspector.cli.tables import item_table
from inspector.cli.terminal import Style
from inspector.model.capture import Capture
from inspector.model.price import Price
from inspector.price import Joined, rows_by
from inspector.say import price as say
from inspector.say.units import plural, seconds


def price_lines(capture: Capture, price: Price, args: argparse.Namespace, style: Style) -> Iterator[str]:
    """The whole price, in rows of what `args.by` says."""
    yield style.bold(one_line(price.shape)) + style.dim(
        f"  {one_line(price.gpu) if price.gpu else plural(price.threads, 'thread')}, times are of one call"
    )
    yield from (style.warn(one_line(words)) for words in capture.warnings)
    joined = Joined(capture, price)
    found = rows_by(joined, args.by)
    if (best := say.dearest(found)) is not None:
        yield style.bold(one_line(f"{say.sentence_of(best, price)}."))
    else:
        yield say.nothing(args.by)
    yield ""
    rows = say.ordered(found, args.sort)
    kept = say.cut(rows, args.limit)
    depths = say.depths(rows)
    items = [say.item(rows[number], number, depths[number], price) for number in kept]
    columns = say.columns(args.by, rows)
    shown = [number for number, column in enumerate(columns) if not column.hidden]
    yield from item_table(
        [columns[number] for number in shown],
        [replace(item, cells=tuple(item.cells[number] for number in shown)) for item in items],
        style,
    )
    if left := len(rows) - len(kept):
        yield style.dim(f"… and {plural(left, 'row')} more: --limit")
    for beside, words in say.left(joined, args.by, rows):
        yield style.dim(f"{seconds(beside)} of a call {words}")
    yield ""
    for row in say.told(price):
        yield style.toned(row.tone)(f"{row.label:<9}{one_line(row.text)}" if row.label else one_line(row.text))
    for note in capture.notes:
        if note.kind == "missing":  # which may be why nothing is told within a kernel
            yield style.dim(f"{note.kind:<9}{one_line(note.message)}")
