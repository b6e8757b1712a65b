"""Eight hours at the screen in twenty minutes: what the process holds must stay flat.

    python tests/attacks/long_session.py [--minutes 20] [--seed 1]

One process shows two screens: a live capture of a real worker, with its race, restarts and exports, and a log that
grows to 3,000 recompiles while it is followed. A monkey plays with both all the while. Every few seconds the resident
memory, threads, descriptors, children, widgets and temporary files are written down. Once the log is whole and every
kind of dialog has been open, a line is laid through what follows; its rise from there to the end is what counts. Exit
code 1 where something grows, or where anything is left at the end.

Memory is what is in use: Python asks malloc for all of it (its own allocator keeps what a passing peak has broken up),
and what is free is given back to the system before each look. `peak` is what the process had at most at any time.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import ctypes
import gc
import hashlib
import json
import os
import random
import re
import resource
import sys
import tempfile
import threading
import time
import traceback
import weakref
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "tests" / "tui")]

import psutil  # noqa: E402
from monkey import SCREENS, Ground, Walk  # noqa: E402
from textual.widget import Widget  # noqa: E402

RECOMPILES = 3000
GROWING = 0.25
"""Part of the time in which the log grows."""
COUNTED = 0.4
"""Part of the time from which on nothing may grow."""
EVERY = 5.0
"""Seconds between two samples."""
RISE = {"memory": 0.08, "threads": 2.0, "descriptors": 4.0, "children": 2.0, "widgets": 0.1, "files": 0.05}
"""What a line may rise by until the end: a part of the mean for memory, widgets and files, else so many."""


_WIDGETS: weakref.WeakSet[Widget] = weakref.WeakSet()
"""Those that are alive. Asking the collector for them from another thread breaks tuples that are being made."""
_TRIM = getattr(ctypes.CDLL(None), "malloc_trim", None)
"""Of glibc."""


class Sampler(threading.Thread):
    """Writes down what this process and those below it hold."""

    def __init__(self, temporary: Path) -> None:
        super().__init__(daemon=True)
        self._temporary = temporary
        self._me = psutil.Process()
        self.begun = time.monotonic()
        self.rows: list[dict[str, float]] = []

    def run(self) -> None:
        while True:
            self.rows.append(self.look())
            time.sleep(EVERY)

    def look(self) -> dict[str, float]:
        gc.collect()
        if _TRIM is not None:
            _TRIM(0)
        return {
            "time": time.monotonic() - self.begun,
            "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**10,
            "memory": self._me.memory_info().rss / 2**20,
            "threads": self._me.num_threads(),
            "descriptors": self._me.num_fds(),
            "children": len(self._me.children(recursive=True)),
            "widgets": len(_WIDGETS),
            "files": sum(len(names) for _, _, names in os.walk(self._temporary)),
        }


class Log:
    """A log that grows: the records of one recompile, again and again under the next number."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("w")
        self._head: list[str] = []
        self._one: list[str] = []
        for record in re.split(r"(?m)^(?=[VIWE]\d{4} )", (ROOT / "tests/traces/recompile.log").read_text()):
            if '"frame_compile_id": 1,' in record:
                self._one.append(record)
            elif '"frame_compile_id"' not in record or '"frame_compile_id": 0,' in record:
                self._head.append(record)
        self._file.writelines(self._head)
        self._file.flush()
        self._number = 1

    def grow(self) -> bool:
        """Adds a recompile; False once there are enough."""
        if self._number > RECOMPILES:
            return False
        for record in self._one:
            first, _, payload = record.partition("\n")
            payload = payload.replace("0/1", f"0/{self._number}")
            head, _, text = first.partition("] {")
            metadata = json.loads("{" + text)
            metadata["frame_compile_id"] = self._number
            if "has_payload" in metadata:
                plain = "\n".join(line[1:] for line in payload.removesuffix("\n").split("\n"))
                metadata["has_payload"] = hashlib.md5(plain.encode()).hexdigest()
            self._file.write(f"{head}] {json.dumps(metadata)}\n{payload}")
        self._file.flush()
        self._number += 1
        return True


class Long(Walk):
    """A walk that does not leave, at the pace of a person in a hurry, with what a person does on purpose between."""

    purposes: tuple[tuple[str, ...], ...] = ()

    def _act(self, pilot: object, stage: Ground) -> None:
        del self.done[:-50]
        if self.chance.random() < 0.02 and self.purposes:
            for key in ("escape", "escape", "escape", *self.chance.choice(self.purposes)):
                self._press(stage.app, key, key if len(key) == 1 else None)
        else:
            state = self.chance.getstate()
            if self.chance.random() < 0.997:  # the rest would be `q`
                self.chance.setstate(state)
                super()._act(pilot, stage)  # type: ignore[arg-type]


