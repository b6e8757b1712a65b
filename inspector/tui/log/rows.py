"""Words that several views share."""

from __future__ import annotations

from collections.abc import Sequence


def ids_words(ids: Sequence[str], most: int = 3) -> str:
    """`0/0 0/1 0/2 +14`: each id once."""
    names = list(dict.fromkeys(ids))
    more = f" +{len(names) - most}" if len(names) > most else ""
    return " ".join(names[:most]) + more
