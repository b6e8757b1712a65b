"""Why a cache missed: the parts of two look-ups' keys, side by side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from inspector.model.cache import CacheLookup
from inspector.model.difference import CacheChange, CacheDifference, Change


def compare_caches(a: Iterable[CacheLookup], b: Iterable[CacheLookup]) -> tuple[CacheDifference, ...]:
    """The look-ups of two compilations in the same cache, in order; only those that differ in answer, key or reason."""
    return tuple(difference for difference in _pairs(list(a), list(b)) if _differs(difference))


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
    )


def _differs(item: CacheDifference) -> bool:
    return (item.result_a, item.key_a, item.reason_a) != (item.result_b, item.key_b, item.reason_b)


def _pairs(a: Sequence[CacheLookup], b: Sequence[CacheLookup]) -> Iterator[CacheDifference]:
    """The n-th look-up of a cache and direction with the other side's n-th."""
    waiting: defaultdict[tuple[str, bool], list[CacheLookup]] = defaultdict(list)
    for lookup in b:
        waiting[lookup.cache, lookup.backward].append(lookup)
    for lookup in a:
        others = waiting[lookup.cache, lookup.backward]
        yield compare_lookups(lookup, others.pop(0) if others else None)
    for others in waiting.values():
        yield from (compare_lookups(None, lookup) for lookup in others)


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
