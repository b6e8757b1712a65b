"""Pictures of the screen for docs/: five scenes in four sizes, and the README's.

python tests/tui/pictures.py        writes docs/pictures/SCENE-SIZE-after.svg, docs/screen.svg and docs/prices.svg

Those that end with `-before.svg` were drawn in the same way of the release before the reading form was the default.
"""

from __future__ import annotations

import asyncio
import re
import sys
from itertools import product
from pathlib import Path
from typing import NamedTuple

from textual import constants

constants.COLOR_SYSTEM = "truecolor"

from driving import clock, ready, until  # noqa: E402

from inspector.bundle import read  # noqa: E402
from inspector.model.capture import Capture  # noqa: E402
from inspector.trace.tail import read_capture  # noqa: E402
from inspector.tui.app import InspectorApp  # noqa: E402

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


def main(folder: Path, kind: str) -> None:
    """Draws every scene."""
    folder.mkdir(exist_ok=True)
    for scene, size in product(SCENES, SIZES):
        name = f"{scene.name}-{size[0]}x{size[1]}-{kind}.svg"
        (folder / name).write_text(asyncio.run(picture(scene, size)), encoding="utf-8")


if __name__ == "__main__":
    target = Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "docs" / "pictures"
    main(target, sys.argv[2] if len(sys.argv) > 2 else "after")
    if len(sys.argv) == 1:
        shown = asyncio.run(picture(Scene("screen"), (160, 44)))
        (ROOT / "docs" / "screen.svg").write_text(shown, encoding="utf-8")
        priced = Scene("prices", ("dollar_sign", "b", "R"), "priced_block.inspector")
        (ROOT / "docs" / "prices.svg").write_text(asyncio.run(picture(priced, (160, 44))), encoding="utf-8")
