"""Pieces of Markdown: a capture's texts shown as they are and never taken for markup."""

from __future__ import annotations

import re

from inspector.model.visible import visible


def code(text: str) -> str:
    """A code span that holds `text`, on one line, whatever is in it."""
    text = " ".join(visible(text).split())
    if not text:  # a span of nothing is none
        return "(empty)"
    ticks = "`" * (longest_run(text) + 1)
    blank = " " if text[:1] == "`" or text[-1:] == "`" else ""
    return f"{ticks}{blank}{text}{blank}{ticks}"


def longest_run(text: str) -> int:
    """How many backticks stand side by side at most."""
    return max(map(len, re.findall("`+", text)), default=0)


def prose(text: str) -> str:
    """A sentence of torch's on one line, what Markdown would act on escaped; its own code spans stay."""
    parts = re.split(r"(`[^`]*`)", " ".join(visible(text).split()))
    return "".join(part if number % 2 else _MARKUP.sub(r"\\\g<0>", part) for number, part in enumerate(parts))


def unescaped(text: str) -> str:
    """Markdown as one reads it in a terminal: without the backslashes that keep characters from being markup."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(part if number % 2 else _ESCAPED.sub(r"\1", part) for number, part in enumerate(parts))


_MARKUP = re.compile(r"[\\`*_\[\]<>#|~!&@]")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
