"""From Pygments' token types to kinds: the one table for every lexer.

Imported with the first lexer, never before: importing Pygments takes longer than painting a screen.
"""

from __future__ import annotations

from pygments.token import Comment, Keyword, Name, Number, Operator, String, _TokenType

from inspector.highlight.tokens import Kind

# What Pygments has no type for; its types are made to be added to like this.
Definition = Name.Definition
Shape = String.Shape
Instruction = Name.Instruction
Register = Name.Register
Memory = Name.Memory

_TABLE: dict[_TokenType, Kind] = {
    Comment: Kind.COMMENT,
    Comment.Preproc: Kind.PREPROCESSOR,
    Comment.PreprocFile: Kind.PREPROCESSOR,
    Keyword: Kind.KEYWORD,
    Keyword.Constant: Kind.CONSTANT,
    Keyword.Type: Kind.TYPE,
    Name.Builtin: Kind.BUILTIN,
    Name.Class: Kind.TYPE,
    Name.Decorator: Kind.PREPROCESSOR,
    Name.Exception: Kind.BUILTIN,
    Name.Function: Kind.FUNCTION,
    Name.Label: Kind.LABEL,
    Name.Tag: Kind.DEFINITION,
    Name.Variable.Magic: Kind.BUILTIN,
    Number: Kind.NUMBER,
    Operator: Kind.OPERATOR,
    Operator.Word: Kind.KEYWORD,
    String: Kind.STRING,
    Definition: Kind.DEFINITION,
    Shape: Kind.SHAPE,
    Instruction: Kind.MNEMONIC,
    Register: Kind.REGISTER,
    Memory: Kind.MEMORY,
}


class _Kinds(dict[_TokenType, Kind | None]):
    """A type that is not in the table is what the nearest type above it is."""

    def __missing__(self, kind: _TokenType) -> Kind | None:
        self[kind] = self[kind.parent] if kind.parent is not None else None
        return self[kind]


KINDS = _Kinds(_TABLE)
"""What a type is; None for plain text, which `Error` is too: half a string is no reason for alarm."""
