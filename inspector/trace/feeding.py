"""One record into the state of a capture: the way that a whole Capture and an Overview share."""

from __future__ import annotations

from typing import Any

from inspector.trace.compile_ids import compile_id_in, kind_in
from inspector.trace.kinds import dynamo
from inspector.trace.kinds.texts import is_known_text
from inspector.trace.reader import Record
from inspector.trace.registry import KINDS, UNREADABLE, Incoming
from inspector.trace.state import CaptureState, attempt_of
from inspector.trace.unnamed import SIGN

BYTECODE = ("_ORIGINAL_BYTECODE", "_MODIFIED_BYTECODE")
"""How the names of records end that begin with a function's own name."""


def feed(state: CaptureState, record: Record, parsed: Any = None) -> Incoming:
    """Lets the parser of its kind read a record; one that cannot be read is counted and noted, never raised.

    A kind that has no parser, or none that is registered, is counted as unknown.

    Args:
        state: what is known so far.
        record: the next one.
        parsed: its payload, where somebody has read that as JSON already.
    """
    state.records += 1
    state.see_log(record)
    kind = kind_in(record.metadata)
    compile_id = state.compile_id_of(record, kind)
    draft = None if compile_id is None else state.draft(compile_id)
    if draft is not None:
        draft.log = record.file
        draft.nested += _is_nested(record, kind, draft.compile_id)
        if attempt_of(record) > draft.attempt:
            state.restart(draft, attempt_of(record))
    incoming = Incoming(state, record, kind, draft, parsed)
    try:
        _parse(incoming)
    except UNREADABLE as error:
        state.drop(f"{kind} record at byte {record.offset}", in_words(error))
    return incoming


def mention(state: CaptureState, record: Record) -> None:
    """That a record whose payload is lost names a compile id: there is such a compile, whatever is known of it."""
    if (compile_id := state.compile_id_of(record, kind_in(record.metadata))) is not None:
        state.draft(compile_id).log = record.file


def _is_nested(record: Record, kind: str, compile_id: str) -> bool:
    """Whether a record is a compile's by where it stands alone: ours without an id name their piece in the payload."""
    unnamed = compile_id_in(record.metadata) is None and SIGN not in compile_id
    return unnamed and not kind.startswith("artifact:inspector_")


def _parse(item: Incoming) -> None:
    if (parser := KINDS.get(item.kind)) is not None:
        parser(item)
    elif item.kind.endswith(BYTECODE):
        dynamo.bytecode(item)
    elif not is_known_text(item.kind):
        item.state.unknown[item.kind or "(no kind)"] += 1


def in_words(error: Exception) -> str:
    """What is wrong with a record, as an exception of its parser says it."""
    text = str(error).strip()
    return f"no {text}" if isinstance(error, KeyError) else text or type(error).__name__
