"""What a log says beside the stages' texts, in lines: caches, failures, symbolic shapes, inputs and more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any

from inspector.cli.overview_text import where_is
from inspector.cli.printable import one_line
from inspector.cli.terminal import Style
from inspector.model.capture import Capture
from inspector.model.failure_words import told_of
from inspector.model.frame import Frame
from inspector.model.pinned import pinned_of, still_symbols
from inspector.model.shapes import ShapeFactKind, SymbolicShapes
from inspector.model.stage import Stage
from inspector.model.tensors import is_wait
from inspector.say.units import plural, seconds

_SHOWN = 12
"""Of a list, how many are told one by one."""


def details(capture: Capture, style: Style) -> Iterator[str]:
    """The sections that the capture has something for, each after an empty line."""
    for heading, lines in _SECTIONS:
        found = list(lines(capture, style))
        if found:
            yield ""
            yield style.bold(heading)
            begins = [number for number, line in enumerate(found) if not line.startswith(" ")]
            kept = found[: begins[_SHOWN]] if len(begins) > _SHOWN else found
            yield from (f"  {line}" for line in kept)
            if len(begins) > _SHOWN:
                yield style.dim(f"  … {len(begins) - _SHOWN:,} more: --json has them")


def as_json(capture: Capture) -> dict[str, Any]:
    """The same, and all of it, for programs."""
    return {
        name: [asdict(item) for item in getattr(capture, name)]
        for name in (
            *("cache_lookups", "failures", "shapes", "inputs", "code_states", "fake_kernels"),
            *("collectives", "estimates", "executions", "instants", "logs"),
        )
    } | {"unknown_records": dict(capture.unknown)}


def _caches(capture: Capture, style: Style) -> Iterator[str]:
    for item in capture.cache_lookups:
        paint = {"hit": style.good, "bypass": style.warn}.get(item.answer, style.bold)
        facts = [
            f"key {item.key[:16]}…" if item.key else "",
            f"of {plural(len(item.parts), 'part')}" if item.parts else "",
            f"saved {seconds(item.saved)}" if item.saved is not None else "",
            one_line(item.reason),
        ]
        which = f"{item.cache}{', backward' if item.backward else ''}"
        yield f"{style.name(item.compile_id)}  {which} {paint(item.answer)}  {', '.join(filter(None, facts))}".rstrip()


def failures_told(capture: Capture, style: Style) -> Iterator[str]:
    """What failed or was begun again, each laid out in lines."""
    for item in capture.failures:
        word = style.warn("begun again") if item.restarted else style.bad("failed")
        told = told_of(item, capture)
        first, *more = told.lines or ("",)
        named = f"{item.kind}: " if item.kind else ""
        yield f"{style.name(item.compile_id)}  {word}  {named}{one_line(first)}{_at(item.place, style)}"
        yield from (f"    {one_line(line)}" for line in more)
        yield from (f"    {mark or ' '} {_frame(frame, style)}" for mark, frame in told.frames)
        if told.left_out:
            yield style.dim(f"    … {plural(told.left_out, 'more line')}: --other dynamo_error has all of it")


def _frame(frame: Frame, style: Style) -> str:
    return f"{where_is(frame)} in {one_line(frame.function)}  {style.dim(one_line(frame.code))}"


def _shapes(capture: Capture, style: Style) -> Iterator[str]:
    for item in capture.shapes:
        yield from _shapes_of(item, style)
        yield from _pinned(item, capture, style)


def _pinned(item: SymbolicShapes, capture: Capture, style: Style) -> Iterator[str]:
    whose = style.name(item.compile_id or "export")
    for pinned in pinned_of(item, capture.inputs):
        because = (
            f", because of {pinned.equation}" if pinned.equation else ", the condition that did it is not recorded"
        )
        words = one_line(f"{', '.join(pinned.sources) or pinned.symbol} became {pinned.value}{because}")
        yield f"{whose}  {pinned.symbol}: {style.warn(words)}  {style.dim(one_line(pinned.reason))}"
        for frame in pinned.stack:
            yield f"      {_frame(frame, style)}"
        yield from (f"      {one_line(line)}" for line in (pinned.other_side, pinned.suggestion) if line)
    if item.specializations and (kept := still_symbols(item)):
        yield f"{whose}  not to blame, symbols to the end: {one_line(', '.join(kept))}"


def _shapes_of(item: SymbolicShapes, style: Style) -> Iterator[str]:
    whose = style.name(item.compile_id or "export")
    for symbol in item.symbols:
        was = f"was {symbol.value}" if symbol.backed else "known only when it runs"
        words = ", ".join(filter(None, (was, f"in {symbol.range}" if symbol.range else "", symbol.source)))
        yield f"{whose}  {symbol.name}: {one_line(words)}{_at(_last(symbol.stack), style)}"
    for fact in item.facts:
        if fact.kind not in (ShapeFactKind.EXPRESSION, ShapeFactKind.GUARD_DETAIL, ShapeFactKind.ASSUMED_DETAIL):
            kind = fact.kind.name.lower().replace("_", " ")
            result = f" → {one_line(fact.result)}" if fact.result else ""
            yield f"{whose}  {kind}: {one_line(fact.expression)}{result}{_at(_last(fact.stack), style)}"


def _inputs(capture: Capture, style: Style) -> Iterator[str]:
    for item in capture.inputs:
        meta = item.meta
        where = f" on {meta.device}" if meta.device else ""
        yield f"{style.name(item.compile_id or '')}  {one_line(item.source) or '(unnamed)'} " + one_line(
            f"{meta.dtype}[{', '.join(meta.shape)}]{where}"
        )


def _fake_kernels(capture: Capture, style: Style) -> Iterator[str]:
    for item in capture.fake_kernels:
        what = "has no fake kernel" if item.missing else f"has a wrong fake kernel: {one_line(item.reason)}"
        yield f"{style.bad(one_line(item.operator))} {what}"


def _code_states(capture: Capture, style: Style) -> Iterator[str]:
    for state in capture.code_states:
        verb = "stored" if state.written else "loaded"
        functions = plural(len(state.functions), "function")
        yield f"{style.name(state.compile_id or '')}  {verb} ({state.store}), {functions}"
        for function in state.functions:
            for source, shape in function.sources:
                yield f"    {one_line(source)}  {one_line(shape)}  {style.dim(one_line(function.code))}"
        if state.dynamic_sources:
            yield f"    dynamic from the start: {one_line(', '.join(state.dynamic_sources))}"


def _collectives(capture: Capture, style: Style) -> Iterator[str]:
    for item in capture.collectives:
        names = [style.dim("(waits)") if is_wait(operation) else one_line(operation) for operation in item.operations]
        yield f"{style.name(item.compile_id)}  {', '.join(names) or 'none'}"


def _estimates(capture: Capture, style: Style) -> Iterator[str]:
    for item in capture.estimates:
        yield f"{style.name(item.compile_id)}  {plural(len(item.operations), 'operation')}, {seconds(item.seconds)}"


def _executions(capture: Capture, style: Style) -> Iterator[str]:
    for item in capture.executions:
        calls = ", ".join(graph.compile_id or "?" for graph in item.order[:_SHOWN])
        more = f", … ({len(item.order):,} in all)" if len(item.order) > _SHOWN else ""
        yield f"{style.dim(one_line(item.log))}  {one_line(calls)}{more}"


def _others(capture: Capture, style: Style) -> Iterator[str]:
    others = capture.find(Stage.OTHER)
    if others:
        yield f"{plural(len(others), 'text')}: {style.dim('--other lists them, --other NAME prints one')}"
    for kind, number in capture.unknown.items():
        yield f"{style.warn('unknown')} {one_line(kind)} ({number:,})"


_SECTIONS: tuple[tuple[str, Callable[[Capture, Style], Iterator[str]]], ...] = (
    ("Caches", _caches),
    ("Failures and restarts", failures_told),
    ("Symbolic shapes", _shapes),
    ("Inputs", _inputs),
    ("Fake kernels", _fake_kernels),
    ("Remembered sizes (profile-guided)", _code_states),
    ("Collectives", _collectives),
    ("Estimated run time", _estimates),
    ("Order of calls", _executions),
    ("Beside the stages", _others),
)


def _last(stack: tuple[Frame, ...]) -> Frame | None:
    return stack[-1] if stack else None


def _at(frame: Frame | None, style: Style) -> str:
    if frame is None:
        return ""
    code = f"  {one_line(frame.code)}" if frame.code else ""
    return style.dim(f"  at {where_is(frame)}{code}")
