"""Graph breaks in words: why and where, what follows from them, and what may fix them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from inspector.model.capture import CompileStatus
from inspector.model.compile_row import CompileRow
from inspector.model.overview import BreakGroup, BreakPlace
from inspector.say.doc import Row, Tone, frame_rows
from inspector.say.units import plural

RESUMED = re.compile(r"^torch_dynamo_resume_in_(?P<name>.+)_at_(?P<line>\d+)$")
"""What Dynamo calls the rest of a function, from the line of a break on."""
_ON_A_VALUE = "Data-dependent branching"
_IN_A_LOOP = "graph break in loop"


def continuing(place: BreakPlace, rows: Iterable[CompileRow]) -> tuple[str, ...]:
    """The compiles of what is left of a function behind a break: found by the function's name, file and line."""
    lines = {(frame.file, frame.function, frame.line) for frame in place.stack}
    return tuple(row.compile_id for row in rows if _rest_of(row) in lines)


def _rest_of(row: CompileRow) -> tuple[str, str, int] | None:
    match = RESUMED.match(row.function)
    return (row.place.file, match["name"], int(match["line"])) if match and row.place is not None else None


def aftermath(place: BreakPlace, rows: Iterable[CompileRow]) -> Iterator[str]:
    """What is left of the functions that met a break, a line each."""
    known = {row.compile_id: row for row in rows}
    empty, given_up = (
        dict.fromkeys(
            known[item].function or item for item in place.compile_ids if item in known and known[item].status is status
        )
        for status in (CompileStatus.EMPTY, CompileStatus.EAGER)
    )
    rest = continuing(place, known.values())
    if rest:
        yield f"goes on in {', '.join(rest)}, compiled because the graph ends here"
    for function in () if rest else empty:
        yield f"no operation of {function} is in a graph"
    for function in given_up:
        yield f"{function} runs eager, all of it" + ("" if rest else "; no resumed function of it is recorded")


def suggestion(group: BreakGroup, place: BreakPlace) -> str:
    """What may fix a break, beside torch's hints; empty where nothing is known to."""
    code = place.stack[-1].code.strip() if place.stack else ""
    ways = []
    if _ON_A_VALUE in group.reason and re.match(r"(?:el)?if\b", code):
        ways.append("torch.where(condition, a, b) in place of the branch, which computes both sides in one graph")
    if _IN_A_LOOP in group.reason:
        ways.append("the loop, or the line that breaks, outside the compiled function")
    return f"suggestion, not tried: {'; or '.join(ways)}" if ways else ""


def group_rows(group: BreakGroup, spot: BreakPlace) -> Iterator[Row]:
    """A break in short: why, and where."""
    yield Row(group.reason, Tone.WARNING)
    yield from frame_rows(spot.stack[-1:])


def follows(group: BreakGroup, place: BreakPlace, rows: Iterable[CompileRow]) -> list[str]:
    """What is left of the functions that met a break, and what may fix it; a line each."""
    return list(filter(None, (*aftermath(place, rows), suggestion(group, place))))


def count_words(groups: Sequence[BreakGroup]) -> str:
    """`2 graph breaks, met 3 times`."""
    places, met = sum(len(group.places) for group in groups), sum(group.count for group in groups)
    return f"{plural(places, 'graph break')}, met {plural(met, 'time')}"
