"""The word at a place in a line, as the tables may know it."""

from __future__ import annotations

import re

from inspector.model.artifact import Language

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(?:(?:\.|::|<[A-Za-z0-9_, ]*>(?=::))*[A-Za-z_][A-Za-z0-9_]*)*")
_PRAGMA = re.compile(r"\s*#\s*pragma\b.*")
_MNEMONIC = re.compile(
    r"\s*(?:[0-9a-f]+:\s+)?((?:lock |rep |repz |repnz |bnd |notrack |cs |ds |data16 )*[a-z][a-z0-9]*)\b"
)
_AT_LEFT = {
    Language.ASM: _MNEMONIC,
    Language.PTX: re.compile(r"\s+(?:@!?%?\w+ +)?([A-Za-z][\w.]*)"),
    Language.LLVM: re.compile(r"\s*(?:%[\w.$#:]+ = )?\"?([a-z]+\.[\w.]*\w)"),
}
"""Where an instruction, or an operation, stands at the left of its line."""


def word_at(line: str, col: int, language: Language | None = None) -> str:
    """The word that a cursor stands on; empty where there is none.

    A pragma is one word. In machine code everything left of the operands is the instruction, and in MLIR what an
    operation gives stands for it. Elsewhere, between two words, the next one on the line is meant.

    Args:
        line: the line of text.
        col: 0-based, in code points.
    """
    if _PRAGMA.fullmatch(line):
        return " ".join(line.split())
    at_left = _AT_LEFT.get(language) if language is not None else None
    if at_left is not None and (found := at_left.match(line)) is not None and col < found.end():
        return found[1]
    for match in _NAME.finditer(line):
        if col < match.end():
            return _part(match[0], col - match.start())
    return ""


def _part(word: str, at: int) -> str:
    """Of a method's call on a variable, `tmp1.exp`, the part that the cursor is on; other names stay whole."""
    owner, dot, method = word.partition(".")
    if not dot or "." in method or not re.fullmatch(r"(tmp|buf|arg|primals|async_compile|args)\w*", owner):
        return word
    if owner == "async_compile":
        return word
    return owner if 0 <= at < len(owner) else method
