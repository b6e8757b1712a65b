"""The roofline drawn with characters: roofs as dots of braille, parts as letters. No widget here."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from enum import IntEnum
from itertools import groupby
from string import ascii_lowercase, ascii_uppercase

from inspector.model.roofline import Dot, Roofline
from inspector.say.units import amount
from inspector.tui.widgets.braille import Canvas

LEFT = 8
"""Cells of the scale at the left."""
FOOT = 1
"""Rows of the scale below."""
_APART = 2
"""Rows that two labels of the scale are apart at least."""
_WIDEST = 6
"""Cells that a label of the scale below takes at least, with the blank behind it."""


class Ink(IntEnum):
    """What a cell belongs to."""

    BLANK = -1
    ROOF = 0
    GAP = 1
    """The way from the chosen part up to its roof."""
    EAGER = 2
    COMPILED = 3
    CHOSEN = 4
    SCALE = 5
    LABEL = 6
    """A roof's name."""


Run = tuple[str, Ink]
"""Neighbouring cells of one ink."""


def marks(dots: Sequence[Dot]) -> dict[str, Dot]:
    """A letter for each part: small for eager, capital for compiled, in order of their time; 26 of each."""
    letters: Mapping[str, Iterator[str]] = {"eager": iter(ascii_lowercase), "compiled": iter(ascii_uppercase)}
    return {letter: dot for dot in dots if (letter := next(letters[dot.side], ""))}


def plot(found: Roofline, width: int, height: int, *, chosen: str = "", ascii: bool = False) -> list[list[Run]]:
    """The picture, a row of cells at a time.

    Args:
        found: what to draw.
        width: cells.
        height: rows, the scale below included.
        chosen: the letter of the part that stands out.
        ascii: draw with characters that every terminal has.
    """
    picture = _Plot(found, width, height, ascii=ascii)
    if picture.room >= 8 and picture.rows >= 3:
        picture.draw(chosen)
    return [picture.runs(row) for row in range(height)]


