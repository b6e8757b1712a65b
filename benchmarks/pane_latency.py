"""Is a pane of 100,000 lines as fast as one of 1,000? Prints medians and ratios; compiles nothing.

    python benchmarks/pane_latency.py

Measured on Textual's headless driver at 200 × 50, as processor time from the key until its repaint is composed:
waiting for the next frame (up to 16 ms, whatever the text) would only hide a difference. Opening is up to the
first paint and includes cutting the text into lines; the lines of a long text beyond its first megabyte are
counted right after that paint.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from functools import partial
from statistics import median
from time import process_time
from typing import Any

from rich.console import RenderableType
from textual.app import App, ComposeResult
from textual.containers import Grid
from textual.screen import Screen

from inspector.model.artifact import Artifact, Language
from inspector.model.stage import Stage
from inspector.tui.panes.code import CodePane
from inspector.tui.panes.marks import Mark, Strength

SHORT, LONG = 1_000, 100_000
ROUNDS = 60
LIMIT = 1.5


def artifact(lines: int, name: str) -> Artifact:
    """A new artifact every time: nothing of it has been cut into lines or coloured yet."""
    body = "".join(
        f'        mul_{i}: "f32[1, 8, 8192]cpu" = torch.ops.aten.mul.Tensor(silu_{i}, mm_{i});  silu_{i} = None\n'
        for i in range(lines)
    )
    return Artifact(f"0/0:{name}", Stage.ATEN, "0/0", None, Language.FX, body)


class Bench(App[None]):
    """Panes side by side."""

    CSS = "Grid { grid-size: 3 2; }"

    def __init__(self, panes: int) -> None:
        super().__init__()
        self.panes = [CodePane() for _ in range(panes)]
        self.painted = asyncio.Event()

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        super()._display(screen, renderable)
        self.painted.set()

    def compose(self) -> ComposeResult:
        if len(self.panes) == 1:
            yield self.panes[0]
        else:
            yield Grid(*self.panes)


async def timed(app: Bench, work: Callable[[], None]) -> float:
    """Seconds of processor time for the work and the first repaint that it causes."""
    app.painted.clear()
    began = process_time()
    work()
    await asyncio.wait_for(app.painted.wait(), timeout=10)
    return process_time() - began


async def keys(key: str) -> dict[int, float]:
    """Median seconds from key to repaint, by number of lines."""
    apps = {lines: Bench(1) for lines in (SHORT, LONG)}
    times: dict[int, list[float]] = {SHORT: [], LONG: []}
    for lines, app in apps.items():  # one app at a time: the active app is context-local
        async with app.run_test(size=(200, 50)) as pilot:
            pane = app.panes[0]
            pane.show(artifact(lines, f"keys-{lines}"))
            pane.focus()
            pane.goto(lines // 2)
            await pilot.pause()
            gc.collect()

            def press(pane: CodePane = pane, lines: int = lines) -> None:
                if key == "down":
                    pane.action_move_cursor("down")
                else:
                    pane.action_move_cursor("page_up" if len(times[lines]) % 20 < 10 else "page_down")

            for _ in range(ROUNDS):
                times[lines].append(await timed(app, press))
    return {lines: median(values) for lines, values in times.items()}


async def opening() -> dict[int, float]:
    """Median seconds from `show` to the painted pane, by number of lines, cutting into lines included."""
    times: dict[int, list[float]] = {SHORT: [], LONG: []}
    app = Bench(1)
    async with app.run_test(size=(200, 50)) as pilot:
        await pilot.pause()
        pane = app.panes[0]
        for attempt in range(ROUNDS // 3):
            for lines in (SHORT, LONG):
                new = artifact(lines, f"open-{lines}-{attempt}")
                gc.collect()

                times[lines].append(await timed(app, partial(pane.show, new)))
                await pilot.pause()
    return {lines: median(values) for lines, values in times.items()}


async def linked(lines: int) -> float:
    """Median seconds for one key that moves the cursor in one pane and lights up and scrolls five others."""
    app = Bench(6)
    async with app.run_test(size=(200, 50)) as pilot:
        for index, pane in enumerate(app.panes):
            pane.show(artifact(lines, f"linked-{index}"))
        first = app.panes[0]
        first.focus()
        first.goto(lines // 2)
        await pilot.pause()

        def press() -> None:
            first.action_move_cursor("down")
            line = first.cursor.line
            for index, pane in enumerate(app.panes):
                marks = {line + index + k: Mark(line % 12, Strength.RELATIVE) for k in range(4)}
                pane.mark(marks)
                pane.reveal(line + index)

        return median([await timed(app, press) for _ in range(ROUNDS)])


async def main() -> None:
    print(f"{'':24}{SHORT:>12,}{LONG:>12,}   ratio")
    worst = 0.0
    for name, measured in (
        ("cursor down", await keys("down")),
        ("page up and down", await keys("page")),
        ("opening", await opening()),
        ("six linked panes", {lines: await linked(lines) for lines in (SHORT, LONG)}),
    ):
        ratio = measured[LONG] / measured[SHORT]
        worst = max(worst, ratio)
        print(f"{name:24}{measured[SHORT] * 1e3:>9.2f} ms{measured[LONG] * 1e3:>9.2f} ms{ratio:>7.2f}×")
    print(f"worst ratio {worst:.2f}, limit {LIMIT}: {'held' if worst <= LIMIT else 'BROKEN'}")


if __name__ == "__main__":
    asyncio.run(main())
