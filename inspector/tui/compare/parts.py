"""The parts of a difference as the list on the left has them: what each shows, and how much of it differs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from inspector.model.difference import (
    CaptureDifference,
    Change,
    CompilationDifference,
    KernelChange,
    KernelDifference,
    TextDifference,
)
from inspector.model.stage import Stage
from inspector.say.difference import events_section, pair_key, pair_title, text_words, told
from inspector.say.difference_caches import caches_section
from inspector.say.difference_times import certainty_words, prices_section
from inspector.say.doc import Row, Section, Tone
from inspector.say.findings import LEFT_AND_RIGHT
from inspector.say.units import plural
from inspector.tui.compare.listings import facts_text, guards_text
from inspector.tui.compare.marks import ChangeMark, kernel_mark, mark_of
from inspector.tui.compare.overview import compilation_sections, drawn, overview
from inspector.tui.compare.tables import DifferenceTable, kernel_table, phase_table
from inspector.tui.compare.times import latency_sections

_NEUTRAL = ChangeMark("·", Tone.TEXT, "")
"""Of times, which are never quite the same."""


@dataclass(frozen=True)
class DifferencePart:
    """One thing that is compared, and the one way in which it is shown: as two texts, a table, or rows."""

    key: str
    title: str
    mark: ChangeMark
    alike: bool
    """Whether nothing of it differs but names."""
    count: str = ""
    """How much differs, in a few cells."""
    depth: int = 0
    text: TextDifference | None = None
    listed: bool = False
    """Whether the rows of the text are a list, each of them a difference of its own."""
    table: DifferenceTable | None = None
    sections: tuple[Section, ...] = ()


def text_parts(texts: Sequence[TextDifference]) -> tuple[DifferencePart, ...]:
    """The parts of what consists of texts alone, named after what is held against what."""
    return tuple(replace(_text(str(at), text), title=_sides(text)) for at, text in enumerate(texts))


def _sides(text: TextDifference) -> str:
    """`rank 0 ↔ rank 1` of `rank 0 · collectives` and `rank 1 · collectives`."""
    names = [side.label.partition(" · ")[0] for side in (text.a, text.b) if side is not None]
    return " ↔ ".join(names) or text.title


def capture_parts(difference: CaptureDifference) -> tuple[DifferencePart, ...]:
    """The parts of two captures: the whole, then each pair of compile ids, then the times."""
    return tuple(_capture(difference))


def compilation_parts(difference: CompilationDifference) -> tuple[DifferencePart, ...]:
    """The parts of two compile ids: a summary, the stages in order, the kernels, and what is no text."""
    mark = mark_of(difference.change)
    whole = DifferencePart("whole", "Summary", mark, difference.change.alike, sections=compilation_sections(difference))
    return (whole, *_stages(difference, "", 0))


def _capture(difference: CaptureDifference) -> Iterator[DifferencePart]:
    yield DifferencePart(
        "whole", "Overview", mark_of(difference.change), difference.change.alike, sections=overview(difference)
    )
    yield from _listing("settings", "Settings", facts_text("settings", difference.settings), 0)
    events = events_section(difference, LEFT_AND_RIGHT)
    if events.count:
        changed = mark_of(Change.CHANGED, f"{events.count} in all")
        yield DifferencePart("events", events.title, changed, False, str(events.count), sections=(drawn(events),))
    for at, text in enumerate(difference.sources):
        yield replace(_text(f"source {at}", text), title=f"Source {text.title}")
    for pair in difference.compilations:
        yield from _pair(pair)
    if difference.phases:
        said = _NEUTRAL._replace(words="one sample a side")
        yield DifferencePart("phases", "Phases", said, False, table=phase_table(difference.phases))
    if difference.latency:
        said = _NEUTRAL._replace(words=certainty_words(difference.latency, LEFT_AND_RIGHT))
        yield DifferencePart("latency", "Latency", said, False, sections=latency_sections(difference.latency))
    if difference.prices:
        certain = sum(item.certain for item in difference.prices)
        said = _NEUTRAL._replace(words=f"{certain} for certain" if certain else "no certain difference")
        section = drawn(prices_section(difference.prices, LEFT_AND_RIGHT))
        yield DifferencePart("prices", "What expressions cost", said, False, sections=(section,))


def _pair(pair: CompilationDifference) -> Iterator[DifferencePart]:
    key, mark = pair_key(pair), mark_of(pair.change)
    title = f"{pair_title(pair)}  {pair.function}".rstrip()
    sections = compilation_sections(pair)
    yield DifferencePart(key, title, mark, pair.change.alike, sections=sections)
    if pair.a is not None and pair.b is not None:
        yield from _stages(pair, f"{key} ", 1)


def _stages(pair: CompilationDifference, before: str, depth: int) -> Iterator[DifferencePart]:
    compared = Change.SAME if pair.guards_compared else Change.ABSENT
    yield from _listing(f"{before}guards", "Guards", guards_text(pair.guards), depth, compared)
    yield from _kernels(pair.kernels, before, depth)
    stages = [_stage(f"{before}text {at}", text, depth) for at, text in enumerate(told(pair))]
    last = sum(text.stage is Stage.BYTECODE for text in pair.texts)
    yield from stages[: len(stages) - last]
    yield from _listing(f"{before}facts", "Counts", facts_text("counts", pair.facts), depth)
    if pair.caches:
        mark = mark_of(Change.CHANGED)
        found = (drawn(caches_section(pair.caches, LEFT_AND_RIGHT)),)
        yield DifferencePart(f"{before}caches", "Caches", mark, False, str(len(pair.caches)), depth, sections=found)
    yield from stages[len(stages) - last :]


def _stage(key: str, text: TextDifference, depth: int) -> DifferencePart:
    stage = text.stage.heading if text.stage is not None else text.title
    variant = text.title.removeprefix(text.stage.value if text.stage is not None else text.title)
    return replace(_text(key, text, depth), title=f"{stage}{variant}")


def _listing(
    key: str, title: str, text: TextDifference | None, depth: int, alike: Change = Change.SAME
) -> Iterator[DifferencePart]:
    if text is None:
        said = "Nothing of what both sides hold differs." if alike.compared else "Nothing is in a record of both sides."
        nothing = Section(key, title, None, (Row(said, Tone.QUIET),), "")
        yield DifferencePart(key, title, mark_of(alike), True, "", depth, sections=(nothing,))
    else:
        words = mark_of(Change.CHANGED, plural(len(text.rows), "differs", "differ"))
        yield DifferencePart(key, title, words, False, str(len(text.rows)), depth, text=text, listed=True)


def _kernels(kernels: Sequence[KernelDifference], before: str, depth: int) -> Iterator[DifferencePart]:
    if not kernels:
        return
    key = f"{before}kernels"
    changed = sum(not item.change.alike for item in kernels)
    leads = {at: f"{key} {at} 0" for at, item in enumerate(kernels) if item.texts}
    alike = Change.SAME if all(item.change is KernelChange.SAME for item in kernels) else Change.RENAMED
    mark = mark_of(alike)
    if changed:
        mark = mark_of(Change.CHANGED, f"{changed} of {len(kernels)} differ")
    table = kernel_table(kernels, leads)
    yield DifferencePart(key, "Kernels", mark, not changed, str(changed) if changed else "", depth, table=table)
    for at, kernel in enumerate(kernels):
        for number, text in enumerate(kernel.texts):
            part = _text(f"{key} {at} {number}", text, depth + 1)
            if number == 0:
                became = kernel_mark(kernel)
                name = text.title.removeprefix("kernel ")
                yield replace(part, title=name, mark=became, alike=kernel.change.alike)
            else:
                stage = text.stage.heading if text.stage is not None else text.title
                yield replace(part, title=stage, depth=depth + 2)


def _text(key: str, text: TextDifference, depth: int = 0) -> DifferencePart:
    count = "" if text.change.alike else str(len(text.items) or sum(not row.change.alike for row in text.rows))
    mark = mark_of(text.change, text_words(text, LEFT_AND_RIGHT))
    return DifferencePart(key, text.title, mark, text.change.alike, count, depth, text=text)
