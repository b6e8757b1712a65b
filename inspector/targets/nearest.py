"""What a person may have meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(name: str, known: Iterable[str], count: int = 3) -> list[str]:
    """The known names most like `name`, best first: similar spelling, or `name` as a part of them."""
    known = list(dict.fromkeys(known))
    folded = {item.lower(): item for item in known}
    similar = [folded[match] for match in difflib.get_close_matches(name.lower(), folded, count, 0.6)]
    containing = [item for item in known if name and name.lower() in item.lower()]
    return list(dict.fromkeys(similar + containing))[:count]


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """` Did you mean a, b or c?` with its leading space, or nothing where no known name is near."""
    names = nearest(name, known)
    return f" Did you mean {listed(names, 'or')}?" if names else ""


def listed(names: Iterable[str], word: str = "and", most: int = 12) -> str:
    """`a, b and c`; beyond `most` names, `a, b, … (30 in all)`."""
    items = list(names)
    if len(items) > most:
        return f"{', '.join(items[:most])}, … ({len(items)} in all)"
    return f" {word} ".join(filter(None, [", ".join(items[:-1]), items[-1] if items else ""]))
