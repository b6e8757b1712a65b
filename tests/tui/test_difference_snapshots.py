"""What the difference of two captures looks like, at a small and at a large size."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from comparisons import app_of, recorded, shown, trained
from driving import until
from fakes import KERNEL, latency, llama_mlp
from textual.pilot import Pilot

from inspector.model.capture import Capture, Guard
from inspector.model.fusion import KernelFusion
from inspector.tui.compare.app import DifferenceApp

SIZES = pytest.mark.parametrize("size", [(80, 24), (200, 50)], ids=lambda size: f"{size[0]}x{size[1]}")


@pytest.fixture(autouse=True)
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)


def dynamic() -> tuple[Capture, Capture]:
    """The Llama MLP, and as `--dynamic` leaves it: symbols for a size, the same kernel over other bounds."""
    one = replace(llama_mlp(), fusions=(KernelFusion("0/0", KERNEL, ("neg", "exp", "add", "div", "mul"), 5),))
    texts = tuple(
        replace(item, text=item.text.replace("[1, 8,", "[1, s27,").replace("65536L", "8192L*ks0"))
        if item.compile_id is not None
        else item
        for item in one.artifacts
    )
    guards = tuple(
        Guard(guard.code.replace("size=[1, 8,", "size=[1, None,"), guard.kind, guard.source)
        for guard in one.compilations[0].guards
    )
    phases = tuple(
        replace(phase, duration=(phase.duration or 0) * (1.4 if phase.depth % 2 else 0.9)) for phase in one.phases
    )
    other = replace(
        one,
        artifacts=texts,
        compilations=(replace(one.compilations[0], guards=(*guards, Guard("2 <= L['x'].size()[1]", "SHAPE_ENV"))),),
        phases=phases,
        environment={**one.environment, "threads": 1},
        latency=(replace(latency(), compiled=tuple(sample * 1.2 for sample in latency().compiled)),),
    )
    return one, other


def before(app: DifferenceApp, *keys: str) -> Callable[[Pilot[int]], Awaitable[None]]:
    async def run(pilot: Pilot[int]) -> None:
        await until(pilot, lambda: shown(app))
        for key in keys:
            await pilot.press(key)
            await pilot.pause()
        await pilot.pause(0.1)

    return run


def app_dynamic() -> DifferenceApp:
    return app_of(*dynamic(), ("llama-mlp", "llama-mlp --dynamic"))


@SIZES
def test_whole(snap_compare, size):
    app = app_dynamic()
    assert snap_compare(app, terminal_size=size, run_before=before(app))


@SIZES
def test_kernel_code(snap_compare, size):
    app = app_dynamic()
    keys = [*["right_square_bracket"] * 5, "tab"]
    assert snap_compare(app, terminal_size=size, run_before=before(app, *keys))


@SIZES
def test_kernels(snap_compare, size):
    app = app_of(*trained(), ("gated", "gated --train"))
    keys = [*["right_square_bracket"] * 4, "tab"]
    assert snap_compare(app, terminal_size=size, run_before=before(app, *keys))


@SIZES
def test_latency(snap_compare, size):
    app = app_of(*trained(), ("gated", "gated --train"))
    assert snap_compare(app, terminal_size=size, run_before=before(app, "end", "tab"))


def test_phases(snap_compare):
    app = app_dynamic()
    assert snap_compare(app, terminal_size=(200, 50), run_before=before(app, "end", "up", "tab", "down"))


def test_guards_in_light(snap_compare):
    app = app_of(recorded("graph_break"), recorded("again"), ("graph_break.log", "again.log"))
    keys = ["t", "x", *["right_square_bracket"] * 3, "tab"]
    assert snap_compare(app, terminal_size=(160, 40), run_before=before(app, *keys))
