"""What the index wants of a record's first line, most often without reading the line as JSON.

torch writes most first lines in one shape: one key with a flat object, then the compile id and a checksum. `FIRST_LINE`
cuts such a line into these parts, and a part that was seen before is not read again: thousands of lines share theirs.
What is of another shape, or is no JSON, is left to who reads whole lines and says what is wrong with them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Generic, NamedTuple, TypeVar

from inspector.jsontext import Malformed
from inspector.model.number import integer_or_none
from inspector.trace.compile_ids import CONTEXT, MAX_NAME, compile_id_in, kind_in
from inspector.trace.reader import HEADER_START, read_json

_TIME = rb"(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01]) (?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,6})?"
_USUAL = rb"[VDIWEC]" + _TIME + rb' +(\d+) [^\]\n]{1,4096}\] (\{"\w+": \{[^{}\n]{0,4096}\})([^{}\n]{0,4096})\}(?=\r?\n)'
FIRST_LINE = re.compile(rb"\n(?:" + _USUAL + rb"|" + HEADER_START.pattern + rb"|([^\t\r\n]))")
"""The end of a line before one that begins like a record; groups, if that one is of the usual shape: the number of the
process, and its two parts. Or the end of a line before one that begins like neither a record nor a payload: then the
last group is what that begins with."""
_SUM = b', "has_payload": "'
_SUM_SIZE = len(_SUM) + 32 + 1
_QUOTE = ord('"')
_REMEMBERED = 4096
"""Parts that are kept at once: lines that share theirs stand near each other."""
_Part = TypeVar("_Part")
_Made = TypeVar("_Made")


class Glance(NamedTuple):
    """A first line, as far as the index wants to know it."""

    kind: str
    compile_id: str | None
    """As torch prints it; None outside any compile."""
    attempt: int
    has_payload: bool

    @classmethod
    def at(cls, metadata: Mapping[str, Any]) -> Glance:
        """Of metadata that were read as a whole."""
        attempt = metadata.get("attempt")
        return cls(
            kind_in(metadata)[:MAX_NAME],
            compile_id_in(metadata),
            integer_or_none(attempt) or 0,
            "has_payload" in metadata,
        )


class Glances(Generic[_Made]):
    """Reads first lines by their two parts.

    Args:
        make: makes of a glance what is wanted of it; for lines that differ in their checksums alone, once.
    """

    def __init__(self, make: Callable[[Glance], _Made]) -> None:
        self._make = make
        self._made: dict[tuple[bytes, bytes, bool], _Made] = {}
        self._kinds: dict[bytes, str | None] = {}
        self._contexts: dict[bytes, tuple[str | None, int] | None] = {}

    def read(self, first: bytes, rest: bytes) -> _Made | None:
        """What is made of the line with these parts; None where somebody has to read all of it.

        Each part is JSON by itself where the line is, for the second begins where an object's next key does; and what
        they say together is what they say one by one.
        """
        has_payload = rest.startswith(_SUM, -_SUM_SIZE)
        if has_payload:
            if not rest[-33:-1].isalnum() or rest[-1] != _QUOTE:
                return None
            rest = rest[:-_SUM_SIZE]
        parts = (first, rest, has_payload)
        if (made := self._made.get(parts)) is not None:
            return made
        kind = self._kinds[first] if first in self._kinds else _keep(self._kinds, first, _kind(first))
        context = self._contexts[rest] if rest in self._contexts else _keep(self._contexts, rest, _context(rest))
        if kind is None or context is None:
            return None
        return _keep(self._made, parts, self._make(Glance(kind, *context, has_payload)))


def _keep(known: dict[_Part, _Made], part: _Part, value: _Made) -> _Made:
    """Remembers a value; when there are many, those before it are forgotten."""
    if len(known) >= _REMEMBERED:
        known.clear()
    known[part] = value
    return value


def _kind(first: bytes) -> str | None:
    """The kind of a record whose metadata begins with this key; None where it does not tell."""
    metadata = _object(first + b"}")
    return None if metadata is None or not CONTEXT.isdisjoint(metadata) else Glance.at(metadata).kind


def _context(rest: bytes) -> tuple[str | None, int] | None:
    """Compile id and attempt; None where something else is said too."""
    if not rest:
        return None, 0
    metadata = _object(b"{" + rest[2:] + b"}") if rest.startswith(b', "') else None
    if metadata is None or not metadata.keys() <= CONTEXT or "has_payload" in metadata:
        return None
    glance = Glance.at(metadata)
    return glance.compile_id, glance.attempt


def _object(text: bytes) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = read_json(text)
    except Malformed:
        return None
    return found
