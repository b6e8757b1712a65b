"""The recompiles: each function with all the times it was compiled, and the guard that failed each time."""

from __future__ import annotations

from collections.abc import Iterator

from inspector.model.compile_row import CompileRow, GuardFailure
from inspector.model.recompiles import RecompileChain
from inspector.say.compiles import guard_words
from inspector.say.doc import Cell, Column, Item, Tone
from inspector.say.names import place
from inspector.say.none import no_recompiles
from inspector.say.units import plural, seconds, sum_cell
from inspector.tui.log.compiles import status_cell
from inspector.tui.log.parts import LogState, Options, ViewRows

_KEY = "chain "


def table(state: LogState, options: Options) -> ViewRows:
    """A row for each function, and below it one for each compile of it."""
    chains = state.overview.chains
    items = tuple(item for chain in chains for item in _chain(chain, options.needle.lower()))
    longest = max((len(row.compile_id) for chain in chains for row in chain.rows), default=3)
    columns = (
        Column("function and failed guard", 28, grow=3),
        Column("compiled for", 12, grow=1, rank=1),
        Column("called with", 12, grow=1, rank=1),
        Column("against", 7 if longest < 8 else longest, rank=3),
        Column("id", max(3, longest)),
        Column("status", 8, rank=2),
        Column("time", 7, right=True),
    )
    empty = no_recompiles(state.overview) if not options.needle else "Nothing here matches."
    return ViewRows(columns, items, empty, options.needle)


def _chain(chain: RecompileChain, needle: str) -> Iterator[Item]:
    rows = [_row(row) for row in chain.rows]
    where = place(chain.place.file, chain.place.line) if chain.place is not None else ""
    if needle and needle not in f"{chain.function} {where}".lower():
        rows = [item for item in rows if any(needle in f"{cell.text} {cell.after}".lower() for cell in item.cells)]
        if not rows:
            return
    again = len(chain.again)
    causes = [
        f"{' '.join(filter(None, (source, what))) or 'another guard'} × {count}"
        for source, what, count in chain.culprits[:2]
    ]
    words = " · ".join(filter(None, (where, plural(again, "recompile", "recompiles"), ", ".join(causes))))
    yield Item(
        f"{_KEY}{chain.frame}",
        (
            Cell(chain.function or "(unnamed)", Tone.STRONG, after=words),
            *(Cell(),) * 3,
            Cell(f"{chain.frame}/…", Tone.QUIET),
            Cell(),
            Cell(f"+{spent}" if (spent := sum_cell(chain.seconds, chain.untimed)) else "", Tone.WARNING),
        ),
    )
    yield from rows


def _row(row: CompileRow) -> Item:
    spent = row.times.seconds
    failure = row.failures[0] if row.failures else None
    more = f" (and {len(row.failures) - 1} more)" if len(row.failures) > 1 else ""
    label = Cell("first compile", Tone.QUIET)
    if failure is not None:
        label = Cell(guard_words(failure) + more, Tone.WARNING, after=failure.place)
    elif row.recompiles:
        label = Cell("compiled again; the log does not say why", Tone.QUIET)
    return Item(
        row.compile_id,
        (
            label,
            _value(failure, failure.expected if failure is not None else "", Tone.TEXT),
            _value(failure, failure.actual if failure is not None else "", Tone.STRONG),
            Cell(failure.against if failure is not None else "", Tone.QUIET),
            Cell(row.compile_id, Tone.NAME),
            status_cell(row.status),
            Cell(seconds(spent) if spent else ""),
        ),
        depth=1,
        opens=True,
    )


def _value(failure: GuardFailure | None, value: str, tone: Tone) -> Cell:
    if failure is not None and not value and failure.what and failure.kind != "none failed":
        return Cell("not recorded", Tone.QUIET)
    return Cell(value, tone)


def before(state: LogState, compile_id: str) -> str | None:
    """The compile id that a recompile is to be held against: the one whose guard failed, else the one before it."""
    row = state.overview.by_id.get(compile_id)
    if row is None:
        return None
    for failure in row.failures:
        against = _qualified(failure.against, row)
        if against in state.overview.by_id and against != compile_id:
            return against
    same = [item.compile_id for item in state.overview.rows if item.frame == row.frame]
    at = same.index(compile_id)
    return same[at - 1] if at else None


def _qualified(compile_id: str, row: CompileRow) -> str:
    """A compile id as torch wrote it, with its process in front."""
    return f"{row.process}/{compile_id}" if row.process and not compile_id.startswith(row.process) else compile_id
