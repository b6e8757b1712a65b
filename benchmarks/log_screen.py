"""How soon a large log is on the screen, and what a key costs while it is there.

    python benchmarks/log_screen.py LOG [LOG…]

Prints a Markdown table: seconds until the first compile ids are on the screen and until the whole log is, the longest
that the screen did not answer meanwhile, and the median time from a key to the row it moves to. Each log is opened in
this process, on a terminal of 200×50 that is only pretended.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import time
from pathlib import Path

from common import machine

from inspector.trace.log import TraceLog
from inspector.tui.app import InspectorApp
from inspector.tui.log.source import LogSource

_KEYS = 60


async def measure(path: Path) -> str:
    """One row of the table."""
    begun = time.perf_counter()
    source = LogSource(TraceLog.open(path))
    app = InspectorApp(log=source, title=path.name)
    first = whole = 0.0
    longest = 0.0
    async with app.run_test(size=(200, 50)):
        before = time.perf_counter()
        while not whole:
            await asyncio.sleep(0.005)
            now = time.perf_counter()
            longest, before = max(longest, now - before), now
            screen = app.log_screen
            if screen is None or not screen.is_mounted:
                longest = 0.0  # before the first paint there is nobody to wait
                continue
            if not first and screen.outline.items:
                first = now - begun
            if screen.desk.log.indexed and screen.outline.items:
                whole = now - begun
            if screen.desk.log.error is not None:
                raise SystemExit(screen.desk.log.error.message)
        assert app.log_screen is not None
        rows = len(app.log_screen.desk.log.overview.rows)
        keys = [await _key(app, 1 if number % 2 == 0 else -1) for number in range(_KEYS)]
    source.close()
    size = sum(item.stat().st_size for item in path.rglob("*")) if path.is_dir() else path.stat().st_size
    times = f"{first:.2f} | {whole:.2f} | {longest * 1000:.0f} | {statistics.median(keys) * 1000:.1f}"
    return f"| {path.name} | {size / 1e6:,.0f} | {rows:,} | {times} |"


async def _key(app: InspectorApp, by: int) -> float:
    """Seconds from a key, up or down, until its row has been drawn."""
    assert app.log_screen is not None
    outline = app.log_screen.outline
    begun = time.perf_counter()
    outline.action_move(by)
    await asyncio.sleep(0)
    app.log_screen._compositor.render_strips(app.size)
    return time.perf_counter() - begun


def main() -> None:
    """Measures every log that is named."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("logs", nargs="+", type=Path, metavar="LOG")
    args = parser.parse_args()
    print(machine())
    print("\n| log | MB | compile ids | first ids, s | all of it, s | longest wait, ms | a key, ms |")
    print("|---|---|---|---|---|---|---|")
    for path in args.logs:
        print(asyncio.run(measure(path)), flush=True)


if __name__ == "__main__":
    main()
