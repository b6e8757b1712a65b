"""From which token on compiling has paid for itself: worked out from two runs' rates, and seen in their stamps."""

from __future__ import annotations

import math
from dataclasses import dataclass

from inspector.model.study import Generation


@dataclass(frozen=True)
class BreakEven:
    """Counted in tokens of the answer; the prefill's token is number 1."""

    predicted: int | None
    """None: never, since a compiled step is no faster than an eager one."""
    seen: int | None
    """The token from which on the compiled run was ahead until its end; None where it was behind at the end."""
    delay: float
    """Seconds by which the compiled run comes later to its second token."""
    gain: float
    """Seconds that it is faster at each further token; negative where it is slower."""


def break_even(eager: Generation, compiled: Generation) -> BreakEven:
    """Compares two runs of equal prompts.

    The prediction takes each side's mean step, so both need at least two stamps.

    Raises:
        ValueError: a run with fewer.
    """
    for run in (eager, compiled):
        if len(run.stamps) < 2:
            raise ValueError("a break-even needs two decoded tokens at least")
    delay = (compiled.prefill + compiled.first) - (eager.prefill + eager.first)
    gain = eager.rest / (len(eager.stamps) - 1) - compiled.rest / (len(compiled.stamps) - 1)
    return BreakEven(_predicted(delay, gain), _seen(eager, compiled), delay, gain)


def _predicted(delay: float, gain: float) -> int | None:
    if delay <= 0:
        return 2 if gain >= 0 else None
    return 2 + math.ceil(delay / gain) if gain > 0 else None


def _seen(eager: Generation, compiled: Generation) -> int | None:
    pairs = zip(wall_times(eager), wall_times(compiled), strict=False)
    behind = [number for number, (slow, fast) in enumerate(pairs, start=1) if fast > slow]
    length = min(len(eager.stamps), len(compiled.stamps)) + 1
    ahead_from = (behind[-1] if behind else 0) + 1
    return ahead_from if ahead_from <= length else None


def wall_times(run: Generation) -> tuple[float, ...]:
    """Seconds from the prompt to each token of the answer, the prefill's first."""
    return tuple(stamp - run.start_prefill for stamp in (run.end_prefill, *run.stamps))
