"""A folder of compiled code, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from inspector.model.stored import FactorChange, Stored, StoredKey, StoredKind, StoredPiece
from inspector.say.doc import Cell, Column, Item, Row, Section, Tone
from inspector.say.units import plural, seconds, size

NO_KEYS = "No key of compiled code that can be read is in this folder."
_FACTORS_SHOWN = 12


def heading(key: StoredKey) -> str:
    """`torch_aot_compile/30d1…: vLLM's ahead-of-time artifact`."""
    return f"{key.name}: {key.kind.value}"


def key_rows(key: StoredKey) -> Iterator[Row]:
    """What a key is as a whole."""
    written = datetime.fromtimestamp(key.newest).strftime("%Y-%m-%d %H:%M:%S")
    yield Row(f"{plural(key.files, 'file')}, {size(key.size)}, written last {written}", label="on disk")
    if key.ranks:
        yield Row(", ".join(key.ranks), label="ranks")
    if key.made_with:
        yield Row(", ".join(f"{name} {value}" for name, value in key.made_with.items()), label="made with")
    own = [piece for piece in key.pieces if not piece.same_as]
    if key.pieces:
        kernels = sum(piece.kernels for piece in own)
        built = sum(piece.machine_code for piece in own)
        took = [piece.seconds for piece in own]
        time = "" if None in took else f"; compiling them took {seconds(sum(filter(None, took)))}"
        shared = len(key.pieces) - len(own)
        yield Row(
            f"{plural(len(key.pieces), 'piece')}, {len(own)} with code of their own, {shared} sharing another's{time}",
            label="pieces",
        )
        yield Row(f"{plural(kernels, 'kernel')}, {built} with a shared object in the folder", label="kernels")
    yield Row(f"{plural(len(key.factors), 'factor')}" if key.factors else "not kept", label="factors")
    if key.foreign:
        yield Row(f"{plural(key.foreign, 'file')} of a form that is not read", Tone.QUIET, label="other")
    for what in key.unread:
        yield Row(what, Tone.WARNING, label="not read")


def pieces_table(keys: Sequence[StoredKey]) -> tuple[tuple[Column, ...], tuple[Item, ...]]:
    """The pieces of some keys."""
    ranked = any(len(key.ranks) > 1 for key in keys)
    columns = (
        *(Column("piece", 14, grow=1), Column("tokens", 9), Column("rank", 9, hidden=not ranked)),
        *(Column("compiled in", 11, right=True), Column("kernels", 7, right=True)),
        *(Column("artifact", 9, right=True, rank=1), Column("opens as", 8)),
    )
    items = ((piece, len(key.ranks) > 1) for key in keys for piece in key.pieces)
    return columns, tuple(_item(number, piece, several=several) for number, (piece, several) in enumerate(items))


def _item(number: int, piece: StoredPiece, *, several: bool) -> Item:
    made = f"= {piece.same_as}" if piece.same_as else seconds(piece.seconds, "not recorded")
    texts = (piece.name, piece.tokens.words if piece.tokens else "", piece.rank if several else "", made)
    kernels = "" if piece.same_as else str(piece.kernels)
    rest = (kernels, "" if piece.same_as else size(piece.size), piece.opens)
    return Item(str(number), tuple(Cell(text) for text in (*texts, *rest)))


def left_out(stored: Stored) -> str:
    """What was not looked at; empty where all was."""
    if not stored.left_out:
        return ""
    return f"{plural(stored.left_out, 'file')} not looked at: links, or too deep, or too many"


def factors(key: StoredKey) -> Section:
    """What its key was made of: the first few of each group."""
    groups: dict[str, list[str]] = {}
    for name, value in key.factors.items():
        group, _, rest = name.partition(": ")
        groups.setdefault(group, []).append(f"{rest} {value}" if rest else value)
    rows = []
    for group, values in groups.items():
        rows.append(Row(plural(len(values), "factor") if len(values) > 1 else values[0], label=group))
        if len(values) > 1:
            rows += (Row(value, Tone.QUIET, 1) for value in values[:_FACTORS_SHOWN])
            if len(values) > _FACTORS_SHOWN:
                rows.append(Row(f"… {len(values) - _FACTORS_SHOWN:,} more: --json has them", Tone.QUIET, 1))
    alike = "What its graphs' keys have in common" if key.kind is StoredKind.INDUCTOR else "What the key was made of"
    return Section("factors", alike, len(key.factors), tuple(rows), "")


def change_rows(changes: Sequence[FactorChange]) -> Iterator[Row]:
    """What differs, by name: the code of which file, which variable, which setting."""
    for change in changes:
        yield Row(change.name, Tone.STRONG)
        for side, value in (("A", change.a), ("B", change.b)):
            yield Row("not there" if value is None else value or "empty", Tone.QUIET, 1, label=side)
        if change.name.endswith("_hash"):
            yield Row("only this digest is kept: what in it differs is not recorded", Tone.QUIET, 1)


def compared_words(a: StoredKey, b: StoredKey, changes: Sequence[FactorChange]) -> str:
    """What came of holding two keys against each other."""
    if not (a.factors and b.factors):
        which = " and ".join(key.name for key in (a, b) if not key.factors)
        return f"The factors of {which} are not kept: which one differs is not recorded."
    count = len({*a.factors, *b.factors}) + len({*a.made_with, *b.made_with})
    if changes:
        return f"{plural(len(changes), 'factor')} of {count:,} differ{'s' if len(changes) == 1 else ''}:"
    same = f"All {count:,} factors that are kept are the same."
    if a.kind is StoredKind.AOT:
        same += " An artifact keeps the code that it was compiled of, and not the settings and the environment."
    return same
