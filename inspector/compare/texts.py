"""Two texts of one stage, aligned."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from inspector.compare.align import align, same_anchor
from inspector.compare.reading import own_text, read_program
from inspector.compare.rows import AlignedSide, make_rows, straight_rows
from inspector.compare.sequence import Pair
from inspector.compare.statements import Program
from inspector.compare.words import changed_words
from inspector.model.artifact import Artifact
from inspector.model.difference import Change, ItemChange, Text, TextDifference, TextRow, largest
from inspector.model.stage import Stage

_SIZE = re.compile(r"\bsize\d+\b")
_WORDS = re.compile(r'"[^"]*"|[^\s"]+')


@dataclass(frozen=True)
class NameMeanings:
    """What names of earlier stages mean on both sides, for one side."""

    defined: Mapping[str, str] = field(default_factory=dict)
    """Names that the text may define itself and that keep their meaning: graph inputs, buffers, kernels."""
    mentioned: Mapping[str, str] = field(default_factory=dict)
    """Names in its comments."""


@dataclass(frozen=True)
class Aligned:
    """A text difference, with what later stages need to know of it."""

    difference: TextDifference
    a: Program
    b: Program
    pairs: Sequence[Pair]


def text_of(artifact: Artifact) -> Text:
    """An artifact as one side of a difference."""
    return Text(artifact.id, artifact.language, artifact.text, artifact.id)


def compare_texts(
    title: str,
    a: Text,
    b: Text,
    *,
    stage: Stage | None = None,
    kernels: tuple[str | None, str | None] = (None, None),
    names: tuple[NameMeanings, NameMeanings] = (NameMeanings(), NameMeanings()),
    tags: tuple[Mapping[int, str], Mapping[int, str]] = ({}, {}),
    programs: tuple[Program, Program] | None = None,
) -> Aligned:
    """How two texts of one language differ.

    Args:
        names: what names of earlier stages mean, one mapping for each side.
        tags: statement → what links say it comes from, one mapping for each side; for statements without an own tag.
        programs: the two texts read already; None reads them.
    """
    before, after = programs or (read_program(a, names[0].defined), read_program(b, names[1].defined))
    before, after = _tagged(before, tags[0]), _tagged(after, tags[1])
    pairs = [(index, index) for index in range(min(len(before.statements), len(after.statements)))]
    sides = _sides(before, after, pairs, names)
    if _straight(*sides):
        rows = straight_rows(*sides)
    else:
        pairs = align(before, after)
        sides = _sides(before, after, pairs, names)
        rows = make_rows(*sides, pairs)
    difference = TextDifference(
        title,
        a,
        b,
        _verdict(*sides, rows),
        rows,
        tuple(_items(before, after, pairs)),
        tuple(_renames(before, after, pairs)),
        stage,
        *kernels,
        compared=max(len(before.saying), len(after.saying)),
    )
    return Aligned(difference, before, after, pairs)


def only_one_side(
    title: str, text: Text, change: Change, stage: Stage | None, kernel: str | None = None
) -> TextDifference:
    count = len(text.lines)
    if change is Change.REMOVED:
        rows = tuple(TextRow(change, number, None) for number in range(1, count + 1))
        return TextDifference(title, text, None, change, rows, stage=stage, kernel_a=kernel)
    rows = tuple(TextRow(change, None, number) for number in range(1, count + 1))
    return TextDifference(title, None, text, change, rows, stage=stage, kernel_b=kernel)


def _tagged(program: Program, tags: Mapping[int, str]) -> Program:
    if not tags:
        return program
    statements = tuple(
        replace(item, tag=tags[index]) if index in tags and not item.anchor else item
        for index, item in enumerate(program.statements)
    )
    return replace(program, statements=statements)


def _straight(a: AlignedSide, b: AlignedSide) -> bool:
    """Whether the n-th statement is the n-th throughout: then nothing has to be searched."""
    ours, theirs = a.program.statements, b.program.statements
    return len(ours) == len(theirs) and all(map(same_anchor, ours, theirs)) and a.lines == b.lines


def _sides(
    a: Program, b: Program, pairs: Sequence[Pair], names: tuple[NameMeanings, NameMeanings]
) -> tuple[AlignedSide, AlignedSide]:
    to_a = {theirs: ours for ours, theirs in pairs}
    meanings_a = {index: str(index) for index in range(len(a.statements))}
    meanings_b = {index: str(to_a[index]) if index in to_a else f"b{index}" for index in range(len(b.statements))}
    return (
        AlignedSide(a, meanings_a, names[0].defined, names[0].mentioned),
        AlignedSide(b, meanings_b, names[1].defined, names[1].mentioned),
    )


def _verdict(a: AlignedSide, b: AlignedSide, rows: Sequence[TextRow]) -> Change:
    """The largest change of a row that says something; blank lines and comments may come and go."""
    says_a, says_b = a.program.saying, b.program.saying
    told = [row for row in rows if row.a in says_a or row.b in says_b]
    found = largest(row.change for row in told)
    return Change.CHANGED if found is Change.MOVED and not _may_move(a, b, told) else found


def _may_move(a: AlignedSide, b: AlignedSide, rows: Iterable[TextRow]) -> bool:
    """Whether what moved are whole statements, in a language whose statements say by name what they use."""
    if a.program.ordered:
        return Counter(_blocks(a)) == Counter(_blocks(b))
    held_a, held_b = a.program.inside - a.bound, b.program.inside - b.bound
    return not any(row.a in held_a or row.b in held_b for row in rows if row.change is Change.MOVED)


def _blocks(side: AlignedSide) -> Iterator[str]:
    """What stands between blank lines: in bytecode the instructions of one line of source."""
    block: list[str] = []
    for line in (*side.lines, ""):
        if line.strip():
            block.append(line)
        elif block:
            yield "\n".join(block)
            block = []


def _renames(a: Program, b: Program, pairs: Sequence[Pair]) -> Iterator[tuple[str, str]]:
    found = ((a.statements[ours].name, b.statements[theirs].name) for ours, theirs in pairs)
    return iter(dict.fromkeys(pair for pair in found if pair[0] != pair[1] and all(pair)))


# --- what changed, statement by statement -------------------------------------------------------------------


def _items(a: Program, b: Program, pairs: Sequence[Pair]) -> Iterator[ItemChange]:
    to_b = dict(pairs)
    for stretch_a, stretch_b, pair in _in_order(pairs, len(a.statements), len(b.statements)):
        for index in stretch_a:
            yield ItemChange(
                Change.REMOVED, a.statements[index].name, "", a.statements[index].line, None, own_text(a, index)
            )
        for index in stretch_b:
            yield ItemChange(
                Change.ADDED, "", b.statements[index].name, None, b.statements[index].line, own_text(b, index)
            )
        if pair is not None and (what := _what(a, b, *pair, to_b)):
            ours, theirs = a.statements[pair[0]], b.statements[pair[1]]
            yield ItemChange(Change.CHANGED, ours.name, theirs.name, ours.line, theirs.line, what)


def _in_order(
    pairs: Sequence[Pair], length_a: int, length_b: int
) -> Iterator[tuple[list[int], list[int], Pair | None]]:
    """The pairs in the first side's order, each after what stands unpaired before it on either side."""
    to_b = dict(pairs)
    taken = set(to_b.values())
    waiting_a: list[int] = []
    at_b = 0
    for index in range(length_a):
        if index not in to_b:
            waiting_a.append(index)
            continue
        free = [other for other in range(at_b, to_b[index]) if other not in taken]
        at_b = max(at_b, to_b[index])
        yield waiting_a, free, (index, to_b[index])
        waiting_a = []
    yield waiting_a, [other for other in range(at_b, length_b) if other not in taken], None


