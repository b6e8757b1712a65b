"""A highlighted line for a plain terminal: the sixteen colours every terminal has."""

from __future__ import annotations

from collections.abc import Iterable

from inspector.highlight.tokens import Kind, Token

_SGR: dict[Kind, str] = {
    Kind.KEYWORD: "35",
    Kind.CONSTANT: "33",
    Kind.BUILTIN: "36",
    Kind.TYPE: "36",
    Kind.FUNCTION: "34",
    Kind.DEFINITION: "1",
    Kind.STRING: "32",
    Kind.NUMBER: "33",
    Kind.SHAPE: "33",
    Kind.OPERATOR: "35",
    Kind.COMMENT: "2",
    Kind.PREPROCESSOR: "35",
    Kind.MNEMONIC: "34",
    Kind.REGISTER: "36",
    Kind.MEMORY: "32",
    Kind.LABEL: "33",
}


def paint(line: str, tokens: Iterable[Token]) -> str:
    """`line` with escape sequences around its tokens; the reset stands at each token's end, never across lines."""
    pieces: list[str] = []
    place = 0
    for start, end, kind in tokens:
        pieces += (line[place:start], "\x1b[", _SGR[kind], "m", line[start:end], "\x1b[0m")
        place = end
    return "".join((*pieces, line[place:]))
