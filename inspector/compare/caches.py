"""Why a cache missed: the parts of two look-ups' keys, side by side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from inspector.model.cache import NOT_STORED, CacheLookup
from inspector.model.difference import CacheChange, CacheDifference, Change
from inspector.say.units import plural

_COUNTED = {
    "aotautograd": ("aot_autograd", "autograd_cache_saved", ()),
    "fx_graph": ("inductor", "", ("fxgraph_cache_pickle_error", "fxgraph_cache_write_error")),
}
"""Cache → which group of torch's counters is about it, which of them counts entries stored, and which failures to."""


def compare_caches(
    a: Iterable[CacheLookup], b: Iterable[CacheLookup], counters: Mapping[str, Any] | None = None
) -> tuple[CacheDifference, ...]:
    """The look-ups of two compilations in the same cache, in order; not those that were hits on both sides alike.

    Nothing of a look-up tells that two that read alike are one: none is to be held against itself.
    Equal keys that both sides missed are told: why the entry was not there is what one wants to know of them.

    Args:
        a: the first side's.
        b: the second side's.
        counters: torch's, as they stood when the first side's process ended; None where they are not recorded.
    """
    ours = list(a)
    asked, asked_b = ([item for item in side if item.answer != NOT_STORED] for side in (ours, b))
    found = (compare_lookups(*pair) for pair in _pairs(asked, asked_b) if _told(*pair))
    return tuple(replace(item, stored=_stored(item, ours, counters)) if _unfound(item) else item for item in found)


def compare_lookups(a: CacheLookup | None, b: CacheLookup | None) -> CacheDifference:
    """Two look-ups in one cache, or one that the other side never made."""
    some = a or b
    assert some is not None
    return CacheDifference(
        some.cache,
        a.compile_id if a else "",
        b.compile_id if b else "",
        a.answer if a else "",
        b.answer if b else "",
        a.key if a else "",
        b.key if b else "",
        a.reason if a else "",
        b.reason if b else "",
        tuple(_parts(a, b)) if a and b and a.key != b.key else (),
        listed=bool(a and b and a.parts and b.parts),
        backward=some.backward,
    )


def _told(a: CacheLookup | None, b: CacheLookup | None) -> bool:
    """Whether there is something to say: not of hits alike."""
    if a is None or b is None:
        return True
    return not (a.answer == b.answer == "hit" and (a.key, a.reason) == (b.key, b.reason))


def _unfound(item: CacheDifference) -> bool:
    """Whether the second side did not find what the first looked for under the same key."""
    return bool(item.key_a) and item.key_a == item.key_b and item.result_b == "miss"


def _stored(item: CacheDifference, ours: Iterable[CacheLookup], counters: Mapping[str, Any] | None) -> str:
    """What is known of the first side's storing an entry: torch writes a record only where its contents cannot be."""
    failed = [other for other in ours if other.cache == item.cache and other.answer == NOT_STORED]
    if failed:
        return f"A could not store it: {failed[0].reason}."
    if item.result_a == "hit":
        return "A found it there; B did not."
    if counters is None:
        return "Whether A stored an entry is not recorded."
    group, saved, errors = _COUNTED.get(item.cache, ("", "", ()))
    counts = counters.get(group) or {}
    if wrong := [f"{name} {counts[name]}" for name in errors if counts.get(name)]:
        return f"torch counted in A's process: {', '.join(wrong)}."
    if not saved:
        return "Whether A stored an entry is not recorded: torch does not count it."
    number = counts.get(saved, 0)
    words = plural(number, "entry", "entries") if number else "nothing"
    return f"By torch's counters, A's process stored {words} in this cache ({saved})."


def _pairs(
    a: Sequence[CacheLookup], b: Sequence[CacheLookup]
) -> Iterator[tuple[CacheLookup | None, CacheLookup | None]]:
    """The n-th look-up of a cache and direction with the other side's n-th."""
    waiting: defaultdict[tuple[str, bool], list[CacheLookup]] = defaultdict(list)
    for lookup in b:
        waiting[lookup.cache, lookup.backward].append(lookup)
    for lookup in a:
        others = waiting[lookup.cache, lookup.backward]
        yield lookup, others.pop(0) if others else None
    for others in waiting.values():
        yield from ((None, lookup) for lookup in others)


def _parts(a: CacheLookup, b: CacheLookup) -> Iterator[CacheChange]:
    """The parts that differ, in the first key's order, then what only the second has.

    The digests decide: torch shortens what it prints (bytes show as `<bytes>`), so two different parts may read alike.
    """
    theirs = {part.name: part for part in b.parts}
    for part in a.parts:
        other = theirs.pop(part.name, None)
        if other is None:
            yield CacheChange(part.name, Change.REMOVED, part.text, "")
        elif (part.digest or part.text) != (other.digest or other.text):
            yield CacheChange(part.name, Change.CHANGED, part.text, other.text)
    yield from (CacheChange(part.name, Change.ADDED, "", part.text) for part in theirs.values())