def _what(a: Program, b: Program, ours: int, theirs: int, to_b: Mapping[int, int]) -> str:
    """What differs between two paired statements; empty where they are the same up to names."""
    if a.statements[ours].kind == b.statements[theirs].kind == "return":
        return _returned(a, b, a.operands[ours], b.operands[theirs], to_b)
    key_a, key_b = a.statements[ours].key, b.statements[theirs].key
    if key_a != key_b:
        return _words(key_a, key_b, *({meaning: name for name, meaning in side.symbols.items()} for side in (a, b)))
    operands_a, operands_b = a.operands[ours], b.operands[theirs]
    if [to_b.get(index) for index in operands_a] == list(operands_b):
        return ""
    differ = [
        f"{a.statements[x].name or '…'} → {b.statements[y].name or '…'}"
        for x, y in zip(operands_a, operands_b, strict=False)
        if to_b.get(x) != y
    ]
    return f"uses {', '.join(differ)}" if differ else "uses other values"


def _returned(a: Program, b: Program, ours: Sequence[int], theirs: Sequence[int], to_b: Mapping[int, int]) -> str:
    """What one graph returns and the other does not."""
    kept = {to_b.get(index) for index in ours}
    gone = [a.statements[index].name for index in ours if to_b.get(index) not in theirs]
    came = [b.statements[index].name for index in theirs if index not in kept]
    if gone and came:
        return f"returns {', '.join(came)} in place of {', '.join(gone)}"
    if gone or came:
        return f"returns also {', '.join(came)}" if came else f"returns no more {', '.join(gone)}"
    return "" if [to_b.get(index) for index in ours] == list(theirs) else "returns the same in another order"


def _words(a: str, b: str, symbols_a: Mapping[str, str], symbols_b: Mapping[str, str]) -> str:
    """The words of two keys that differ: `f32[8, 16] → f32[s77, 16]`."""
    pairs = [
        (_named(old, symbols_a) or "nothing", _named(new, symbols_b) or "nothing")
        for old, new in changed_words(a, b, _WORDS)
    ]
    return ", ".join(f"{old} → {new}" for old, new in pairs)


def _named(text: str, symbols: Mapping[str, str]) -> str:
    """Words of a key with the text's own symbols of sizes."""
    return _SIZE.sub(lambda match: symbols.get(match[0], match[0]), text).strip('"')
