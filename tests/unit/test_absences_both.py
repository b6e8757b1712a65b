"""Each sentence that there is none of something: said where that is recorded, and another one where it is not."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from captures import artifact

from inspector.bundle.page.data import page_data
from inspector.cli.report import overview as report
from inspector.cli.terminal import Style
from inspector.compare import compare_captures
from inspector.link.unlinked import why_unlinked
from inspector.model.artifact import Language, Span
from inspector.model.capture import Capture, Compilation, CompileStatus, GraphBreak, Recompile
from inspector.model.compile_row import CompileRow, GuardFailure
from inspector.model.fusion import KernelFusion, Tensor
from inspector.model.guards import Guard
from inspector.model.kernel import KernelFacts
from inspector.model.latency import Difference, LatencyRun, summarise
from inspector.model.link import Link, Origin
from inspector.model.numerics import Deviation, Numerics, OutputNumerics
from inspector.model.overview import Overview
from inspector.model.stage import Stage
from inspector.say import latency, numerics
from inspector.say.capture import capture_sections, guards_section
from inspector.say.compiles import compile_sections, failure_words, reason_words
from inspector.say.difference import pair_sections, whole_words
from inspector.say.doc import Row, Section
from inspector.say.kernels import KernelRow, facts_rows, fusion_rows, fusion_summary
from inspector.say.none import NO_SOURCES, no_source
from inspector.trace import read_capture
from inspector.tui.log.compiles import table
from inspector.tui.log.parts import LogState, Options

TRACES = Path(__file__).parent.parent / "traces"
DONE = Compilation("0/0", CompileStatus.DONE, "f", guards=(Guard("x", "TENSOR_MATCH"),))
LAUNCH = {"registers": 40, "XBLOCK": 128}
FACTS = KernelFacts(instructions=9, linked=3)
FUSION = KernelFusion(
    "0/0", "k", ("mul",), 1, known=True, loads=(Tensor("a", "x", 4),), stores=(Tensor("b", "mul", 4),)
)
GRAPH, OTHER = (artifact(stage, "0/0", Language.FX, "a\nb") for stage in (Stage.ATEN, Stage.POST_GRAD))
TEXTS = Capture(artifacts=(GRAPH, OTHER), compilations=(DONE,))
LINKED = replace(TEXTS, links=(Link(Span.of_lines(GRAPH.id, 1), Span.of_lines(OTHER.id, 1), Origin.EXACT),))
RUN = LatencyRun("x", (2.0,) * 9, (1.0,) * 9)


def lines(capture: Capture) -> str:
    return "\n".join(report(capture, Style(colour=False)))


def said(rows: Iterable[KernelRow | Row]) -> str:
    return "\n".join(f"{row.label} {row.text}" for row in rows)


def section(capture: Capture, name: str) -> Section:
    return next(item for item in capture_sections(capture, "0/0") if item.name == name)


def shown(item: Section) -> str:
    return said(item.rows) or item.empty


def about(row: CompileRow, name: str) -> str:
    return shown(next(item for item in compile_sections(Overview((row,)), row) if item.name == name))


def compared(a: Compilation, b: Compilation, title: str) -> str:
    """What a section of the difference says."""
    difference = compare_captures(Capture(compilations=(a,)), Capture(compilations=(b,)), ("a", "b"))
    found = next(item for item in pair_sections(difference.compilations[0]) if item.title == title)
    return "\n".join(row.text for row in found.rows) or found.empty


def output(elements: int | None, differing: int = 0) -> Numerics:
    deviation = Deviation(0.0, 0.0, 0.0, elements, differing)
    return Numerics("x", (OutputNumerics("output 0", "f32", (8,), deviation),), None)


def empty_log(**known: object) -> str:
    return table(LogState(**known), Options()).empty  # type: ignore[arg-type]


def page_status(capture: Capture) -> str:
    return next(item["unlinked"] for item in page_data(capture)["artifacts"] if item["id"] == GRAPH.id)


def failed(expected: str, actual: str) -> str:
    return failure_words(GuardFailure("x == 1", "0/0", "x", "value", expected, actual))


CASES: dict[str, tuple[Callable[[], str], str, Callable[[], str], str]] = {
    # what is said where it was recorded and there is none or some, and where it was not recorded
    "guards of an overview": (
        lambda: lines(TEXTS),
        "1 guard",
        lambda: lines(replace(TEXTS, compilations=(replace(DONE, guards=()),))),
        "guards not recorded",
    ),
    "guards of the details": (
        lambda: shown(guards_section(DONE)),
        "TENSOR_MATCH x",
        lambda: shown(guards_section(replace(DONE, guards=()))),
        "No guards recorded.",
    ),
    "spilled registers of a GPU": (
        lambda: said(facts_rows(KernelFacts(launch={**LAUNCH, "spills": 0}))),
        "40 a thread, none of them spilled",
        lambda: said(facts_rows(KernelFacts(launch=LAUNCH))),
        "40 a thread",
    ),
    "spills of a CPU": (
        lambda: said(facts_rows(FACTS)),
        "spills none",
        lambda: said(facts_rows(replace(FACTS, instructions=0))),
        "",
    ),
    "bytes that a fusion saves": (
        lambda: said(fusion_rows(FUSION)),
        "saved nothing: each value that it computes is in memory",
        lambda: said(fusion_rows(replace(FUSION, known=False))),
        "saved not known: which of these it computes was not recorded",
    ),
    "fusion in short": (
        lambda: fusion_summary(FUSION),
        "1 node, nothing fused",
        lambda: fusion_summary(replace(FUSION, known=False)),
        "torch lists 1 node; what it computes of them is not recorded",
    ),
    "what a kernel reads": (
        lambda: said(fusion_rows(replace(FUSION, loads=()))),
        "reads nothing from memory",
        lambda: said(fusion_rows(replace(FUSION, loads=(), stores=()))),
        "What it reads and writes is not known",
    ),
    "links of a place": (
        lambda: why_unlinked(LINKED, GRAPH),
        "Nothing is linked to this place. Links of this text are recorded to: Post-grad graph.",
        lambda: why_unlinked(TEXTS, GRAPH),
        "No link of this input is recorded.",
    ),
    "links of a place on the page": (
        lambda: page_status(LINKED),
        "Nothing is linked to this place.",
        lambda: page_status(TEXTS),
        "No link of this input is recorded.",
    ),
    "compile ids of a log": (
        lambda: empty_log(indexed=True),
        "Nothing was compiled, as far as this log tells.",
        lambda: empty_log(indexed=False),
        "No compile id in this log yet.",
    ),
    "a source file": (
        lambda: no_source("a.py", others=True),
        "was not recorded; that of other files was.",
        lambda: no_source("a.py", others=False),
        NO_SOURCES,
    ),
    "why it was compiled again": (
        lambda: reason_words(CompileRow("0/0", CompileStatus.DONE)),
        "",
        lambda: reason_words(CompileRow("0/1", CompileStatus.DONE, recompiles=1)),
        "the log does not say why",
    ),
    "what came at a failed guard": (
        lambda: failed("1", "2"),
        "x value: 1, now 2",
        lambda: failed("1", ""),
        "x value: 1, what came is not recorded",
    ),
    "what was expected at a failed guard": (
        lambda: failed("1", "2"),
        "x value: 1, now 2",
        lambda: failed("", "2"),
        "what was expected is not recorded",
    ),
    "a compile's times": (
        lambda: about(replace(ROW, times=ROW.times.__class__(total=1.0)), "times"),
        "whole frame 1.00 s",
        lambda: about(ROW, "times"),
        "The log does not say.",
    ),
    "a compile's caches": (
        lambda: section(WARM, "caches").rows[0].text,
        "hit",
        lambda: about(ROW, "caches"),
        "The log records no answer of one.",
    ),
    "graph breaks": (
        lambda: shown(section(replace(TEXTS, environment={"torch": "2.13.0"}), "breaks")),
        "No graph breaks.",
        lambda: shown(section(replace(TEXTS, environment={"torch": "2.4.0"}), "breaks")),
        "No graph break is recorded; but this version of torch does not record graph breaks.",
    ),
    "recompiles": (
        lambda: shown(section(TEXTS, "recompiles")),
        "No recompiles.",
        lambda: shown(section(replace(TEXTS, compilations=(replace(DONE, status=CompileStatus.LIVE),)), "recompiles")),
        "No recompile is recorded; but the log ends before 0/0 does.",
    ),
    "metrics": (
        lambda: shown(section(TEXTS, "metrics")),
        "status done",
        lambda: shown(next(item for item in capture_sections(Capture(), None) if item.name == "metrics")),
        "No metrics recorded.",
    ),
    "guards that differ": (
        lambda: compared(DONE, DONE, "Guards that differ"),
        "1 guard, the same on both sides.",
        lambda: compared(DONE, replace(DONE, guards=()), "Guards that differ"),
        "No guard is in a record of both sides.",
    ),
    "a difference of nothing": (
        lambda: whole_words(compare_captures(TEXTS, TEXTS, ("a", "b"))),
        "identical",
        lambda: whole_words(compare_captures(Capture(), Capture(), ("a", "b"))),
        "not recorded on either side",
    ),
    "a race's difference": (
        lambda: latency.difference_words(Difference(0.0, 0.0, 8)),
        "none in 8 elements",
        lambda: latency.difference_words(Difference(0.0, 0.0, 0)),
        "nothing compared",
    ),
    "a race's verdict": (
        lambda: latency.verdict(summarise(replace(RUN, compiled=RUN.eager)))[0].text,
        "no measurable difference",
        lambda: latency.verdict(summarise(replace(RUN, compiled=(0.0,) * 9)))[0].text,
        "too fast to compare",
    ),
    "a race's interval": (
        lambda: latency.speedup_words(summarise(RUN)),
        "95 % interval",
        lambda: latency.speedup_words(summarise(LatencyRun("x", (2.0,) * 3, (1.0,) * 3))),
        "2.000×: 2.00× faster",
    ),
    "results that are equal": (
        lambda: numerics.verdict(output(8)),
        "Compiled is equal to eager in all that was compared (1 tensor, 8 elements",
        lambda: numerics.verdict(output(0)),
        "Nothing was compared",
    ),
    "results of an older bundle": (
        lambda: numerics.verdict(output(8)),
        "Compiled is equal to eager",
        lambda: numerics.verdict(output(None)),
        "",
    ),
    "how elements spread": (
        lambda: numerics.spread(Deviation(0.0, 0.0, 0.0, 8), "eager"),
        "all 8 equal",
        lambda: numerics.spread(Deviation(0.0, 0.0, 0.0, 0), "eager"),
        "no element to compare",
    ),
}
ROW = CompileRow("0/0", CompileStatus.DONE)
WARM = read_capture(TRACES / "warm.log")


@pytest.mark.parametrize("name", CASES)
def test_none_and_not_recorded_are_told_apart(name: str) -> None:
    recorded, there, unrecorded, lacking = CASES[name]
    assert there in recorded()
    assert lacking in unrecorded()
    assert recorded() != unrecorded()
    assert not there or there not in unrecorded()
    assert not lacking or recorded().strip() == "" or lacking not in recorded() or lacking in there


@pytest.mark.parametrize("name", ["breaks", "recompiles"])
def test_what_is_recorded_is_not_called_none(name: str) -> None:
    broken = replace(
        TEXTS, graph_breaks=(GraphBreak("0/0", "print"),), recompiles=(Recompile("0/0", "f", ("0/0: x == 1",)),)
    )
    assert "No " not in shown(section(broken, name))
