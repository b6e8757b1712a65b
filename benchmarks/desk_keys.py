"""What does a key cost on the desk, and how often is the screen drawn for it? Compiles nothing.

    python benchmarks/desk_keys.py [--against FOLDER] [--rounds 5]

`samples/llama-mlp.inspector` is opened on Textual's headless driver at three sizes. First paint: processor time from
the app's start until every pane shows its text. A key: processor time from the key until all that follows from it is on
screen, the links that light up a little later too; and how many times the terminal was written to. With `--against`
another copy of the program takes turns with this one, and the ratios of the medians and of the least are told: on a
machine that others use too, the least is what a key costs.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import os
import subprocess
import sys
from pathlib import Path
from statistics import median
from time import process_time

ROOT = Path(__file__).parent.parent
SIZES = ((120, 40), (200, 50), (300, 80))
KEYS = {"o": "ctrl+o", "right_square_bracket": "left_square_bracket", "down": "up"}
"""A key, and the one that takes it back."""
PRESSES = 6
LIGHTS = 0.08
"""Seconds after which links are lit."""


async def one(size: tuple[int, int]) -> dict[str, list[float]]:
    """Seconds of the first paint and of each key, and drawings of each key, by name."""
    from inspector.bundle import read
    from inspector.tui.app import InspectorApp

    found: dict[str, list[float]] = {}
    capture = read(ROOT / "samples" / "llama-mlp.inspector")
    gc.collect()
    began = process_time()
    app = InspectorApp(capture=capture, title="llama-mlp")
    async with app.run_test(size=size) as pilot:
        while app.main is None or not app.main.is_mounted or not all(p.artifact for p in app.main.workspace.shown):
            await pilot.pause(0.005)
        found["first paint"] = [process_time() - began]
        await pilot.pause(1.0)
        drawn = 0
        display = app._display

        def counted(*args: object) -> None:
            nonlocal drawn
            drawn += 1
            display(*args)  # type: ignore[arg-type]

        app._display = counted  # type: ignore[method-assign]
        for key, back in KEYS.items():
            for _ in range(PRESSES):
                gc.collect()
                drawn, began = 0, process_time()
                await pilot.press(key)
                await pilot.pause(LIGHTS)
                found.setdefault(key, []).append(process_time() - began)
                found.setdefault(f"{key} drawn", []).append(drawn)
                await pilot.press(back)
                await pilot.pause(LIGHTS)
    return found


def run(folder: Path) -> dict[str, dict[str, list[float]]]:
    """The same in a process of its own, with the program of a folder."""
    env = {**os.environ, "PYTHONPATH": str(folder)}
    done = subprocess.run([sys.executable, __file__, "--child"], env=env, capture_output=True, text=True, check=True)
    made: dict[str, dict[str, list[float]]] = json.loads(done.stdout)
    return made


def main() -> None:
    """Prints medians, and ratios where there is something to hold them against."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--against", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--child", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps({f"{size[0]}x{size[1]}": asyncio.run(one(size)) for size in SIZES}))
        return
    from common import machine  # not in a child: it puts this copy of the program first

    print(machine())
    folders = [ROOT, *([options.against] if options.against else [])]
    times: list[dict[tuple[str, str], list[float]]] = [{} for _ in folders]
    for number in range(options.rounds):
        for folder, kept in list(zip(folders, times, strict=True))[:: 1 if number % 2 else -1]:
            for size, names in run(folder).items():
                for name, values in names.items():
                    kept.setdefault((size, name), []).extend(values)
    for size, name in times[0]:
        if name.endswith(" drawn"):
            continue
        here = [median(kept[size, name]) for kept in times]
        drawn = [f"{median(kept[size, f'{name} drawn']):.0f}×" for kept in times if (size, f"{name} drawn") in kept]
        least = [min(kept[size, name]) for kept in times]
        ratio = f"   {here[0] / here[1]:.2f}, least {least[0] / least[1]:.2f}" if len(here) > 1 else ""
        told = " against ".join(f"{a * 1000:6.1f} ({b * 1000:.1f}) ms" for a, b in zip(here, least, strict=True))
        print(f"{size:>8} {name:<22} {told}{ratio}   drawn {' against '.join(drawn) or '-'}")


if __name__ == "__main__":
    main()
