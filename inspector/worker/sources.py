"""The source files that a capture points into, each written to the trace once."""

from __future__ import annotations

import tokenize
from collections.abc import Iterable
from pathlib import Path

import torch

from inspector.targets.base import SourceRange
from inspector.worker import records
from inspector.worker.stacks import Stack

_TORCH = Path(torch.__file__).parent


class Sources:
    """Remembers which files are in the trace already."""

    def __init__(self) -> None:
        self._written: set[str] = set()

    def forget(self) -> None:
        """Another trace has begun, in which none is yet."""
        self._written.clear()

    def add_target(self, source: SourceRange | None) -> None:
        """The target's own file, shown at its definition; nothing for code without a file."""
        if source is not None:
            self._write(source.file, source.first_line)

    def add_function(self, file: str, line: int) -> None:
        """The file of a function that was compiled, shown at its definition; torch's own are left out."""
        if not Path(file).is_relative_to(_TORCH):
            self._write(file, line)

    def add(self, stacks: Iterable[Stack]) -> None:
        """The files of these stacks, shown at the first place in each; torch's own only where a stack has no other."""
        for stack in stacks:
            theirs = [place for place in stack if not Path(place.file).is_relative_to(_TORCH)]
            for place in theirs or stack:
                self._write(place.file, place.line)

    def _write(self, file: str, focus: int) -> None:
        if file in self._written:
            return
        self._written.add(file)
        if file.startswith("<"):
            return  # made by exec: there is no file, and Python has no text of it
        try:
            with tokenize.open(file) as stream:
                text = stream.read()
        except (OSError, SyntaxError, UnicodeDecodeError) as error:
            records.note("missing", f"The source file {file} could not be read: {error}")
            return
        records.write("source", {"name": Path(file).name, "path": file, "text": text, "focus": focus})
