"""Colours for the texts of every stage, one line at a time.

A highlighter never reads more of a file than it must: a line is cut into tokens when it is asked for, and
what came before it matters only through the region it begins in (a docstring, a block comment, a kernel
inside one of Inductor's strings), which `regions` finds without tokenising.
"""

from inspector.highlight.ansi import paint
from inspector.highlight.highlighter import Highlighter, Known
from inspector.highlight.languages import warm
from inspector.highlight.tokens import Kind, Token

__all__ = ["Highlighter", "Kind", "Known", "Token", "paint", "warm"]
