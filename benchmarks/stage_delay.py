"""How long after torch has written a stage's record is its text on screen? At most 100 ms is asked for.

    python benchmarks/stage_delay.py [--target llama-mlp] [--runs 3]

The real app compiles the target on Textual's headless driver at 300 × 80, six panes at a time; every other run shows
the stages that the first leaves out. The clock starts at the time in the trace record's own header (in whole
milliseconds) and stops when the repaint with the pane's text has been composed.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import statistics
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from common import Scratch, machine

from inspector.live import Ended, EventArrived, LiveCapture, Update
from inspector.model.artifact import Artifact
from inspector.model.request import CaptureRequest
from inspector.model.stage import Stage
from inspector.protocol import Compiled
from inspector.tui.app import InspectorApp
from inspector.tui.panes.code import CodePane
from inspector.tui.source import LiveSource, spare_collector

LIMIT = 0.1

RECORDS = {
    Stage.BYTECODE: r'"inspector_bytecode"|BYTECODE"',
    Stage.DYNAMO: r'"dynamo_output_graph"',
    Stage.PRE_GRAD: r'"(before|after)_pre_grad_graph"',
    Stage.ATEN: r'"aot_(inference|forward)_graph"',
    Stage.POST_GRAD: r'"inductor_post_grad_graph"',
    Stage.IR_PRE_FUSION: r'"inspector_ir"',
    Stage.IR_POST_FUSION: r'"inspector_ir"',
    Stage.INDUCTOR: r'"inductor_output_code"',
    Stage.KERNEL: r'"inductor_output_code"',
    Stage.ASM: r'"inspector_asm"',
}
"""What a stage's record looks like in the trace. None for the source: it is on screen before torch is there."""

OTHERS = ("2", "tab", "4", "tab", "6", "tab", "7", "tab", "8")
"""Keys that show, pane by pane, the stages that the default view leaves out."""


class Clock:
    """When each pane's text was first composed, in the wall clock's seconds."""

    def __init__(self) -> None:
        self.seen: dict[Stage, float] = {}

    def watch(self) -> None:
        """Asks every pane to tell when it has painted what it was given."""
        show = CodePane.show
        clock = self

        def timed(pane: CodePane, artifact: Artifact, **options: Any) -> None:
            show(pane, artifact, **options)
            pane.call_after_refresh(lambda: clock.seen.setdefault(artifact.stage, time.time()))

        CodePane.show = timed  # type: ignore[method-assign]


def written(trace: Path) -> dict[Stage, float]:
    """Stage → when its first record was written, in the wall clock's seconds."""
    found: dict[Stage, float] = {}
    year = datetime.now().year
    for log in trace.glob("*.log"):
        with log.open(errors="replace") as lines:
            for line in lines:
                if not line.startswith("V"):
                    continue
                for stage, pattern in RECORDS.items():
                    if stage not in found and re.search(pattern, line):
                        stamp = datetime.strptime(f"{year}{line[1:21]}", "%Y%m%d %H:%M:%S.%f")
                        found[stage] = stamp.timestamp()
    return found


async def run(request: CaptureRequest, keys: tuple[str, ...], clock: Clock, folder: Path) -> None:
    """One live capture, watched until its machine code is there."""
    clock.seen.clear()
    compiled = threading.Event()

    def live(asked: CaptureRequest, on_update: Callable[[Update], None]) -> LiveCapture:
        def passed_on(update: Update) -> None:
            on_update(update)
            if isinstance(update, Ended) or (isinstance(update, EventArrived) and isinstance(update.event, Compiled)):
                compiled.set()

        spare_collector()
        return LiveCapture(asked, passed_on, directory=folder)

    source = LiveSource(request, live)
    app = InspectorApp(source, title=request.title)
    async with app.run_test(size=(300, 80)) as pilot:
        while app.main is None or not all(pane.sized for pane in app.main.workspace.shown):
            await pilot.pause(0.05)
        for key in keys:
            await pilot.press(key)
        while not compiled.is_set():
            await asyncio.sleep(0.1)
        await pilot.pause(1.0)
    await asyncio.to_thread(source.close)


def main() -> int:
    """Prints each stage's delay: median and worst over the runs that showed it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--target", default="llama-mlp")
    parser.add_argument("--runs", type=int, default=3, help="of each of the two views")
    options = parser.parse_args()
    print(machine())
    clock = Clock()
    clock.watch()
    delays: dict[Stage, list[float]] = defaultdict(list)
    for number in range(2 * options.runs):
        with Scratch() as folder:
            asyncio.run(run(CaptureRequest(target=options.target), OTHERS if number % 2 else (), clock, folder))
            times = written(folder / "trace")
        for stage, when in times.items():
            if stage in clock.seen and stage is not Stage.IR_POST_FUSION:
                delays[stage].append(clock.seen[stage] - when)
    for stage in sorted(delays, key=lambda stage: stage.order):
        values = delays[stage]
        print(
            f"  {stage.heading:<28} median {statistics.median(values) * 1000:6.1f} ms"
            f"   worst {max(values) * 1000:6.1f} ms   ({len(values)} runs)"
        )
    worst = max(max(values) for values in delays.values())
    middle = max(statistics.median(values) for values in delays.values())
    print(
        f"stage delay: slowest stage's median {middle * 1000:.1f} ms, worst of all {worst * 1000:.1f} ms"
        f" · asked for: at most 100 ms · {'held' if middle <= LIMIT else 'MISSED'}"
    )
    return middle > LIMIT


if __name__ == "__main__":
    sys.exit(main())
