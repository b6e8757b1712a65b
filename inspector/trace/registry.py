"""Which parser reads which record kind: one function each, registered by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from inspector.trace.compile_ids import kind_in
from inspector.trace.interned import Interned
from inspector.trace.reader import Record, read_json
from inspector.trace.state import CaptureState, CompileDraft


@dataclass(slots=True)
class Incoming:
    """A record on its way into the state."""

    state: CaptureState
    record: Record
    kind: str
    """The record's kind, `artifact:NAME` for an artifact."""
    draft: CompileDraft | None
    """The draft of the compile id in the record's metadata; None outside any compile."""
    parsed: Any = None
    """The payload, where somebody has read it as JSON already."""

    @property
    def compiling(self) -> CompileDraft:
        """The draft of a record that makes no sense outside a compile.

        Raises:
            ValueError: the record has no compile id.
        """
        if self.draft is None:
            raise ValueError("it belongs to no compile id")
        return self.draft

    @property
    def strings(self) -> Interned:
        """The interned strings of the process that wrote the record."""
        return self.state.strings.of(self.record.file, self.record.pid)

    @property
    def text(self) -> str:
        """The payload.

        Raises:
            ValueError: there is none.
        """
        if self.record.payload is None:
            raise ValueError("it has no payload")
        return self.record.payload

    @property
    def json(self) -> Any:
        """The payload as JSON, as `read_json` has it.

        Raises:
            ValueError: it is none.
        """
        if self.parsed is not None:
            return self.parsed
        return read_json(self.text.encode())

    @property
    def data(self) -> dict[str, Any]:
        """The payload as a JSON object.

        Raises:
            ValueError: it is none.
        """
        data = self.json
        if not isinstance(data, dict):
            raise ValueError("its payload is not a JSON object")
        return data

    @property
    def details(self) -> dict[str, Any]:
        """What the metadata says under the record's kind; for an artifact its `name` and `encoding`.

        Raises:
            ValueError: not an object.
        """
        kind = self.kind.partition(":")[0]
        if kind == "artifact" and kind not in self.record.metadata:
            kind = "graph_dump"
        details = self.record.metadata[kind]
        if not isinstance(details, dict):
            raise ValueError(f"its {kind} is not a JSON object")
        return details


Parser = Callable[[Incoming], None]
"""Reads one record into the state; raises one of `UNREADABLE` on a record that is not what its kind promises."""

UNREADABLE = (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError, ArithmeticError)
"""What a parser raises on a record that is not what it should be; the record is then dropped and counted."""

KINDS: dict[str, Parser] = {}
"""Record kind → parser; the kind is the metadata's own key, or `artifact:NAME`."""

KEPT_AS_TEXT: set[str] = set()
"""Kinds that are known and need no parser: their payload is what a person wants to see."""

SHOWN_WHOLE: set[str] = set()
"""Kinds whose payload needs no copy beside the stages: what their parser makes of it holds all of it."""


def record_kind(*kinds: str) -> Callable[[Parser], Parser]:
    """Registers a parser for record kinds; `artifact:NAME` for named artifacts."""

    def register(parser: Parser) -> Parser:
        for kind in kinds:
            if kind in KINDS:
                raise RuntimeError(f"two parsers for {kind}")
            KINDS[kind] = parser
        return parser

    return register


def kind_of(record: Record) -> str:
    """The record's kind, `artifact:NAME` for an artifact; empty if it has none."""
    return kind_in(record.metadata)
