"""Why a cache had an answer for one compile and not for another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from inspector.model.difference import (
    CacheDifference,
)
from inspector.say.doc import Row, Section, Tone
from inspector.say.findings import A_AND_B, Sides
from inspector.say.units import plural


def caches_section(caches: Sequence[CacheDifference], sides: Sides = A_AND_B, title: str = "Caches") -> Section:
    """Look-ups that differ."""
    rows = tuple(row for cache in caches for row in cache_rows(cache, sides))
    return Section("caches", title, rows=rows, count=len(caches))


def cache_rows(cache: CacheDifference, sides: Sides = A_AND_B) -> Iterator[Row]:
    """Why a cache missed: the answers, torch's reasons, and the parts of the key that differ."""
    yield Row(cache.answers, tone=Tone.STRONG, label=cache.asked)
    for reason in dict.fromkeys(filter(None, (cache.reason_a, cache.reason_b))):
        yield Row(reason, tone=Tone.QUIET, depth=1)
    if cache.key_words:
        yield Row(cache.key_words, depth=1)
    elif cache.parts:
        differ = "differs" if len(cache.parts) == 1 else "differ"
        yield Row(f"{plural(len(cache.parts), 'part')} of the key {differ}:", depth=1)
    for part in cache.parts:
        yield Row(part.part, change=part.change, depth=1)
        if part.a == part.b:
            yield Row(f"torch prints both alike: {part.a}", tone=Tone.QUIET, depth=2)
            continue
        for side, value in zip(sides, (part.a, part.b), strict=True):
            if value:
                yield Row(value, tone=Tone.CODE, label=side.name, depth=2)
