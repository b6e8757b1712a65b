"""Captures to open, and what the browser tests ask a page."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from inspector.model.artifact import Artifact, Language, Position, Span
from inspector.model.capture import Capture, Compilation, CompileStatus, Frame, GraphBreak, Note, Phase, Recompile
from inspector.model.latency import Difference, LatencyRun
from inspector.model.link import Link, Origin
from inspector.model.request import CaptureRequest
from inspector.model.stage import Stage
from inspector.trace import read_capture

Open = Callable[..., Page]
"""Opens a capture's page: (capture, address, **media)."""
TRACES = Path(__file__).parents[1] / "traces"
EXPRESSION = 17
"""The line of the recorded module with the gate."""


@cache
def gated() -> Capture:
    return read_capture(TRACES / "live_gated.log")


def source(capture: Capture) -> Artifact:
    return capture.find(Stage.SOURCE)[0]


def lit(page: Page, index: int) -> set[int]:
    """The lines that are lit in a pane, as far as they are in sight."""
    rows = page.locator(".pane:visible").nth(index).locator(".row.relative, .row.anchor")
    return {int(number) for number in rows.locator(".number").all_inner_texts()}


def row(page: Page, index: int, line: int) -> Any:
    return page.locator(".pane:visible").nth(index).locator(f".row:has(.number:text-is('{line}'))")


def related(capture: Capture, stage: Stage, line: int, col: int | None = None) -> set[int]:
    """What the link index says should be lit."""
    found = capture.index.relatives(source(capture).id, line, col).by_artifact
    return {
        number
        for item in capture.find(stage)
        for relative in found.get(item.id, ())
        for number in range(relative.span.start.line, relative.span.last_line + 1)
    }


def until(page: Page, condition: str) -> None:
    """Waits for a condition; Playwright's own way evaluates strings in the page, which the page's policy forbids."""
    end = time.monotonic() + 60
    while not page.evaluate(condition):
        assert time.monotonic() < end, f"never came true: {condition}"
        page.wait_for_timeout(20)


def status(page: Page) -> str:
    return " ".join(page.locator("#status").inner_text().split())


def active(page: Page) -> str:
    return page.locator(".pane.active select").first.locator("option:checked").inner_text()


def seen(page: Page, index: int) -> set[int]:
    """The lines of a pane that a person sees."""
    found = (
        page.locator(".pane:visible")
        .nth(index)
        .evaluate(
            """(pane) => {
          const box = pane.querySelector(".code").getBoundingClientRect();
          const rows = [...pane.querySelectorAll(".row")].filter((row) => {
            const { top, bottom } = row.getBoundingClientRect();
            return top >= box.top && bottom <= box.bottom;
          });
          return rows.map((row) => Number(row.querySelector(".number").textContent));
        }"""
        )
    )
    return set(found)


def told() -> Capture:
    """A capture with something to say in every panel, two compile ids and two kernels."""
    frame = Frame("/there/model.py", 2, "forward", "return self.act(x)")
    text = "def forward(x):\n    return act(x)\n"

    def graph(compile_id: str) -> Artifact:
        return Artifact(
            f"{compile_id}:aten", Stage.ATEN, compile_id, None, Language.FX, f"neg = neg(x)  # {compile_id}\n"
        )

    def kernel(name: str, line: str) -> Artifact:
        return Artifact(f"0/0:kernel:{name}", Stage.KERNEL, "0/0", name, Language.CPP, line)

    done = Compilation("0/0", CompileStatus.DONE, "forward", frame, kernels=("one", "two"))
    return Capture(
        request=CaptureRequest("model.py:net"),
        artifacts=(
            Artifact("source:model.py", Stage.SOURCE, None, None, Language.PYTHON, text, "/there/model.py"),
            graph("0/0"),
            kernel("one", "void one() {}\n"),
            kernel("two", "void two() {}\n"),
            graph("0/1"),
        ),
        links=(
            Link(Span.of_lines("source:model.py", 2), Span.of_lines("0/0:aten", 1), Origin.EXACT),
            Link(Span("0/0:aten", Position(1, 6), Position(1, 12)), Span.of_lines("0/0:kernel:two", 1), Origin.KERNEL),
        ),
        compilations=(done, Compilation("0/1", CompileStatus.FAILED, "forward", error="it broke\nbadly")),
        graph_breaks=(GraphBreak("0/0", "call to print", "It is not traced.", ("Do not print.",), (frame,)),),
        recompiles=(Recompile("0/1", "forward", ("L['x'].size()[0] == 1",)),),
        phases=(
            Phase("dynamo", 0.0, 1.25, 0, "0/0"),
            Phase("inductor", 0.5, None, 1, "0/0"),
            Phase("again", 2.0, 1.0, 0, "0/1"),
        ),
        latency=(LatencyRun("batch 2", (0.002, 0.003) * 20, (0.001, 0.0015) * 20, 16, Difference(1e-6, float("nan"))),),
        notes=(Note("fallback", "no provenance in this log"),),
        environment={"torch": "2.13.0", "cache": {"mode": "cold"}},
        finished=True,
    )


def huge(lines: int) -> Capture:
    text = "\n".join(f"    tmp{number} = tmp{number - 1} + {number}" for number in range(1, lines + 1))
    item = Artifact("0/0:aten", Stage.ATEN, "0/0", None, Language.TEXT, text)
    one = Artifact("source:m.py", Stage.SOURCE, None, None, Language.PYTHON, "x = 1\n" * 50)
    links = [
        Link(Span.of_lines("source:m.py", number % 50 + 1), Span.of_lines("0/0:aten", number), Origin.ALIGNED)
        for number in range(1, lines + 1, 10)
    ]
    return Capture(artifacts=(one, item), links=tuple(links), compilations=(Compilation("0/0", CompileStatus.DONE),))
