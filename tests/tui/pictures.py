"""Pictures of the screen for docs/: five scenes in four sizes, and the README's.

python tests/tui/pictures.py            writes docs/pictures/SCENE-SIZE-after.svg, docs/screen.svg and docs/prices.svg
python tests/tui/pictures.py --library  writes docs/pictures/library.svg and, of made numbers, sweep-*.svg

Those that end with `-before.svg` were drawn in the same way of the release before the reading form was the default.
"""

from __future__ import annotations

import asyncio
import math
import os
import random
import re
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count, product
from pathlib import Path
from typing import NamedTuple

from textual import constants

constants.COLOR_SYSTEM = "truecolor"

sys.path.append(str(Path(__file__).parents[1] / "unit"))

from driving import clock, ready, until  # noqa: E402

from inspector.bundle import read  # noqa: E402
from inspector.library import Library  # noqa: E402
from inspector.model.capture import Capture  # noqa: E402
from inspector.trace.tail import read_capture  # noqa: E402
from inspector.tui.app import InspectorApp  # noqa: E402
from inspector.tui.library.app import LibraryApp  # noqa: E402

ROOT = Path(__file__).parents[2]


class Scene(NamedTuple):
    """One picture."""

    name: str
    keys: tuple[str, ...] = ()
    log: str = ""
    """Of tests/traces, or a bundle there; empty for the sample."""


SCENES = (
    Scene("first"),
    Scene("expression", ("colon", *"164", "enter", *["right"] * 70)),
    Scene("machine-code", ("tab", "tab", "minus")),
    Scene("recompiles", (), "recompile.log"),
    Scene("one-pane", ("5",)),
)
SIZES = ((80, 24), (120, 40), (200, 50), (300, 80))


def capture(scene: Scene) -> Capture:
    """What it shows."""
    if scene.log.endswith(".inspector"):
        return read(ROOT / "tests" / "traces" / scene.log)
    return (
        read_capture(ROOT / "tests" / "traces" / scene.log)
        if scene.log
        else read(ROOT / "samples" / "llama-mlp.inspector")
    )


async def picture(scene: Scene, size: tuple[int, int]) -> str:
    """The screen, as SVG."""
    title = scene.log.partition(".")[0] or "llama-mlp"
    app = InspectorApp(capture=capture(scene), title=title, clock=clock)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: ready(app))
        await pilot.pause(2)  # the rules are asked beside the screen
        for key in scene.keys:
            await pilot.press(key)
        await pilot.pause(1)
        return smaller(app.export_screenshot(title="inspector"))


def smaller(svg: str) -> str:
    """Without the web fonts, and without what cuts each row to its own width."""
    svg = re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<clipPath id=\"[^\"]*-line-\d+\">.*?</clipPath>\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r" clip-path=\"url\(#[^)]*-line-\d+\)\"", "", svg)
    svg = re.sub(r"terminal-\d+-", "t-", svg)
    svg = re.sub(r'="(-?\d+\.\d)\d+"', r'="\1"', svg)
    return re.sub(r" shape-rendering=\"crispEdges\"", "", svg).replace("<g ", '<g shape-rendering="crispEdges" ', 1)


async def library(size: tuple[int, int] = (140, 34)) -> str:
    """The first screen over a library of a few captures of this repository, as SVG."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_DATA_HOME"] = folder
        first, days = datetime(2026, 3, 2, 2, 30, tzinfo=UTC), count()
        kept = Library(now=lambda: first + timedelta(days=next(days)))
        for name, tags in (("train.log", ()), ("graph_break.log", ("old",)), ("live_gated.log", ("nightly",))):
            kept.keep(read_capture(ROOT / "tests" / "traces" / name), tags)
        kept.add(ROOT / "tests" / "traces" / "priced_block.inspector", ["nightly"])
        kept.add(ROOT / "samples" / "llama-mlp.inspector", ["nightly", "release"])
        app = LibraryApp()
        async with app.run_test(size=size) as pilot:
            await until(pilot, lambda: app.library_screen is not None and app.library_screen.desk.kept)
            await pilot.press("down")
            await pilot.pause(0.5)
            return smaller(app.export_screenshot(title="inspector"))


def figures() -> Iterator[tuple[str, str]]:
    """Two figures of a sweep's report, over results that nobody measured."""
    from sweeps import starts

    from inspector.study.plots import svg
    from inspector.study.sweep.report import sweep_report

    chance, results = random.Random(3), []
    for batch in (1, 4, 32):
        for mode, share, first in (("default", 1.0, 8.0), ("reduce-overhead", 0.93, 9.0), ("max-autotune", 0.78, 31.0)):
            middle = 0.0009 * (1 + batch / 6) * share
            taken = [middle * math.exp(chance.gauss(0, 0.04)) for _ in range(4)]
            results += starts(taken, batch=batch, mode=mode, first=first + batch / 16)
    for section in sweep_report(results, over=["batch", "mode"]).sections:
        if section.figures and section.topic in ("tables", "front"):
            head, rest = svg(section.figures[0]).split(">", 1)
            yield section.topic, f'{head}><rect width="100%" height="100%" fill="#fff"/>{rest}'


def main(folder: Path, kind: str) -> None:
    """Draws every scene."""
    folder.mkdir(exist_ok=True)
    for scene, size in product(SCENES, SIZES):
        name = f"{scene.name}-{size[0]}x{size[1]}-{kind}.svg"
        (folder / name).write_text(asyncio.run(picture(scene, size)), encoding="utf-8")


if __name__ == "__main__":
    if sys.argv[1:] == ["--library"]:
        (ROOT / "docs" / "pictures" / "library.svg").write_text(asyncio.run(library()), encoding="utf-8")
        for name, text in figures():
            (ROOT / "docs" / "pictures" / f"sweep-{name}.svg").write_text(text, encoding="utf-8")
        sys.exit()
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "pictures"
    main(target, sys.argv[2] if len(sys.argv) > 2 else "after")
    if len(sys.argv) == 1:
        shown = asyncio.run(picture(Scene("screen"), (160, 44)))
        (ROOT / "docs" / "screen.svg").write_text(shown, encoding="utf-8")
        priced = Scene("prices", ("dollar_sign", "b", "R"), "priced_block.inspector")
        (ROOT / "docs" / "prices.svg").write_text(asyncio.run(picture(priced, (160, 44))), encoding="utf-8")
