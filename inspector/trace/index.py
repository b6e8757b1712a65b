"""Where the records of one log begin: one pass over its bytes, 16 bytes kept for each record.

An entry reaches from a line that begins like a record to the next such line. What is wrong inside it is found when it
is read; only the kind and the compile id are taken from its first line during the pass.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import NamedTuple

from inspector.trace.compile_ids import Prefixes
from inspector.trace.content import Content
from inspector.trace.entries import WINDOW, Entries
from inspector.trace.glance import FIRST_LINE, Glance, Glances
from inspector.trace.names import DAMAGED, NO_ID, Names
from inspector.trace.reader import (
    HEADER_START,
    MAX_LINE,
    MAX_RECORD,
    BadRecord,
    DamagedHeader,
    Record,
    RecordHeader,
    pid_in,
    read_rest,
)
from inspector.trace.runs import OPENING
from inspector.trace.torn import WITHIN, whole_length
from inspector.trace.unnamed import AOT, AROUND, PieceRecord, may_belong

_SMALLEST = 4 << 10
"""Bytes looked at at once, whoever asks for less: a record's beginning is known by its first 20."""
_GAP = 2 << 20
"""Bytes before the first record in which anything but blanks counts as damage."""
_PEEK = 1 << 20
"""Bytes of a payload in which a compile id is looked for."""

_PIECE_AT = 200
"""Bytes of a payload of ours in which a piece is named."""
_DYNAMO = b'"name": "dynamo"'
"""In an event that begins or ends a whole compile; its beginning may be that of a later use of the compile id."""
_BEGIN = b'"ph": "B"'
_END = b'"ph": "E"'
_AROUND = {name: b'"name": "%s"' % name.encode() for name in (AROUND, AOT)}
_ID_IN_PAYLOAD = re.compile(rb'"compile_id"\s*:\s*"([^"\\\n]{1,64})"')
EVENT = "chromium_event"
"""The kind of records that say in their payload, and not in their first line, which compile they are of."""


class _Line(NamedTuple):
    """What a record's first line says."""

    kind: str
    number: int
    """Of the kind."""
    prefix: str
    """What stands before the compile ids of the process that wrote it."""
    plain: str | None
    """The compile id, with that prefix."""
    attempt: int
    late: bool
    """Whether the payload has a say in the compile id, so that it is known when the entry ends."""
    kept: bool
    """Whether the record is kept from the pass."""
    unnamed: bool
    """Whether it names no compile id, and may yet be one's."""


class _Writer(NamedTuple):
    """A process that writes into the log."""

    prefix: str
    """What stands before its compile ids."""
    lines: Glances[_Line]
    number: bytes = b""
    """As its first lines name it."""


