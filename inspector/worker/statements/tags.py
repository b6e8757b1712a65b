"""The tags: what a line carries from the moment it is written until the kernel's text is whole.

A tag is an index into its thread's table of statements, between two control characters that no C++, Python or
Triton source holds. It has to be text: Inductor moves lines about with regular expressions and f-strings, which
keep nothing but text.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable
from typing import NamedTuple

MARK = "\x01"
_END = "\x02"
_TAG = re.compile(f"{MARK}(\\d+){_END}")


class TaggedLine(NamedTuple):
    """What is known about one line; the fields are those of `StatementLine`."""

    nodes: tuple[str, ...]
    others: tuple[str, ...]
    kind: str
    definitions: tuple[str, ...]


class GenerationScope:
    """Where one thread stands: Inductor generates the code of one graph within one thread.

    The table of statements is made of flat lists: an object for each line would call the garbage collector more
    often, and that costs a compile more than all the rest of the recording.
    """

    __slots__ = (
        "_definitions",
        "_kinds",
        "_nodes",
        "_others",
        "_sharing",
        "definition",
        "finished",
        "node",
        "operation",
        "tagging",
        "writing",
    )

    def __init__(self) -> None:
        self.node: str | None = None
        """The FX node on whose behalf Inductor works just now."""

        self.definition = ""
        """The definition of a loop body that is being interpreted, `op2.body.load_1`; empty outside of kernels."""

        self.operation = ""
        """The loop-body operation being interpreted: `load`, `exp`, `store_reduction`, …"""

        self.writing = 0
        """Above 0 while kernels are written; no tag is made otherwise."""

        self.tagging = False
        """Whether what is written just now is a line of a kernel, for `node`."""

        self.finished: dict[str, dict[int, TaggedLine]] = {}
        """Statements by 0-based line of the kernel texts that have lost their tags and are not yet reported."""

        self._nodes: list[str] = []
        self._kinds: list[str] = []
        self._definitions: list[str] = []
        self._others: dict[int, dict[str, None]] = {}
        self._sharing: dict[int, dict[str, None]] = {}
        """Statement → the further definitions that it is written for, of whichever node."""

    @property
    def count(self) -> int:
        """The number of tags made, which is the next tag's index."""
        return len(self._nodes)

    def tag(self, line: str, kind: str) -> str:
        """`line` with a new tag at its end; an empty line, a continued line or a tagged line stays as it is."""
        if self.node is None or MARK in line or not line.strip() or line.endswith("\\"):
            return line
        tag = f"{MARK}{len(self._nodes)}{_END}"
        self._nodes.append(self.node)
        self._kinds.append(kind)
        self._definitions.append(self.definition)
        return line.replace("\n", f"{tag}\n") + tag

    def share(self, statements: Iterable[int]) -> None:
        """Note that the current node, and the definition at work, use these statements too."""
        for index in statements:
            if self.node and self.node != self._nodes[index]:
                self._others.setdefault(index, {})[self.node] = None
            if self.definition and self.definition != self._definitions[index]:
                self._sharing.setdefault(index, {})[self.definition] = None

    def lines(self, text: str) -> dict[int, TaggedLine]:
        """The statements of a tagged text, by 0-based line."""
        return {number: self._statement(line) for number, line in enumerate(text.split("\n")) if MARK in line}

    def _statement(self, line: str) -> TaggedLine:
        """What a line's tags say; one that was put together from several lines has several."""
        found = indices(line)
        nodes = dict.fromkeys(self._nodes[index] for index in found)
        others = dict.fromkeys(name for index in found for name in self._others.get(index, ()) if name not in nodes)
        own = (self._definitions[index] for index in found)
        shared = (name for index in found for name in self._sharing.get(index, ()))
        definitions = tuple(name for name in dict.fromkeys((*own, *shared)) if name)
        return TaggedLine(tuple(nodes), tuple(others), self._kinds[found[-1]], definitions)


class ThreadScope(threading.local):
    """The calling thread's scope."""

    def __init__(self) -> None:
        self.scope = GenerationScope()


def indices(text: str) -> list[int]:
    """The indices of the statements whose tags `text` holds."""
    return [int(index) for index in _TAG.findall(text)]


def strip(text: str) -> str:
    """`text` without its tags."""
    return _TAG.sub("", text) if MARK in text else text
