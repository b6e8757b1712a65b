"""What a line begins in: code, a docstring, a block comment, or a kernel inside one of Inductor's strings.

The only thing about earlier lines that a line's colours depend on. Found lazily, in blocks of lines: a block
that holds none of the few strings that could end the present region is passed over with a substring search,
so reaching line 100,000 of a generated file costs a few milliseconds, once.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from inspector.model.artifact import Language

_BLOCK = 512
"""Lines looked at together. Small enough that opening a file reads only its beginning."""

_PYTHONIC = frozenset({Language.PYTHON, Language.FX, Language.INDUCTOR, Language.IR, Language.TRITON})
_QUOTES = ('"""', "'''")


class Region(NamedTuple):
    """What a stretch of text is part of."""

    language: Language
    """The language of the code in or around it."""
    outer: str = ""
    """The quote that ends the string this code is embedded in; empty for the file's own code."""
    inside: str = ""
    """What ends the docstring or comment this is; empty for code."""


class RegionStart(NamedTuple):
    """From this place on, text belongs to `region`."""

    line: int
    """0-based."""
    col: int
    region: Region


class RegionMap:
    """The regions of one text, found as far as asked for.

    Args:
        language: what the text as a whole is written in.
        lines: the text, cut at newlines.
    """

    def __init__(self, language: Language, lines: Sequence[str]) -> None:
        self._file = Region(language)
        self._lines = lines
        self._changes = [RegionStart(0, 0, self._file)]
        self._scanned = 0 if _stops(self._file) else len(lines)

    def of_line(self, line: int) -> list[RegionStart]:
        """The regions that 0-based `line` lies in; the first begins at column 0."""
        while self._scanned <= line < len(self._lines):
            self._scan_block()
        index = bisect_right(self._changes, (line, 0), key=_place)
        found = [RegionStart(line, 0, self._changes[index - 1].region)]
        while index < len(self._changes) and self._changes[index].line == line:
            found.append(self._changes[index])
            index += 1
        return found

    def _scan_block(self) -> None:
        line = self._scanned
        self._scanned = min(line + _BLOCK, len(self._lines))
        text = "\n".join(self._lines[line : self._scanned])
        region = self._changes[-1].region
        if not any(stop in text for stop in _stops(region)):
            return
        place = counted = 0
        while (found := _boundary(region).search(text, place)) is not None:
            place = found.end()
            if found["stop"] is None:  # a comment or a string of one line, stepped over
                continue
            region, at = self._cross(region, found)
            line += text.count("\n", counted, at)
            counted = at
            self._changes.append(RegionStart(line, at - text.rfind("\n", 0, at) - 1, region))

    def _cross(self, region: Region, found: re.Match[str]) -> tuple[Region, int]:
        """The region on the other side of a boundary, and where it begins."""
        stop = found["stop"]
        if stop == region.outer:  # the Python string ends, whatever the code in it was in the middle of
            return self._file, found.start("stop")
        if region.inside:
            return region._replace(inside=""), found.end()
        if stop == "/*":
            return region._replace(inside="*/"), found.start("stop")
        if not region.outer and (embedded := _embedded(found)) is not None:
            return Region(embedded, outer=stop), found.end()
        return region._replace(inside=stop), found.start()  # a docstring, with its prefix


def _place(change: RegionStart) -> tuple[int, int]:
    return change.line, change.col


@cache
def _stops(region: Region) -> tuple[str, ...]:
    """The strings that can end a region, or begin another inside it; empty for a language without regions."""
    outer = (region.outer,) if region.outer else ()
    if region.inside:
        return (*outer, region.inside)
    if region.language in _PYTHONIC:
        return _QUOTES
    return (*outer, "/*") if region.language in (Language.CPP, Language.PTX) else outer


@cache
def _boundary(region: Region) -> re.Pattern[str]:
    """Finds the next boundary (group `stop`) or something in which a boundary does not count."""
    stops = "|".join(re.escape(stop) for stop in _stops(region))
    guard = f"(?!{re.escape(region.outer)})" if region.outer else ""
    if region.inside == "*/":
        return re.compile(f"(?P<stop>{stops})")
    if region.inside:
        return re.compile(rf"\\[\s\S]|(?P<stop>{stops})")
    one_line = rf""""(?:{guard}[^"\\\n]|\\.)*"|[\'](?:{guard}[^'\\\n]|\\.)*[\']"""
    if region.language in _PYTHONIC:
        return re.compile(rf"\#(?:{guard}[^\n])*|[rRbBuUfF]{{0,2}}(?P<stop>{stops})|{one_line}")
    return re.compile(rf"(?P<stop>{stops})|//(?:{guard}[^\n])*|{one_line}")


_KERNEL_CALL = re.compile(r"async_compile\.(\w+)")
_FIRST_WORDS = ((Language.CPP, ("#include", "#pragma", "extern ")), (Language.TRITON, ("import triton", "@triton")))


def _embedded(found: re.Match[str]) -> Language | None:
    """The language of the kernel in the Python string that begins here; None for an ordinary string."""
    text = found.string
    before = text[text.rfind("\n", 0, found.start()) + 1 : found.start()]
    if call := _KERNEL_CALL.search(before):
        return Language.TRITON if "triton" in call[1] else Language.CPP
    content = text[found.end() : found.end() + 64].lstrip()
    return next((language for language, words in _FIRST_WORDS if content.startswith(words)), None)
