"""What the command line knows of the terminal: whether to colour, how wide, and one status line."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from typing import TextIO

from inspector.say.doc import Tone


def wants_colour(stream: TextIO) -> bool:
    """Whether to colour what goes to `stream`: on a terminal that can, unless NO_COLOR; FORCE_COLOR for pipes."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return stream.isatty() and os.environ.get("TERM", "dumb") != "dumb"


def interactive() -> bool:
    """Whether a person sits at both ends, of a terminal that can place the cursor, or of a browser."""
    if os.environ.get("TEXTUAL_DRIVER", "").endswith(":WebDriver"):  # started by `inspector serve`
        return True
    return sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM", "") not in ("", "dumb")


def bar(share: float, width: int = 20) -> str:
    """A bar of `share` (0 to 1) of `width` columns, in eighths of a column."""
    eighths = round(max(0.0, min(1.0, share)) * width * 8)
    whole, part = divmod(eighths, 8)
    return "█" * whole + (" ▏▎▍▌▋▊▉"[part] if part else "")


class Style:
    """Wraps text in the terminal's own sixteen colours, or leaves it alone."""

    def __init__(self, colour: bool) -> None:
        self.colour = colour

    def _wrap(self, code: str, text: str) -> str:
        return f"\x1b[{code}m{text}\x1b[0m" if self.colour and text else text

    def toned(self, tone: Tone) -> Callable[[str], str]:
        """Colours words as they are meant."""
        paints: dict[Tone, Callable[[str], str]] = {
            Tone.QUIET: self.dim,
            Tone.STRONG: self.bold,
            Tone.NAME: self.name,
            Tone.GOOD: self.good,
            Tone.WARNING: self.warn,
            Tone.ERROR: self.bad,
        }
        return paints.get(tone, str)

    def bold(self, text: str) -> str:
        return self._wrap("1", text)

    def italic(self, text: str) -> str:
        return self._wrap("3", text)

    def underlined(self, text: str) -> str:
        """What leads somewhere."""
        return self._wrap("4", text)

    def struck(self, text: str) -> str:
        """What no longer holds."""
        return self._wrap("9", text)

    def dim(self, text: str) -> str:
        """What one may skip."""
        return self._wrap("2", text)

    def good(self, text: str) -> str:
        return self._wrap("32", text)

    def warn(self, text: str) -> str:
        """Worth knowing."""
        return self._wrap("33", text)

    def bad(self, text: str) -> str:
        return self._wrap("31", text)

    def name(self, text: str) -> str:
        """A name that one may type back."""
        return self._wrap("36", text)


class ProgressLine:
    """One line on stderr that is written over; nothing where stderr is no terminal."""

    def __init__(self) -> None:
        self._on = sys.stderr.isatty() and os.environ.get("TERM", "dumb") != "dumb"
        self._shown = ""

    def show(self, text: str) -> None:
        """Puts `text` in place of what was shown."""
        text = text[: shutil.get_terminal_size().columns - 1]
        if text != self._shown:
            self._write(text)

    def clear(self) -> None:
        """Takes the line away."""
        if self._shown:
            self._write("")

    def _write(self, text: str) -> None:
        if not self._on:
            return
        self._shown = text
        try:
            sys.stderr.write(f"\r\x1b[2K{text}")
            sys.stderr.flush()
        except OSError:  # the terminal was closed; nobody looks any more
            self._on = False
