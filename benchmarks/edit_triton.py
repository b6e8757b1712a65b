"""What holds of edited Triton kernels, on a machine with a GPU: prints a line for each thing that was tried.

    python benchmarks/edit_triton.py [--race SECONDS]

Three targets (pointwise, a reduction, a softmax); of each the experiments that apply, a comment, a wrong, an unwritten,
a refused, a crashing and an endless text. Ends with 1 where anything did not hold.
"""

from __future__ import annotations

import argparse
import re
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from inspector.errors import InspectorError
from inspector.model.artifact import Artifact
from inspector.model.edit import Fate, KernelEdit
from inspector.model.request import CaptureRequest
from inspector.model.stage import Stage
from inspector.say import edit as say
from inspector.work.editing import EditSession, experiments, situation_of, text_with

MODULE = """
import torch


def wave(x):
    return torch.sin(x) * 2 + torch.cos(x)


def total(x):
    return (torch.sin(x) * 2).sum(-1)


def weights(x):
    return torch.softmax(x * 0.5, -1)
"""
TARGETS = {"wave": "x=f32[1024,1024]", "total": "x=f32[512,4096]", "weights": "x=f32[512,1024]"}


class Tried:
    """Counts what held."""

    def __init__(self) -> None:
        self.failed = 0

    def that(self, what: str, held: bool, found: str) -> None:
        """Prints a line."""
        self.failed += not held
        print(f"{'held    ' if held else 'NOT HELD'}  {what:44}  {found}", flush=True)


def main() -> int:
    """Tries all of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--race", type=float, default=1.0, metavar="SECONDS", help="of each edit (default 1)")
    seconds = parser.parse_args().race
    tried = Tried()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "edit_triton_targets.py"
        file.write_text(MODULE)
        for name, inputs in TARGETS.items():
            print(f"--- {name} {inputs}", flush=True)
            request = CaptureRequest(target=f"{file}:{name}", inputs=(inputs,), device="cuda")
            try:
                _good(tried, request, seconds)
                for what, change in (("a store past all memory", _far), ("an endless loop", _endless)):
                    _ends(tried, request, what, change)
            except InspectorError as error:
                tried.that(name, False, f"{error}\n{error.detail[-2000:]}")
    print(f"{tried.failed} did not hold")
    return 1 if tried.failed else 0


ENDED = {Fate.CRASHED, Fate.HUNG, Fate.RAISED}


def _good(tried: Tried, request: CaptureRequest, seconds: float) -> None:
    """What leaves the worker alive, in one worker."""
    with EditSession(request) as session:
        capture = session.compile()
        kernels = capture.find(Stage.KERNEL)
        print("kernels:", ", ".join(str(item.kernel) for item in kernels), flush=True)
        kernel = kernels[0]
        situation = situation_of(capture, kernel)
        offered = experiments(kernel, situation)
        tried.that("experiments apply", bool(offered), str({item.key: (item.now, *item.values) for item in offered}))
        tried.that("it is known how it is launched", bool(situation.launch), str(dict(situation.launch)))

        def edit(what: str, text: str, holds: Callable[[KernelEdit], bool], race: float = 0.0) -> None:
            made = session.edit(kernel, text, seconds=race, limit=60)
            problem = f"  [{made.problem.line}: {made.problem.message}]" if made.problem is not None else ""
            stages = ",".join(item.stage for item in made.texts)
            tried.that(what, holds(made), f"{made.fate}: {say.headline(made)}{problem}  {stages}")
            for row in say.rows(made):
                print(f"              {row.text}", flush=True)

        edit("a comment", f"{kernel.text.rstrip()}\n# a comment\n", lambda made: made.fate is Fate.SAME, seconds)
        for item in offered:
            for value in (item.values[0], item.values[-1]):
                text = text_with(request, capture, kernel, [(item.key, value)])
                edit(f"{item.key}={value}", text, lambda made: made.fate.right or made.fate is Fate.NOT_BUILT, seconds)
        if "tl_math.sin" in kernel.text:
            wrong = kernel.text.replace("tl_math.sin", "tl_math.cos", 1)
        else:
            wrong = kernel.text.replace("0.5", "0.75", 1)
        edit("another number is wrong", wrong, lambda made: made.fate is Fate.WRONG and made.race is None)
        edit("what is not written is wrong", _unwritten(kernel), lambda made: made.fate is Fate.WRONG)
        line = next(at for at, text in enumerate(kernel.lines, 1) if "tl.program_id" in text)
        broken = "\n".join(f"{text} + nowhere" if at == line else text for at, text in enumerate(kernel.lines, 1))
        edit(
            f"a name that is not there, at line {line}",
            broken,
            lambda made: made.fate is Fate.NOT_BUILT and made.problem is not None and made.problem.line == line,
        )
        edit(
            f"a syntax error, at line {line}",
            "\n".join(f"{text} +" if at == line else text for at, text in enumerate(kernel.lines, 1)),
            lambda made: made.fate is Fate.NOT_BUILT and made.problem is not None and made.problem.line == line,
        )
        edit("and as it was again", f"{kernel.text.rstrip()}\n# again\n", lambda made: made.fate is Fate.SAME)


def _store(text: str, change: Callable[[str, str, str], str]) -> str:
    """The text with its last store changed: of pointer, value and mask."""
    found = list(re.finditer(r"tl\.store\((?P<at>.+), (?P<value>\w+), (?P<mask>[^,]+)\)$", text, re.MULTILINE))[-1]
    return text[: found.start()] + change(found["at"], found["value"], found["mask"]) + text[found.end() :]


def _unwritten(kernel: Artifact) -> str:
    return _store(kernel.text, lambda at, value, _: f"tl.store({at}, {value}, {value} < -1e30)")


def _far(kernel: Artifact) -> str:
    return _store(kernel.text, lambda at, value, mask: f"tl.store({at} + 1099511627776, {value}, {mask})")


def _endless(kernel: Artifact) -> str:
    pointer = next(re.finditer(r"\bout_ptr\d+", kernel.text))[0]
    loop = f"    spin = tl.program_id(0)\n    while spin >= 0:\n        tl.atomic_add({pointer}, 0.0)"
    return _store(kernel.text, lambda at, value, mask: f"tl.store({at}, {value}, {mask})\n{loop}")


def _ends(tried: Tried, request: CaptureRequest, what: str, change: Callable[[Artifact], str]) -> None:
    """What the worker does not live on after, in a worker of its own."""
    with EditSession(request) as session:
        kernel = session.compile().find(Stage.KERNEL)[0]
        made = session.edit(kernel, change(kernel), seconds=0, limit=15)
        ended = session.outcome
        tried.that(what, made.fate in ENDED and bool(made.text), f"{made.fate}: {say.headline(made)}")
        if made.fate in (Fate.CRASHED, Fate.HUNG):
            tried.that("the worker is gone, the capture stays", ended is not None, str(ended and ended.kind))
            tried.that("its texts are there", bool(session.capture.find(Stage.KERNEL)), "")


if __name__ == "__main__":
    sys.exit(main())
