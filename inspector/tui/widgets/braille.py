"""Dots on a grid of braille cells: two across and four down in each."""

from __future__ import annotations

_BITS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""By row and column within a cell."""


class Canvas:
    """A small picture of dots, in layers that keep their own colour.

    Args:
        width: cells across.
        height: cells down.
        layers: how many colours; where two share a cell, the later layer colours it.
        ascii: draw with characters every terminal has.
    """

    def __init__(self, width: int, height: int, layers: int, *, ascii: bool = False) -> None:
        self.width, self.height = max(0, width), max(0, height)
        self._ascii = ascii
        self._bits = [[0] * self.width for _ in range(self.height)]
        self._layer = [[-1] * self.width for _ in range(self.height)]
        self._layers = layers

    @property
    def columns(self) -> int:
        """Dots across."""
        return self.width * 2

    @property
    def rows(self) -> int:
        """Dots down."""
        return self.height * 4

    def dot(self, x: int, y: int, layer: int) -> None:
        """Sets a dot, counted from the top left; one outside is ignored."""
        if 0 <= x < self.columns and 0 <= y < self.rows:
            cell, row = x // 2, y // 4
            self._bits[row][cell] |= _BITS[y % 4][x % 2]
            self._layer[row][cell] = max(self._layer[row][cell], layer)

    def cells(self, row: int) -> list[tuple[str, int]]:
        """Text and layer (-1 for none) of the runs of a row of cells."""
        runs: list[tuple[str, int]] = []
        for bits, layer in zip(self._bits[row], self._layer[row], strict=True):
            character = " " if not bits else ("o*#%"[layer % 4] if self._ascii else chr(0x2800 + bits))
            if runs and runs[-1][1] == layer:
                runs[-1] = runs[-1][0] + character, layer
            else:
                runs.append((character, layer))
        return runs
