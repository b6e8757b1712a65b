"""Folds the runner's events into the capture's latency runs."""

from __future__ import annotations

from dataclasses import dataclass, replace

from inspector import protocol
from inspector.model.latency import Difference, GpuTime, LatencyRun

_Event = protocol.Samples | protocol.Compared | protocol.GpuBusy | protocol.ShapeChanged


@dataclass(frozen=True)
class _Series:
    """What is known of one series; it becomes a run with its first sample."""

    run: LatencyRun | None = None
    difference: Difference | None = None
    gpu: GpuTime | None = None
    compile_ids: tuple[str, ...] = ()


class LatencyFold:
    """Collects samples by series; for each shape the newest series with samples counts."""

    def __init__(self) -> None:
        self._series: dict[int, _Series] = {}
        self._first = 0
        """Series before this one were thrown away: samples still under way for them are dropped."""

    def reset(self) -> None:
        """Throws the newest series away, as the worker will when it reads the request."""
        newest = max(self._series, default=-1)
        self._series.pop(newest, None)
        self._first = max(self._first, newest + 1)

    def take(self, event: protocol.Message) -> bool:
        """Takes an event in; whether `runs` is another one now."""
        if not isinstance(event, _Event):
            return False
        if event.series < self._first:
            return False
        old = self._series.get(event.series, _Series())
        self._series[event.series] = new = _added(old, event)
        return new.run is not None

    def runs(self) -> tuple[LatencyRun, ...]:
        """One run for each shape that has samples, in the order the shapes were first timed."""
        by_shape: dict[str, LatencyRun] = {}
        for number in sorted(self._series):
            series = self._series[number]
            if series.run is not None and series.run.eager:
                by_shape[series.run.shape] = replace(
                    series.run, difference=series.difference, gpu=series.gpu, compile_ids=series.compile_ids
                )
        return tuple(by_shape.values())


def _added(series: _Series, event: _Event) -> _Series:
    if isinstance(event, protocol.Compared):
        return replace(series, difference=_difference(event))
    if isinstance(event, protocol.GpuBusy):
        return replace(series, gpu=GpuTime(event.eager, event.compiled))
    if isinstance(event, protocol.ShapeChanged):
        return replace(series, compile_ids=tuple(event.new_compile_ids))
    before = series.run or LatencyRun(event.shape, (), ())
    pairs = min(len(event.eager), len(event.compiled))
    run = replace(
        before,
        eager=(*before.eager, *event.eager[:pairs]),
        compiled=(*before.compiled, *event.compiled[:pairs]),
        tokens=event.tokens,
        calls_per_sample=event.calls_per_sample,
        busy=event.busy,
    )
    return replace(series, run=run)


def _difference(event: protocol.Compared) -> Difference:
    return Difference(
        event.max_abs,
        event.max_rel,
        event.elements,
        event.values,
        event.differing,
        event.beyond,
        tuple(event.unlike),
        tuple(event.writes),
        tuple(event.writes_compiled),
        event.chance,
        event.graphs,
    )
