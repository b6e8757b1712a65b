"""Shorter words for runs of characters, each of which keeps the place that it stands for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from inspector.form.form import Piece

Rule = tuple[re.Pattern[str], "str | Callable[[re.Match[str]], str]"]


def rewritten(text: str, line: int, start: int, rules: Iterable[Rule]) -> Iterator[Piece]:
    """The pieces of a part of a line, after each rule has been tried at each place, the first that matches winning.

    Args:
        text: the part.
        line: its 1-based line.
        start: the column of its first character.
        rules: what to look for, and what to write for it.
    """
    rules = list(rules)
    kept = at = 0
    while at < len(text):
        for pattern, new in rules:
            match = pattern.match(text, at)
            if match is None or match.end() == at:
                continue
            if kept < at:
                yield Piece(text[kept:at], line, start + kept, start + at)
            words = match.expand(new) if isinstance(new, str) else new(match)
            if words:
                yield Piece(words, line, start + at, start + match.end())
            kept = at = match.end()
            break
        else:
            # A rule never begins within a word: `dmodel` is not `model`.
            word = _WORD.match(text, at)
            at = word.end() if word is not None else at + 1
    if kept < len(text):
        yield Piece(text[kept:], line, start + kept, start + len(text))


_WORD = re.compile(r"\w+|'[^'\\]*(?:\\.[^'\\]*)*'|\"[^\"\\]*(?:\\.[^\"\\]*)*\"")

DTYPES: Mapping[str, str] = {
    "bool": "b8",
    "uint8": "u8",
    "uint16": "u16",
    "uint32": "u32",
    "uint64": "u64",
    "int8": "i8",
    "int16": "i16",
    "int32": "i32",
    "int64": "i64",
    "float16": "f16",
    "bfloat16": "bf16",
    "float32": "f32",
    "float64": "f64",
    "complex64": "c64",
    "complex128": "c128",
    "float8_e4m3fn": "f8e4m3fn",
    "float8_e5m2": "f8e5m2",
}
"""torch's names of element types → the short ones that its graphs are printed with."""


def short_dtype(name: str) -> str:
    """`f32` for `float32`; the name itself where graphs have no shorter one."""
    return DTYPES.get(name, name)


def shape_words(sizes: Iterable[str]) -> str:
    """`1×8×2048`; a size that is an expression is in brackets."""
    return "×".join(size if re.fullmatch(r"\w+", size) else f"({size})" for size in sizes)


def contiguous(sizes: Sequence[str], strides: Sequence[str]) -> bool:
    """Whether strides are those of a tensor that lies in memory without gaps, as far as the words tell."""
    number = 1
    symbols: list[str] = []
    for size, stride in zip(reversed(sizes), reversed(strides), strict=True):
        expected = sorted([str(number), *symbols]) if number != 1 or not symbols else sorted(symbols)
        if size != "1" and sorted(part.strip(" ()") for part in stride.split("*")) != expected:
            return False
        if size.isdigit():
            # torch takes the stride that a size of 0 would give for that of 1.
            number *= max(int(size), 1)
        else:
            symbols.append(size)
    return True
