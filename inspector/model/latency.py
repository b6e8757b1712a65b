"""Samples of eager against compiled, and what they say."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Difference:
    """The largest difference of the compiled outputs against eager, over all output elements."""

    max_abs: float
    max_rel: float
    """|compiled − eager| / max(|eager|, tiny), largest."""


@dataclass(frozen=True)
class LatencyRun:
    """One shape, timed in alternation: eager[i] and compiled[i] were taken side by side."""

    shape: str
    """The inputs in words, `batch 1 · seq 8`."""
    eager: tuple[float, ...]
    """Seconds a call."""
    compiled: tuple[float, ...]
    """Seconds a call; as long as `eager`."""
    tokens: int | None = None
    """Tokens a call processes (batch × seq), None where that makes no sense."""
    difference: Difference | None = None
    compile_ids: tuple[str, ...] = ()
    """Compile ids that ran for this shape."""
    calls_per_sample: int = 1
    """How many calls one sample averages over, for functions too fast for one timer read."""
