"""What the library keeps, in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from inspector.model.library import KeptCapture
from inspector.say.doc import Cell, Column, Item, Tone
from inspector.say.units import plural, seconds, size

COLUMNS = (
    Column("id", 22),
    Column("what", 20, grow=1),
    Column("kept", 16),
    Column("torch", 10),
    Column("compile", 8, right=True),
    Column("latency", 8, right=True),
    Column("kernels", 7, right=True),
    Column("breaks", 6, right=True),
    Column("size", 8, right=True),
    Column("tags", 10),
)


def items_of(listed: Sequence[KeptCapture]) -> Iterator[Item]:
    """A row for each; what a capture does not record is empty."""
    for item in listed:
        facts = item.facts
        if item.problem:
            cells = [Cell(item.problem, Tone.ERROR), Cell(_when(item)), *[Cell()] * 5]
        else:
            cells = [
                Cell(f"{facts.title} · mode {facts.mode}" if facts.mode else facts.title, Tone.NAME),
                Cell(_when(item)),
                Cell(facts.torch),
                Cell(seconds(facts.compile_seconds)),
                Cell(seconds(facts.latency)),
                Cell(count_words(None if facts.kernels is None else len(facts.kernels))),
                Cell(count_words(facts.breaks)),
            ]
        yield Item(item.id, (Cell(item.id), *cells, Cell(size(item.size)), Cell(", ".join(item.tags), Tone.QUIET)))


def about_words(item: KeptCapture) -> Iterator[str]:
    """What is known of one, a line each; what is not recorded is left out."""
    facts = item.facts
    if item.problem:
        yield f"{item.id}  cannot be read: {item.problem}"
        return
    count = "" if facts.compiles is None else plural(facts.compiles, "compile")
    made = (facts.machine, facts.device, f"torch {facts.torch}" if facts.torch else "", count)
    yield f"{item.id}  {' · '.join(filter(None, made))}"
    for name, texts in (("kernels", facts.kernel_names), ("operators", facts.operators)):
        if texts:
            yield f"{name}: {', '.join(texts[:_FEW])}{f', … ({len(texts):,} in all)' if len(texts) > _FEW else ''}"


_FEW = 8


def found_table(
    items: Sequence[Item], places: Mapping[str, Sequence[str]]
) -> tuple[tuple[Column, ...], Sequence[Item]]:
    """The columns and rows with where the words of a search stand, where there was one."""
    if not places:
        return COLUMNS, items
    rows = [replace(item, cells=(*item.cells, Cell(", ".join(places.get(item.key, ()))))) for item in items]
    return (*COLUMNS, Column("found in", 20)), rows


def count_words(value: int | None) -> str:
    """A number; empty where it is not recorded."""
    return "" if value is None else f"{value:,}"


def _when(item: KeptCapture) -> str:
    return item.kept[:16].replace("T", " ")


def listed_words(listed: Sequence[KeptCapture], total: int, folder: object) -> str:
    """`3 captures, 12.4 MiB in …`; `1 of 3 captures, …` where not all that the library has are listed."""
    count = plural(total, "capture") if len(listed) == total else f"{len(listed):,} of {plural(total, 'capture')}"
    return f"{count}, {size(sum(item.size for item in listed))} in {folder}"


def kept_words(item: KeptCapture) -> str:
    return f"Kept in the library as {item.id}."


def pruned_words(going: Sequence[KeptCapture], *, gone: bool) -> str:
    """What goes, or has gone."""
    if not going:
        return "Nothing is to go."
    what = f"{plural(len(going), 'capture')}, {size(sum(item.size for item in going))}"
    return f"Removed: {what}." if gone else f"{what} would go; --yes removes them."
