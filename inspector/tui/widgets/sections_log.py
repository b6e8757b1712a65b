"""What the details panel says of a compile id that a log tells more about: attempts, shapes, caches, inputs, runs."""

from __future__ import annotations

from collections.abc import Iterator

from inspector.model.cache import CacheLookup
from inspector.model.capture import Capture, Compilation
from inspector.model.failure import Failure
from inspector.model.failure_words import told_of
from inspector.model.frame import Frame
from inspector.model.pinned import pinned_of, still_symbols
from inspector.model.shapes import ShapeFactKind, SymbolicShapes
from inspector.model.tensors import TensorInput, is_wait
from inspector.say.units import seconds
from inspector.tui.widgets.rowtypes import Row, Section, frame_rows
from inspector.tui.widgets.tones import Tone

_MOST = 300
"""Rows of one section; a log may hold thousands of guards on shapes."""
_FACTS = {
    ShapeFactKind.GUARD: "guard",
    ShapeFactKind.GUARD_DETAIL: "guard",
    ShapeFactKind.ASSUMED: "assumed",
    ShapeFactKind.ASSUMED_DETAIL: "assumed",
    ShapeFactKind.DATA_DEPENDENT: "undecidable",
    ShapeFactKind.EXPRESSION: "expression",
}


def logged_sections(capture: Capture, compile_id: str | None) -> Iterator[Section]:
    """What there is of a compile id, or of what happened outside any; a section with nothing in it is left out."""
    compilation = capture.compilation(compile_id) if compile_id is not None else None
    named = compile_id or "what is outside any compile"
    for made in (
        _section("failures", "Failures and restarts", _failures(capture, compile_id), alarming=True),
        _section("shapes", f"Symbolic shapes of {named}", _shapes(capture, compile_id)),
        _section("caches", f"Caches of {named}", _caches(capture, compile_id)),
        _section("inputs", f"Tensors of {named}", _inputs(capture, compile_id)),
        _section("runs", f"Estimates and collectives of {named}", _runs(capture, compile_id)),
        _section("pgo", "Remembered shapes (PGO)", _memory(capture, compile_id)),
        _section("autograd", "Compiled autograd", _autograd(compilation)),
        _section("fake", "Fake kernels", _fake_kernels(capture, compile_id), alarming=True),
        _section("stack", f"{named} was called from", frame_rows(compilation.stack if compilation else ())),
    ):
        if made.rows:
            yield made


def _section(name: str, title: str, rows: Iterator[Row], *, alarming: bool = False) -> Section:
    found = tuple(rows)
    more = len(found) - _MOST
    shown = found[:_MOST] + ((Row(f"and {more:,} more rows", Tone.QUIET),) if more > 0 else ())
    return Section(name, title, None, shown, "", alarming)


def _autograd(compilation: Compilation | None) -> Iterator[Row]:
    for reason in compilation.autograd_reasons if compilation is not None else ():
        yield Row(reason)


def _failures(capture: Capture, compile_id: str | None) -> Iterator[Row]:
    for item in capture.failures:
        if item.compile_id == (compile_id or ""):
            yield from _failure(item, capture)


def _failure(item: Failure, capture: Capture) -> Iterator[Row]:
    tone = Tone.WARNING if item.restarted else Tone.ERROR
    told = told_of(item, capture)
    first, *more = told.lines or (item.kind,)
    yield Row(first, tone, label="begun again" if item.restarted else item.kind or "failed")
    yield from (Row(line, Tone.TEXT, 2) for line in more)
    if told.left_out:
        yield Row(f"{told.left_out:,} more lines in the record dynamo_error", Tone.QUIET, 2)
    if item.seconds is not None:
        yield Row(f"{seconds(item.seconds)} thrown away", Tone.QUIET, 2)
    stack: tuple[Frame, ...] = item.stack or ((item.place,) if item.place is not None else ())
    yield from frame_rows(stack)


def _shapes(capture: Capture, compile_id: str | None) -> Iterator[Row]:
    for shapes in capture.shapes:
        if shapes.compile_id == compile_id:
            yield from _symbols(shapes, capture)


