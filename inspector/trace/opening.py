"""From what somebody pointed at to the contents of its logs, named and in order."""

from __future__ import annotations

import os
import shlex
import sys
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path

from inspector.errors import UsageError
from inspector.regular import open_regular
from inspector.trace.compile_ids import Prefixes
from inspector.trace.content import Content, MadeContent, PlainContent, Spool, UnpackedContent
from inspector.trace.debug_folder import as_trace
from inspector.trace.files import (
    MAKE_ONE,
    FoundLog,
    Input,
    debug_runs,
    find_logs,
    input_at,
    look_at,
    lying_deeper,
    unreadable,
)
from inspector.trace.packing import RawStream


@dataclass(frozen=True)
class Source:
    """One log file of a trace."""

    file: str
    """Its name relative to the folder that was opened: `Record.file`; `-` for standard input."""
    path: Path | None
    """Where it lies; None for standard input."""
    rank: int | None
    """The rank of the process that wrote it; None for a program of one process."""
    restart: int
    """How many logs the same rank wrote before this one: 0, or more after a restart."""
    prefix: str
    """What stands before its compile ids: empty for the first log, `rank1/`, `rank1.2/` after a restart, `log2/`."""
    size: int
    """Bytes on disk, packed where it is packed; 0 for standard input."""
    packing: str = ""
    """`gzip`, `zstd`, or empty."""


class Opening:
    """What was pointed at.

    Args:
        path: as `TraceLog.open` takes it.
        follow: whether it is still being written, or even to come.
        latest: of a folder, only the log that was written last.

    Raises:
        UsageError: nothing lies there that could be read as a trace.
    """

    def __init__(self, path: Path | str, *, follow: bool = False, latest: bool = False) -> None:
        self.path = None if str(path) == "-" else Path(path)
        self.title = "standard input" if self.path is None else str(path)
        self._no_logs: dict[Path, tuple[int, int]] = {}
        """Files of the folder that are no logs, with their size and time when they were looked at."""
        self._latest = latest
        self._prefixes = Prefixes()
        self._logs_of_rank: dict[int, int] = {}
        self._known: set[str] = set()
        self._spool = Spool()
        self._made: dict[str, bytes] = {}
        """Source → trace made from something that is none itself."""
        self.kind = Input.LOGS if follow and self.path is not None and not self.path.exists() else input_at(path)
        self.follow = follow and self.kind in (Input.LOG, Input.LOGS)
        """Whether more may come; what comes through a pipe has an end of its own."""
        if self.kind is Input.BUNDLE:
            raise UsageError(f"{path} is a bundle, not a log.", "`inspector open` and `inspector show` take both.")

    @property
    def ignored(self) -> tuple[Path, ...]:
        """Files of the folder that are no logs."""
        return tuple(self._no_logs)

    def new_sources(self) -> list[Source]:
        """The logs that were not given before.

        Raises:
            UsageError: there is none at all, or one cannot be read; unless the trace is followed.
        """
        if self.path is None:
            return [] if self._known else [self._source("-", None, None, 0)]
        if self.kind is Input.DEBUG:
            return [] if self._known else [self._debug(run) for run in debug_runs(self.path)]
        try:
            if self.kind is Input.STORED:
                return [] if self._known else [self._stored(self.path)]
            found = self._found(self.path)
        except OSError as error:
            raise unreadable(self.path, error) from error
        new = [self._source(log.name, log.path, log.rank, log.size, log.packing) for log in found]
        if not self._known and not self.follow:
            raise _no_log_in(self.path)
        return new

    def content(self, source: Source) -> Content:
        """The bytes of a source; closed by whoever asked for it.

        Raises:
            UsageError: it cannot be read.
        """
        if source.file in self._made:
            return MadeContent(self._made.pop(source.file))
        try:
            if source.path is None:
                stream = RawStream(os.dup(sys.stdin.fileno()))
                return UnpackedContent(lambda: stream, self._spool)
            if not source.packing and source.path.is_file():
                return PlainContent(source.path)
            return UnpackedContent(partial(_stream, source.path), self._spool)
        except (OSError, ValueError, AttributeError) as error:
            if source.path is None:
                raise UsageError("There is no standard input to read.", "Give a log's path in place of `-`.") from error
            raise unreadable(source.path, error if isinstance(error, OSError) else OSError(str(error))) from error

    def close(self) -> None:
        """Gives back what the contents shared."""
        self._spool.close()

    def replaced(self, content: Content) -> bool:
        """Whether a log that is followed was begun anew, so that nothing known of it holds."""
        return isinstance(content, PlainContent) and content.replaced

    def again(self, source: Source) -> Source:
        """A source that was begun anew."""
        return replace(source, size=0 if source.path is None else source.path.stat().st_size)

    def _found(self, path: Path) -> list[FoundLog]:
        if path.is_dir():
            return self._found_in(path)
        if self._known or not path.exists():
            return []
        if path.is_file() and not path.stat().st_size and not self.follow:
            raise UsageError(f"{path} is empty.", MAKE_ONE)
        return [look_at(path, path.name) or FoundLog.unknown(path)]

    def _found_in(self, folder: Path) -> list[FoundLog]:
        logs, others = find_logs(folder, lambda path: self._seen(path, folder))
        for path in others:
            self._no_logs[path] = _look(path)
        for log in logs:
            self._no_logs.pop(log.path, None)
        if self._latest:
            logs = [] if self._known else sorted(logs, key=lambda log: log.path.stat().st_mtime)[-1:]
        return logs

    def _seen(self, path: Path, folder: Path) -> bool:
        """Whether a file is a log that was given, or no log and the same as when it was looked at."""
        before = self._no_logs.get(path)
        return before == _look(path) if before else path.relative_to(folder).as_posix() in self._known

    def _debug(self, run: Path) -> Source:
        data = as_trace(run)
        self._made[run.name] = data
        return self._source(run.name, run, None, len(data))

    def _stored(self, folder: Path) -> Source:
        from inspector.trace.stored_trace import as_trace as stored_as_trace

        data = stored_as_trace(folder)
        name = folder.resolve().name
        self._made[name] = data
        return self._source(name, folder, None, len(data))

    def _source(self, file: str, path: Path | None, rank: int | None, size: int, packing: str = "") -> Source:
        self._known.add(file)
        restart = 0
        if rank is not None:
            restart = self._logs_of_rank.get(rank, 0)
            self._logs_of_rank[rank] = restart + 1
        return Source(file, path, rank, restart, self._prefixes.of(file, rank), size, packing)


_NAMED = 3
"""Things below a folder that are named where it holds no log."""


def _no_log_in(path: Path) -> UsageError:
    """That there is nothing to open, or that it lies deeper, and how it is opened."""
    found = list(islice(lying_deeper(path), _NAMED + 1)) if path.is_dir() else []
    if not found:
        return UsageError(f"There is no log in {path}.", MAKE_ONE)
    listed = ", ".join(f"{where} ({what})" for where, what in found[:_NAMED])
    more = " and more" if len(found) > _NAMED else ""
    return UsageError(
        f"There is no log in {path} or in the folders near its top; deeper lies {listed}{more}.",
        f"`inspector show {shlex.quote(str(found[0][0]))}` looks at the first.",
    )


def _stream(path: Path) -> RawStream:
    return RawStream(open_regular(path, pipes=True))


def _look(path: Path) -> tuple[int, int]:
    try:
        facts = path.stat()
    except OSError:
        return 0, 0
    return facts.st_size, facts.st_mtime_ns
