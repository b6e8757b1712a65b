"""How torch says that it compiles something no more, and that it gives a frame up."""

from __future__ import annotations

import re

LIMIT = re.compile(r"(?:recompile|cache(?: size)?)[ _]limit (?:exceeded|reached)", re.IGNORECASE)
"""How torch says that a function was compiled too often: it goes on in eager, where it need not fail."""
_SKIPS = re.compile(r"frame skipped:|[Ss]kip(?:ping)? (?:the )?(?:function|frame)")
"""How torch says that it gives a whole frame up for a graph break in it."""


def skips(text: str) -> bool:
    """Whether a graph break, in torch's words, gave its whole frame up."""
    return _SKIPS.search(text) is not None
