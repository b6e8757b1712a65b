"""Records that the pass over a log has read anyway, until whoever is about to want them comes for them."""

from __future__ import annotations

from inspector.trace.reader import BadRecord, Record

LIMIT = 32 << 20
"""Bytes of one log whose records are kept at once; what is beyond is read again when it is wanted."""


class Kept:
    """What some entries hold, by their number."""

    def __init__(self) -> None:
        self._items: dict[int, list[Record | BadRecord]] = {}
        self._size = 0
        """Bytes of the log that were kept since nothing was."""

    def __contains__(self, entry: int) -> bool:
        return entry in self._items

    def has_room(self, size: int) -> bool:
        """Whether an entry of so many bytes may be kept too."""
        return (self._size if self._items else 0) + size <= LIMIT

    def put(self, entry: int, size: int, items: list[Record | BadRecord]) -> None:
        """Keeps what an entry of so many bytes holds."""
        self._size = (self._size if self._items else 0) + size
        self._items[entry] = items

    def peek(self, entry: int) -> list[Record | BadRecord] | None:
        """What an entry holds, if it is kept; it stays."""
        return self._items.get(entry)

    def take(self, entry: int) -> list[Record | BadRecord] | None:
        """What an entry holds, if it is kept; then it is no longer."""
        return self._items.pop(entry, None)
