"""Columns of text, as wide as what is in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from inspector.cli.printable import one_line
from inspector.cli.terminal import Style, bar
from inspector.say import doc

Paint = Callable[[str], str]
_BAR = 10


@dataclass(frozen=True)
class PaddedCell:
    """One cell before it is padded."""

    text: str = ""
    paint: Paint | None = None
    """Colours the text, not the padding."""

    def padded(self, width: int, *, right: bool) -> str:
        """The cell, `width` characters wide."""
        space = " " * (width - len(self.text))
        text = self.paint(self.text) if self.paint is not None else self.text
        return space + text if right else text + space


def table(head: Sequence[str], rows: Sequence[Sequence[PaddedCell]], paint: Paint, indent: str = "") -> Iterator[str]:
    """The lines of a table; columns that are empty in every row are left out, and nothing trails.

    Args:
        head: each column's title; one that begins with `>` is aligned to the right.
        rows: as many cells each.
        paint: colours the titles.
        indent: in front of every line.
    """
    kept = [number for number in range(len(head)) if any(row[number].text for row in rows)]
    right = {number for number in kept if head[number].startswith(">")}
    titles = {number: head[number].removeprefix(">") for number in kept}
    widths = {number: max(len(titles[number]), *map(len, _texts(rows, kept, number))) for number in kept}
    if any(titles.values()):
        yield (
            indent
            + "  ".join(
                PaddedCell(titles[number], paint).padded(widths[number], right=number in right) for number in kept
            ).rstrip()
        )
    for row in rows:
        last = max((number for number in kept if row[number].text), default=-1)
        yield indent + "  ".join(
            row[number].padded(0 if number == last and number not in right else widths[number], right=number in right)
            for number in kept
            if number <= last
        )


def _texts(rows: Sequence[Sequence[PaddedCell]], kept: Sequence[int], number: int) -> Iterator[str]:
    """The texts that make a column wide: a row that has nothing but its first cell goes on over the others."""
    for row in rows:
        if number or any(row[other].text for other in kept if other):
            yield row[number].text


def item_table(
    columns: Sequence[doc.Column], items: Sequence[doc.Item], style: Style, indent: str = ""
) -> Iterator[str]:
    """The lines of a table that `say` made."""
    head = [f">{column.title}" if column.right else column.title for column in columns]
    blank = [doc.Cell()] * len(columns)
    rows = [
        [_cell(item, cell, number, style) for number, cell in enumerate((*item.cells, *blank)[: len(columns)])]
        for item in items
    ]
    yield from table(head, rows, style.dim, indent)


def _cell(item: doc.Item, cell: doc.Cell, number: int, style: Style) -> PaddedCell:
    """A cell: its text behind a bar of its share, and what stands after it, quietly."""
    text, after = cell.text.rstrip(), f"  {one_line(cell.after)}" if cell.after else ""
    if cell.share is not None:
        text = f"{bar(cell.share, _BAR):<{_BAR}} {text}"
    elif number == 0:
        text = "  " * item.depth + one_line(text)
    else:
        text = one_line(text) if text.strip() == text else text
    paint = style.toned(cell.tone)
    return PaddedCell(text + after, lambda _: paint(text) + style.dim(after))
