"""What runs without being compiled because the compiler gave it up."""

from __future__ import annotations

import re

from inspector.model.capture import CompileStatus
from inspector.model.compile_row import CompileRow
from inspector.say.names import place

_SECOND = re.compile(r"another graph break occurred: \*\*\*\s*\n\s*(\S[^\n]*)")
"""The break that torch met while it handled the first, and gave the frame up for."""
_WHICH = re.compile(r"exceeding the (\w+)[^(]*\(currently set to (\d+)\)")


def eager_words(row: CompileRow) -> str:
    """What runs in eager and why; empty where nothing does."""
    if row.status is CompileStatus.REFUSED:
        return _refused(row)
    return _given_up(row) if row.status is CompileStatus.EAGER else ""


def _refused(row: CompileRow) -> str:
    """That a compile was refused, and what runs in eager from then on."""
    which = _WHICH.search(row.error)
    limit = f"{which[1]} of {which[2]} exceeded" if which else "recompile limit exceeded"
    name = row.function or "the function"
    return f"not compiled, {limit}: from here on, {name} runs eager wherever its compiled code does not fit"


def _given_up(row: CompileRow) -> str:
    """That a frame runs in eager as a whole: for what, where, and after how many tries."""
    first = row.error.splitlines()[0].partition(": ")[2] if row.error else ""
    if (second := _SECOND.search(row.error)) is not None:
        first = f"{first}; then {second[1].strip()}"
    where = f" at {place(row.error_place.file, row.error_place.line)}" if row.error_place is not None else ""
    tried = "tried once" if not row.restarts else f"tried {row.restarts + 1} times"
    return (
        f"runs eager, all of it: Dynamo gives the function up for a graph break{where}: "
        f"{first or 'not recorded'} ({tried})"
    )
