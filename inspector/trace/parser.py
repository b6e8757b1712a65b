"""Bytes of a structured trace in, a line at a time, records out, and deaf to damage."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from inspector.trace.reader import (
    CUT,
    HEADER_START,
    LONG_HEADER,
    MAX_RECORD,
    MISSING,
    NEITHER,
    STRAY,
    BadRecord,
    Clock,
    DamagedHeader,
    Record,
    RecordHeader,
)


class LogParser:
    """Bytes of one log in, records out; holds no more than the record that is not complete yet.

    Args:
        file: the log's name, for the records.
        clock: shared by the logs that are read together.
        offset: where in the log the first byte to come lies; the beginning of a line.
    """

    def __init__(self, file: str = "", clock: Clock | None = None, offset: int = 0) -> None:
        self.file = file
        self._clock = clock or Clock()
        self._offset = offset
        """Byte offset of the first byte of `_rest`."""
        self._rest = b""
        """A line that has not ended."""
        self._skipping = False
        """Whether the bytes up to the next line end are thrown away, their line being too long."""
        self._pending: _Pending | None = None
        self._stray = False
        """Whether the line before was already reported as none of a record's."""

    def feed(self, data: bytes) -> list[Record | BadRecord]:
        """The records that `data` completes."""
        out: list[Record | BadRecord] = []
        if self._skipping:
            data = self._skip(data)
        lines = (self._rest + data).split(b"\n") if self._rest else data.split(b"\n")
        self._rest = lines.pop()
        for line in lines:
            self._line(line, out)
            self._offset += len(line) + 1
        if len(self._rest) > MAX_RECORD:
            self._too_long(out)
            self._offset += len(self._rest)
            self._rest = b""
        return out

    def finish(self) -> list[Record | BadRecord]:
        """What is left when no more bytes will come."""
        out: list[Record | BadRecord] = []
        if self._rest:
            self._line(self._rest, out)
            self._offset += len(self._rest)
            self._rest = b""
        self._end(out)
        return out

    def _skip(self, data: bytes) -> bytes:
        """What follows the line that is too long."""
        end = data.find(b"\n") + 1
        self._skipping = not end
        self._offset += end or len(data)
        return data[end:] if end else b""

    def _line(self, line: bytes, out: list[Record | BadRecord]) -> None:
        if line.startswith(b"\t") or not line.strip():
            self._payload_line(line, out)
            return
        if HEADER_START.match(line):
            self._end(out)
            self._begin(line, out)
        else:
            self._report_stray(NEITHER, out)
            return
        self._stray = False

    def _too_long(self, out: list[Record | BadRecord]) -> None:
        """Reports a line, however many bytes of it are still to come."""
        self._skipping = True
        reason = f"a line longer than {MAX_RECORD >> 20} MiB"
        if HEADER_START.match(self._rest):
            self._end(out)
            self._pending = _Pending(None, "")
            reason = LONG_HEADER
        elif self._pending is not None and self._rest.startswith(b"\t"):
            self._pending.give_up()
            return
        out.append(BadRecord(self._offset, reason, self.file))

    def _payload_line(self, line: bytes, out: list[Record | BadRecord]) -> None:
        """Takes a line of the pending payload; editors strip the tab of an empty one."""
        if self._pending is not None:
            self._pending.add(line[1:])
            if self._pending.complete:
                self._end(out)
        elif line.startswith(b"\t"):
            self._report_stray(STRAY, out)

    def _report_stray(self, reason: str, out: list[Record | BadRecord]) -> None:
        if not self._stray:
            out.append(BadRecord(self._offset, reason, self.file))
        self._stray = True

    def _begin(self, line: bytes, out: list[Record | BadRecord]) -> None:
        try:
            header = RecordHeader.read(line)
        except DamagedHeader as error:
            out.append(BadRecord(self._offset, str(error), self.file))
            self._pending = _Pending(None, "")
            return
        seconds = self._clock.seconds(header)
        record = Record(self._offset, seconds, header.place, header.metadata, None, self.file, header.pid)
        if checksum := header.metadata.get("has_payload"):
            self._pending = _Pending(record, str(checksum), carriage_returns=line.endswith(b"\r"))
        else:
            out.append(record)

    def _end(self, out: list[Record | BadRecord]) -> None:
        """Closes the pending record, whole or not."""
        pending, self._pending = self._pending, None
        if pending is None or pending.record is None:
            return
        record = pending.record
        if pending.complete:
            try:
                text = b"\n".join(pending.lines).decode()
            except UnicodeDecodeError as error:
                reason = f"its payload is not UTF-8 from byte {error.start} on"
                out.append(BadRecord(record.offset, reason, self.file, record))
                return
            out.append(replace(record, payload=text))
        elif pending.too_large:
            out.append(BadRecord(record.offset, f"a payload larger than {MAX_RECORD >> 20} MiB", self.file, record))
        elif not pending.lines:
            out.append(BadRecord(record.offset, MISSING, self.file, record))
        else:
            out.append(BadRecord(record.offset, CUT, self.file, record))


class _Pending:
    """A record whose payload is still arriving; `record` is None where its first line was unreadable."""

    def __init__(self, record: Record | None, checksum: str, *, carriage_returns: bool = False) -> None:
        self.record = record
        self.lines: list[bytes] = []
        self.too_large = False
        self._checksum = checksum
        self._carriage_returns = carriage_returns
        """Whether the log went through a system that ends lines with CR LF; the checksum is of the text before."""
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._size = 0

    @property
    def complete(self) -> bool:
        return bool(self.lines) and self._md5.hexdigest() == self._checksum

    def add(self, line: bytes) -> None:
        if self.record is None or self.too_large:
            return
        if self._carriage_returns:
            line = line.removesuffix(b"\r")
        self._md5.update(b"\n" + line if self.lines else line)
        self._size += len(line) + 1
        self.lines.append(line)
        if self._size > MAX_RECORD:
            self.give_up()

    def give_up(self) -> None:
        """Lets go of a payload that is too large to be held."""
        self.too_large = True
        self.lines.clear()
