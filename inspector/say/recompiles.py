"""Functions that were compiled more than once, in words: what kept failing, and what would have spared some of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from inspector.model.advice import Advice
from inspector.model.capture import CompileStatus
from inspector.model.compile_row import GuardFailure
from inspector.model.guard_words import CONDITION
from inspector.model.recompiles import RecompileChain
from inspector.say.compiles import compiling_words, failure_words, status_words
from inspector.say.units import plural

NO_ADVICE = "There is no advice for this that the log could vouch for."
_VALUES = 5
"""Values of a run that are all told."""
_CAUSES = 2
"""Guards that kept failing that are named."""
_MOST = 6
"""Values that are told of what a compile asks."""


def advice_words(advice: Advice, code: Callable[[str], str] = str) -> str:
    """All of an advice.

    Args:
        advice: to say.
        code: marks up what is code.
    """
    what = advice.words.format(" and ".join(map(code, advice.code)))
    if advice.spared is None:
        told = f"whether that spares a recompile is not known, for {advice.unknown}"
        return f"{what.rstrip(',')}: {told}.{advice.remark}"
    if not advice.spared:
        return f"{what} alone would have spared no recompile, as far as the guards tell.{advice.remark}"
    of = "the one recompile" if advice.recompiles == 1 else f"{advice.spared} of {advice.recompiles} recompiles"
    return f"{what} would have spared {of}, as far as the guards tell.{advice.remark}"


def spent_words(chains: Sequence[RecompileChain]) -> str:
    """`3 recompiles of 2 functions, 1.20 s of compiling`."""
    again = [row for chain in chains for row in chain.again]
    spent = compiling_words(sum(row.times.seconds for row in again), sum(row.untimed for row in again))
    return f"{plural(len(again), 'recompile')} of {plural(len(chains), 'function')}, {spent}"


def again_words(chain: RecompileChain) -> str:
    """What became of a function's recompiles: `compiled 2 times more`, `compiled 1 time more and given up 1 time`."""
    vain = Counter(_VAIN[row.status] for row in chain.again if row.status in _VAIN)
    made = len(chain.again) - vain.total()
    words = [f"compiled {plural(made, 'time')} more"] if made else []
    tried = "" if made else "tried again and "
    return " and ".join([*words, *(f"{tried}{what} {plural(count, 'time')}" for what, count in vain.items())])


def fate_words(status: CompileStatus | None) -> str:
    """What became of one recompile: `compiled`, `tried and given up`."""
    if status in _OTHER:
        return _OTHER[status]
    return f"tried and {_VAIN[status]}" if status in _VAIN else "compiled"


_VAIN = {
    CompileStatus.EAGER: "given up",
    CompileStatus.FAILED: "failed on",
    CompileStatus.EMPTY: "found to have nothing to compile",
}
"""Statuses of a recompile that made no code."""
_OTHER = {
    CompileStatus.FAILED: "tried and failed",
    CompileStatus.REFUSED: "tried and refused",
    CompileStatus.EXPORTED: "exported",
    CompileStatus.LIVE: f"begun and is {status_words(CompileStatus.LIVE)}",
    CompileStatus.UNKNOWN: f"begun, with {status_words(CompileStatus.UNKNOWN)}",
}
"""What is said of one otherwise than of several."""


def causes(chain: RecompileChain) -> Iterator[str]:
    """What kept failing, where something did: `2 of 3 recompiles because of x size at index 0: 2 → 3 → 4`."""
    first = [row.failures[0] for row in chain.again if row.failures]
    for source, what, number in chain.culprits[:_CAUSES]:
        if number > 1 and what:
            came = _values([item for item in first if (item.source, item.what) == (source, what)])
            words = f"{f'{source} {what}'.strip()}{came and f': {came}'}"
            yield f"{number} of {plural(len(chain.again), 'recompile')} because of {words}"


def chain_words(reasons: Sequence[Sequence[GuardFailure]]) -> Iterator[str]:
    """What failed from compile to compile, each thing once: `x size at index 0: 2 → 3 → … → 16 (14×)`.

    Args:
        reasons: of each recompile in order, the guards that failed, the latest compile's first.
    """
    grouped: dict[tuple[str, str], list[GuardFailure]] = {}
    for item in (failed[0] for failed in reasons if failed):
        known = item.what and item.what != CONDITION
        grouped.setdefault((item.source, item.what) if known else ("", item.expected or item.text), []).append(item)
    for (source, what), members in grouped.items():
        one = members[0].text if members[0].silent else failure_words(members[0])
        many = f"{f'{source} {what}'.strip()}{(came := _values(members)) and f': {came}'} ({len(members)}×)"
        yield one if len(members) == 1 else many


def _values(failures: Sequence[GuardFailure]) -> str:
    """What was expected first, then what came: `2 → 3 → … → 16`; empty where a value is not known."""
    values = [failures[0].expected, *(item.actual for item in failures)]
    if failures[0].what == CONDITION or not all(values):
        return ""
    return " → ".join(values if len(values) <= _VALUES else (*values[:2], "…", values[-1]))


def advised(chain: RecompileChain) -> Iterator[str]:
    """What would have spared recompiles, by how many; or that nothing is known to."""
    yield from map(advice_words, chain.advice or ())
    if chain.advice == () and any(row.failures for row in chain.rows):
        yield NO_ADVICE


def asks_words(words: Sequence[str] | None) -> str:
    """What a compile's guards ask of a call that those of the function's others do not."""
    if words is None:
        return "what it asks is not recorded"
    if not words:
        return "what it asks and the others do not is not known"
    more = f", … {len(words) - _MOST:,} more" if len(words) > _MOST else ""
    return f"asks {', '.join(words[:_MOST])}{more}"
