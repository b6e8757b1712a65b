"""The first screen as a state: what is kept, what can be compiled, which of it is in sight. No Textual."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from inspector.library.shelf import Search
from inspector.model.library import KeptCapture
from inspector.say import library as say
from inspector.say.doc import Cell, Column, Item, Tone
from inspector.say.units import plural
from inspector.targets import TargetInfo
from inspector.tui.layout import too_small
from inspector.tui.library.effects import LibraryEffect

COLUMNS: tuple[Column, ...] = tuple(
    replace(item, rank=rank) for item, rank in zip(say.COLUMNS[1:], range(9), strict=True)
)
"""Of the list: those of the library without the id, which stands below; on a narrow screen the last ones go first."""
KEPT, TARGETS = "#kept", "#targets"
"""Keys of the two headings: no id and no target begins so."""


@dataclass(frozen=True)
class LibraryDesk:
    """One moment of the screen; `inspector.tui.library.after` makes the next."""

    targets: tuple[TargetInfo, ...] = ()
    kept: tuple[KeptCapture, ...] | None = None
    """The newest first; None until it has been read."""
    trouble: str = ""
    """Why the library cannot be read."""
    needle: str = ""
    marked: str = ""
    """The capture that the next one is to be compared with."""
    at: str = ""
    """The row under the cursor."""
    size: tuple[int, int] = (80, 24)
    effects: tuple[LibraryEffect, ...] = ()

    @property
    def cramped(self) -> bool:
        """Whether the terminal is too small for anything."""
        return too_small(*self.size)

    @property
    def listed(self) -> tuple[KeptCapture, ...]:
        """The captures that the filter leaves."""
        search = Search(words=tuple(self.needle.split()))
        return tuple(item for item in self.kept or () if search.finds(item))

    @property
    def offered(self) -> tuple[TargetInfo, ...]:
        """The targets that it leaves."""
        words = self.needle.lower().split()
        return tuple(
            item for item in self.targets if all(word in f"{item.name} {item.summary}".lower() for word in words)
        )

    def capture(self, name: str) -> KeptCapture | None:
        return next((item for item in self.kept or () if item.id == name), None)

    def target(self, name: str) -> TargetInfo | None:
        return next((item for item in self.targets if item.name == name), None)

    # --- in words -------------------------------------------------------------------------------------------

    def items(self) -> tuple[Item, ...]:
        """Every row: captures below their heading, targets below theirs."""
        return tuple(self._items())

    def _items(self) -> Iterator[Item]:
        listed = self.listed
        if self.kept or self.trouble or self.kept is None:
            yield Item(KEPT, _row(self._kept_words(), Tone.STRONG))
            for item in say.items_of(listed):
                what, *rest = item.cells[1:]
                name = f"▸ {what.text}" if item.key == self.marked else what.text
                yield Item(item.key, (replace(what, text=name), *rest), depth=1, opens=True)
        yield Item(TARGETS, _row(f"Targets to compile here ({len(self.offered)})", Tone.STRONG))
        for target in self.offered:
            cells = (Cell(target.name, Tone.NAME, after=target.summary), *[Cell()] * (len(COLUMNS) - 1))
            yield Item(target.name, cells, depth=1, opens=True)

    def _kept_words(self) -> str:
        if self.trouble:
            return "Kept captures: the library cannot be read"
        if self.kept is None:
            return "Kept captures: reading…"
        of = f" of {len(self.kept):,}" if self.needle else ""
        return f"Kept captures ({len(self.listed):,}{of})"

    def below(self) -> list[str]:
        """About the row under the cursor."""
        if (item := self.capture(self.at)) is not None:
            found = Search(words=tuple(self.needle.split())).found(item)
            return [*say.about_words(item), *([f"found: {', '.join(found)}"] if found else [])]
        if (target := self.target(self.at)) is not None:
            lines = [f"{target.summary}.", " ".join(target.description.split()), target.warning]
            return [*filter(None, lines), *([] if self.kept or self.kept is None or self.trouble else [NOTHING_KEPT])]
        if self.at == KEPT and self.trouble:
            return [self.trouble]
        if not self.kept:
            return [NOTHING_KEPT]
        return []

    def status(self) -> tuple[str, str]:
        """The bottom row: what is marked or filtered, and the keys of the row."""
        if self.marked:
            return "compare", "| on the other capture compares · | on the same one forgets it"
        keys = {
            True: "Enter opens · | compares · @ tags · X removes · / filters",
            False: "Enter compiles and shows every stage · / filters",
        }
        where = f"/{self.needle}" if self.needle else ""
        row = self.capture(self.at) or self.target(self.at)
        return where, keys[self.capture(self.at) is not None] if row is not None else "/ filters"

    @property
    def heading(self) -> str:
        """How much there is."""
        return plural(len(self.kept), "capture") + " kept" if self.kept else ""


NOTHING_KEPT = (
    "Nothing is kept yet: `inspector capture TARGET --keep`, `inspector run --keep SCRIPT` and Ctrl+K on a capture do."
)


def _row(words: str, tone: Tone) -> tuple[Cell, ...]:
    return (Cell(words, tone), *[Cell()] * (len(COLUMNS) - 1))
