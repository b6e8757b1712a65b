"""A difference as lines for a person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from inspector.cli.printable import one_line
from inspector.cli.tables import Cell, table
from inspector.cli.terminal import Style
from inspector.model.difference import (
    CacheDifference,
    CaptureDifference,
    Change,
    CompilationDifference,
    Fact,
    GuardChange,
    KernelChange,
    KernelDifference,
    LatencyChange,
    PhaseChange,
    TextDifference,
)
from inspector.model.difference_words import NOT_RECORDED, change_words, text_words, whole_words
from inspector.say.units import plural, seconds

_MARKS = {Change.CHANGED: "~", Change.REMOVED: "-", Change.ADDED: "+", Change.MOVED: ">"}
_FEW = 12
"""Entries of a list that are shown where the whole was not asked for."""
_LONG = 160
"""Characters of a value that are shown."""


def painted(change: Change, style: Style) -> str:
    """What became of something, in words and colour."""
    paint = style.good if change.alike and change.compared else style.warn
    return paint(change_words(change))


def capture_lines(difference: CaptureDifference, style: Style, *, every: bool = False) -> Iterator[str]:
    """The whole difference; of long lists the beginning, unless `every` entry is wanted."""
    yield f"{style.bold('A')} {difference.title_a}"
    yield f"{style.bold('B')} {difference.title_b}"
    yield f"What was compiled: {_whole(difference, style)}."
    yield from _facts("Settings", difference.settings, style, every)
    for text in difference.sources:
        yield f"{style.bold('Source')} {text.title}: {painted(text.change, style)}{_counts(text)}"
    for compilation in difference.compilations:
        yield ""
        yield from compilation_lines(compilation, style, every=every)
    entries = [(change, f"graph break: {one_line(item.reason)}") for change, item in difference.breaks]
    entries += [
        (change, f"recompile of {item.function}: {one_line('; '.join(item.reasons))}")
        for change, item in difference.recompiles
    ]
    if entries:
        yield ""
        yield style.bold("Graph breaks and recompiles")
        yield from (f"  {_mark(change, style)} {words}" for change, words in entries)
    yield from _phases(difference.phases, style, every)
    yield from _latency(difference.latency, style)


def compilation_lines(item: CompilationDifference, style: Style, *, every: bool = False) -> Iterator[str]:
    """One pair of compile ids."""
    ids = item.a if item.a == item.b else f"{item.a or 'none'} → {item.b or 'none'}"
    both = item.a is not None and item.b is not None
    said = _whole(item, style) if both else painted(item.change, style)
    yield f"{style.bold(ids or '')}  {one_line(item.function)}  {said}"
    if item.absent and item.change is not Change.ABSENT:
        yield "  " + style.dim(f"{change_words(Change.ABSENT)}: {', '.join(item.absent)}")
    if item.change is Change.SAME and not (every or item.facts or item.caches):
        return
    if item.texts:
        width = max(len(text.title) for text in item.texts)
        for text in item.texts:
            yield f"  {text.title:<{width}}  {_verdict(text, style)}{_counts(text)}"
    graph = next((text for text in item.texts if text.items and text.stage and text.stage.value in _GRAPHS), None)
    if graph is not None:
        yield from _items(graph, style, every)
    for kernel in item.kernels:
        yield from _kernel(kernel, style, every)
    yield from _guards(item.guards, style, every)
    yield from _facts("Counts", item.facts, style, every, indent="  ", missing=NOT_RECORDED)
    for cache in item.caches:
        yield from cache_lines(cache, style, every=every)


_GRAPHS = ("dynamo", "aten", "post_grad")
"""The graph whose changed nodes are listed: the first of these that has any."""


def text_lines(text: TextDifference, style: Style, *, context: int = 3) -> Iterator[str]:
    """The rows of one text that differ, with some lines around them; renamed lines count as alike.

    `-` is the first side's line, `+` the second's, `~` a line of both that changed (the first side's above), `>` one
    that moved; the numbers are those of both sides.
    """
    yield style.bold(f"{text.title}: {change_words(text.change)}{_counts(text)}")
    near = _near([row.change.alike for row in text.rows], context)
    lines_a, lines_b = (side.lines if side else [] for side in (text.a, text.b))
    skipped = False
    for row, shown in zip(text.rows, near, strict=True):
        if not shown:
            skipped = True
            continue
        if skipped:
            yield style.dim("   …")
            skipped = False
        numbers = style.dim(f"{row.a or '':>5} {row.b or '':>5}")
        if row.change.alike:
            yield f"{numbers}   {lines_b[(row.b or 1) - 1]}"
            continue
        moved = style.dim(f"  (line {row.other} there)") if row.other else ""
        if row.a:
            yield f"{numbers} {style.bad(_sign(row.change, 'a'))} {style.bad(lines_a[row.a - 1])}{moved}"
        if row.b:
            yield f"{numbers} {style.good(_sign(row.change, 'b'))} {style.good(lines_b[row.b - 1])}{moved}"
    if text.renames:
        yield style.dim(f"   names: {_listed([f'{a} → {b}' for a, b in text.renames], every=False)}")


def _sign(change: Change, side: str) -> str:
    if change in (Change.MOVED, Change.CHANGED):
        return _MARKS[change]
    return "-" if side == "a" else "+"


def _near(alike: Sequence[bool], context: int) -> list[bool]:
    """Which rows are at most `context` rows from one that differs."""
    near = [False] * len(alike)
    for index, same in enumerate(alike):
        if not same:
            for number in range(max(0, index - context), min(len(alike), index + context + 1)):
                near[number] = True
    return near


# --- parts --------------------------------------------------------------------------------------------------


def _verdict(text: TextDifference, style: Style) -> str:
    """What became of a text; of one that a log lacks because of a cache, which log that is."""
    if text.change is not Change.UNRECORDED:
        return painted(text.change, style)
    there, cached = ("A", "B") if text.b is None else ("B", "A")
    return style.dim(f"only in {there}: {cached}'s code came from a cache, and torch then does not record it")


def _counts(text: TextDifference) -> str:
    found = [f"{text.counts[change]} {change.value}" for change in _MARKS if text.counts.get(change)]
    if found and text.change is Change.CHANGED:
        return f"  ({', '.join(found)} of {len(text.rows)} lines)"
    said = text_words(text)
    return f"  ({said})" if said else ""


def _whole(difference: CaptureDifference | CompilationDifference, style: Style) -> str:
    """The verdict on a whole; what was not compared is never painted as good."""
    clean = difference.change.alike and difference.change.compared
    return (style.good if clean else style.warn)(whole_words(difference))


def _mark(change: Change, style: Style) -> str:
    paint = {Change.REMOVED: style.bad, Change.ADDED: style.good}.get(change, style.warn)
    return paint(_MARKS[change])


def _items(text: TextDifference, style: Style, every: bool) -> Iterator[str]:
    yield f"  {style.dim(f'nodes of {text.title}')}"
    items = text.items if every else text.items[:_FEW]
    for item in items:
        name = item.a if item.a == item.b else " → ".join(filter(None, (item.a, item.b)))
        shown = f"{name}: {item.what}" if item.change is Change.CHANGED and name else item.what
        yield f"    {_mark(item.change, style)} {_cut(shown)}"
    yield from _more(len(text.items) - len(items), style, "    ")


def _kernel(kernel: KernelDifference, style: Style, every: bool) -> Iterator[str]:
    paint = style.good if kernel.change.alike else style.warn
    words = "identical up to names" if kernel.change is KernelChange.RENAMED else kernel.change.value
    a, b = ", ".join(kernel.a), ", ".join(kernel.b)
    names = a if a == b else " → ".join(filter(None, (a, b)))
    yield f"  {style.dim('kernel')} {style.name(names)}  {paint('identical' if words == 'same' else words)}"
    if kernel.change.alike:
        return
    if kernel.shared and kernel.change in (KernelChange.SPLIT, KernelChange.MERGED, KernelChange.REGROUPED):
        yield f"    {style.dim('computes')} {_listed(kernel.shared, every)}"
    if kernel.only_a:
        yield f"    {style.bad('-')} {_listed(kernel.only_a, every)}"
    if kernel.only_b:
        yield f"    {style.good('+')} {_listed(kernel.only_b, every)}"
    if kernel.a and kernel.b:
        for fact in kernel.facts:
            yield f"    {style.dim(fact.name)}  {_cut(fact.a) or 'none'} → {_cut(fact.b) or 'none'}"


def _guards(guards: Sequence[GuardChange], style: Style, every: bool) -> Iterator[str]:
    if not guards:
        return
    yield f"  {style.dim(plural(len(guards), 'guard') + (' differs' if len(guards) == 1 else ' differ'))}"
    shown = guards if every else guards[:_FEW]
    for item in shown:
        guard = item.b or item.a
        if item.change is Change.CHANGED and guard is not None and item.what:
            yield f"    {_mark(item.change, style)} {style.dim(guard.kind)} {guard.source}: {_cut(item.what)}"
        elif guard is not None:
            yield f"    {_mark(item.change, style)} {_cut(guard.code)}"
    yield from _more(len(guards) - len(shown), style, "    ")


def _facts(
    heading: str, facts: Sequence[Fact], style: Style, every: bool, *, indent: str = "", missing: str = "none"
) -> Iterator[str]:
    if not facts:
        return
    yield f"{indent}{style.dim(heading) if indent else style.bold(heading)}"
    shown = facts if every else facts[:_FEW]
    rows = [
        [Cell(item.name), Cell(_cut(item.a) or missing), Cell("→"), Cell(_cut(item.b) or missing)] for item in shown
    ]
    yield from table(("", "", "", ""), rows, style.dim, f"{indent}  ")
    yield from _more(len(facts) - len(shown), style, f"{indent}  ")


def cache_lines(item: CacheDifference, style: Style, *, every: bool = False) -> Iterator[str]:
    """One pair of look-ups in a cache."""
    yield f"  {style.dim('cache')} {item.asked}: {item.answers}"
    for reason in dict.fromkeys(filter(None, (item.reason_a, item.reason_b))):
        yield f"    {style.dim(_cut(reason))}"
    if item.key_words:
        yield f"    {item.key_words}"
    elif item.parts:
        yield f"    {plural(len(item.parts), 'part')} of the key {'differs' if len(item.parts) == 1 else 'differ'}"
    shown = item.parts if every else item.parts[:_FEW]
    for part in shown:
        yield f"      {_mark(part.change, style)} {style.name(part.part)}"
        if part.a == part.b:
            yield f"          {style.dim('torch prints both alike: ' + _cut(part.a))}"
            continue
        if part.a:
            yield f"        {style.bad('-')} {_cut(part.a)}"
        if part.b:
            yield f"        {style.good('+')} {_cut(part.b)}"
    yield from _more(len(item.parts) - len(shown), style, "      ")


def _phases(phases: Sequence[PhaseChange], style: Style, every: bool) -> Iterator[str]:
    told = [item for item in phases if item.seconds_a != item.seconds_b]
    if not told:
        return
    yield ""
    yield style.bold("Phases") + style.dim("  one sample of each side: small differences say nothing")
    largest = sorted(told, key=lambda item: -abs((item.seconds_b or 0) - (item.seconds_a or 0)))
    shown = told if every else [item for item in told if item in largest[:_FEW]]
    rows = [
        [
            Cell("  " * item.depth + item.name),
            Cell(seconds(item.seconds_a) or "none"),
            Cell(seconds(item.seconds_b) or "none"),
            Cell(f"{item.seconds_b / item.seconds_a:.2f}×" if item.seconds_a and item.seconds_b else ""),
        ]
        for item in shown
    ]
    yield from table(("", ">A", ">B", ">B / A"), rows, style.dim, "  ")
    yield from _more(len(told) - len(shown), style, "  ")


def _latency(latency: Sequence[LatencyChange], style: Style) -> Iterator[str]:
    if latency:
        yield ""
        yield style.bold("Latency")
    for item in latency:
        sides = (item.a, item.b)
        eager, compiled = (
            " → ".join(seconds(getattr(side, name).median) if side else "not timed" for side in sides)
            for name in ("eager", "compiled")
        )
        yield f"  {item.shape}: compiled {compiled}, eager {eager}"
        if item.ratio is not None and item.against_eager is not None:
            yield f"    B / A {item.ratio:.3f}{_between(item.interval)}"
            yield f"    against eager {item.against_eager:.3f}{_between(item.against_eager_interval)}"
            yield f"    {_said(item, style)}"


def _said(item: LatencyChange, style: Style) -> str:
    if not item.certain:
        return style.dim("No difference that these samples could tell from chance.")
    return style.bad("B is slower.") if (item.ratio or 0) > 1 else style.good("B is faster.")


def _between(interval: tuple[float, float] | None) -> str:
    return (
        f"  (95 % interval {interval[0]:.3f} to {interval[1]:.3f})"
        if interval
        else "  (too few samples for an interval)"
    )


def _listed(names: Iterable[str], every: bool) -> str:
    items = list(names)
    kept = items if every else items[:_FEW]
    return ", ".join(kept) + (f", … {len(items) - len(kept)} more" if len(items) > len(kept) else "")


def _more(left: int, style: Style, indent: str) -> Iterator[str]:
    if left > 0:
        yield indent + style.dim(f"… {left} more (--all)")


def _cut(text: str) -> str:
    line = one_line(text)
    return line if len(line) <= _LONG else f"{line[: _LONG - 1]}…"
