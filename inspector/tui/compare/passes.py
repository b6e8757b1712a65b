"""Pass by pass on the screen of differences: a part for each round, and one for each pass that changed the graph."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from inspector.compare.passes import difference_of
from inspector.model.passes import GraphPasses, numbered, places
from inspector.say import passes as say
from inspector.say.difference import text_words
from inspector.say.doc import Row, Section, Tone, below
from inspector.say.findings import LEFT_AND_RIGHT
from inspector.tui.compare.marks import ChangeMark, mark_of
from inspector.tui.compare.parts import DifferencePart


@dataclass(frozen=True)
class PassParts:
    """What the passes of one compile did, ready to be shown."""

    compile_id: str
    parts: tuple[DifferencePart, ...]


def pass_parts(compile_id: str, phases: tuple[GraphPasses, ...]) -> PassParts:
    """The parts; each graph is held against the one before it, which takes a while for large ones."""
    return PassParts(compile_id, tuple(_parts(phases)))


def _parts(phases: Iterable[GraphPasses]) -> Iterator[DifferencePart]:
    listed = tuple(phases)
    graphs, every = numbered(listed), places(listed)
    for at, passes in enumerate(listed):
        heading = say.heading(passes, graphs.get(id(passes), ""))
        title, _, words = heading.partition(": ")
        own = [place for place in every if place.passes is passes]
        mark = ChangeMark("·", Tone.ERROR if passes.failed else Tone.TEXT, words)
        section = Section("passes", heading, None, tuple(_rows(passes, [place.number for place in own])), "")
        yield DifferencePart(f"phase {at}", title, mark, not own, str(len(own) or ""), sections=(section,))
        for place in own:
            text = difference_of(place)
            mark = mark_of(text.change, text_words(text, LEFT_AND_RIGHT))
            name = f"{place.number} {say.pass_name(place.change)}"
            count = str(len(text.items) or sum(not row.change.alike for row in text.rows))
            yield DifferencePart(f"pass {place.number}", name, mark, text.change.alike, count, 1, text=text)


def _rows(passes: GraphPasses, numbers: list[int]) -> Iterator[Row]:
    for number, change in zip(numbers, passes.changes, strict=True):
        yield Row(say.change_words(change), Tone.STRONG, label=str(number))
        yield from below(say.change_rows(change))
    for words, tone in ((say.failed_words(passes), Tone.ERROR), (say.same_words(passes), Tone.QUIET)):
        if words:
            yield Row(words, tone)
    yield Row(say.NOT_SEEN, Tone.QUIET)
