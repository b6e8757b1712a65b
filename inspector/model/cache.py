"""What torch's caches were asked, and what they answered: the key, its parts, and the reason."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class KeyPart:
    """One part of a cache key: the key is a digest over all of them."""

    digest: str
    name: str
    """What it is, `gm`, `example_inputs[0]`, `inductor_config[max_autotune]`, `torch_version`."""
    text: str
    """Its value as torch printed it."""


@dataclass(frozen=True, slots=True)
class CacheLookup:
    """One question to one cache."""

    compile_id: str
    """Empty outside any compile."""
    cache: str
    """`fx_graph`, `fx_graph_bundled`, `aotautograd`, `dynamo`, `precompile`."""
    answer: str
    """`hit`, `miss`, `bypass`, or what torch says otherwise; `NOT_STORED` is no answer, but the end of a miss."""
    key: str = ""
    """Empty where none was made: a bypass."""
    reason: str = ""
    """Why the cache was bypassed, or where the answer came from (`cache_status_detailed`), in torch's words."""
    parts: tuple[KeyPart, ...] = ()
    """In torch's order."""
    saved: float | None = None
    """Seconds of compiling that a hit saved, as torch estimates them; None where it does not say."""
    backward: bool = False
    """Whether the question was about the backward graph."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """What else the record holds, under torch's own names."""


KEY_PART = re.compile(r"\[(?P<digest>\w{8,128})\] (?P<name>[^:\n]{1,200}): ?(?P<text>.*)", re.DOTALL)
"""One part of a cache's key, as torch spells it."""
NOT_STORED = "not stored"
"""What was compiled after a miss could not be put into the cache; the reason is torch's."""

SHORT_NAMES = {
    "aotautograd": "AOT",
    "fx_graph": "FX",
    "fx_graph_bundled": "bundled",
    "dynamo": "Dynamo",
    "precompile": "precompile",
}
"""Cache → what it is called where there is little room; the order in which torch asks them."""


def cache_words(lookups: Iterable[CacheLookup]) -> str:
    """What each cache answered, by name: `AOT miss, FX hit`; empty where no answer is recorded.

    An answer about the backward graph stands behind the forward's where it is another one: `FX hit/miss`; that it
    could not be stored then, last: `AOT miss, not stored`.
    """
    answers: dict[str, list[str]] = {name: [] for name in SHORT_NAMES}
    for item in lookups:
        given = answers.setdefault(item.cache, [])
        if item.answer not in given:
            given.append(item.answer)
    return ", ".join(f"{SHORT_NAMES.get(name, name)} {_joined(given)}" for name, given in answers.items() if given)


def _joined(answers: list[str]) -> str:
    asked = [answer for answer in answers if answer != NOT_STORED]
    return ", ".join(filter(None, ("/".join(asked), *([NOT_STORED] if len(asked) < len(answers) else ()))))


def had_all(lookups: Iterable[CacheLookup]) -> bool:
    """Whether caches were asked, and every one of them had its answer each time."""
    asked = list(lookups)
    return bool(asked) and all(item.answer == "hit" for item in asked)


def had_the_code(lookups: Iterable[CacheLookup]) -> bool:
    """Whether the caches that a compile asked had all of its code, so that none was generated.

    AOTAutograd's may have lacked its part: then its tracing and its passes ran once more.
    """
    asked = list(lookups)
    graphs = [item.answer for item in asked if item.cache.startswith("fx_graph")]
    if graphs:
        return all(answer == "hit" for answer in graphs)
    return any(item.cache == "aotautograd" and item.answer == "hit" for item in asked)
