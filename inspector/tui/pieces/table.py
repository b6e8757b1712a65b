"""The rows of the view, the cell that is chosen among them, and what the details say of it. No Textual here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from inspector.model.pieces import ModelPieces, PieceCell, Pieces, Submodule, TokenRange
from inspector.model.stored import Stored
from inspector.say import pieces as say
from inspector.say.doc import Cell, Column, Item, Tone
from inspector.say.piece import piece_sections, title
from inspector.tui.choice import Choice
from inspector.tui.log.parts import About, Options, ViewRows
from inspector.tui.pieces import kept

_PART, _RANGE, _OTHERS = 11, 15, 12
"""Cells of a part's name, of a range, of the columns behind the ranges."""


@dataclass(frozen=True)
class PiecesState:
    """How far the pieces are read, and which range is chosen."""

    pieces: Pieces | None = None
    """None until they are read."""
    failed: str = ""
    """Why they could not be."""
    kept: Stored | None = None
    """What a folder of compiled code holds, in place of what a server's log says."""
    of: object = None
    """The overview that they were read for."""
    at: int = 0
    """The chosen range, from 0 in the order of the columns."""

    @property
    def ranges(self) -> tuple[TokenRange | None, ...]:
        """The columns: the ranges of all models, by size; None for what has no range."""
        models = self.pieces.models if self.pieces is not None else ()
        found = {tokens for model in models for tokens in say.ranges(model)}
        named = sorted(tokens for tokens in found if tokens is not None)
        return (*named, *((None,) if None in found else ()))

    @property
    def tokens(self) -> TokenRange | None:
        """The chosen range."""
        ranges = self.ranges
        return ranges[min(self.at, len(ranges) - 1)] if ranges else None

    def aside(self, by: int) -> PiecesState:
        """Another range chosen."""
        return replace(self, at=max(0, min(self.at + by, len(self.ranges) - 1)))

    def found(self, item: Item | None) -> tuple[ModelPieces, Submodule | None] | None:
        """What a row stands for: a part of a model, or a model as a whole with None."""
        if item is None or self.pieces is None or not item.key.startswith("model "):
            return None
        number, _, name = item.key.removeprefix("model ").partition(" ")
        model = self.pieces.models[int(number)]
        return model, next((part for part in say.parts(model) if name == f"={part.name}"), None)

    @property
    def read(self) -> bool:
        """Whether it is there."""
        return self.pieces is not None or self.kept is not None

    def cell(self, item: Item | None) -> PieceCell | None:
        """The chosen cell of a row; of a part that takes another's code, that one's."""
        model, part = self.found(item) or (None, None)
        if model is None or part is None:
            return None
        cell = model.cell(part.name, self.tokens)
        return model.cell(cell.of, cell.tokens) if cell is not None and cell.of else cell

    def name_of(self, compile_id: str) -> str:
        """`submod_2 for 1…64`, of what a piece opens as."""
        if self.kept is not None:
            own = (piece for key in self.kept.keys for piece in key.pieces)
            return next((kept.name(piece) for piece in own if piece.opens == compile_id), compile_id)
        cells = (cell for model in (self.pieces.models if self.pieces else ()) for cell in model.cells)
        return next((say.cell_name(cell) for cell in cells if cell.compile_id == compile_id), compile_id)

    def compile_id(self, item: Item | None) -> str | None:
        """What the chosen cell opens as."""
        if self.kept is not None:
            row = kept.found(self.kept, item)
            return row[1].opens if row is not None and row[1] is not None else None
        cell = self.cell(item)
        return cell.compile_id or None if cell is not None else None


def table(state: PiecesState, options: Options, room: int) -> ViewRows:
    """A row for each part, below one for its model.

    Args:
        state: what is read.
        options: how rows are narrowed down.
        room: cells of a row; of more ranges than fit, those about the chosen one are shown.
    """
    if state.kept is not None:
        return kept.table(state.kept, options)
    if state.pieces is None:
        return ViewRows((Column("part", _PART),), (), state.failed or "Reading the pieces…")
    ranges = state.ranges
    window = _window(state, max(1, (room - _PART - 2) // (_RANGE + 2)))
    titles = ["" if tokens is None else say.range_title(tokens) for tokens in ranges]
    columns = (
        Column("part", _PART),
        *(Column(words, _RANGE, grow=1, hidden=at not in window) for at, words in enumerate(titles)),
        Column("operations", 10, right=True, rank=1),
        Column("graph", _OTHERS, grow=2, rank=2),
    )
    items = tuple(item for number, model in enumerate(state.pieces.models) for item in _items(number, model, state))
    needle = options.needle.lower()
    shown = tuple(item for item in items if not needle or any(needle in cell.text.lower() for cell in item.cells))
    return ViewRows(columns, shown, say.NO_PIECES if not items else "Nothing here matches.", options.needle)


def _window(state: PiecesState, most: int) -> range:
    count = len(state.ranges)
    begin = max(0, min(state.at - most // 2, count - most))
    return range(begin, min(count, begin + most))


def _items(number: int, model: ModelPieces, state: PiecesState) -> Iterator[Item]:
    yield Item(f"model {number}", (Cell(say.heading(model), Tone.STRONG),))
    _, rows = say.table(model, state.ranges)
    for part, item in zip(say.parts(model), rows, strict=True):
        yield replace(item, key=f"model {number} ={part.name}", opens=True)


def about(state: PiecesState, item: Item | None) -> About:
    """What the details say of the chosen cell, and of its model."""
    if state.kept is not None:
        return kept.about(state.kept, item)
    if (found := state.found(item)) is None:
        return ()
    model, part = found
    own = tuple(piece_sections(model, part, state.tokens)) if part is not None else ()
    whole = (say.summary(model), say.loads(model), say.split_graph(model), say.configuration(model))
    return (*own, *(section for section in whole if section.rows or section.empty))


def chosen_words(state: PiecesState, item: Item | None) -> str:
    """Which cell is chosen: `submod_2, 1…64 tokens`; empty where none is."""
    if state.kept is not None:
        row = kept.found(state.kept, item)
        return kept.name(row[1]) if row is not None and row[1] is not None else ""
    found = state.found(item)
    return title(found[1], state.tokens) if found is not None and found[1] is not None else ""


def nothing_words(state: PiecesState, item: Item | None) -> str:
    """Why the chosen cell does not open."""
    found = state.found(item)
    if found is None or found[1] is None:
        return "This row is no piece."
    rows = next(iter(piece_sections(found[0], found[1], state.tokens))).rows
    return f"{title(found[1], state.tokens)}: {rows[0].text}."


def others(state: PiecesState, item: Item | None) -> tuple[Choice, ...]:
    """What the chosen cell can be held against: the part's other ranges first, then the model's other pieces."""
    model, part = state.found(item) or (None, None)
    own = state.compile_id(item)
    if state.kept is not None:
        return kept.others(state.kept, own) if own is not None else ()
    if model is None or part is None or own is None:
        return ()
    cells = [cell for cell in model.cells if cell.compile_id and cell.compile_id != own]
    name = part.name
    cells.sort(key=lambda cell: cell.submodule != name)
    return tuple(Choice(cell.compile_id, cell.compile_id, say.cell_name(cell), say.cell_words(cell)) for cell in cells)
