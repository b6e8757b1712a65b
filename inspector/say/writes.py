"""What a target writes that the next call would begin from, in words."""

from __future__ import annotations

from collections.abc import Sequence

_MOST = 6


def writes_words(names: Sequence[str]) -> str:
    """``writes to: argument 0 `x`, buffer `running_mean` ``; empty where nothing is written."""
    if not names:
        return ""
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return f"writes to: {', '.join(names[:_MOST])}{more}"


def writing_words(eager: Sequence[str], compiled: Sequence[str]) -> str:
    """The same of both sides, apart only where they write to different things."""
    if set(eager) == set(compiled):
        return writes_words(eager)
    sides = (("eager", eager), ("compiled", compiled))
    return "; ".join(f"{side} {writes_words(names) or 'writes nothing'}" for side, names in sides)
