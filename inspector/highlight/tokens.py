"""What a highlighter says about a piece of a line."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """What a piece of text is, to a reader of compilers."""

    KEYWORD = "keyword"
    CONSTANT = "constant"
    """`True`, `None`, `nullptr`."""
    BUILTIN = "builtin"
    """A name that the language or the code generator always provides: `len`, `tl`, `self`."""
    TYPE = "type"
    """`float`, `at::vec::Vectorized`, `torch.float32`."""
    FUNCTION = "function"
    """The name of something called or defined; the whole of `torch.ops.aten.mm.default`."""
    DEFINITION = "definition"
    """The name a line gives to its result: an FX node, a buffer, an SSA value."""
    STRING = "string"
    NUMBER = "number"
    SHAPE = "shape"
    """An FX annotation, `"f32[1, 8, 2048]cpu"`."""
    OPERATOR = "operator"
    COMMENT = "comment"
    """Also what a reader skips: `;  mul = None` at the end of an FX line."""
    PREPROCESSOR = "preprocessor"
    """`#include`, `#pragma`, a decorator, an assembler directive."""
    MNEMONIC = "mnemonic"
    """An instruction's or a bytecode's name."""
    REGISTER = "register"
    MEMORY = "memory"
    """A memory operand of an instruction, brackets included."""
    LABEL = "label"
    """A label, a symbol, a line number of the source."""


class Token(NamedTuple):
    """A coloured piece of one line; what lies between tokens is plain text."""

    start: int
    """0-based column in code points."""
    end: int
    """Exclusive."""
    kind: Kind
