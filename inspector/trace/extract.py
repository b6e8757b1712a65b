"""A few compiles out of a whole log."""

from __future__ import annotations

from collections.abc import Collection, Container

from inspector.trace.entries import Entries
from inspector.trace.index import EVENT
from inspector.trace.names import NO_ID, Names
from inspector.trace.runs import OPENING, without_run

SOURCES = ("artifact:inspector_source", "dump_file")
"""Kinds of records that are written once for all compiles, in whichever comes first."""


def entries_of(compile_ids: Collection[str], index: Entries, names: Names, unwanted: Container[int] = ()) -> list[int]:
    """What captures of these compile ids are made of, but for records of `unwanted` kinds.

    That is their own records, those outside any compile, source files whoever was compiled when they were written, and
    how the other compiles of the same frames began: which of the guards failed for them, and how often Dynamo was reset
    in between.
    """
    frames = set(map(_frame, compile_ids))
    related = {number for number, name in enumerate(names.ids.names) if _frame(name) in frames}
    not_events = set(range(len(names.kinds.names))) - names.kind_numbers((EVENT,))
    found = {
        *index.select(names.id_numbers(compile_ids), None),
        *index.select({NO_ID}, not_events),
        *index.select(None, names.kind_numbers(SOURCES)),
        *index.select(related, names.kind_numbers(OPENING)),
    }
    return sorted(entry for entry in found if index.kinds[entry] not in unwanted)


def _frame(compile_id: str) -> str:
    """The frame that a compile id is of, however often it was compiled: `rank1/0` of `rank1/0/2~2`."""
    return without_run(compile_id).rpartition("/")[0]
