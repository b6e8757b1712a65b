"""What the details panel says of a capture, as plain rows."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from inspector.model.capture import Capture, Compilation, GraphBreak
from inspector.model.kernel import KernelFacts, KernelKey
from inspector.model.none_words import no_breaks, no_machine_code, no_recompiles
from inspector.model.overview_of import overview_of
from inspector.model.recompiles import read_failure
from inspector.say.kernels import KernelRow, facts_rows, fusion_rows, kernel_words
from inspector.say.units import figures, seconds
from inspector.tui.widgets.rowtypes import Row, Section, frame_rows
from inspector.tui.widgets.sections_log import logged_sections
from inspector.tui.widgets.tones import Tone

SECTIONS = ("breaks", "recompiles", "fusion", "kernel", "guards", "metrics", "target", "environment", "notes")
"""Names, in the order shown: what a reader acts on comes first."""


def sections(
    capture: Capture, compile_id: str | None, kernel: KernelKey | None = None, facts: KernelFacts | None = None
) -> tuple[Section, ...]:
    """Everything worth saying of a capture, of one of its compile ids (None: the first) and of one kernel.

    Args:
        kernel: the kernel on screen; None where there is none, and then nothing is said of any.
        facts: of that kernel, where they are known.
    """
    compilation = capture.compilation(compile_id) if compile_id is not None else None
    if compilation is None and capture.compilations:
        compilation = capture.compilations[0]
    guards = compilation.guards if compilation is not None else ()
    named = f" of {compilation.compile_id}" if compilation is not None else ""
    logged = list(logged_sections(capture, compilation.compile_id)) if compilation is not None else []
    return (
        *(section for section in logged if section.alarming),
        Section(
            "breaks",
            "Graph breaks",
            len(capture.graph_breaks),
            tuple(row for item in capture.graph_breaks for row in _break(item)),
            no_breaks(overview_of(capture, {}, {})),
            alarming=True,
        ),
        Section(
            "recompiles",
            "Recompiles",
            len(capture.recompiles),
            tuple(
                row
                for item in capture.recompiles
                for row in (
                    Row(f"{item.compile_id}  {item.function}", Tone.STRONG, compile_id=item.compile_id),
                    *(row for reason in item.reasons for row in _refusal(reason)),
                )
            ),
            no_recompiles(overview_of(capture, {}, {})),
            alarming=True,
        ),
        *_of_kernel(capture, compilation, kernel, facts),
        Section("guards", f"Guards{named}", len(guards), tuple(_guards(compilation)), "No guards recorded."),
        *(section for section in logged if not section.alarming),
        Section("metrics", f"Metrics{named}", None, tuple(_metrics(compilation)), "No metrics recorded."),
        Section("target", "Target", None, tuple(_target(capture)), "The log does not name its target."),
        Section(
            "environment",
            "Environment",
            None,
            tuple(_pairs(capture.environment)),
            "The log does not say where it was made.",
        ),
        Section(
            "notes",
            "Notes",
            len(capture.notes),
            tuple(Row(note.message, Tone.WARNING, label=note.kind) for note in capture.notes),
            "No note was recorded of anything left out or of a fall-back.",
        ),
    )


def _of_kernel(
    capture: Capture, compilation: Compilation | None, kernel: KernelKey | None, facts: KernelFacts | None
) -> Iterator[Section]:
    if compilation is None or kernel is None:
        return
    fusion, words = capture.fusion_of.get(kernel), kernel_words(capture, kernel)
    rows = tuple(_kernel_rows(fusion_rows(fusion))) if fusion is not None else ()
    yield Section("fusion", f"Fusion of {words}", None, rows, "The log does not say what was fused.")
    if facts is not None:
        missing = no_machine_code(capture, compilation)
        known = (*_kernel_rows(facts_rows(facts)), *([Row(missing, Tone.QUIET)] if missing else ()))
        yield Section("kernel", f"Facts of {words}", None, known, "Nothing is known.")


def _kernel_rows(rows: Iterable[KernelRow]) -> Iterator[Row]:
    for row in rows:
        yield Row(row.text, label=row.label or " ")
        if row.below:
            yield Row(row.below, Tone.QUIET, indent=2)


def _refusal(reason: str) -> Iterator[Row]:
    """One guard that did not hold, in torch's words, and the user's calls that made torch guard it."""
    failure = read_failure(reason)
    against = f"{failure.against}: " if failure.against else ""
    yield Row(f"{against}{failure.text}", Tone.WARNING, indent=2)
    yield from frame_rows(failure.stack)


def _break(item: GraphBreak) -> Iterator[Row]:
    yield Row(f"{item.compile_id}  {item.reason}", Tone.STRONG, compile_id=item.compile_id)
    if item.explanation:
        yield Row(item.explanation, indent=2)
    for hint in item.hints:
        yield Row(hint, Tone.WARNING, indent=2, label="hint")
    yield from frame_rows(item.stack)


def _guards(compilation: Compilation | None) -> Iterator[Row]:
    for guard in compilation.guards if compilation is not None else ():
        yield Row(guard.code, Tone.CODE, label=guard.kind)
        if guard.place:
            yield Row(guard.place, Tone.QUIET, indent=2)


def _metrics(compilation: Compilation | None) -> Iterator[Row]:
    if compilation is None:
        return
    yield Row(compilation.status.value, Tone.STRONG, label="status")
    if compilation.place is not None:
        place = compilation.place
        yield Row(f"{place.file}:{place.line}", label="function", place=(place.file, place.line))
    if compilation.error:
        yield Row(compilation.error, Tone.ERROR, label="error")
    if compilation.restarts:
        yield Row(f"{compilation.restarts} attempts were begun anew", Tone.WARNING, label="restarts")
    if compilation.cache:
        yield Row(compilation.cache, label="FX graph cache")
    if compilation.kernels:
        yield Row(", ".join(compilation.kernels), label="kernels")
    yield from _pairs(compilation.metrics)


def _target(capture: Capture) -> Iterator[Row]:
    target = capture.target
    for key, value in target.items():
        if key == "inputs" and isinstance(value, list):
            for each in value:
                if isinstance(each, Mapping):
                    shape = ", ".join(str(size) for size in each.get("shape", ()))
                    yield Row(f"{each.get('name', '?')}: {each.get('dtype', '?')}[{shape}]", Tone.CODE, label="input")
        elif key == "parameter_bytes" and isinstance(value, (int, float)):
            yield Row(f"{figures(value / 2**20)} MiB", label="weights")
        else:
            yield from _pairs({key: value})


def _pairs(values: Mapping[str, Any]) -> Iterator[Row]:
    """A row for each value that says something."""
    for key, value in values.items():
        if value is None or value in ("", [], {}):
            continue
        label = key.replace("_", " ")
        if isinstance(value, Mapping):
            words = ", ".join(
                f"{name}: {_word(name, item)}" for name, item in value.items() if item not in (None, "", [])
            )
        else:
            words = _word(key, value)
        yield Row(words, label=label)


def _word(key: str, value: object) -> str:
    """One value, in the unit that its name asks for."""
    match value:
        case bool():
            words = "yes" if value else "no"
        case float() if key.endswith(("_s", "_seconds", "_time")) or key == "seconds":
            words = seconds(value)
        case float():
            words = figures(value)
        case int():
            words = f"{value:,}" if abs(value) >= 10_000 else str(value)
        case str():
            words = value
        case list() | tuple() if all(isinstance(item, str) for item in value):
            words = ", ".join(value)
        case _:
            words = json.dumps(value, default=str)
    return words
