"""The list of what is damaged in a trace; who meets the same damage twice lists it once."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from inspector.trace.reader import BadRecord


class DamageList:
    """Bad records by log."""

    LIMIT = 10_000
    """Listed for each log; of the rest, nothing is kept."""

    def __init__(self) -> None:
        self._of: dict[str, dict[tuple[int, str], BadRecord]] = {}

    def add(self, items: Iterable[BadRecord]) -> None:
        """Takes notice of damage that was met, maybe again."""
        for item in items:
            known = self._of.setdefault(item.file, {})
            if len(known) < self.LIMIT:
                known.setdefault((item.offset, item.reason), item)

    def listed(self, files: Iterable[str], supposed: Collection[BadRecord] = ()) -> tuple[BadRecord, ...]:
        """The damage of these logs, in their order and by offset; what is only supposed to be among them."""
        return tuple(
            item
            for file in files
            for item in sorted(
                (*self._of.get(file, {}).values(), *(item for item in supposed if item.file == file)),
                key=lambda item: (item.offset, item.reason),
            )
        )
