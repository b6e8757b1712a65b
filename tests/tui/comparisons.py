"""Differences of recorded captures, and the app that shows one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path

from driving import BIG, clock, until
from fakes import latency
from textual.pilot import Pilot

from inspector.compare import compare_captures
from inspector.model.artifact import Artifact, Language
from inspector.model.capture import Capture, Compilation, CompileStatus, Guard
from inspector.model.difference import CaptureDifference
from inspector.model.latency import LatencyRun
from inspector.model.stage import Stage
from inspector.trace import read_capture
from inspector.tui.compare.app import DifferenceApp
from inspector.tui.compare.screen import DifferenceScreen
from inspector.work.comparison import Comparison, Side

TRACES = Path(__file__).parent.parent / "traces"
EVIL = "\x1b]0;owned\x07\x9b2J\u202e[red]"


@cache
def recorded(name: str) -> Capture:
    return read_capture(TRACES / f"{name}.log")


def slower(run: LatencyRun, factor: float) -> LatencyRun:
    return replace(run, compiled=tuple(sample * factor for sample in run.compiled))


def trained() -> tuple[Capture, Capture]:
    """Inference against training: kernels changed and added, other stages, both timed."""
    run = latency(60)
    other = latency(60, "batch 2 · seq 8")
    return (
        replace(recorded("live_gated"), latency=(run, other)),
        replace(recorded("live_gated_train"), latency=(slower(run, 1.25), other)),
    )


@cache
def training() -> CaptureDifference:
    return compare_captures(*trained(), ("gated", "gated --train"))


@cache
def unlike() -> CaptureDifference:
    """Functions that one side alone compiled, on both sides."""
    return compare_captures(recorded("graph_break"), recorded("again"), ("graph_break.log", "again.log"))


def evil(value: int) -> Capture:
    code = f"auto tmp0 = {value}; // {EVIL}\n"
    kernel = Artifact(f"0/0:kernel:{EVIL}", Stage.KERNEL, "0/0", f"k{EVIL}", Language.CPP, code)
    guards = (Guard(f"x == {value} # {EVIL}\n{EVIL}", "K", "x"),)
    compilation = Compilation("0/0", CompileStatus.DONE, f"f{EVIL}", guards=guards, kernels=(f"k{EVIL}",), error=EVIL)
    return Capture(environment={EVIL: f"{value}{EVIL}"}, artifacts=(kernel,), compilations=(compilation,))


def side(title: str, capture: Capture) -> Side:
    return Side(title, lambda: capture)


def app_of(a: Capture, b: Capture, titles: tuple[str, str] = ("a", "b")) -> DifferenceApp:
    return DifferenceApp(Comparison(side(titles[0], a), side(titles[1], b)), clock=clock)


def shown(app: DifferenceApp) -> bool:
    return isinstance(app.screen, DifferenceScreen) and app.screen.is_mounted


@asynccontextmanager
async def difference_opened(
    a: Capture, b: Capture, size: tuple[int, int] = BIG
) -> AsyncIterator[tuple[Pilot[int], DifferenceScreen]]:
    """The app on the difference of two captures."""
    app = app_of(a, b)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: shown(app))
        assert isinstance(app.screen, DifferenceScreen)
        yield pilot, app.screen


def rows_of(app: DifferenceApp) -> list[str]:
    """Every row of the screen as plain text."""
    return [strip.text for strip in app.screen._compositor.render_strips(app.size)]
