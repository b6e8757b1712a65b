"""A difference at a glance: the verdict first, then how much differs and where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from inspector.model.difference import (
    CacheDifference,
    CaptureDifference,
    Change,
    CompilationDifference,
    Fact,
    KernelChange,
    PhaseChange,
    TextDifference,
)
from inspector.model.difference_words import text_words, whole_words
from inspector.say.doc import Compile, Row, Section, Tone
from inspector.say.units import plural, seconds
from inspector.tui.compare.marks import kernel_mark, mark_of
from inspector.tui.compare.times import verdict

_MOST = 200
"""Rows of one section."""
_FEW = 8
"""Rows of what has a part of its own."""
_NAME = 40
"""Cells of the column of names, at most."""
_GRAPHS = ("dynamo", "aten", "post_grad")
"""The graph whose changed nodes are listed: the first of these that has any."""


def overview(difference: CaptureDifference) -> tuple[Section, ...]:
    """The whole difference."""
    return tuple(_overview(difference))


def compilation_sections(difference: CompilationDifference) -> tuple[Section, ...]:
    """One pair of compile ids."""
    return tuple(_of_pair(difference))


def _overview(difference: CaptureDifference) -> Iterator[Section]:
    mark = mark_of(difference.change)
    whole = Tone.GOOD if difference.change.alike and difference.change.compared else mark.tone
    told = (
        Row(f"{mark.sign} {whole_words(difference)}", whole),
        Row(difference.title_a, Tone.STRONG, label="left"),
        Row(difference.title_b, Tone.STRONG, label="right"),
    )
    yield Section("verdict", "What was compiled", None, told, "")
    pairs = difference.compilations
    yield Section("pairs", "Compile ids, by the function", len(pairs), tuple(map(_pair_row, pairs[:_MOST])), "None.")
    if len(pairs) == 1:
        yield from _of_pair(pairs[0])
    facts = difference.settings
    if facts:
        rows = (*_facts(facts[:_FEW]), *_rest(len(facts)))
        yield Section("settings", "Settings that differ", len(facts), rows, "")
    events = tuple(breaks_and_recompiles(difference))
    if events:
        yield Section("events", "Graph breaks and recompiles", None, events, "")
    if difference.phases:
        yield Section("phases", "Where the time went", None, tuple(_times(difference.phases)), "")
    if difference.latency:
        timed = tuple(Row(verdict(item).text, verdict(item).tone, label=item.shape) for item in difference.latency)
        yield Section("latency", "Latency", None, timed, "")


def _facts(facts: Sequence[Fact]) -> Iterator[Row]:
    """A name and both values each, in columns."""
    width = min(_NAME, max(len(fact.name) for fact in facts))
    for fact in facts:
        yield Row(f"{fact.name:<{width}}  {fact.a or '–'} → {fact.b or '–'}")


def _rest(count: int) -> Iterator[Row]:
    if count > _FEW:
        yield Row(f"and {count - _FEW} more", Tone.QUIET)


def _pair_row(pair: CompilationDifference) -> Row:
    mark = mark_of(pair.change)
    said = [mark.words]
    if pair.a is not None and pair.b is not None:
        counts = (
            (sum(not text.change.alike for text in pair.texts), "stage", "stages"),
            (sum(not item.change.alike for item in pair.kernels), "kernel", "kernels"),
            (len(pair.guards), "guard", "guards"),
        )
        said += [plural(count, one, many) for count, one, many in counts if count]
    words = f"{mark.sign} {pair_title(pair)}  {pair.function}  {' · '.join(said)}"
    return Row(words, mark.tone, to=Compile(pair_key(pair)))


def pair_title(pair: CompilationDifference) -> str:
    """`0/0` where both sides have it, `0/0 ↔ 0/1`, or `0/1` of one side alone."""
    return " ↔ ".join(dict.fromkeys(item for item in (pair.a, pair.b) if item is not None))


def pair_key(pair: CompilationDifference) -> str:
    """What tells a pair of compile ids from the others."""
    return f"{pair.a or ''}|{pair.b or ''}"


def breaks_and_recompiles(difference: CaptureDifference) -> Iterator[Row]:
    """What came and went, with torch's words for it."""
    events = [(change, f"graph break: {item.reason}") for change, item in difference.breaks]
    events += [
        (change, f"recompile of {item.function}: {'; '.join(item.reasons)}") for change, item in difference.recompiles
    ]
    for change, words in events[:_MOST]:
        mark = mark_of(change)
        yield Row(words, mark.tone, label="left alone" if change is Change.REMOVED else "right alone")


def _times(phases: Sequence[PhaseChange]) -> Iterator[Row]:
    """The outermost phases, then the others that differ most; one sample a side."""
    outer = min(item.depth for item in phases)
    inner = sorted(
        (item for item in phases if item.depth > outer),
        key=lambda item: -abs((item.seconds_b or 0.0) - (item.seconds_a or 0.0)),
    )
    told = [item for item in phases if item.depth == outer][:3] + inner[:3]
    width = min(_NAME, max(len(item.name) for item in told))
    for item in told:
        a, b = ("–" if value is None else seconds(value) for value in (item.seconds_a, item.seconds_b))
        ratio = f"  {item.seconds_b / item.seconds_a:.2f}×" if item.seconds_a and item.seconds_b is not None else ""
        yield Row(f"{item.name:<{width}}  {a} → {b}{ratio}")
    yield Row("One sample of each side: small differences say nothing.", Tone.QUIET)


