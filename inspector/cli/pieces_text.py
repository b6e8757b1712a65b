"""`inspector show LOG --pieces`: what a server compiled in pieces."""

from __future__ import annotations

from collections.abc import Iterator

from inspector.cli.doc_text import section_lines
from inspector.cli.printable import one_line
from inspector.cli.tables import item_table
from inspector.cli.terminal import Style
from inspector.model.pieces import ModelPieces, Pieces
from inspector.say import pieces as say
from inspector.say.doc import Section
from inspector.say.piece import holds


def pieces_lines(pieces: Pieces, style: Style) -> Iterator[str]:
    """Every model's table, and what it comes to."""
    if words := say.unread_words(pieces):
        yield style.warn(words)
    if not pieces.models:
        yield say.NO_PIECES
    for number, model in enumerate(pieces.models):
        if number:
            yield ""
        yield from _model(model, style)


def _model(model: ModelPieces, style: Style) -> Iterator[str]:
    yield style.bold(one_line(say.heading(model)))
    columns, items = say.table(model)
    if items:
        yield ""
        yield from item_table(columns, items, style)
    for section in (say.summary(model), say.loads(model), holds(model.asked, None), *_about(model)):
        if section.rows:
            yield from section_lines(section, style)
        elif section.empty:
            yield style.dim(section.empty)


def _about(model: ModelPieces) -> tuple[Section, ...]:
    return say.split_graph(model), say.configuration(model)
