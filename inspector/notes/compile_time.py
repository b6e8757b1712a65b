"""What most of a compile's time went to."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import replace

from inspector.model.annotation import Annotation, Fact
from inspector.model.capture import Capture, CompileStatus, Phase
from inspector.model.compile_row import CompileRow, Warmth
from inspector.model.compile_time import CompilePart, parts_of
from inspector.model.flame import flames_of
from inspector.model.overview_of import overview_of
from inspector.notes.markup import code, prose
from inspector.notes.where import line_of
from inspector.say import units
from inspector.say.levers import levers_of
from inspector.say.units import seconds

_ENOUGH = 0.2
"""A part with less of the time than this dominates nothing."""
_MOST = 3
_WITHOUT_END = (CompileStatus.UNKNOWN, CompileStatus.LIVE)
_IN_VAIN = (CompileStatus.FAILED, CompileStatus.EAGER, CompileStatus.REFUSED)
"""Compiles that left no code: what makes a compile faster is no advice for them."""


def compile_times(capture: Capture) -> Iterator[Annotation]:
    """One note for each compile id that the log has times of, at its function."""
    phases = _within(capture.phases)
    for row in overview_of(capture).rows:
        flame = flames_of(phases.get(row.compile_id, ())).get(row.compile_id)
        if flame is None or not flame.total or not row.times.seconds or row.status in _WITHOUT_END:
            continue  # of a compile without an end, no part is a share of all of it
        parts = sorted(parts_of([flame]).items(), key=lambda item: -item[1])
        shares = {part: own / flame.total for part, own in parts[:_MOST] if own >= _ENOUGH * flame.total}
        if shares:
            frames = (*row.stack, *((row.place,) if row.place is not None else ()))
            yield Annotation(
                f"compile_time:{row.compile_id}",
                _text(row, flame.total, shares, dict(parts), reused=_reused(capture), packable=_packable(capture)),
                line_of(capture, frames),
                row.compile_id,
                fact=Fact.COMPILE_TIME,
            )


def _within(phases: Iterable[Phase]) -> dict[str, list[Phase]]:
    """Compile id → its phases, and those that ran within them without knowing whose they are, as its own.

    torch's C++ compiler, which takes most of the time of many compiles, logs no compile id.
    """
    found: dict[str, list[Phase]] = {}
    outer: dict[str, list[tuple[float, str]]] = {}
    for phase in sorted(phases, key=lambda item: (item.start, item.depth)):
        running = outer.setdefault(phase.track, [])
        while running and running[-1][0] <= phase.start:
            running.pop()
        known = phase.compile_id if phase.compile_id not in (None, "None") else None
        owner = known or (running[-1][1] if running else None)
        if owner is not None:
            found.setdefault(owner, []).append(replace(phase, compile_id=owner))
            running.append((phase.start + (phase.duration or 0.0), owner))
    return found


def _packable(capture: Capture) -> bool:
    """Whether `inspector pack` would not refuse: a target of ours, forward only, on a CPU, without a graph break."""
    request = capture.request
    return request is not None and not request.train and request.device == "cpu" and not capture.graph_breaks


def _reused(capture: Capture) -> Container[str]:
    """Which parts the capture says it was spared."""
    cache = capture.environment.get("cache")
    return tuple(cache.get("reused") or ()) if isinstance(cache, dict) else ()


def _first(parts: Mapping[CompilePart, float], reused: Container[str]) -> str:
    """What the first compile of a process pays besides, of which the log knows, and how much: to ask whether what was
    kept may be reused takes its time as well."""
    once = {CompilePart.PROBES: "probes of the machine", CompilePart.HEADER: "the precompiled header"}
    paid = ["imports"]
    for part, words in once.items():
        if spent := parts.get(part):
            paid.append(f"{words} ({seconds(spent)}{', though reused' if part.value in reused else ''})")
    told = " and ".join(filter(None, [", ".join(paid[:-1]), paid[-1]]))
    return (
        f"Of what is recorded it is the first of its process to generate code, so it also pays for {told}; "
        "a second compile would show what this code alone costs."
    )


def _text(
    row: CompileRow,
    whole: float,
    shares: Mapping[CompilePart, float],
    known: Mapping[CompilePart, float],
    *,
    reused: Container[str],
    packable: bool,
) -> str:
    times = row.times
    part, share = next(iter(shares.items()))
    vain = row.status in _IN_VAIN
    what = "Trying to compile" if vain else "Compiling"
    left = " It left no code to call." if vain else ""
    parts = [
        f"**{what} took {seconds(times.seconds)}** ({code(row.compile_id)}), "
        f"{units.share(share)} of it for {_name(part)}.{left}"
    ]
    if len(shares) > 1:
        parts.append("\n".join(f"- {seconds(share * whole)} for {_name(part)}" for part, share in shares.items()))
    if not vain and (levers := levers_of(part, packable=packable)):
        parts.append(
            "What would avoid it:\n\n" + "\n".join(f"- {prose(item.how)} ({prose(item.cost)})" for item in levers)
        )
    if row.restarts and times.restarts:
        attempts = f"{row.restarts} attempt{'' if row.restarts == 1 else 's'}"
        parts.append(f"{seconds(times.restarts)} went into {attempts} at tracing that had to be begun again.")
    if row.warmth is Warmth.COLD:
        parts.append(_first(known, reused))
    elif row.warmth is Warmth.CACHED:
        parts.append("No code generation is recorded: every cache whose answer is recorded had it.")
    elif row.warmth is Warmth.PARTLY:
        parts.append(
            "No code generation is recorded, though not every cache that was asked had its answer: what it keeps was "
            "made anew."
        )
    return "\n\n".join(parts)


def _name(part: CompilePart) -> str:
    return part.value.removesuffix(", the rest")
