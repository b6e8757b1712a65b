"""The tokens of a piece of a line, as the Pygments lexer of its language has them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from inspector.highlight.tokens import Kind, Token
from inspector.model.artifact import Language

if TYPE_CHECKING:
    from pygments.lexer import Lexer

_OURS = "inspector.highlight.lexers"
_LEXERS: dict[Language, tuple[str, str]] = {
    Language.PYTHON: (f"{_OURS}.python", "TorchLexer"),
    Language.INDUCTOR: (f"{_OURS}.python", "TorchLexer"),
    Language.FX: (f"{_OURS}.python", "FxLexer"),
    Language.IR: (f"{_OURS}.python", "IrLexer"),
    Language.TRITON: (f"{_OURS}.python", "TritonLexer"),
    Language.CPP: (f"{_OURS}.cpp", "KernelLexer"),
    Language.ASM: (f"{_OURS}.machine", "AsmLexer"),
    Language.LLVM: (f"{_OURS}.machine", "MlirLexer"),
    Language.PTX: (f"{_OURS}.machine", "GpuLexer"),
    Language.BYTECODE: (f"{_OURS}.bytecode", "BytecodeLexer"),
    Language.JSON: ("pygments.lexers.data", "JsonLexer"),
}
"""Module and class, imported on first use."""


@cache
def lexer(language: Language) -> Lexer | None:
    """The lexer of a language, made on first use; None for plain text."""
    if (place := _LEXERS.get(language)) is None:
        return None
    module, name = place
    made: Lexer = getattr(import_module(module), name)()
    return made


def warm() -> None:
    """Makes the lexers that a compile on this machine will need, so that no text's first paint waits for one."""
    for language in (Language.FX, Language.PYTHON, Language.BYTECODE, Language.IR, Language.CPP, Language.ASM):
        lexer(language)


def tokens(language: Language, text: str, start: int, end: int) -> Iterator[Token]:
    """The tokens of `text[start:end]`, lexed alone, in order; neighbours of one kind are one token."""
    if (lex := lexer(language)) is None:
        return
    from pygments.token import Name

    from inspector.highlight.kinds import KINDS

    left = right = start
    kind: Kind | None = None
    piece = f"{text[start:end]}\n"  # many of Pygments' rules end at a newline
    for offset, type_, value in lex.get_tokens_unprocessed(piece):
        begin = start + offset
        stop = min(begin + len(value), end)
        called = type_ is Name and stop < end and text[stop] == "("
        its_kind = Kind.FUNCTION if called else KINDS[type_]
        if its_kind is kind and begin == right:
            right = stop
            continue
        if kind is not None and left < right:
            yield Token(left, right, kind)
        left = begin + len(value) - len(value.lstrip())  # a rule may reach back to the line's beginning
        right, kind = stop, its_kind
    if kind is not None and left < right:
        yield Token(left, right, kind)
