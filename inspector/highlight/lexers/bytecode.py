"""Python's bytecode as `dis` prints it."""

from __future__ import annotations

from typing import ClassVar

from pygments.lexer import RegexLexer
from pygments.token import Comment, Name, Number, String, Text

from inspector.highlight.kinds import Instruction


class BytecodeLexer(RegexLexer):
    """Source line, jump target, offset, instruction, argument and what the argument is."""

    name = "Python bytecode"
    tokens: ClassVar = {
        "root": [
            (r"^(?:ORIGINAL|MODIFIED) BYTECODE.*|^#.*|^Disassembly of.*", Comment),
            (r"^\s*\d+(?=\s+(?:>>\s+)?(?:\d+ )?\s*[A-Z_]+)|>>|^\s*L\d+:|\bto \w+", Name.Label),
            (r"[A-Z][A-Z\d]*(?:_[A-Z\d]+)*(?:\([A-Z_]+\))?(?=\s)", Instruction),
            (r"\(.*\)", String),
            (r"\d+\b", Number),
            (r"\s+|\w+|.", Text),
        ]
    }
