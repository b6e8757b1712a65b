"""Python as torch, Inductor and Triton write it.

Rules of ours come before Pygments' own. Those for blanks, brackets and numbered names say what Pygments would
say too, some fifty attempts later: with them a line of a graph takes a third of the time.
"""

from __future__ import annotations

from typing import ClassVar

from pygments.lexer import inherit
from pygments.lexers.python import PythonLexer
from pygments.token import Comment, Keyword, Name, Operator, Punctuation, String, Whitespace

from inspector.highlight.kinds import Definition, Memory, Shape


class TorchLexer(PythonLexer):
    """Python with torch's own names. Docstrings and kernels in strings never reach it whole."""

    tokens: ClassVar = {
        "root": [
            (r"(?<=\S)[^\S\n]+", Whitespace),
            (r"(?:[](){},[]|:(?!=)|\.(?!\d))+", Punctuation),
            (r"^\s*@[\w.]+", Name.Decorator),
            (r"@", Operator),
            (r"[rRbBuUfF]{0,2}(?:\"\"\"|''')", String),  # where a kernel begins or ends, not a whole string
            (r"torch\.ops\.[\w.]+", Name.Function),
            (r"torch\.(?:float|bfloat|int|uint|complex|double|half|long|bool)\w*", Keyword.Type),
            (r"torch\b", Name.Builtin),
            (r"[^\W\d]+\d\w*", Name),
            inherit,
        ]
    }


class FxLexer(TorchLexer):
    """A graph as `print_readable` writes it."""

    tokens: ClassVar = {
        "root": [
            (r"^\s+[^\W\d]\w*(?=(?::[^=]*)? = |: \")", Definition),
            (r'"(?:Sym|[a-z]+\d*(?:e\d+m\d+\w*)?)[\[(][^"]*"', Shape),
            (r";  (?:\w+ = )+None.*", Comment),
            inherit,
        ]
    }


class TritonLexer(TorchLexer):
    """A Triton kernel as Inductor generates it."""

    tokens: ClassVar = {
        "root": [
            (r"tl\.(?:float|bfloat|int|uint|constexpr|pointer_type)\w*", Keyword.Type),
            (r"(?:tl|triton|libdevice|tl_math|triton_helpers)\b", Name.Builtin),
            (r"_?tmp\d+(?= = )", Definition),
            inherit,
        ]
    }


class IrLexer(TorchLexer):
    """Inductor's loop IR: a list of facts about each operation, with its loop body as Python."""

    tokens: ClassVar = {
        "root": [
            (r"^(?:op|buf)\w*(?=:)", Name.Label),
            (r"(?:(?:op|buf)\d+(?:_\w+)?|(?:primals|arg)_?\d+(?:_\d+)?)\b", Definition),
            (
                r"(?:MemoryDep|StarDep|WeakDep|ComputedBuffer|SchedulerNode|FusedSchedulerNode|ExternKernel\w*)\b",
                Memory,
            ),
            (r"ops\.\w+", Name.Function),
            inherit,
        ]
    }
