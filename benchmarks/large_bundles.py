"""What each face costs on bundles with many kernels and many notes, and whether that grows faster than they do.

    python benchmarks/large_bundles.py [--count 10000]

Each is made with a quarter and with the whole of them; processor time of one process. The exit code is 1 where anything
grows faster than `large_logs.EXPONENT`.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

from common import machine
from large_logs import EXPONENT

from inspector.bundle import read, write
from inspector.bundle.annotate import annotate
from inspector.bundle.export import export
from inspector.cli.main import main as command
from inspector.model.annotation import Annotation
from inspector.model.artifact import Artifact, Language, Position, Span
from inspector.model.capture import Capture, Compilation, CompileStatus
from inspector.model.link import Link, Origin
from inspector.model.stage import Stage
from inspector.notes import added


def made(count: int) -> Capture:
    """One graph, so many kernels of it, and a note on a line of each."""
    nodes = "\n".join(f"    mul_{number} = torch.ops.aten.mul.Tensor(x, {number})" for number in range(count))
    graph = Artifact("0/0:aten", Stage.ATEN, "0/0", None, Language.FX, f"def forward(self, x):\n{nodes}\n")
    names = [f"cpp_fused_mul_{number}" for number in range(count)]
    kernels = [
        Artifact(
            f"0/0:kernel:{name}", Stage.KERNEL, "0/0", name, Language.CPP, f"void {name}() {{\n    auto x = {at};\n}}\n"
        )
        for at, name in enumerate(names)
    ]
    links = [
        Link(Span.of_lines(graph.id, at + 2), Span.of_lines(kernel.id, 2), Origin.EXACT)
        for at, kernel in enumerate(kernels)
    ]
    notes = [
        Annotation(f"n-{at}", f"Look at {name}.", Span(graph.id, Position(at + 2, 4), Position(at + 2, 9)))
        for at, name in enumerate(names)
    ]
    return Capture(
        artifacts=(graph, *kernels),
        compilations=(Compilation("0/0", CompileStatus.DONE, "forward", kernels=tuple(names)),),
        links=tuple(links),
        annotations=tuple(notes),
        finished=True,
    )


async def _screen(capture: Capture, keys: tuple[str, ...], told: Callable[[str, float], object]) -> None:
    from inspector.tui.app import InspectorApp

    begun = time.process_time()
    app = InspectorApp(capture=capture, title="large")
    async with app.run_test(size=(200, 50)) as pilot:
        while app.main is None or not app.main.is_mounted or not app.main.linker.settled:
            await pilot.pause(0.01)
        told("the screen, until it answers", time.process_time() - begun)
        for key in keys:
            begun = time.process_time()
            await pilot.press(key)
            await pilot.pause()
            told(f"the screen, {key}", time.process_time() - begun)


def measured(count: int, folder: Path) -> dict[str, float]:
    """What each took, in seconds of processor time."""
    costs: dict[str, float] = {}
    capture, place = made(count), folder / f"{count}.inspector"

    def timed(name: str, work: Callable[[], object]) -> None:
        begun = time.process_time()
        with redirect_stdout(StringIO()):
            work()
        costs[name] = time.process_time() - begun

    timed("write", lambda: write(capture, place))
    timed("read", lambda: read(place))
    timed("add a note", lambda: annotate(place, lambda notes: added(notes, None, "one more", author="", time=None)))
    timed("show", lambda: command(["show", str(place)]))
    timed("notes", lambda: command(["notes", str(place)]))
    timed("export, with its page", lambda: export(capture, folder / f"{count}"))
    keys = ("down", "down", "3", "c", "escape", "K", "escape", "M", "escape", "n", "question_mark", "escape")
    asyncio.run(_screen(read(place), keys, costs.__setitem__))
    return costs


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=10_000)
    args = parser.parse_args()
    print(f"{machine()} · {time.strftime('%Y-%m-%d')}")
    print(f"\n| {args.count:,} kernels and notes | a quarter | whole | grows |\n|---|---:|---:|---:|")
    with tempfile.TemporaryDirectory() as name:
        few, many = (measured(count, Path(name)) for count in (args.count // 4, args.count))
    held = True
    for what, cost in many.items():
        grows = math.log(cost / max(few[what], 0.01)) / math.log(4) if cost > 1 else None
        held &= grows is None or grows <= EXPONENT
        print(f"| {what} | {few[what]:.2f} s | {cost:.2f} s | {'' if grows is None else f'{grows:.2f}'} |")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
