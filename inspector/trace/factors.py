"""The factors of a key of vLLM's compile cache, as it keeps them beside the key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from inspector.jsontext import Malformed


def flat_factors(value: Any) -> dict[str, str]:
    """JSON as names and values: `config: model.dtype` → `float32`. What lists name is its name, else its number."""
    if not isinstance(value, dict):
        raise Malformed("the factors are no JSON object")
    return {
        f"{group}: {name}" if name else group: text for group, inner in value.items() for name, text in _leaves(inner)
    }


def _leaves(value: Any, name: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from _leaves(inner, f"{name}.{key}" if name else str(key))
    elif isinstance(value, list) and value:
        for number, inner in enumerate(value):
            if isinstance(inner, list) and len(inner) == 2 and isinstance(inner[0], str):
                yield from _leaves(inner[1], f"{name}.{inner[0]}" if name else inner[0])
            else:
                at = next((str(inner[key]) for key in _NAMES if key in inner), "") if isinstance(inner, dict) else ""
                yield from _leaves(inner, f"{name}.{at or number}" if name else at or str(number))
    else:
        yield name, value if isinstance(value, str) else str(value)


_NAMES = ("filepath", "file", "path", "name")
"""What an object of a list is named by."""
