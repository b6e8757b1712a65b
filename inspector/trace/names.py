"""The names that the logs of one trace share, by number: what an index keeps of each record is a few bytes."""

from __future__ import annotations

from collections.abc import Collection

from inspector.errors import UsageError
from inspector.trace.reader import Clock
from inspector.trace.runs import OPENING, RunCounter
from inspector.trace.unnamed import PieceRecord, Unnamed

DAMAGED = 0
"""The kind number of bytes that are no record."""
NO_ID = -1
"""The compile id number of records outside any compile."""


class Numbers:
    """Gives names numbers, in order of first sight."""

    def __init__(self, *names: str) -> None:
        self.names = list(names)
        self._numbers = {name: number for number, name in enumerate(names)}

    def of(self, name: str) -> int:
        """The number of a name."""
        number = self._numbers.get(name)
        if number is None:
            number = self._numbers[name] = len(self.names)
            self.names.append(name)
        return number

    def known(self, name: str) -> int | None:
        """The number of a name that has one."""
        return self._numbers.get(name)


class Names:
    """The names that the logs of one trace share."""

    def __init__(self) -> None:
        self.kinds = Numbers("(damaged)")
        self.ids = Numbers()
        self.runs = RunCounter()
        self.unnamed = Unnamed()
        self.clock = Clock()
        self.compile_ids: dict[str, str] = {}
        """Compile id → its log, in order of first sight; without those that only an event speaks of."""
        self._latest: dict[str, int] = {}
        """Compile id with its log's prefix → the number of its latest use that a record was of."""

    def files_of(self, compile_ids: Collection[str], title: str) -> set[str]:
        """The logs that compile ids were compiled in.

        Raises:
            UsageError: there is no such compile id in the log with this title.
        """
        for compile_id in compile_ids:
            if compile_id not in self.compile_ids:
                raise UsageError(
                    f"There is no compile id {compile_id!r} in {title}.",
                    "`inspector show` lists the compile ids of a log.",
                )
        return {self.compile_ids[compile_id] for compile_id in compile_ids}

    def compile_id(self, plain: str, kind: str, attempt: int, payload: str | None, file: str) -> int:
        """The number of the compile id of a record.

        Args:
            plain: the id with its log's prefix.
            kind, attempt, payload: of the record.
            file: the log.
        """
        number = self._latest.get(plain)
        if number is None or payload is not None or kind in OPENING:
            name = self.runs.seen(plain, kind, attempt, payload)
            self.compile_ids.setdefault(name, file)
            number = self._latest[plain] = self.ids.of(name)
        return number

    def owner(self, process: str, kind: str, file: str) -> int:
        """The number of the compile id that a record without one belongs to; `NO_ID` where none is known.

        Args:
            process: what stands before its compile ids.
            kind: of the record.
            file: the log.
        """
        name = self.unnamed.owner(process, kind)
        if not name:
            return NO_ID
        self.compile_ids.setdefault(name, file)
        return self.ids.of(name)

    def piece(self, process: str, piece: PieceRecord, file: str) -> int:
        """The number of the compile id that a piece of work belongs to, or is."""
        name = self.unnamed.piece(process, piece)
        self.compile_ids.setdefault(name, file)
        return self.ids.of(name)

    def has(self, plain: str) -> bool:
        """Whether a record was of that compile id, which has its log's prefix."""
        return plain in self._latest

    def kind_numbers(self, kinds: Collection[str]) -> set[int]:
        return {number for kind in kinds if (number := self.kinds.known(kind)) is not None}

    def id_numbers(self, compile_ids: Collection[str]) -> set[int]:
        """The numbers of those compile ids that there are; an empty one stands for none."""
        return {number for item in compile_ids if (number := self.ids.known(item) if item else NO_ID) is not None}
