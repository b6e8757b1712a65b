"""What a path is that somebody pointed at, and which log files lie there."""

from __future__ import annotations

import os
import re
import stat
from calendar import isleap
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

from inspector.errors import UsageError
from inspector.regular import check_regular, open_regular
from inspector.trace.compile_ids import rank_in
from inspector.trace.packing import RawStream, packing_of, unpack_start
from inspector.trace.reader import HEADER_START, DamagedHeader, RecordHeader
from inspector.trace.stored import is_stored, keeps_code

MAKE_ONE = "Make one with TORCH_TRACE=FOLDER python your_script.py and give that folder."
MAX_DEPTH = 4
"""Folders below the one that was given."""
MAX_FILES = 20_000
"""Files of a folder that are looked at."""
_START = 64 << 10
"""Bytes of a file, unpacked, in which a log's first record must begin."""
_LINES = re.compile(rb"^" + HEADER_START.pattern + rb"[^\n]*", re.MULTILINE)


class Input(StrEnum):
    """What a path can be."""

    LOG = "log"
    """A file that is read as a structured trace, packed or not; a pipe too."""
    LOGS = "logs"
    """A folder that logs lie in."""
    TLPARSE = "tlparse output"
    """A folder that tlparse wrote, with the log it was made from."""
    DEBUG = "torch_compile_debug folder"
    """One without a trace in it, as older versions of torch leave it; one with a trace is a folder of logs."""
    STORED = "folder of compiled code"
    """What torch.compile, or a server that uses it, keeps between runs."""
    BUNDLE = "bundle"
    STDIN = "standard input"


@dataclass(frozen=True)
class FoundLog:
    """A log that was found."""

    path: Path
    name: str
    """Relative to the folder that was given, with `/`; the file's own name where a file was given."""
    rank: int | None
    began: datetime
    """When its first record was written, as far as the log and the file's date tell."""
    size: int
    """Bytes on disk."""
    packing: str
    """`gzip`, `zstd` or empty."""

    @classmethod
    def unknown(cls, path: Path) -> FoundLog:
        """What somebody says is a log, though it does not begin like one."""
        return cls(path, path.name, rank_in(path.name), datetime.fromtimestamp(0), path.stat().st_size, "")


def input_at(path: Path | str) -> Input:
    """What lies at a path; `-` is standard input.

    A file that nothing is known of counts as a log: whether there is a record in it shows when it is read.

    Raises:
        UsageError: nothing lies there, or it cannot be read.
    """
    if str(path) == "-":
        return Input.STDIN
    path = Path(path)
    try:
        mode = path.stat().st_mode
        if not stat.S_ISDIR(mode):
            check_regular(path, mode, pipes=True)
            return Input.BUNDLE if _is_zip(path) else Input.LOG
        if _is_bundle(path):
            return Input.BUNDLE
        if _tlparse_log(path) is not None or any(_tlparse_log(item) for item in path.glob("rank_*")):
            return Input.TLPARSE
        if is_stored(path) and not _holds_log(path):
            return Input.STORED
        traced = any((path / "tlparse").glob("*.log"))
        return Input.DEBUG if debug_runs(path) and not traced else Input.LOGS
    except OSError as error:
        raise unreadable(path, error) from error


def _holds_log(folder: Path) -> bool:
    """Whether a log by its name and its beginning lies below a folder: then it is that which somebody wants to see."""
    return any(".log" in path.name and look_at(path, path.name) is not None for path in _files(folder, MAX_DEPTH))


def find_logs(folder: Path, passed: Callable[[Path], bool] = lambda _: False) -> tuple[list[FoundLog], list[Path]]:
    """The logs below a folder, by rank and then by their beginning, and the files that are none.

    What tlparse wrote beside a log is neither: it is made from the log.

    Args:
        folder: searched `MAX_DEPTH` folders deep.
        passed: tells of a file whether it need not be looked at, because it was before.

    Raises:
        UsageError: the folder cannot be read.
    """
    logs: list[FoundLog] = []
    others: list[Path] = []
    for path in _files(folder, MAX_DEPTH):
        if passed(path):
            continue
        log = look_at(path, path.relative_to(folder).as_posix())
        if log is None:
            others.append(path)
        else:
            logs.append(log)
    return sorted(logs, key=_order), others


def look_at(path: Path, name: str) -> FoundLog | None:
    """The log at a path; None if no record begins in its first bytes, or it cannot be opened."""
    try:
        facts = path.stat()
        with closing(RawStream(open_regular(path))) as stream:
            packing = packing_of(stream.peek(4))
            start = unpack_start(stream, packing, _START)
    except OSError:
        return None
    headers = list(_headers(start))
    if not headers:
        return None
    rank = next((rank for item in headers if isinstance(rank := item.metadata.get("rank"), int)), None)
    return FoundLog(
        path=path,
        name=name,
        rank=rank_in(name) if rank is None else rank,
        began=_date(headers[0], facts.st_mtime),
        size=facts.st_size,
        packing=packing,
    )


