"""Columns of text, as wide as what is in them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

Paint = Callable[[str], str]


@dataclass(frozen=True)
class Cell:
    """One cell before it is padded."""

    text: str = ""
    paint: Paint | None = None
    """Colours the text, not the padding."""

    def padded(self, width: int, *, right: bool) -> str:
        """The cell, `width` characters wide."""
        space = " " * (width - len(self.text))
        text = self.paint(self.text) if self.paint is not None else self.text
        return space + text if right else text + space


def table(head: Sequence[str], rows: Sequence[Sequence[Cell]], paint: Paint, indent: str = "") -> Iterator[str]:
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
    widths = {number: max(len(titles[number]), *(len(row[number].text) for row in rows)) for number in kept}
    if any(titles.values()):
        yield (
            indent
            + "  ".join(
                Cell(titles[number], paint).padded(widths[number], right=number in right) for number in kept
            ).rstrip()
        )
    for row in rows:
        last = max((number for number in kept if row[number].text), default=-1)
        yield indent + "  ".join(
            row[number].padded(0 if number == last and number not in right else widths[number], right=number in right)
            for number in kept
            if number <= last
        )
