"""What runs without being compiled because the compiler gave it up, in words: one place for all faces."""

from __future__ import annotations

import re

from inspector.model.frame import Frame

LIMIT = re.compile(r"(?:recompile|cache(?: size)?)[ _]limit (?:exceeded|reached)", re.IGNORECASE)
"""How torch says that a function was compiled too often: it goes on in eager, where it need not fail."""
_SKIPS = re.compile(r"frame skipped:|[Ss]kip(?:ping)? (?:the )?(?:function|frame)")
"""How torch says that it gives a whole frame up for a graph break in it."""
_SECOND = re.compile(r"another graph break occurred: \*\*\*\s*\n\s*(\S[^\n]*)")
"""The break that torch met while it handled the first, and gave the frame up for."""
_WHICH = re.compile(r"exceeding the (\w+)[^(]*\(currently set to (\d+)\)")


def skips(text: str) -> bool:
    """Whether a graph break, in torch's words, gave its whole frame up."""
    return _SKIPS.search(text) is not None


def refusal_words(error: str, function: str) -> str:
    """That a compile was refused, and what runs in eager from then on.

    Args:
        error: torch's words.
        function: that is compiled no more; empty where the log does not say.
    """
    which = _WHICH.search(error)
    limit = f"{which[1]} of {which[2]} exceeded" if which else "recompile limit exceeded"
    name = function or "the function"
    return f"not compiled, {limit}: from here on, {name} runs eager wherever its compiled code does not fit"


def given_up_words(error: str, place: Frame | None, tries: int) -> str:
    """That a frame runs in eager as a whole: for what, where, and after how many tries.

    Args:
        error: torch's words of the graph break.
        place: the user's line.
        tries: how often its compile was begun.
    """
    first = error.splitlines()[0].partition(": ")[2] if error else ""
    if (second := _SECOND.search(error)) is not None:
        first = f"{first}; then {second[1].strip()}"
    where = f" at {place.file.rpartition('/')[2]}:{place.line}" if place is not None else ""
    tried = "tried once" if tries == 1 else f"tried {tries} times"
    return (
        f"runs eager, all of it: Dynamo gives the function up for a graph break{where}: "
        f"{first or 'not recorded'} ({tried})"
    )
