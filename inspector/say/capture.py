"""What there is to say of a capture, of one of its compile ids and of one kernel, beside their texts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from inspector.model.capture import Capture, Compilation, GraphBreak, Recompile
from inspector.model.kernel import KernelFacts, KernelKey
from inspector.model.overview_of import overview_of
from inspector.model.recompiles import read_failure
from inspector.say import passes, pieces
from inspector.say.compiles import status_words
from inspector.say.doc import Compile, Line, Row, Section, Tone, frame_rows
from inspector.say.edit import edits_section
from inspector.say.kernels import KernelRow, facts_rows, fusion_rows, kernel_words
from inspector.say.logged import Logged
from inspector.say.none import no_breaks, no_machine_code, no_recompiles
from inspector.say.units import figures, plural, seconds, size


def capture_sections(
    capture: Capture, compile_id: str | None, kernel: KernelKey | None = None, facts: KernelFacts | None = None
) -> tuple[Section, ...]:
    """Everything worth saying of a capture, of one of its compile ids (None: the first) and of one kernel.

    What a reader acts on comes first.

    Args:
        kernel: the kernel on screen; None where there is none, and then nothing is said of any.
        facts: of that kernel, where they are known.
    """
    compilation = capture.compilation(compile_id) if compile_id is not None else None
    if compilation is None and capture.compilations:
        compilation = capture.compilations[0]
    overview = overview_of(capture, {}, {})
    logged = list(Logged(capture).of(compilation.compile_id)) if compilation is not None else []
    return (
        *([edits_section(capture.edits)] if capture.edits else []),
        *(section for section in logged if section.alarming),
        breaks_section(capture.graph_breaks, no_breaks(overview)),
        recompiles_section(capture.recompiles, no_recompiles(overview)),
        *(kernel_sections(capture, compilation, kernel, facts) if compilation is not None and kernel else ()),
        guards_section(compilation),
        *(section for section in logged if not section.alarming),
        metrics_section(compilation),
        *whole_sections(capture),
    )


def breaks_section(found: Iterable[GraphBreak], empty: str = "") -> Section:
    """Graph breaks: all of a capture, or some; `empty` is said where there is none."""
    breaks = tuple(found)
    rows = tuple(row for item in breaks for row in break_rows(item))
    return Section("breaks", "Graph breaks", len(breaks), rows, empty, alarming=True)


def break_rows(item: GraphBreak) -> Iterator[Row]:
    """Why, torch's own hints, and where."""
    yield Row(f"{item.compile_id}  {item.reason}", Tone.STRONG, to=Compile(item.compile_id))
    if item.explanation:
        yield Row(item.explanation, depth=1)
    for hint in item.hints:
        yield Row(hint, Tone.WARNING, 1, label="hint")
    yield from frame_rows(item.stack)


def recompiles_section(found: Iterable[Recompile], empty: str = "") -> Section:
    """Recompiles: all of a capture, or some; `empty` is said where there is none."""
    again = tuple(found)
    rows = tuple(row for item in again for row in recompile_rows(item))
    return Section("recompiles", "Recompiles", len(again), rows, empty, alarming=True)


def recompile_rows(item: Recompile) -> Iterator[Row]:
    """Each guard that did not hold, in torch's words, and the user's calls that made torch guard it."""
    yield Row(f"{item.compile_id}  {item.function}", Tone.STRONG, to=Compile(item.compile_id))
    for reason in item.reasons:
        failure = read_failure(reason)
        against = f"{failure.against}: " if failure.against else ""
        yield Row(f"{against}{failure.text}", Tone.WARNING, 1)
        yield from frame_rows(failure.stack)


def kernel_sections(
    capture: Capture, compilation: Compilation | None, kernel: KernelKey, facts: KernelFacts | None
) -> Iterator[Section]:
    """What was fused into a kernel, and its facts where they are known."""
    fusion, words = capture.fusion_of.get(kernel), kernel_words(capture, kernel)
    rows = tuple(_kernel_rows(fusion_rows(fusion))) if fusion is not None else ()
    yield Section("fusion", f"Fusion of {words}", None, rows, "The log does not say what was fused.")
    if facts is not None:
        missing = no_machine_code(capture, compilation) if compilation is not None else ""
        known = (*_kernel_rows(facts_rows(facts)), *([Row(missing, Tone.QUIET)] if missing else ()))
        yield Section("kernel", f"Facts of {words}", None, known, "Nothing is known.")


