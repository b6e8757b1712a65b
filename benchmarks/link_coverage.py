"""How much of each gallery target is linked: statements, instructions, source expressions, loop IR, calls.

    python benchmarks/link_coverage.py [--train] [--outside] [--trace FOLDER] [TARGET…]

Each target is captured in a worker of its own. Prints a Markdown table: what is linked of what there is, and what the
captures say about links that had to be given up. `--trace` reads a finished log instead of capturing, `--outside`
takes the modules of `outside_modules.py` instead of the gallery's.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent.parent), str(Path(__file__).resolve().parent.parent / "tests")]

from kernel_text import statement_lines  # noqa: E402

import inspector  # noqa: E402
from inspector.link.fxtext import read_fx  # noqa: E402
from inspector.link.irtext import read_ir  # noqa: E402
from inspector.model.artifact import Artifact, Language  # noqa: E402
from inspector.model.capture import Capture  # noqa: E402
from inspector.model.link import Link, Origin  # noqa: E402
from inspector.model.stage import Stage  # noqa: E402
from inspector.targets import catalog  # noqa: E402
from inspector.trace import read_capture  # noqa: E402

_CALL = re.compile(r"\s+(?:\w+ = )?(?:(?:cpp|triton)_\w+(?:\.run)?|extern_kernels\.\w+|torch\.ops\.[\w.]+)\(")
_OUTPUT = re.compile(r"def (call|partition_\d+)\(")


@dataclass(frozen=True)
class Share:
    """So many of so many."""

    linked: int
    of: int

    def __str__(self) -> str:
        return "—" if not self.of else f"{self.linked}/{self.of} ({self.linked / self.of:.1%})"

    def __add__(self, other: Share) -> Share:
        return Share(self.linked + other.linked, self.of + other.of)


class Coverage:
    """What of one capture is linked."""

    def __init__(self, capture: Capture) -> None:
        self._capture = capture
        self._stage = {artifact.id: artifact.stage for artifact in capture.artifacts}

    def statements(self) -> Share:
        """Kernel statements that have their post-grad nodes, exactly."""
        return self._lines(
            Stage.KERNEL, lambda kernel: statement_lines(kernel.text), (Stage.POST_GRAD,), (Origin.EXACT,)
        )

    def instructions(self) -> Share:
        """Instructions that have their kernel line, from the line table."""
        return self._lines(
            Stage.ASM,
            lambda asm: (number for number, line in enumerate(asm.lines, 1) if line.startswith(" ")),
            (Stage.KERNEL,),
            (Origin.DEBUG_INFO,),
        )

    def source(self) -> Share:
        """Operations of Dynamo's graph that have their expression in the source."""
        return self._lines(Stage.DYNAMO, _operations, (Stage.SOURCE,), (Origin.EXACT,))

    def loop_ir(self) -> Share:
        """Operations of both IR texts that have the nodes they were made from."""
        total = Share(0, 0)
        for artifact in self._capture.artifacts:
            if artifact.stage in (Stage.IR_PRE_FUSION, Stage.IR_POST_FUSION):
                linked = self._linked(artifact, (Stage.POST_GRAD,), (Origin.EXACT,))
                parts = [part for block in read_ir(artifact.text) for part in block.parts.values()]
                found = sum(not linked.isdisjoint(range(first, last + 1)) for first, last in parts)
                total += Share(found, len(parts))
        return total

    def calls(self) -> Share:
        """Calls of kernels and libraries in the output code that have the nodes they compute."""
        return self._lines(Stage.INDUCTOR, _calls, (Stage.POST_GRAD,), (Origin.EXACT,))

    def _lines(
        self, stage: Stage, wanted: Callable[[Artifact], Iterable[int]], froms: Iterable[Stage], how: Iterable[Origin]
    ) -> Share:
        total = Share(0, 0)
        for artifact in self._capture.artifacts:
            if artifact.stage is stage and artifact.language is not Language.TEXT:
                lines = set(wanted(artifact))
                total += Share(len(lines & self._linked(artifact, froms, how)), len(lines))
        return total

    def _linked(self, artifact: Artifact, froms: Iterable[Stage], how: Iterable[Origin]) -> set[int]:
        """The artifact's lines that a link of such an origin leads to from such a stage."""

        def counts(link: Link) -> bool:
            return link.b.artifact == artifact.id and link.origin in how and self._stage[link.a.artifact] in froms

        links = (link for link in self._capture.links if counts(link))
        return {line for link in links for line in range(link.b.start.line, link.b.last_line + 1)}


def _operations(graph: Artifact) -> Iterable[int]:
    nodes = read_fx(graph.text).nodes.values()
    return (node.line for node in nodes if not node.placeholder and node.name != "output")


def _calls(code: Artifact) -> Iterable[int]:
    ours = False
    for number, line in enumerate(code.lines, 1):
        if line.lstrip().startswith("def "):
            ours = _OUTPUT.match(line.lstrip()) is not None
        elif ours and _CALL.match(line):
            yield number


COLUMNS: dict[str, Callable[[Coverage], Share]] = {
    "statements ↔ post-grad": Coverage.statements,
    "instructions ↔ kernel": Coverage.instructions,
    "Dynamo ↔ source": Coverage.source,
    "loop IR ↔ post-grad": Coverage.loop_ir,
    "calls ↔ post-grad": Coverage.calls,
}


def _gallery() -> list[str]:
    return [info.name for info in catalog() if not info.warning]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", help="gallery targets (default: all but those that take minutes)")
    parser.add_argument("--train", action="store_true", help="capture the backward pass too")
    parser.add_argument("--trace", type=Path, help="read this log instead of capturing")
    parser.add_argument("--outside", action="store_true", help="the modules of outside_modules.py")
    arguments = parser.parse_args()
    names = dict.fromkeys(arguments.targets or _gallery(), arguments.train)
    if arguments.outside:
        from outside_modules import NAMES, TRAINED

        names = {f"{Path(__file__).with_name('outside_modules.py')}:{name}": name in TRAINED for name in NAMES}
    print("| target |", " | ".join(COLUMNS), "| links |")
    print("| --- |" + " ---: |" * (len(COLUMNS) + 1))
    notes: list[str] = []
    for target, train in {arguments.trace.name: False}.items() if arguments.trace else names.items():
        capture = read_capture(arguments.trace) if arguments.trace else inspector.capture(target, train=train)
        name = target.rpartition(":")[2]
        coverage = Coverage(capture)
        shares = " | ".join(str(measure(coverage)) for measure in COLUMNS.values())
        print(f"| {name}{', training' if train else ''} | {shares} | {len(capture.links)} |", flush=True)
        notes += [f"* {name}: {note.message}" for note in capture.notes if note.message.startswith("Not linked")]
    print("\n" + "\n".join(notes or ["Nothing had to be given up."]))


if __name__ == "__main__":
    main()