class FileIndex(Entries):
    """The entries of one log, in the order of the file.

    Args:
        content: its bytes.
        file: its name, for the records.
        prefix: what stands before its compile ids.
        names: shared by the logs of one trace.
        keep: kinds whose records the pass keeps, within bounds, until they are read.
    """

    def __init__(self, content: Content, file: str, prefix: str, names: Names, keep: Collection[str] = ()) -> None:
        super().__init__(content, file, names)
        self._prefixes = Prefixes()
        self._prefixes.set(file, prefix)
        self._writers: dict[bytes, _Writer] = {}
        """By the number that their first lines name."""
        self._writer = _Writer(prefix, Glances(self._line))
        """Who wrote the last entry."""
        self._keep = keep
        self._bad: list[BadRecord] = []
        self._line_start = True
        """Whether a line begins at `position`."""
        self._looked_at = 0
        """How far the last entry reached when `settle` looked at it."""
        self._open: _Line | None = None
        """The last entry, where its compile id is known when it ends."""
        self._line_end = 0
        """Where the first line of the last entry ends."""
        self._pending = True
        """Whether the last entry, or the gap before the first, needs to be looked at when it ends."""
        self._header: RecordHeader | None = None
        """Of the last entry, where its record is to be kept."""
        self._looked_within = 0
        """Up to where another record's beginning was looked for within lines."""

    @property
    def done(self) -> int:
        """Bytes of the file, as it lies on disk, that were looked at."""
        return self.on_disk(self.position)

    def on_disk(self, offset: int) -> int:
        """About how many bytes of the file, as it lies on disk, the log up to `offset` takes."""
        size = self.content.size
        return offset if self.content.taken == size else self.content.taken * offset // max(size, 1)

    # --- the pass ---------------------------------------------------------------------------------------------

    def scan(self, limit: int) -> bool:
        """Looks at about `limit` further bytes; False if there is no further whole line at the moment."""
        goal = self.position + limit
        if self.content.size < goal:
            self.content.pull(goal - self.content.size)
        smallest = window = min(WINDOW, max(limit, _SMALLEST))
        begun = self.position
        while self.position < min(goal, self.content.size):
            data = self.content.read(self.position, self.position + window)
            if self._window(data, at_end=self.position + len(data) >= self.content.size):
                window = smallest
            elif self.position + len(data) < self.content.size:
                window = min(window * 2, MAX_LINE + 1)
            elif not self.content.pull(limit):
                break
        return self.position > begun

    def _window(self, data: bytes, *, at_end: bool) -> bool:
        """Takes the whole lines in `data`; False if there is none, and the line in it needs to be seen whole."""
        base = self.position
        last = data.rfind(b"\n")
        if last < 0:
            if self._line_start:
                begins_record = HEADER_START.match(data) is not None
                if begins_record and len(data) > MAX_LINE:
                    self._add(base, data)
                elif begins_record or at_end:
                    return False
            self.position += len(data)
            self._line_start = False
            return True
        if self._line_start and HEADER_START.match(data):
            self._add(base, data[: data.find(b"\n")], data, base)
        elif self._line_start and data[:1] not in (b"\t", b"\r", b"\n"):
            self._look_within(-1, data, base)
        timed = self._clock.started
        for found in FIRST_LINE.finditer(data, 0, last + 1):
            number, first, rest, stray = found.groups()
            if stray is not None:
                self._look_within(found.start(), data, base)
                continue
            if number is not None and number != self._writer.number:
                self._writer = self._writer_of(number)
            line = None if first is None else self._writer.lines.read(first, rest)
            start = found.start() + 1
            if line is None or line.kept or not timed:
                self._add(base + start, data[start : data.find(b"\n", start)], data, base)
                timed = self._clock.started
            else:
                if self._pending:
                    self._close(base + start, data, base)
                self._enter(base + start, line, base + found.end())
        self.position = base + last + 1
        self._line_start = True
        return True

    def _look_within(self, stop: int, data: bytes, base: int) -> None:
        """Begins an entry within a line of the last, where another process wrote into that: it goes on after `stop`.

        What the last entry prints of a log is its own, where its checksum says that it is whole. It may have begun
        before the bytes at hand, of a log that is still being written always.
        """
        if not self._offsets or base + stop - self._offsets[-1] > WINDOW:
            return
        offset, end = self._offsets[-1], base + stop + 1
        before = max(self._looked_within, offset)
        self._looked_within = end - 1
        lines = self._bytes(before, end, data, base)
        found = WITHIN.search(lines, lines.find(b"\n", 0, len(lines) - 1) + 1)
        if found is None or offset + whole_length(self._bytes(offset, end, data, base)) > before + found.start():
            return
        self._add(before + found.end(), lines[found.end() : lines.find(b"\n", found.end())], data, base)

    def _bytes(self, start: int, end: int, data: bytes, base: int) -> bytes:
        """The log from `start` to `end`; `data` are bytes at hand, from offset `base` on."""
        return data[start - base : end - base] if start >= base else self.content.read(start, end)

    def finish(self) -> None:
        """Takes the bytes that no further ones follow."""
        if self.finished:
            return
        size = self.content.size
        if self._line_start and self.position < size:
            line = self.content.read(self.position, min(size, self.position + MAX_LINE + 1))
            if HEADER_START.match(line):
                self._add(self.position, line)
        self._close(size)
        self.position = size
        self.finished = True
        self.content.end()
        if self.content.problem:
            self._bad.append(BadRecord(size, self.content.problem, self.file))

    def settle(self) -> None:
        """Closes the last entry without waiting for the next, if it is a whole record as it stands.

        For a log that is still being written: its last record is to be seen at once.
        """
        if len(self) == len(self._offsets) or not self._line_start or self.position == self._looked_at:
            return
        start, end = self._offsets[-1], self.position
        self._looked_at = end
        if end - start <= MAX_RECORD and any(isinstance(item, Record) for item in self._entry(start, end)):
            self._close(end)
            self._settled = True

    def _add(self, offset: int, line: bytes, data: bytes = b"", base: int = 0) -> None:
        """Begins an entry with this first line; `data` are bytes at hand, from offset `base` on."""
        self._close(offset, data, base)
        try:
            header = RecordHeader.read(line)
        except DamagedHeader as error:
            self._bad.append(BadRecord(offset, str(error), self.file))
            if not self.kinds or self.kinds[-1] != DAMAGED:
                self._append_damaged(offset)
            return
        if not self._clock.started:
            self._clock.seconds(header)
        self._writer = self._writer_of(b"%d" % header.pid)
        entered = self._line(Glance.at(header.metadata))
        self._enter(offset, entered, offset + len(line))
        if entered.kept:
            self._header = header
            self._pending = True

    def _line(self, glance: Glance) -> _Line:
        kind, plain, attempt, has_payload = glance
        late = kind == EVENT or (kind in OPENING and has_payload) or kind.startswith("artifact:inspector_")
        number, prefix = self._names.kinds.of(kind), self._writer.prefix
        unnamed = plain is None and may_belong(kind)
        if unnamed or (plain is None and kind.startswith("artifact:inspector_")):
            self._unnamed_kinds.add(number)
        plain = None if plain is None else prefix + plain
        return _Line(kind, number, prefix, plain, attempt, late, kind in self._keep, unnamed)

    def _writer_of(self, number: bytes) -> _Writer:
        """Who writes this number into first lines: each process has its own compile ids."""
        writer = self._writers.get(number)
        if writer is None:
            pid = pid_in(number)
            if number != (plain := b"%d" % pid):
                writer = self._writer_of(plain)._replace(number=number)
            else:
                writer = _Writer(self._prefixes.of(self.file, None, pid), Glances(self._line), number)
            self._writers[number] = writer
        return writer

    @property
    def owner(self) -> int:
        """The process that wrote the first record; 0 where no record says."""
        return self._prefixes.owner(self.file)

    def _enter(self, offset: int, line: _Line, line_end: int) -> None:
        """Begins an entry whose first line is known."""
        compile_id = NO_ID
        if line.late:
            self._open = line
            self._pending = True
        elif line.plain is not None:
            compile_id = self._names.compile_id(line.plain, line.kind, line.attempt, None, self.file)
            if self._names.unnamed.waiting:
                self._names.unnamed.named(line.prefix, self._names.ids.names[compile_id], line.kind)
        elif line.unnamed:
            compile_id = self._names.owner(line.prefix, line.kind, self.file)
        self._line_end = line_end
        self._append(offset, line.number, compile_id)

    def _append_damaged(self, offset: int) -> None:
        self._append(offset, DAMAGED, NO_ID)

    def _append(self, offset: int, kind: int, compile_id: int) -> None:
        self._settled = False
        self._offsets.append(offset)
        self.kinds.append(kind)
        self.ids.append(compile_id)

    def _close(self, end: int, data: bytes = b"", base: int = 0) -> None:
        """Ends the last entry, or what stands before the first."""
        self._pending = False
        if not self._offsets and self.content.read(0, min(end, _GAP)).strip():
            self._append_damaged(0)
        if self._header is not None:
            self._keep_last(self._header, end, data, base)
            self._header = None
        if self._open is not None:
            self.ids[-1] = self._id_of(self._open, end, data, base)
            self._open = None

    def _keep_last(self, header: RecordHeader, end: int, data: bytes, base: int) -> None:
        """Keeps what the last entry holds, if its bytes are at hand, for who is known to read it soon."""
        offset = self._offsets[-1]
        if offset < base or not data or not self._kept.has_room(end - offset):
            return
        start, stop = offset - base, end - base
        record = read_rest(header, data, start, stop, offset=offset, file=self.file, clock=self._clock)
        items: list[Record | BadRecord] = [record] if record else self._parse(data[start:stop], offset)
        self._kept.put(len(self._offsets) - 1, stop - start, items)

    def _id_of(self, line: _Line, end: int, data: bytes, base: int) -> int:
        """The number of the compile id of the last entry, whose payload has a say in it."""
        names, start = self._names, self._line_end
        limit = min(end, start + _PEEK)
        if not data or start < base:
            data, base = self.content.read(start, limit), start
        if line.plain is None:
            found = _ID_IN_PAYLOAD.search(data, start - base, limit - base)
            if found is None or found[1] == b"None":
                if line.kind.startswith("artifact:inspector_"):
                    payload = data[start - base : min(limit - base, start - base + _PIECE_AT)].lstrip()
                    piece = PieceRecord.read(payload.decode("utf-8", "replace"))
                    return NO_ID if piece is None else names.piece(line.prefix, piece, self.file)
                self._hear_event(line, data, start - base, limit - base)
                return NO_ID
            name = names.runs.latest(line.prefix + found[1].decode("utf-8", "replace"))
            if line.kind != EVENT:  # an event may speak of a compile that no record is of
                names.compile_ids.setdefault(name, self.file)
            return names.ids.of(name)
        opening = None
        if line.kind in OPENING or self._may_begin(line.plain, data, start - base, limit - base):
            opening = self._last_payload(end, data, base)
            if opening is None:  # whoever reads it sees no beginning either
                return names.ids.of(names.runs.latest(line.plain))
        return names.compile_id(line.plain, line.kind, line.attempt, opening, self.file)

    def _hear_event(self, line: _Line, data: bytes, start: int, stop: int) -> None:
        """Takes notice of an event without a compile id, if compiles may run within it."""
        for name, pattern in _AROUND.items():
            if line.kind == EVENT and data.find(pattern, start, stop) >= 0:
                begins = data.find(_BEGIN, start, stop) >= 0
                if begins or data.find(_END, start, stop) >= 0:
                    self._names.unnamed.event(line.prefix, name, begins=begins)

    def _may_begin(self, plain: str, data: bytes, start: int, stop: int) -> bool:
        """Whether the event there may be the beginning of a compile, or be the first that is heard of it."""
        if data.find(_DYNAMO, start, stop) < 0:
            return False
        return data.find(_BEGIN, start, stop) >= 0 or not self._names.has(plain)

    def _last_payload(self, end: int, data: bytes, base: int) -> str | None:
        """The payload of the last entry; None where that is damaged."""
        offset = self._offsets[-1]
        if (items := self._kept.peek(len(self._offsets) - 1)) is None:
            at_hand = offset >= base and data
            items = self._parse(data[offset - base : end - base], offset) if at_hand else list(self._entry(offset, end))
        return next((item.payload for item in items if isinstance(item, Record)), None)

    def take_bad(self) -> list[BadRecord]:
        """The damage that the pass itself met since the last call."""
        taken, self._bad = self._bad, []
        return taken