# --- one pair -----------------------------------------------------------------------------------------------


def _of_pair(pair: CompilationDifference) -> Iterator[Section]:
    if pair.a is None or pair.b is None:
        only, other = ("left", "right") if pair.b is None else ("right", "left")
        words = f"The {only} side alone compiled this function; the {other} side has nothing to hold against it."
        yield Section("unpaired", pair_title(pair), None, (Row(words, Tone.WARNING),), "")
        return
    yield Section("texts", "Stages", len(pair.texts), tuple(map(_text_row, pair.texts)), "Not recorded on either side.")
    if pair.absent and pair.texts:
        yield Section("absent", "Not recorded on either side", None, (Row(", ".join(pair.absent), Tone.QUIET),), "")
    graph = next(
        (text for text in pair.texts if text.items and text.stage is not None and text.stage.value in _GRAPHS), None
    )
    if graph is not None:
        title = f"Nodes of {graph.title} that differ"
        yield Section("nodes", title, len(graph.items), tuple(_nodes(graph)), "")
    kernels = tuple(_kernel_counts(pair))
    yield Section("kernels", "Kernels", len(pair.kernels), kernels, "No kernel is recorded on either side.")
    guards = tuple(_counts(Counter(item.change for item in pair.guards)))
    same = plural(pair.guards_compared, "guard", "guards") + ", the same on both sides."
    none = "No guard is in a record of both sides." if not pair.guards_compared else same
    yield Section("guards", "Guards that differ", len(pair.guards), guards, none)
    if pair.facts:
        yield Section("facts", "Counts that differ", len(pair.facts), tuple(_facts(pair.facts[:_MOST])), "")
    if pair.caches:
        yield caches_section(pair.caches)


def _text_row(text: TextDifference) -> Row:
    mark = mark_of(text.change)
    return Row(f"{mark.sign} {mark.words}{row_counts(text)}", mark.tone, label=text.title)


def row_counts(text: TextDifference) -> str:
    """` · 3 changed, 1 added of 12 lines`, where that says more than the verdict."""
    if text.change is not Change.CHANGED:
        return f" · {text_words(text)}" if text.compared else ""
    changes = (Change.CHANGED, Change.REMOVED, Change.ADDED, Change.MOVED)
    found = [f"{text.counts[change]} {change.value}" for change in changes if text.counts.get(change)]
    return f" · {', '.join(found)} of {plural(len(text.rows), 'line', 'lines')}" if found else ""


def _nodes(graph: TextDifference) -> Iterator[Row]:
    for item in graph.items[:_MOST]:
        mark = mark_of(item.change)
        name = item.a if item.a == item.b else " → ".join(filter(None, (item.a, item.b)))
        yield Row(f"{mark.sign} {item.what}", mark.tone, label=name)


def _kernel_counts(pair: CompilationDifference) -> Iterator[Row]:
    """Kernels that are alike counted, the others by name."""
    alike = [item for item in pair.kernels if item.change.alike]
    for item in [item for item in pair.kernels if not item.change.alike][:_MOST]:
        mark = kernel_mark(item.change, item.a, item.b)
        names = " + ".join(item.a)
        if item.a != item.b:
            names = " → ".join(filter(None, (names, " + ".join(item.b))))
        yield Row(f"{mark.sign} {mark.words}  {names}", mark.tone)
    renamed = sum(item.change is KernelChange.RENAMED for item in alike)
    for count, change in ((renamed, Change.RENAMED), (len(alike) - renamed, Change.SAME)):
        if count:
            mark = mark_of(change)
            yield Row(f"{mark.sign} {plural(count, 'kernel', 'kernels')} {mark.words}", mark.tone)


def _counts(counts: Mapping[Change, int]) -> Iterable[Row]:
    for change in (Change.CHANGED, Change.REMOVED, Change.ADDED):
        if counts.get(change):
            mark = mark_of(change)
            yield Row(f"{mark.sign} {plural(counts[change], 'guard', 'guards')} {mark.words}", mark.tone)


# --- caches -------------------------------------------------------------------------------------------------


def caches_section(caches: Sequence[CacheDifference]) -> Section:
    """Why a cache missed: answers, torch's reasons, and the parts of the key that differ."""
    rows = tuple(row for cache in caches for row in cache_rows(cache))
    return Section("caches", "Caches", len(caches), rows, "No look-up is in the log.")


def cache_rows(cache: CacheDifference) -> Iterator[Row]:
    """The answers, torch's reasons, and the parts of the key that differ."""
    yield Row(cache.answers, Tone.STRONG, label=cache.asked.replace("_", " "))
    for reason in dict.fromkeys(filter(None, (cache.reason_a, cache.reason_b))):
        yield Row(reason, Tone.WARNING, 1)
    for part in cache.parts[:_MOST]:
        yield Row(part.part, Tone.WARNING, 1)
        yield Row(part.a or "–", Tone.CODE, 2, label="left")
        yield Row(part.b or "–", Tone.CODE, 2, label="right")
    if cache.key_words:
        yield Row(cache.key_words, Tone.QUIET, 1)