def _symbols(shapes: SymbolicShapes, capture: Capture) -> Iterator[Row]:
    for symbol in shapes.symbols:
        value = f" = {symbol.value}" if symbol.value else " decided by data"
        extent = f" in {symbol.range}" if symbol.range else ""
        yield Row(f"{symbol.source or 'unbacked'}{value}{extent}", Tone.CODE, label=symbol.name)
        yield from frame_rows(symbol.stack[-1:])
    for pinned in pinned_of(shapes, capture.inputs):
        because = f", because of {pinned.equation}" if pinned.equation else ""
        named = ", ".join(pinned.sources) or pinned.symbol
        yield Row(f"{named} became {pinned.value}{because}", Tone.WARNING, label="specialised")
        yield from (Row(line, Tone.QUIET, 2) for line in (pinned.reason, pinned.other_side, pinned.suggestion) if line)
        yield from frame_rows(pinned.stack)
    if shapes.specializations and (kept := still_symbols(shapes)):
        yield Row(", ".join(kept), Tone.CODE, label="symbols to the end")
    for fact in shapes.facts:
        result = f" → {fact.result}" if fact.result else ""
        tone = Tone.ERROR if fact.kind is ShapeFactKind.DATA_DEPENDENT else Tone.CODE
        yield Row(f"{fact.expression}{result}", tone, label=_FACTS[fact.kind])
        yield from frame_rows(fact.stack[-1:])


def _caches(capture: Capture, compile_id: str | None) -> Iterator[Row]:
    for item in capture.cache_lookups:
        if item.compile_id == (compile_id or ""):
            yield from _lookup(item)


def _lookup(item: CacheLookup) -> Iterator[Row]:
    tone = Tone.GOOD if item.answer == "hit" else Tone.WARNING if item.answer == "bypass" else Tone.TEXT
    which = " of the backward graph" if item.backward else ""
    saved = f", {seconds(item.saved)} saved" if item.saved is not None else ""
    yield Row(f"{item.answer}{which}{saved}", tone, label=item.cache.replace("_", " "))
    if item.reason:
        yield Row(item.reason, Tone.WARNING, 2)
    if item.key:
        yield Row(item.key, Tone.QUIET, 2, label="key")
    for part in item.parts:
        yield Row(part.text, Tone.QUIET, 4, label=part.name)


def _inputs(capture: Capture, compile_id: str | None) -> Iterator[Row]:
    shared = [item.storage for item in capture.inputs if item.compile_id == compile_id and item.storage is not None]
    for item in capture.inputs:
        if item.compile_id == compile_id:
            yield Row(_tensor(item, shared), Tone.CODE, label=item.source or "a tensor")


def _tensor(item: TensorInput, storages: list[int]) -> str:
    meta = item.meta
    words = f"{meta.dtype}[{', '.join(meta.shape)}]"
    if meta.stride:
        words += f" stride ({', '.join(meta.stride)})"
    words += f" {meta.device}" if meta.device else ""
    if item.storage is not None and storages.count(item.storage) > 1:
        words += f" shares storage {item.storage}"
    return words


def _runs(capture: Capture, compile_id: str | None) -> Iterator[Row]:
    compile_id = compile_id or ""
    for schedule in capture.collectives:
        if schedule.compile_id == compile_id:
            number = 0
            for name in schedule.operations:
                waits = is_wait(name)
                number += not waits
                yield Row(name, Tone.QUIET if waits else Tone.CODE, label="waits" if waits else f"collective {number}")
    for estimate in capture.estimates:
        if estimate.compile_id == compile_id:
            yield Row(f"{seconds(estimate.seconds)} in {len(estimate.operations):,} operations", label="estimated run")
            for operation in estimate.operations:
                outputs = ", ".join(f"{out.dtype}[{', '.join(out.shape)}]" for out in operation.outputs)
                tone = Tone.STRONG if operation.collective else Tone.QUIET
                yield Row(f"{seconds(operation.seconds)}  {outputs}", tone, label=operation.name)
    for execution in capture.executions:
        places = [number for number, call in enumerate(execution.order, 1) if call.compile_id == compile_id]
        if places:
            listed = ", ".join(map(str, places[:20])) + (" …" if len(places) > 20 else "")
            yield Row(f"{listed} of {len(execution.order):,} calls", label="ran as call")


def _memory(capture: Capture, compile_id: str | None) -> Iterator[Row]:
    for state in capture.code_states:
        if state.compile_id not in (None, compile_id):
            continue
        yield Row(f"{'stored in' if state.written else 'loaded from'} the {state.store} store", Tone.STRONG)
        for function in state.functions:
            yield Row(function.code, Tone.QUIET, 2)
            for source, shape in function.sources:
                yield Row(shape, Tone.WARNING if "?" in shape else Tone.CODE, 4, label=source)
        for source in state.dynamic_sources:
            yield Row(source, Tone.WARNING, 2, label="make dynamic")


def _fake_kernels(capture: Capture, compile_id: str | None) -> Iterator[Row]:
    for item in capture.fake_kernels:
        if item.compile_id in (None, compile_id):
            yield Row(item.reason or "there is no fake kernel", Tone.WARNING, label=item.operator)
