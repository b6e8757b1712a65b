"""The characters the widgets draw with, and their ASCII stand-ins."""

from __future__ import annotations

import locale
import os
from dataclasses import dataclass
from functools import cache

from inspector.tui.widgets.state import StageState


@dataclass(frozen=True)
class Glyphs:
    """One alphabet to draw with."""

    ascii: bool
    states: dict[StageState, str]
    spinner: str
    """Frames of the animation of something live."""
    marks: tuple[str, str, str, str]
    """Gutter marks: other group, pinned, relative, anchor."""
    notes: tuple[str, str, str]
    """Beside a line's number: a note stands here, one elsewhere is about this too, the facts have something to say."""
    rule: str
    separator: str
    ellipsis: str
    wrapped: str
    """Stands in the gutter of a wrapped line's further rows."""
    opened: str
    closed: str
    bar: str
    """Eighths of a cell, empty to full."""
    dot: str
    left: str
    right: str


UNICODE = Glyphs(
    ascii=False,
    states={StageState.WAITING: "·", StageState.LIVE: "◐", StageState.DONE: "✓", StageState.FAILED: "✗"},
    spinner="◐◓◑◒",
    marks=("┊", "◆", "┃", "▌"),
    notes=("●", "○", "◌"),
    rule="─",
    separator="·",
    ellipsis="…",
    wrapped="↪",
    opened="▾",
    closed="▸",
    bar=" ▏▎▍▌▋▊▉█",
    dot="•",
    left="‹",
    right="›",
)

ASCII = Glyphs(
    ascii=True,
    states={StageState.WAITING: ".", StageState.LIVE: "*", StageState.DONE: "+", StageState.FAILED: "x"},
    spinner="|/-\\",
    marks=(":", "#", "|", ">"),
    notes=("@", "o", "."),
    rule="-",
    separator="-",
    ellipsis="~",
    wrapped="\\",
    opened="v",
    closed=">",
    bar="    #####",
    dot="*",
    left="<",
    right=">",
)


@cache
def glyphs() -> Glyphs:
    """The alphabet this terminal can show: ASCII where the locale is not UTF-8, or `INSPECTOR_ASCII` is set."""
    if os.environ.get("INSPECTOR_ASCII", "") not in ("", "0"):
        return ASCII
    return UNICODE if "utf" in locale.getpreferredencoding(False).lower() else ASCII
