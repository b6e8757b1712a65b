"""What the log consists of: its files, the damage in them, and how many records of each kind."""

from __future__ import annotations

from collections.abc import Iterator

from inspector.say import units
from inspector.say.doc import Cell, Column, Item, Row, Section, Tone
from inspector.say.units import plural
from inspector.trace.log import Source
from inspector.trace.reader import BadRecord
from inspector.tui.log.parts import About, LogState, Options, ViewRows

_COLUMNS = (
    Column("what the log holds", 34, grow=2),
    Column("count or place", 20, right=True),
    Column("about it", 20, grow=3, rank=1),
)


def table(state: LogState, options: Options) -> ViewRows:
    """Damage first, then the files, then the kinds."""
    items = tuple(_items(state))
    if needle := options.needle.lower():
        items = tuple(
            item
            for item in items
            if item.depth == 0 or any(needle in f"{cell.text} {cell.after}".lower() for cell in item.cells)
        )
    return ViewRows(_COLUMNS, items, "Nothing has been read yet.", options.needle)


def _items(state: LogState) -> Iterator[Item]:
    count = len(state.bad)
    how = "checksums still being verified" if state.checking else "checksums verified" if state.indexed else ""
    so_far = "" if state.indexed and not state.checking else " so far"
    words = f"{plural(count, 'damaged record', 'damaged records') if count else 'no damaged record'}{so_far}"
    yield Item("bad", (Cell(words, Tone.ERROR if count else Tone.GOOD), Cell(), Cell(how, Tone.QUIET)))
    for number, bad in enumerate(state.bad):
        cells = (
            Cell(bad.file or "the log", Tone.TEXT),
            Cell(f"byte {bad.offset:,}", Tone.NAME),
            Cell(bad.reason, Tone.WARNING),
        )
        yield Item(f"bad {number}", cells, depth=1)
    yield Item("files", (Cell(plural(len(state.sources), "log file", "log files"), Tone.STRONG), Cell(), Cell()))
    for source in state.sources:
        cells = (
            Cell(source.file),
            Cell(units.size(source.size) if source.size else ""),
            Cell(_source_words(source), Tone.QUIET),
        )
        yield Item(f"file {source.file}", cells, depth=1)
    for path in state.ignored:
        yield Item(
            f"ignored {path}", (Cell(path.name, Tone.QUIET), Cell(), Cell("no log: left out", Tone.QUIET)), depth=1
        )
    total = sum(state.kinds.values())
    yield Item("kinds", (Cell("records by kind", Tone.STRONG), Cell(f"{total:,}", Tone.STRONG), Cell()))
    for kind, number in sorted(state.kinds.items(), key=lambda pair: (-pair[1], pair[0])):
        name, _, artifact = kind.partition(":")
        cells = (Cell(artifact or name or "(no kind)"), Cell(f"{number:,}"), Cell(name if artifact else "", Tone.QUIET))
        yield Item(f"kind {kind}", cells, depth=1)


def _source_words(source: Source) -> str:
    parts = [
        f"rank {source.rank}" if source.rank is not None else "",
        f"after restart {source.restart}" if source.restart else "",
        source.packing,
        f"ids begin with {source.prefix}" if source.prefix else "",
    ]
    return " · ".join(filter(None, parts))


def of(state: LogState, item: Item) -> BadRecord | Source | None:
    """The damaged record or the file that a row stands for."""
    what, _, name = item.key.partition(" ")
    if what == "bad" and name and int(name) < len(state.bad):
        return state.bad[int(name)]
    return next((source for source in state.sources if what == "file" and source.file == name), None)


def about(state: LogState, item: Item) -> About:
    """A damaged record in full; a file's path; the environment."""
    found = of(state, item)
    made: list[Section] = []
    if isinstance(found, BadRecord):
        why = (
            Row(found.file, label="file"),
            Row(f"{found.offset:,}", label="byte offset"),
            Row(found.reason, Tone.WARNING, label="why"),
            Row("It was skipped; nothing else is lost.", Tone.QUIET),
        )
        made.append(Section("bad", "Damaged record", None, why, ""))
    elif found is not None:
        facts = (Row(str(found.path or "standard input"), label="path"), Row(f"{found.size:,} bytes", label="size"))
        made.append(Section("file", found.file, None, facts, ""))
    pairs = tuple(Row(value, label=name.replace("_", " ")) for name, value in state.overview.environment.items())
    made.append(Section("where", "Where it was made", None, pairs, "The log does not say."))
    return made
