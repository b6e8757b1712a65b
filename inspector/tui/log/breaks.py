"""The graph breaks, each reason once, with the places where it was met."""

from __future__ import annotations

from collections.abc import Iterator

from inspector.model.overview import BreakGroup, BreakPlace
from inspector.say.breaks import follows
from inspector.say.compiles import ids_words
from inspector.say.doc import Cell, Column, Compile, Item, Row, Section, Tone, frame_rows
from inspector.say.names import place
from inspector.say.none import no_breaks
from inspector.tui.log.parts import About, LogState, Options, ViewRows

_COLUMNS = (
    Column("graph break", 30, grow=1),
    Column("times", 5, right=True),
    Column("compile ids", 14, rank=1),
)


def table(state: LogState, options: Options) -> ViewRows:
    """A row for each reason, and below it one for each place."""
    items = tuple(item for number, group in enumerate(state.overview.breaks) for item in _group(number, group))
    if options.needle:
        items = _matching(items, options.needle.lower())
    empty = no_breaks(state.overview) if not options.needle else "Nothing here matches."
    return ViewRows(_COLUMNS, items, empty, options.needle)


def _group(number: int, group: BreakGroup) -> Iterator[Item]:
    ids = [item for spot in group.places for item in spot.compile_ids]
    cells = (Cell(group.reason, Tone.WARNING), Cell(f"{group.count:,}", Tone.STRONG), Cell(ids_words(ids), Tone.NAME))
    yield Item(f"{number}", cells)
    for at, spot in enumerate(group.places):
        label = Cell("(the log does not say where)", Tone.QUIET)
        if spot.stack:
            last = spot.stack[-1]
            label = Cell(place(last.file, last.line), after=f"{last.function}  {last.code.strip()}")
        cells = (label, Cell(f"{spot.count:,}"), Cell(ids_words(spot.compile_ids), Tone.NAME))
        yield Item(f"{number}.{at}", cells, depth=1, opens=True)


def _matching(items: tuple[Item, ...], needle: str) -> tuple[Item, ...]:
    """Groups that hold the words, and the groups of places that do."""
    found = {
        item.key.partition(".")[0]
        for item in items
        if any(needle in f"{cell.text} {cell.after}".lower() for cell in item.cells)
    }
    return tuple(item for item in items if item.key.partition(".")[0] in found)


def of(state: LogState, item: Item) -> tuple[BreakGroup, BreakPlace | None] | None:
    """What a row stands for; None where the log has changed since, or the row is one of the view before."""
    group, _, spot = item.key.partition(".")
    if not group.isdecimal() or int(group) >= len(state.overview.breaks):
        return None
    found = state.overview.breaks[int(group)]
    if not spot:
        return found, found.places[0] if found.places else None
    return found, found.places[int(spot)] if int(spot) < len(found.places) else None


def about(state: LogState, item: Item) -> About:
    """torch's whole explanation, its hints, and the stack."""
    if (found := of(state, item)) is None:
        return ()
    group, spot = found
    rows = [Row(group.reason, Tone.STRONG)]
    if explanation := spot.explanation if spot is not None else group.explanation:
        rows.append(Row(explanation))
    rows += [Row(hint, Tone.WARNING, label="hint") for hint in group.hints]
    if group.url:
        rows.append(Row(group.url, Tone.QUIET, label="more"))
    made = [Section("break", "Graph break", group.count, tuple(rows), "")]
    if spot is not None:
        after = tuple(map(Row, follows(group, spot, state.overview.rows)))
        made.append(Section("after", "What follows", None, after, ""))
        made.append(Section("where", "Where", None, tuple(frame_rows(spot.stack)), "The log does not say."))
        ids = tuple(Row(name, Tone.NAME, to=Compile(name)) for name in dict.fromkeys(spot.compile_ids))
        made.append(Section("ids", "Compile ids", len(ids), ids, ""))
    return made