async def play(name: str, ground: Callable[[], Ground], seed: int, until: float, tick: Callable[[], object]) -> Long:
    SCREENS[name] = ground
    walk = Long(name, seed)
    walk.purposes = {
        "long live": (("E", "enter"), ("R",), ("l",), ("?",), ("r",), ("question_mark",), ("ctrl+p",)),
        # No export of a row here: one of 3,000 compile ids takes minutes.
        "long log": (("question_mark",), ("ctrl+p",), ("slash",)),
    }[name]
    task = asyncio.create_task(walk.go(10**9))  # one app for all of it, unless the monkey finds the way out
    while not task.done() and time.monotonic() < until:
        tick()
        await asyncio.sleep(0.05)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    return walk


def rise(rows: list[dict[str, float]], name: str) -> tuple[float, float]:
    """What the line of least squares rises by over the rows, and the mean."""
    times, values = [row["time"] for row in rows], [row[name] for row in rows]
    middle, mean = sum(times) / len(times), sum(values) / len(values)
    spread = sum((time - middle) ** 2 for time in times) or 1.0
    slope = sum((time - middle) * (value - mean) for time, value in zip(times, values, strict=True)) / spread
    return slope * (times[-1] - times[0]), mean


async def session(folder: Path, minutes: float, seed: int, sampler: Sampler) -> None:
    from inspector.model.request import CaptureRequest
    from inspector.trace.log import TraceLog
    from inspector.tui.app import InspectorApp
    from inspector.tui.log.source import LogSource
    from inspector.tui.source import LiveSource

    log = Log(folder / "train.log")
    begun, until = time.monotonic(), time.monotonic() + minutes * 60

    def grow() -> None:
        share = (time.monotonic() - begun) / (minutes * 60 * GROWING)
        while log._number <= min(1.0, share) * RECOMPILES and log.grow():
            pass

    def live() -> Ground:
        source = LiveSource(CaptureRequest("softmax"))
        app = InspectorApp(source, title="softmax")
        return Ground(app, lambda: app.main is not None and app.main.is_mounted, close=source.close)

    def logged() -> Ground:
        source = LogSource(TraceLog.open(folder / "train.log"), follow=True)
        app = InspectorApp(log=source, title="train.log")
        return Ground(app, lambda: app.log_screen is not None and app.log_screen.is_mounted, close=source.close)

    sampler.start()
    walks = await asyncio.gather(
        play("long live", live, seed, until, lambda: None), play("long log", logged, seed, until, grow)
    )
    print(f"{sum(next(walk._time) for walk in walks):,} keys, {log._number - 1:,} recompiles")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    args = parser.parse_args()
    if os.environ.get("PYTHONMALLOC") != "malloc":
        os.execve(sys.executable, [sys.executable, *sys.argv], {**os.environ, "PYTHONMALLOC": "malloc"})
    with tempfile.TemporaryDirectory(prefix="long-session-") as name:
        folder = Path(name)
        for place in ("tmp", "home", "cwd"):
            (folder / place).mkdir()
        os.environ |= {
            "TMPDIR": str(folder / "tmp"),
            "HOME": str(folder / "home"),
            "XDG_CACHE_HOME": str(folder / "home"),
        }
        os.environ["PYTHONPATH"] = str(ROOT)
        tempfile.tempdir = None
        os.chdir(folder / "cwd")
        print(f"seed {args.seed}, {args.minutes:g} minutes", flush=True)
        begin = Widget.__init__

        def counted(widget: Widget, *args: object, **kwargs: object) -> None:
            begin(widget, *args, **kwargs)  # type: ignore[arg-type]
            _WIDGETS.add(widget)

        Widget.__init__ = counted  # type: ignore[assignment]
        sampler, broke = Sampler(folder / "tmp"), ""
        try:
            # No `asyncio.run`: it waits for exports of thousands of compile ids that the monkey has begun.
            asyncio.new_event_loop().run_until_complete(session(folder, args.minutes, args.seed, sampler))
        except Exception:  # noqa: BLE001 (what it held until then is told all the same)
            broke = traceback.format_exc()
        time.sleep(2)
        end = sampler.look()
        within = [row for row in sampler.rows if row["time"] <= args.minutes * 60]
        rows = [row for row in within if row["time"] > COUNTED * args.minutes * 60] or [end]
        for row in within[:: max(1, len(within) // 20)]:
            print("  ".join(f"{what} {value:.0f}" for what, value in row.items()))
        bad = [broke] if broke else []
        print(f"{'':12} {'first':>10} {'mean':>10} {'last':>10} {'most':>10} {'rise':>10}")
        for what, limit in RISE.items():
            grown, mean = rise(rows, what)
            values = [row[what] for row in rows]
            print(f"{what:12} {values[0]:10.1f} {mean:10.1f} {values[-1]:10.1f} {max(values):10.1f} {grown:+10.2f}")
            part = what in ("memory", "widgets", "files") and mean > 20
            if grown > (limit * mean if part else max(limit, 3 * (what == "files"))):
                bad.append(f"{what} grow")
        print(f"afterwards: {end['children']:.0f} children, {end['files']:.0f} temporary files")
        if end["children"] or end["files"]:
            bad.append(f"left: {[path.name for path in (folder / 'tmp').iterdir()]}")
        print("; ".join(bad) or "flat")
        return 1 if bad else 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)  # threads that still export would be waited for
