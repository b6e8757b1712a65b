"""The rows of the view for a folder of compiled code: its keys, and below each the pieces kept under it. No Textual."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from inspector.model.stored import Stored, StoredKey, StoredPiece
from inspector.say import stored as say
from inspector.say.doc import Cell, Item, Row, Section, Tone
from inspector.tui.choice import Choice
from inspector.tui.log.parts import About, Options, ViewRows


def table(kept: Stored, options: Options) -> ViewRows:
    """A row for each key, and one for each piece below it."""
    columns, _ = say.pieces_table(kept.keys)
    needle = options.needle.lower()
    items = tuple(item for number, key in enumerate(kept.keys) for item in _items(number, key))
    shown = tuple(item for item in items if needle in " ".join(cell.text for cell in item.cells).lower())
    return ViewRows(columns, shown, say.NO_KEYS if not items else "Nothing here matches.", options.needle)


def _items(number: int, key: StoredKey) -> Iterator[Item]:
    yield Item(f"kept {number}", (Cell(say.heading(key), Tone.STRONG),))
    _, rows = say.pieces_table((key,))
    for at, row in enumerate(rows):
        yield replace(row, key=f"kept {number} {at}", depth=1, opens=True)


def found(kept: Stored, item: Item | None) -> tuple[StoredKey, StoredPiece | None] | None:
    """What a row stands for: a piece of a key, or the key as a whole with None."""
    if item is None:
        return None
    number, _, at = item.key.removeprefix("kept ").partition(" ")
    key = kept.keys[int(number)]
    return key, key.pieces[int(at)] if at else None


def about(kept: Stored, item: Item | None) -> About:
    """What the details say of a row: its key on disk, and what the key was made of."""
    if (row := found(kept, item)) is None:
        return ()
    key, _ = row
    more = say.left_out(kept)
    rows = (*say.key_rows(key), *((Row(more, Tone.WARNING),) if more else ()))
    return Section("key", say.heading(key), None, rows, ""), say.factors(key)


def others(kept: Stored, own: str) -> tuple[Choice, ...]:
    """Every other piece of the folder that has code of its own."""
    return tuple(
        Choice(piece.opens, piece.opens, name(piece), key.name)
        for key in kept.keys
        for piece in key.pieces
        if piece.opens != own and not piece.same_as
    )


def name(piece: StoredPiece) -> str:
    """`submod_2 for 1…64`."""
    return f"{piece.name}{f' for {piece.tokens.words}' if piece.tokens is not None else ''}"
