"""C++ as Inductor generates it."""

from __future__ import annotations

from typing import ClassVar

from pygments.lexer import default, inherit, words
from pygments.lexers.c_cpp import CppLexer
from pygments.token import Keyword, Name, Punctuation, Whitespace

from inspector.highlight.kinds import Definition


class KernelLexer(CppLexer):
    """C++ with ATen's vector types and Inductor's numbered values."""

    tokens: ClassVar = {
        # Whether a line lies in a function cannot be seen in it; Pygments' root would look for a function's whole head.
        "root": [default("function")],
        "function": [
            (r"(?<=\S)[^\S\n]+", Whitespace),
            (r"(?:[(){};,\]]|\[(?!\[)|\.(?!\d))+", Punctuation),
            (
                r"(?:at|c10|std)(?:::\w+)*::(?:VectorizedN?|VecMask|BFloat16|Half|[a-z]\w*_t|array|tuple|pair)\b",
                Keyword.Type,
            ),
            (r"(?:at|c10|std)(?:::\w+)+(?=\()", Name.Function),
            (r"(?:tmp|tmp_acc)\d+\w*(?= =)", Definition),
            (
                words(("bfloat16", "half", "BFloat16", "Half", "Vectorized", "VectorizedN", "VecMask"), suffix=r"\b"),
                Keyword.Type,
            ),
            (words(("__restrict__", "__attribute__", "__global__", "__device__", "__shared__"), suffix=r"\b"), Keyword),
            (r"(?:true|false|NULL|nullptr)\b", Keyword.Constant),
            (r"(?:tmp|x|in_ptr|out_ptr|in_out_ptr)\d+\b", Name),
            inherit,
        ],
    }
