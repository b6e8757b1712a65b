"""Functions that were compiled more than once, in words: what kept failing, and what would have spared some of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from inspector.model.advice import Advice
from inspector.model.recompiles import RecompileChain
from inspector.say.units import plural, seconds

NO_ADVICE = "There is no advice for this that the log could vouch for."
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
    spent = seconds(sum(row.times.seconds for row in again))
    return f"{plural(len(again), 'recompile')} of {plural(len(chains), 'function')}, {spent} of compiling"


def causes(chain: RecompileChain) -> Iterator[str]:
    """What kept failing, where something did: `2 of 3 recompiles because of x size at index 0`."""
    for source, what, number in chain.culprits[:_CAUSES]:
        if number > 1 and what:
            yield f"{number} of {plural(len(chain.again), 'recompile')} because of {f'{source} {what}'.strip()}"


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
