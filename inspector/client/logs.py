"""What the worker printed, made fit for a terminal."""

from __future__ import annotations

import codecs
import re
from pathlib import Path

_CHUNK = 256 * 1024
"""Bytes; a reader that falls further behind than this skips to the end rather than flood the log pane."""

_LONGEST = 300
"""Characters of one line of a log's end."""
_BEFORE = 3
"""Lines to keep of what was printed just before a crash."""

_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor moves, screen clearing
    r"|\x1b[\]PX^_].*?(?:\x07|\x1b\\|\x9c|$)"  # OSC, DCS, SOS, PM, APC: titles, links, clipboard
    r"|\x1b[ -/]*[0-~]"  # the two-character kind
    r"|\x9b[0-?]*[ -/]*[@-~]",  # CSI as one C1 character
    re.MULTILINE,
)
_OVERWRITTEN = re.compile(r"^.*\r(?=[^\r\n])", re.MULTILINE)
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def sanitise(text: str) -> str:
    """Text without terminal escape sequences and control characters, newlines and tabs excepted.

    Of a line that was overwritten with carriage returns (a progress bar) the last state remains.
    """
    return _CONTROLS.sub("", _OVERWRITTEN.sub("", _ESCAPES.sub("", text).replace("\r\n", "\n")))


def last_lines(path: Path, count: int = 20) -> tuple[str, ...]:
    """The last `count` non-empty lines of a log, sanitised; nothing where there is no log.

    Of a crash that Python itself wrote down, the part that says where it was: the thread that crashed, innermost
    frames first, rather than the list of extension modules at the end.
    """
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - 64 * 1024))
            text = file.read().decode(errors="replace")
    except OSError:
        return ()
    lines = [line.rstrip()[:_LONGEST] for line in sanitise(text).split("\n")]
    lines = [line for line in lines if line and not line.startswith("Extension modules:")]
    fatal = max((number for number, line in enumerate(lines) if line.startswith("Fatal Python error:")), default=None)
    if fatal is None or len(lines) - fatal <= count - _BEFORE:
        return tuple(lines[-count:])
    heads = (number for number in range(fatal, len(lines)) if lines[number].startswith("Current thread"))
    head = next(heads, fatal + 1)
    before = lines[max(0, fatal - _BEFORE) : fatal + 1]
    return tuple(before + lines[head : head + count - len(before)])


class LogTail:
    """Follows one growing log file and hands out whole lines."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._offset = 0
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._pending = ""

    def read(self, *, last: bool = False) -> str:
        """The whole lines written since the last call, sanitised; with `last`, an unfinished line as well."""
        self._pending += self._decoder.decode(self._new_bytes(), final=last)
        whole, newline, rest = self._pending.rpartition("\n")
        if last or len(rest) > _CHUNK:
            whole, newline, rest = self._pending, "", ""
        self._pending = rest
        return sanitise(whole + newline)

    def _new_bytes(self) -> bytes:
        try:
            size = self._path.stat().st_size
            if size == self._offset:
                return b""
            with self._path.open("rb") as file:
                skipped = max(0, size - self._offset - _CHUNK)
                file.seek(self._offset + skipped)
                data = file.read(_CHUNK)
        except FileNotFoundError:
            return b""
        self._offset += skipped + len(data)
        return f"\n… {skipped} bytes left out …\n".encode() + data if skipped else data
