"""Experiments on the text of a C++ kernel of Inductor's: OpenMP, unrolling, vector width, flags."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from inspector.edits.text import flags_in, with_flags
from inspector.errors import UsageError

Knob = tuple[str, str, str, tuple[str, ...]]
"""Key, title, the value now, values worth a try."""

SIMDLEN = "simdlen"
OWN = "compiler"
"""The value that stands for what the compiler wrote."""

_FOR = re.compile(r"^(?P<head>\s*#pragma omp (?:parallel )?for\b)(?P<rest>.*)$", re.MULTILINE)
_SCHEDULE = re.compile(r"\s*\bschedule\((?P<kind>[^)]*)\)")
_PARALLEL = re.compile(r"^(?P<head>\s*#pragma omp parallel\b)(?P<rest>.*)$", re.MULTILINE)
_THREADS = re.compile(r"\s*\bnum_threads\((?P<count>\d+)\)")
_UNROLL = re.compile(r"^\s*#pragma GCC unroll (?P<times>\d+)\s*$")
_LOOP = re.compile(r"^(?P<indent>\s*)for\s?\(")
_KINDS = ("static", "dynamic", "guided", "auto")
_FLAGS = (
    "-ffast-math",
    "-ffp-contract=fast",
    "-funsafe-math-optimizations",
    "-funroll-loops",
    "-ftree-loop-vectorize",
    "-mprefer-vector-width=256",
    "-O2",
)


def knobs(text: str, threads: int | None) -> Iterator[Knob]:
    """What applies to a text."""
    loops = _FOR.search(text)
    if loops is not None:
        found = _SCHEDULE.search(loops["rest"])
        now = found["kind"].replace(" ", "") if found is not None else OWN
        values = ("static,1", "static,16", "static,256", "dynamic,16", "dynamic,256", "guided", OWN)
        yield "schedule", "OpenMP schedule and grain", now, _others(values, now)
    parallel = _PARALLEL.search(text)
    if parallel is not None:
        count = _THREADS.search(parallel["rest"])
        most = int(count["count"]) if count is not None else threads
        now = str(most) if most is not None else OWN
        steps = [str(1 << power) for power in range(9) if most is None or 1 << power <= most]
        yield "threads", "OpenMP threads", now, _others(tuple(steps[-6:]), now)
    if list(_unrollable(text.split("\n"))):
        found_at = next((match for line in text.split("\n") if (match := _UNROLL.match(line))), None)
        now = found_at["times"] if found_at is not None else OWN
        yield "unroll", "Unrolling of the innermost loops", now, _others(("2", "4", "8", OWN), now)
    if "at::vec::" in text:
        yield SIMDLEN, "Vector width in bits, as Inductor writes it", OWN, ("256", "512", "1")
    yield (
        "flags",
        "Flags of the C++ compiler",
        " ".join(flags_in(text)) or OWN,
        _others(_FLAGS, " ".join(flags_in(text))),
    )


def _others(values: Sequence[str], now: str) -> tuple[str, ...]:
    return tuple(value for value in values if value != now)


def with_knob(text: str, key: str, value: str) -> str:
    """The text with another value.

    Raises:
        UsageError: there is no such value.
    """
    match key:
        case "schedule":
            return _with_schedule(text, value)
        case "threads":
            return _with_threads(text, value)
        case "unroll":
            return _with_unroll(text, value)
        case "flags":
            return with_flags(text, () if value == OWN else value.split())
        case _:
            raise UsageError(f"{key!r} is no change of a C++ text.")


def _with_schedule(text: str, value: str) -> str:
    kind, _, grain = value.replace(" ", "").partition(",")
    if value != OWN and (kind not in _KINDS or (grain and not _is_count(grain)) or (kind == "auto" and grain)):
        raise UsageError(f"schedule={value} is no schedule of OpenMP.", f"{', '.join(_KINDS)}, as in static,64.")
    clause = "" if value == OWN else f" schedule({kind}{f', {grain}' if grain else ''})"
    return _FOR.sub(lambda found: f"{found['head']}{_SCHEDULE.sub('', found['rest']).rstrip()}{clause}", text)


def _with_threads(text: str, value: str) -> str:
    if value != OWN and not _is_count(value):
        raise UsageError(f"threads={value} is no number of threads.", "A whole number from 1.")
    clause = "" if value == OWN else f" num_threads({value})"
    return _PARALLEL.sub(lambda found: f"{found['head']}{clause}{_THREADS.sub('', found['rest']).rstrip()}", text)


def _with_unroll(text: str, value: str) -> str:
    if value != OWN and not _is_count(value):
        raise UsageError(f"unroll={value} is no number.", "A whole number from 1.")
    lines = [line for line in text.split("\n") if not _UNROLL.match(line)]
    if value == OWN:
        return "\n".join(lines)
    at = dict(_unrollable(lines))
    return "\n".join(
        f"{at[number]}#pragma GCC unroll {value}\n{line}" if number in at else line for number, line in enumerate(lines)
    )


def _unrollable(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Where the innermost loops begin, with their indentation: those that OpenMP does not share out, whose pragma has
    to be followed by the loop itself."""
    starts = [(number, match["indent"]) for number, line in enumerate(lines) if (match := _LOOP.match(line))]
    for place, (number, indent) in enumerate(starts):
        after = starts[place + 1] if place + 1 < len(starts) else None
        innermost = after is None or len(after[1]) <= len(indent)
        above = next((line for line in reversed(lines[:number]) if not _UNROLL.match(line)), "")
        if innermost and not _FOR.match(above):
            yield number, indent


def _is_count(text: str) -> bool:
    return text.isascii() and text.isdigit() and 1 <= int(text) <= 1_000_000
