"""Texts that are no stage's own: what they are called, and what they are written in."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from inspector.jsontext import Malformed, load
from inspector.model.artifact import Artifact, Language, artifact_id
from inspector.model.stage import Stage
from inspector.trace.reader import MAX_DEPTH

MAX_INDENTED = 16 << 20
"""Characters of JSON beyond which it is kept as it came: indenting would take several times the memory."""

_FX = re.compile(r"\s*(?:ExportedProgram:\s*)?(?:class [^\n]{1,200}\(torch\.nn\.Module\):|def forward\(self\b)")
_CPP = re.compile(r"\s*(?:#include|#pragma|//)")
_PYTHON = re.compile(r"\s*(?:import |from \S+ import |def |async def |class |@|#)")


class Others:
    """The texts beside the stages, in the order they came, each under a name of its own within its compile id."""

    def __init__(self) -> None:
        self._kept: dict[str, Artifact] = {}
        self._known: set[tuple[str, int]] = set()
        """Id without its number, and the hash of a text that is kept under it."""
        self._numbers: dict[str, int] = {}
        self._lines: dict[str, list[str]] = {}
        """Id → what small records said, a line each."""

    def __iter__(self) -> Iterator[Artifact]:
        for key, lines in self._lines.items():
            if len(lines) > 1:
                self._kept[key] = _with_text(self._kept[key], "".join(lines))
                lines[:] = ["".join(lines)]
        return iter(self._kept.values())

    def keep(self, compile_id: str | None, name: str, text: str, language: Language, path: str | None = None) -> bool:
        """Keeps a text; a second one of the same name gets a number after it.

        Returns:
            Whether it is new: the same text under the same name is there once.
        """
        base = artifact_id(Stage.OTHER, compile_id, None, _named(name))
        if (base, hash(text)) in self._known:
            return False
        self._known.add((base, hash(text)))
        number = self._numbers[base] = self._numbers.get(base, 0) + 1
        key = base if number == 1 else f"{base}-{number}"
        while key in self._kept:  # somebody else's name ends in that number
            number = self._numbers[base] = number + 1
            key = f"{base}-{number}"
        self._kept[key] = Artifact(key, Stage.OTHER, compile_id, None, language, text, path)
        return True

    def add_line(self, compile_id: str | None, name: str, line: str) -> None:
        """Adds a line to the one text that holds all records of a kind that have no payload."""
        base = artifact_id(Stage.OTHER, compile_id, None, _named(name))
        if base in self._lines:
            self._lines[base].append(line + "\n")
        else:
            self._lines[base] = [line + "\n"]
            self._kept[base] = Artifact(base, Stage.OTHER, compile_id, None, Language.JSON, line + "\n")


def _with_text(artifact: Artifact, text: str) -> Artifact:
    return Artifact(artifact.id, artifact.stage, artifact.compile_id, artifact.kernel, artifact.language, text)


def _named(name: str) -> str:
    """A name that a person can read and type: one line, no control characters, not endless."""
    clean = "".join(char if char.isprintable() else "_" for char in name[:120]).strip()
    return clean or "(no name)"


def readable(text: str, encoding: object = "") -> tuple[str, Language]:
    """A payload as a person reads it, and what it is written in: JSON is indented, all else is as it came.

    Args:
        encoding: what the record says of it, `json` or `string`.
    """
    start = text[:1024]
    if encoding == "json" or start.lstrip()[:1] in ("{", "["):
        indented = _indented(text)
        if indented is not None:
            return indented, Language.JSON
    if _FX.match(start):
        return text, Language.FX
    if _CPP.match(start):
        return text, Language.CPP
    return text, Language.PYTHON if _PYTHON.match(start) else Language.TEXT


def _indented(text: str) -> str | None:
    """The same JSON with an indentation; None where it is none, or so much that it is better left alone."""
    if len(text) > MAX_INDENTED:
        return None
    try:
        data = load(text.encode(), depth=MAX_DEPTH, lax=True)
        # Half a surrogate pair can only be shown as the escape that it was written as.
        halves = "\\ud" in text or "\\uD" in text
        return json.dumps(data, indent=2, ensure_ascii=halves) + "\n"
    except Malformed:
        return None
