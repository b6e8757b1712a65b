"""Why graphs ended early, and how to fix it: torch's own words, at the line of user code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from inspector.model.annotation import Annotation, Fact
from inspector.model.capture import Capture
from inspector.model.compile_row import CompileRow
from inspector.model.overview import BreakGroup, BreakPlace
from inspector.model.overview_of import overview_of
from inspector.notes.markup import code, prose
from inspector.notes.where import line_of
from inspector.say.breaks import aftermath, suggestion
from inspector.say.names import frame_words

_LAST_RESORTS = ("Please report an issue", "This graph break may have been caused by an earlier graph break")
"""How hints begin that fix nothing; they stand behind the others."""


def graph_breaks(capture: Capture) -> Iterator[Annotation]:
    """One note for each line of user code that a graph ended at, for one reason."""
    count = 0
    overview = overview_of(capture)
    for group in overview.breaks:
        for place in group.places:
            count += 1
            yield Annotation(
                f"graph_break:{place.compile_ids[0]}:{count}",
                _text(group, place, overview.rows),
                line_of(capture, place.stack),
                place.compile_ids[0],
                fact=Fact.GRAPH_BREAK,
            )


def _text(group: BreakGroup, place: BreakPlace, rows: Sequence[CompileRow]) -> str:
    ids = ", ".join(dict.fromkeys(place.compile_ids))
    parts = [f"**The graph breaks here**: {prose(group.reason)} ({code(ids)})"]
    if place.stack:
        frame = place.stack[-1]
        line = f": {code(frame.code.strip())}" if frame.code.strip() else ""
        parts.append(f"{code(frame_words(frame))}{line}")
    if place.explanation:
        parts.append(prose(place.explanation))
    parts += [f"{prose(words)}." for words in aftermath(place, rows)]
    hints = sorted(group.hints, key=lambda hint: hint.startswith(_LAST_RESORTS))
    if hints:
        parts.append("How to fix it, in torch's words:\n\n" + "\n".join(f"- {prose(hint)}" for hint in hints))
    else:
        parts.append("No hint of torch's is recorded.")
    if words := suggestion(group, place):
        parts.append(f"{prose(words[0].upper() + words[1:])}.")
    if group.url.startswith("https://"):
        parts.append(f"<{group.url}>" if not set(group.url) & set("<> \n`") else code(group.url))
    return "\n\n".join(parts)
