"""What the details say of one compile id, from its row of the overview alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from inspector.model.overview import Overview
from inspector.say.compiles import status_words, totals_words
from inspector.say.doc import Compile, Item, Row, Section, Tone
from inspector.say.units import seconds
from inspector.tui.log.parts import About

_MOST = 200
"""Compile ids that are listed of a row that stands for many."""


def of_group(overview: Overview, item: Item, below: Sequence[Item]) -> About:
    """The compile ids that a row stands for, longest first, and the sums of the whole log."""
    found = [overview.by_id[each.key] for each in below if each.key in overview.by_id]
    made: list[Section] = []
    if item.cells and found:
        found.sort(key=lambda row: -row.times.seconds)
        ids = tuple(
            Row(
                f"{seconds(row.times.seconds) if row.times.seconds else status_words(row.status)}  {row.function}",
                Tone.ERROR if row.error else Tone.TEXT,
                label=row.compile_id,
                to=Compile(row.compile_id),
            )
            for row in found[:_MOST]
        )
        sums = Row(totals_words(overview.totals_of(tuple(found))), Tone.STRONG)
        made.append(Section("group", item.cells[0].text, None, (sums, *ids), ""))
    rows = tuple(Row(words, label=label) for label, words in _environment(overview))
    made.append(Section("log", "The whole log", None, (Row(totals_words(overview.totals), Tone.STRONG), *rows), ""))
    return made


def _environment(overview: Overview) -> Iterator[tuple[str, str]]:
    for name, value in overview.environment.items():
        yield name.replace("_", " "), value