class _Plot:
    """The cells, and where in them a point of the plane lies."""

    def __init__(self, found: Roofline, width: int, height: int, *, ascii: bool) -> None:
        self._found = found
        self._ascii = ascii
        self._width = width
        self.room, self.rows = width - LEFT - 1, height - FOOT
        self._canvas = Canvas(self.room, self.rows, 2, ascii=ascii)
        self._text = [[" "] * width for _ in range(height)]
        self._ink = [[Ink.BLANK] * width for _ in range(height)]

    def runs(self, row: int) -> list[Run]:
        """A row."""
        cells = zip(self._text[row], self._ink[row], strict=True)
        return [("".join(text for text, _ in group), ink) for ink, group in groupby(cells, key=lambda cell: cell[1])]

    def draw(self, chosen: str) -> None:
        """Everything, what matters most last."""
        lettered = marks(self._found.dots)
        self._roofs()
        if chosen in lettered:
            self._gap(lettered[chosen])
        for row in range(self.rows):
            at = LEFT + 1
            for text, layer in self._canvas.cells(row):
                if layer >= 0:
                    self._put(at, row, text, Ink(layer))
                at += len(text)
        self._scales()
        for letter, dot in reversed(lettered.items()):  # what takes longest comes last, and lies on top
            x, y = self._cell(dot.intensity, dot.rate)
            side = Ink.EAGER if dot.side == "eager" else Ink.COMPILED
            self._put(x, y, letter, side)
        if chosen in lettered:
            self._put(*self._cell(lettered[chosen].intensity, lettered[chosen].rate), chosen, Ink.CHOSEN)
        self._names()

    def _put(self, x: int, y: int, text: str, ink: Ink) -> None:
        """Writes, cut at the edges."""
        for at, letter in enumerate(text, x):
            if 0 <= at < self._width and 0 <= y < len(self._text):
                self._text[y][at], self._ink[y][at] = letter, ink

    def _free(self, x: int, y: int, length: int) -> bool:
        """Whether nothing stands there."""
        inside = x > LEFT + 1 and x + length <= self._width and 0 <= y < self.rows
        return inside and all(ink is Ink.BLANK for ink in self._ink[y][x : x + length])

    def _dot(self, intensity: float, rate: float) -> tuple[int, int]:
        """Where a point lies among the canvas's dots."""
        x, y = self._found.place(intensity, rate)
        return round(x * (self._canvas.columns - 1)), round((1 - y) * (self._canvas.rows - 1))

    def _cell(self, intensity: float, rate: float) -> tuple[int, int]:
        x, y = self._dot(intensity, rate)
        return LEFT + 1 + x // 2, y // 4

    def _roofs(self) -> None:
        low, high = (10.0**power for power in self._found.across)
        step = (high / low) ** (1 / (self._canvas.columns - 1))
        for column in range(self._canvas.columns):
            intensity = low * step**column
            for peak in self._found.peaks.values() or (math.inf,):
                self._canvas.dot(column, self._dot(intensity, self._found.roof(intensity, peak))[1], Ink.ROOF)

    def _gap(self, dot: Dot) -> None:
        """A dotted line from a part up to its roof, or down where its data came out of the caches."""
        peak = self._found.peaks.get(dot.row.work.dtype, math.inf) if dot.row.work is not None else math.inf
        x, y = self._dot(dot.intensity, dot.rate)
        roof = self._dot(dot.intensity, self._found.roof(dot.intensity, peak))[1]
        for at in range(min(roof, y), max(roof, y), 2):
            self._canvas.dot(x, at, Ink.GAP)

    def _scales(self) -> None:
        (first, last), (low, high) = self._found.across, self._found.up
        for row in range(self.rows):
            self._put(LEFT, row, "|" if self._ascii else "│", Ink.SCALE)
        for power in range(high, low - 1, -_every(high - low, self.rows / _APART)):
            _, y = self._cell(1.0, 10.0**power)
            self._put(0, y, f"{amount(10.0**power, '')} ".rjust(LEFT), Ink.SCALE)
        self._put(LEFT + 2, 0, "flop/s", Ink.SCALE)
        self._put(0, self.rows, "flop/B ".rjust(LEFT), Ink.SCALE)
        for power in range(first, last + 1, _every(last - first, self.room / _WIDEST)):
            label = amount(10.0**power, "") if power >= 0 else f"{10.0**power:g}"
            x = self._cell(10.0**power, 1.0)[0] - len(label) // 2
            self._put(max(LEFT + 1, min(x, self._width - len(label))), self.rows, label, Ink.SCALE)

    def _names(self) -> None:
        """What the roofs are, where there is room beside them."""
        (first, last), peaks = self._found.across, self._found.peaks
        for name, peak in sorted(peaks.items(), key=lambda item: -item[1]):
            label = f"{name} {amount(peak, 'flop')}/s"
            y = self._cell(10.0**last, peak)[1]
            self._name(label, [(self._width - len(label), row) for row in (y - 1, y + 1)])
        label = f"memory {amount(self._found.bandwidth, 'B')}/s"
        places = []
        for share in (0.35, 0.3, 0.4, 0.25, 0.45, 0.5, 0.55, 0.6):
            intensity = 10.0 ** (first + share * (last - first))
            x, y = self._cell(intensity, self._found.roof(intensity))
            places.append((x - len(label) - 1, y - 1))
        self._name(label, places)

    def _name(self, label: str, places: Sequence[tuple[int, int]]) -> None:
        for x, y in places:
            if self._free(x, y, len(label)):
                self._put(x, y, label, Ink.LABEL)
                return


def _every(powers: int, most: float) -> int:
    """Of so many powers of ten, every how many-th gets a label, where at most `most` have room."""
    return max(1, math.ceil(powers / max(1.0, most - 1)))
