"""What limits on compiles found, in words; and why something cannot be told from a log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from inspector.model.compile_row import CompileRow
from inspector.model.limits import Culprit, Finding, Lack, Lacking
from inspector.say.eager import eager_words
from inspector.say.units import plural, untimed_words

SHOWN = 5
"""How many of what exceeded a limit are told one by one."""
_NOUNS = {
    "max_graph_breaks": ("graph break", "graph breaks", ""),
    "max_recompiles": ("recompile", "recompiles", ""),
    "max_compile_time": ("of compiling", "of compiling", " s"),
    "max_failures": ("compile failed, given up or refused", "compiles failed, given up or refused", ""),
    "max_pieces": ("piece that code was generated for", "pieces that code was generated for", ""),
    "max_given_up": ("artifact loaded and given up", "artifacts loaded and given up", ""),
    "max_cache_misses": ("compile that no cache had whole", "compiles that no cache had whole", ""),
}
"""Limit → what it counts, one and several of them, and the unit."""
_LACKS = {
    Lack.COMPILES: "no compile is recorded",
    Lack.TIME: "no time is recorded for",
    Lack.CACHE_ANSWER: "no answer of a cache is recorded for",
    Lack.COMPILE_ID: "torch gave no compile id to",
    Lack.BOUNDS: "no beginning and no end is recorded of",
    Lack.DYNAMO: "Dynamo did not get through",
    Lack.PIECES: "no server's pieces are recorded, or not told apart",
    Lack.VERSION: "this version of torch does not record graph breaks",
    Lack.CODE: "no generated code is recorded of",
    Lack.GUARDS: "no guard is recorded of",
    Lack.LATENCY: "nothing was timed",
}


def lacking_words(lacking: Lacking | None, whole: str = "") -> str:
    """Why something cannot be told; empty where it can.

    Args:
        lacking: what is not recorded.
        whole: what it is not recorded of, where that is of no compile ids of its own.
    """
    if lacking is None:
        return ""
    if lacking.lack is Lack.RECORDS:
        return damage_words(*lacking.records)
    ids = _listed(lacking.compile_ids)
    if lacking.lack is Lack.REST:
        return f"the log ends before {ids} {'does' if len(lacking.compile_ids) == 1 else 'do'}"
    words = _LACKS[lacking.lack]
    return f"{words} {ids or whole}".rstrip() if words.endswith((" of", " for", " to", " through")) else words


def damage_words(bad: int, records: int) -> str:
    """How many records cannot be read."""
    return f"{bad:,} of {plural(records, 'record')} cannot be read"


def _listed(ids: tuple[str, ...]) -> str:
    return ", ".join(ids[:SHOWN]) + (f" and {len(ids) - SHOWN:,} more" if len(ids) > SHOWN else "")


def finding_words(item: Finding) -> str:
    """`rank1: 3 graph breaks, at most 0 allowed`; that it cannot be checked, and why."""
    who = f"{item.process}: " if item.process else ""
    if item.lacking is not None:
        option = f"--{item.limit.replace('_', '-')}"
        return f"{who}{option} cannot be checked: {lacking_words(item.lacking)}"
    one, several, unit = _NOUNS[item.limit]
    noun = one if item.found == 1 else several
    without = untimed_words(item.untimed)
    return f"{who}{_number(item.found)}{unit} {noun}{without}, at most {_number(item.allowed)}{unit} allowed"


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def culprits_words(item: Finding) -> list[str]:
    """What counted, worst first. Nobody promises that they can be parsed."""
    return [_culprit(item.limit, culprit) for culprit in item.culprits]


def _culprit(limit: str, culprit: Culprit) -> str:
    if not isinstance(culprit, CompileRow):
        group, place = culprit
        at = f"{place.stack[-1].file}:{place.stack[-1].line} " if place.stack else ""
        return f"{at}{group.reason}"
    row = culprit
    match limit:
        case "max_recompiles":
            why = row.failures[0].text if row.failures else "the log does not say why"
        case "max_compile_time":
            why = f"{row.times.seconds:.2f} s, {row.warmth.value}"
        case "max_failures":
            why = eager_words(row) or (row.error.splitlines() or [""])[0]
        case _:
            why = row.cache or "no answer of a cache is recorded"
    return f"{row.compile_id} {row.function}: {why}"


def complaint(findings: Iterable[Finding]) -> Iterator[str]:
    """The limits that were exceeded or cannot be checked, in words, each with the worst of what counted."""
    for item in findings:
        if item.kept:
            continue
        if item.lacking is not None:
            yield f"{finding_words(item)}."
            continue
        yield f"{finding_words(item)}:"
        culprits = culprits_words(item)
        yield from (f"  {culprit}" for culprit in culprits[:SHOWN])
        if len(culprits) > SHOWN:
            yield f"  … and {len(culprits) - SHOWN:,} more"
