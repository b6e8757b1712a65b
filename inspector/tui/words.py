"""Sentences of the interface that are made from data, apart from any widget."""

from __future__ import annotations

import re
import textwrap


def wrapped(text: str, width: int) -> list[str]:
    """A text in lines of at most `width` cells; a terminal may have fewer than none to spare."""
    return textwrap.wrap(text, max(1, width), break_on_hyphens=False)


_LOG_PREFIX = re.compile(r"^[VDIWEC]\d{4} [\d:.]+ \d+ (?:\S*/)?(\S+?:\d+)\] ?", re.MULTILINE)
"""Level, day, time, process and a long path, as torch's logging puts them before a line."""


def short_log(text: str) -> str:
    """A log without what torch puts before each line, except the file and line that wrote it."""
    return _LOG_PREFIX.sub(r"\1 ", text)