def _kernel_rows(rows: Iterable[KernelRow]) -> Iterator[Row]:
    for row in rows:
        yield Row(row.text, label=row.label or " ")
        if row.below:
            yield Row(row.below, Tone.QUIET, 1)


def error_section(compilation: Compilation) -> Section:
    """What ended a compile id."""
    rows = (Row(compilation.error, Tone.ERROR),) if compilation.error else ()
    return Section("error", "Error", None, rows, "No error is recorded.", alarming=True)


def guards_section(compilation: Compilation | None) -> Section:
    """What must hold for the compiled code to be used again."""
    guards = compilation.guards if compilation is not None else ()
    rows = tuple(row for guard in guards for row in _guard(guard.code, guard.kind, guard.place))
    return Section("guards", f"Guards{_whose(compilation)}", len(guards), rows, "No guards recorded.")


def _guard(code: str, kind: str, place: str) -> Iterator[Row]:
    yield Row(code, Tone.CODE, label=kind)
    if place:
        yield Row(place, Tone.QUIET, 1)


def _whose(compilation: Compilation | None) -> str:
    return f" of {compilation.compile_id}" if compilation is not None else ""


def metrics_section(compilation: Compilation | None) -> Section:
    """What became of a compile id, and torch's own figures."""
    rows = tuple(_metrics(compilation)) if compilation is not None else ()
    return Section("metrics", f"Metrics{_whose(compilation)}", None, rows, "No metrics recorded.")


def _metrics(compilation: Compilation) -> Iterator[Row]:
    yield Row(status_words(compilation.status), Tone.STRONG, label="status")
    if compilation.place is not None:
        place = compilation.place
        yield Row(f"{place.file}:{place.line}", label="function", to=Line(place.file, place.line))
    if compilation.error:
        yield Row(compilation.error, Tone.ERROR, label="error")
    if compilation.restarts:
        yield Row(
            plural(compilation.restarts, "attempt was begun anew", "attempts were begun anew"),
            Tone.WARNING,
            label="restarts",
        )
    if compilation.cache:
        yield Row(compilation.cache, label="FX graph cache")
    if compilation.kernels:
        yield Row(", ".join(compilation.kernels), label="kernels")
    yield from _pairs(compilation.metrics)


def whole_sections(capture: Capture) -> tuple[Section, ...]:
    """What was compiled, where, and what was left out of it."""
    notes = tuple(note_rows(capture))
    nowhere = "The log does not say where it was made."
    return (
        Section("target", "Target", None, tuple(_target(capture)), "The log does not name its target."),
        Section("environment", "Environment", None, tuple(_pairs(capture.environment)), nowhere),
        Section("notes", "Notes", len(notes), notes, "No note was recorded of anything left out or of a fall-back."),
        *pieces_sections(capture),
    )


def pieces_sections(capture: Capture) -> Iterator[Section]:
    """What a server compiled in pieces; none where no server did."""
    return (section for section in pieces.sections(capture.served) if section.rows)


def passes_sections(capture: Capture) -> Iterator[Section]:
    """What Inductor's passes did; none where that was not recorded."""
    return (section for section in (passes.section(capture.passes),) if section.rows)


def note_rows(capture: Capture) -> Iterator[Row]:
    """What the capture says of itself: what was left out, and which fall-back was taken."""
    return (Row(note.message, Tone.WARNING, label=note.kind) for note in capture.notes)


def _target(capture: Capture) -> Iterator[Row]:
    target = capture.target
    for key, value in target.items():
        if key == "inputs" and isinstance(value, list):
            yield from (Row(input_words(each), Tone.CODE, label="input") for each in value if isinstance(each, Mapping))
        elif key == "parameter_bytes" and isinstance(value, (int, float)):
            yield Row(size(value), label="weights")
        else:
            yield from _pairs({key: value})


def input_words(item: Mapping[str, Any]) -> str:
    """`x: float32[8, 64]`, of an input as a capture's target describes it."""
    shape = item.get("shape")
    words = f"{item.get('name', '?')}: {item.get('dtype', '?')}"
    return f"{words}[{', '.join(map(str, shape))}]" if isinstance(shape, list | tuple) else words


def _pairs(values: Mapping[str, Any]) -> Iterator[Row]:
    """A row for each value that says something."""
    for key, value in values.items():
        if value is None or value in ("", [], (), {}):
            continue
        if isinstance(value, Mapping):
            said = ((name, item) for name, item in value.items() if item not in (None, "", []))
            words = ", ".join(f"{name}: {_word(name, item)}" for name, item in said)
        else:
            words = _word(key, value)
        yield Row(words, label=key.replace("_", " "))


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
