"""A sweep's points, results and progress, in words."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from inspector.model.latency import LatencySummary, summarise
from inspector.model.sweep import PointResult, SweepPoint
from inspector.say import latency as say_latency
from inspector.say.units import plural, running, seconds


def point_words(point: SweepPoint, names: Collection[str] = ()) -> str:
    """What tells a point from the others of its sweep: `llama-mlp · batch 4 · mode default (2)`.

    Args:
        names: the dimensions in which they differ.
    """
    words = where_words({name: value for name, value in point.settings.items() if name in names})
    words = words or point.request.title
    return f"{words} ({point.repeat + 1})" if point.repeat else words


def where_words(settings: dict[str, str]) -> str:
    """`llama-mlp · batch 4 · mode default`; a target and a machine go without their dimension's name."""
    bare = ("target", "machine")
    return " · ".join(value if name in bare else f"{name} {value}" for name, value in settings.items())


def result_words(result: PointResult, names: Collection[str] = ()) -> str:
    """A result in a line."""
    head = point_words(result.point, names)
    if not result.ok:
        return f"{head}: {failure_words(result)}"
    words = []
    if result.first_call is not None:
        quiet = "" if result.quiet else ", on a busy machine"
        words.append(f"first call {seconds(result.first_call)}{quiet}")
    if (timed := timed_of(result)) is not None:
        words.append(f"then {seconds(timed.compiled.median)}, {say_latency.verdict(timed)[0].text}")
    if result.kernels is not None:
        words.append(plural(result.kernels, "kernel"))
    if result.breaks:
        words.append(plural(result.breaks, "graph break"))
    if result.message:
        words.append(result.message.rstrip("."))
    return f"{head}: {'; '.join(words) or 'compiled'}"


def failure_words(result: PointResult) -> str:
    """How a point failed, with its worker's words."""
    how = result.outcome.replace("_", " ")
    return f"{how}: {result.message}" if result.message else how


def timed_of(result: PointResult) -> LatencySummary | None:
    """What its times say; None where none were taken."""
    run = next((run for run in result.latency if run.eager and run.compiled), None)
    return summarise(run) if run is not None else None


def progress_words(
    count: tuple[int, int, int],
    under_way: Sequence[SweepPoint],
    names: Collection[str],
    time: tuple[float, float | None],
) -> str:
    """`3/8, 1 failed  llama-mlp · batch 4  1 min 05 s, about 2 min 30 s left`.

    Args:
        count: points that are done, all, and those that failed.
        time: seconds since it began, and those that are left, None where that is not known.
    """
    done, total, failed = count
    bad = f", {failed} failed" if failed else ""
    shown = ", ".join(point_words(point, names) for point in under_way[:2])
    more = f" and {len(under_way) - 2} more" if len(under_way) > 2 else ""
    left = f", about {running(time[1])} left" if time[1] is not None else ""
    return f"{done}/{total}{bad}  {shown}{more}  {running(time[0])}{left}"


def again_words(point: SweepPoint, names: Collection[str], why: str) -> str:
    """Why a point is begun again."""
    return f"Begun again: {point_words(point, names)}: {why}"