def debug_runs(folder: Path) -> list[Path]:
    """The runs in a `torch_compile_debug` folder, or the one that a run's own folder is; empty for other folders."""
    runs = [item for item in sorted(folder.glob("run_*")) if _is_debug_run(item)]
    return runs or ([folder] if _is_debug_run(folder) else [])


def lying_deeper(folder: Path) -> Iterator[tuple[Path, str]]:
    """What could be opened below a folder that holds no log near its top: folders and files, and what they are."""
    waiting, looked = deque([folder]), 0
    while waiting and looked < MAX_FILES:
        at = waiting.popleft()
        looked += 1
        try:
            items = sorted(os.scandir(at), key=lambda item: item.name)
            below = [item.name for item in items if item.is_dir(follow_symlinks=False)]
            files = [Path(item.path) for item in items if item.is_file(follow_symlinks=False)]
            what = next((kind.value for kind, is_one in _KINDS if is_one(at)), "")
            if not what and keeps_code(at, below):
                what = Input.STORED.value
        except (OSError, UsageError):
            continue
        if what:
            yield at, what
            continue
        yield from ((path, Input.BUNDLE.value) for path in files if path.suffix == ".inspector")
        if any(".log" in path.name and _is_log(path) for path in files):
            yield at, "log"
            continue
        waiting.extend(at / name for name in below)


def _is_log(path: Path) -> bool:
    try:
        return look_at(path, path.name) is not None
    except UsageError:
        return False


def unreadable(path: Path, error: OSError) -> UsageError:
    """The error of a file that cannot be read."""
    return UsageError(
        f"Cannot read {path}: {error.strerror or error}.", "Give a log that TORCH_TRACE wrote, or its folder."
    )


def _files(folder: Path, depth: int) -> Iterator[Path]:
    """The files below a folder that may be logs, in order of their names; links to folders are not followed."""
    try:
        items = sorted(os.scandir(folder), key=lambda item: item.name)
    except OSError as error:
        if depth == MAX_DEPTH:
            raise unreadable(folder, error) from error
        return
    if (log := _tlparse_log(folder)) is not None:
        yield log
        items = [item for item in items if item.name.startswith("rank_")]
    for item in items[:MAX_FILES]:
        if item.name.startswith("."):
            continue
        if item.is_dir():
            if depth and not item.is_symlink():
                yield from _files(Path(item.path), depth - 1)
        elif log is None:
            yield Path(item.path)


def _tlparse_log(folder: Path) -> Path | None:
    """The copy of its input that tlparse leaves beside its pages."""
    log = folder / "raw.log"
    return log if log.is_file() and (folder / "compile_directory.json").is_file() else None


def _is_debug_run(folder: Path) -> bool:
    return (folder / "torchinductor").is_dir() or (folder / "torchdynamo").is_dir()


def _is_bundle(folder: Path) -> bool:
    manifest = folder / "manifest.json"
    if not manifest.is_file():
        return False
    with manifest.open("rb") as stream:
        return b'"inspector-bundle"' in stream.read(4096)


def _is_zip(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as stream:
        start = stream.read(6)
    # Behind the signature the version that reads it, 2.0 as 20: of a damaged log, letters.
    return start[:4] == b"PK\x03\x04" and len(start) == 6 and start[4] < 64 and not start[5]


def _headers(start: bytes) -> Iterator[RecordHeader]:
    for found in _LINES.finditer(start):
        line = found[0]
        if found.end() == len(start):  # cut by the size of the look
            line = line[: line.find(b"{")] + b"{}"
        try:
            yield RecordHeader.read(line)
        except DamagedHeader:
            continue


def _date(header: RecordHeader, mtime: float) -> datetime:
    """When a header was written: its line has no year, but it was before the file was written last."""
    latest = datetime.fromtimestamp(mtime) + timedelta(days=1)
    for year in range(latest.year, latest.year - 2, -1):
        date = datetime(year, 1, 1) + timedelta(seconds=header.since_new_year)
        if header.since_new_year >= 60 * 86400 and not isleap(year):
            date -= timedelta(days=1)
        if date <= latest:
            return date
    return latest


def _order(log: FoundLog) -> tuple[bool, int, datetime, str]:
    return log.rank is None, log.rank or 0, log.began, log.name


_KINDS: tuple[tuple[Input, Callable[[Path], object]], ...] = (
    (Input.BUNDLE, _is_bundle),
    (Input.TLPARSE, _tlparse_log),
    (Input.DEBUG, debug_runs),
)
"""What a folder can be of itself, and what tells."""
