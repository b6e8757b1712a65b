"""What a log says of compile ids beside their texts: attempts, shapes, caches, inputs, runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol, TypeVar

from inspector.model.cache import CacheLookup
from inspector.model.capture import Capture
from inspector.model.failure import Failure
from inspector.model.pgo import CodeState
from inspector.model.pinned import pinned_of, still_symbols
from inspector.model.shapes import FakeKernelProblem, ShapeFact, ShapeFactKind, SymbolicShapes
from inspector.model.tensors import CollectiveSchedule, GraphEstimate, TensorInput, TensorMeta, is_wait
from inspector.say.autotuning import autotunings_of, choice_rows
from inspector.say.doc import Compile, Row, Section, Tone, below, frame_rows
from inspector.say.failures import told_of
from inspector.say.units import plural, seconds

_CALLS = 20
"""Calls of compiled graphs that are named one by one."""


class _Owned(Protocol):
    @property
    def compile_id(self) -> str | None: ...


T = TypeVar("T", bound=_Owned)


class Logged:
    """The sections of a capture that only some logs have something for.

    Sorted by compile id once: a log may hold thousands of compile ids, and thousands of facts of each kind.
    """

    def __init__(self, capture: Capture) -> None:
        self._capture = capture
        self._failures = _sorted(capture.failures)
        self._shapes = _sorted(capture.shapes)
        self._lookups = _sorted(capture.cache_lookups)
        self._inputs = _sorted(capture.inputs)
        self._collectives = _sorted(capture.collectives)
        self._estimates = _sorted(capture.estimates)
        self._autotunings = _sorted(autotunings_of(capture))
        self._states = _sorted(capture.code_states)
        self._fakes = _sorted(capture.fake_kernels)
        self._calls = [_numbered(execution.order) for execution in capture.executions]

    def of(self, compile_id: str | None) -> Iterator[Section]:
        """What there is of a compile id, or of what happened outside any; a section with nothing in it is left out."""
        key = compile_id or ""
        compilation = self._capture.compilation(compile_id) if compile_id is not None else None
        whose = f" of {compile_id or 'what is outside any compile'}"
        for name, title, found in self._parts():
            # What torch remembers, and what an operator lacks, is said of no compile id, and true of each.
            own = (found(""), found(key)) if key and name in _SHARED else (found(key),)
            if rows := tuple(row for part in own for row in part):
                yield Section(name, title if name in _SHARED else title + whose, None, rows, "", name in _ALARMING)
        reasons = compilation.autograd_reasons if compilation is not None else ()
        if reasons:
            yield Section("autograd", "Compiled autograd made it anew because", None, tuple(map(Row, reasons)), "")
        for calls in filter(None, (calls.get(key) for calls in self._calls)):
            yield Section("executions", f"Calls{whose}", None, (self._ran(calls),), "")
        if compilation is not None and compilation.stack[:-1]:  # the last is the compiled function's own
            stack = tuple(frame_rows(compilation.stack[:-1]))
            yield Section("stack", f"{compile_id} was called from", None, stack, "")

    def every(self) -> Iterator[Section]:
        """The same of the whole capture: in each section a row for each compile id that it has something of."""
        capture = self._capture
        ids = dict.fromkeys(
            item.compile_id or ""
            for items in (
                *(capture.compilations, capture.failures, capture.shapes, capture.cache_lookups, capture.inputs),
                *(capture.collectives, capture.estimates, capture.code_states, capture.fake_kernels),
                autotunings_of(capture),
            )
            for item in items
        )
        for name, title, found in self._parts():
            if rows := tuple(row for key in ids for row in _named(key, found(key))):
                yield Section(name, title, None, rows, "", name in _ALARMING)
        orders = tuple(
            Row(", ".join(call.compile_id or "?" for call in item.order[:_CALLS]) + _of_all(item.order), label=item.log)
            for item in capture.executions
        )
        if orders:
            yield Section("executions", "Order of calls", None, orders, "")

    def _parts(self) -> Iterator[tuple[str, str, Callable[[str], Iterator[Row]]]]:
        """Name, title, and what gives the rows of a compile id."""
        yield "failures", "Failures and restarts", lambda key: _rows(self._failures, key, self._failure)
        yield "shapes", "Symbolic shapes", lambda key: _rows(self._shapes, key, self._symbols)
        yield "caches", "Caches", lambda key: _rows(self._lookups, key, _lookup)
        yield "inputs", "Tensors", lambda key: _tensors(self._inputs.get(key, []))
        yield "collectives", "Collectives", lambda key: _rows(self._collectives, key, _schedule)
        yield "estimates", "Estimated run time", lambda key: _rows(self._estimates, key, _estimate)
        yield "autotuning", "Kernels that were chosen by timing", lambda key: _rows(self._autotunings, key, choice_rows)
        yield "pgo", "Remembered sizes (profile-guided)", lambda key: _rows(self._states, key, _state)
        yield "fake", "Operators without a right fake kernel", lambda key: _rows(self._fakes, key, _fake)

    def _failure(self, item: Failure) -> Iterator[Row]:
        told = told_of(item, self._capture)
        first, *more = told.lines or ("",)
        what = ": ".join(filter(None, (item.kind, first)))
        if item.restarted:
            yield Row(what, Tone.WARNING, label="begun again")
        else:
            yield Row(what, Tone.ERROR, label="failed")
        yield from (Row(line, depth=1) for line in more)
        if told.left_out:
            words = f"{plural(told.left_out, 'more line')}: torch's record dynamo_error has all of it"
            yield Row(words, Tone.QUIET, 1)
        if item.seconds is not None:
            yield Row(f"{seconds(item.seconds)} thrown away", Tone.QUIET, 1)
        yield from frame_rows(item.stack or ((item.place,) if item.place is not None else ()))

    def _symbols(self, shapes: SymbolicShapes) -> Iterator[Row]:
        for symbol in shapes.symbols:
            was = f"was {symbol.value}" if symbol.backed else "known only when it runs"
            words = (symbol.source, was, f"in {symbol.range}" if symbol.range else "")
            yield Row(", ".join(filter(None, words)), Tone.CODE, label=symbol.name)
            yield from frame_rows(symbol.stack[-1:])
        for pinned in pinned_of(shapes, self._capture.inputs):
            why = f"because of {pinned.equation}" if pinned.equation else "the condition that did it is not recorded"
            became = f"{', '.join(pinned.sources) or pinned.symbol} became {pinned.value}, {why}"
            yield Row(became, Tone.WARNING, label=f"{pinned.symbol}, specialised")
            said = (pinned.reason, pinned.other_side, pinned.suggestion)
            yield from (Row(line, Tone.QUIET, 1) for line in said if line)
            yield from frame_rows(pinned.stack)
        if shapes.specializations and (kept := still_symbols(shapes)):
            yield Row(", ".join(kept), Tone.CODE, label="symbols to the end")
        for fact in _conditions(shapes.facts):
            result = f" → {fact.result}" if fact.result else ""
            tone = Tone.ERROR if fact.kind is ShapeFactKind.DATA_DEPENDENT else Tone.CODE
            yield Row(f"{fact.expression}{result}", tone, label=_FACTS[fact.kind])
            yield from frame_rows(fact.stack[-1:])

        if computed := dict.fromkeys(item.expression for item in shapes.facts if item.kind is ShapeFactKind.EXPRESSION):
            yield Row(", ".join(computed), Tone.QUIET, label="computed of them")

    def _ran(self, calls: Sequence[int]) -> Row:
        listed = ", ".join(f"{number:,}" for number in calls[:_CALLS])
        return Row(listed + _of_all(calls), label="ran as call")


_SHARED = frozenset({"pgo", "fake"})
_ALARMING = frozenset({"failures", "fake"})
_FACTS = {
    ShapeFactKind.DATA_DEPENDENT: "cannot be known",
    ShapeFactKind.GUARD: "must hold",
    ShapeFactKind.GUARD_DETAIL: "must hold",
    ShapeFactKind.ASSUMED: "assumed of examples",
    ShapeFactKind.ASSUMED_DETAIL: "assumed of examples",
}
"""In the order in which a reader wants them."""
_DETAILS = {
    ShapeFactKind.GUARD_DETAIL: ShapeFactKind.GUARD,
    ShapeFactKind.ASSUMED_DETAIL: ShapeFactKind.ASSUMED,
}


def _conditions(facts: Sequence[ShapeFact]) -> list[ShapeFact]:
    """Each once: TORCH_DTRACE records some a second time."""
    plain = {(fact.kind, fact.expression) for fact in facts}
    kept = [fact for fact in facts if fact.kind in _FACTS and (_DETAILS.get(fact.kind), fact.expression) not in plain]
    order = list(_FACTS)
    return sorted(kept, key=lambda fact: order.index(fact.kind))


def _sorted(items: Iterable[T]) -> dict[str, list[T]]:
    """Compile id → what is of it; empty for what is outside any."""
    found: dict[str, list[T]] = {}
    for item in items:
        found.setdefault(item.compile_id or "", []).append(item)
    return found


def _numbered(order: Iterable[_Owned]) -> dict[str, list[int]]:
    """Compile id → the numbers of its calls, from 1."""
    found: dict[str, list[int]] = {}
    for number, call in enumerate(order, 1):
        found.setdefault(call.compile_id or "", []).append(number)
    return found


def _rows(items: dict[str, list[T]], key: str, say: Callable[[T], Iterator[Row]]) -> Iterator[Row]:
    return (row for item in items.get(key, ()) for row in say(item))


def _named(compile_id: str, rows: Iterable[Row]) -> Iterator[Row]:
    """The rows below their compile id."""
    if found := list(rows):
        name = Row(compile_id, Tone.NAME, to=Compile(compile_id))
        yield name if compile_id else Row("outside any compile", Tone.QUIET)
        yield from below(found)


def _of_all(calls: Sequence[object]) -> str:
    return f", … ({len(calls):,} in all)" if len(calls) > _CALLS else ""


def answer_tone(answer: str) -> Tone:
    """How a cache's answer is meant."""
    return Tone.GOOD if answer == "hit" else Tone.WARNING if answer == "bypass" else Tone.TEXT


def _lookup(item: CacheLookup) -> Iterator[Row]:
    which = " of the backward graph" if item.backward else ""
    saved = f", {seconds(item.saved)} saved" if item.saved is not None else ""
    yield Row(f"{item.answer}{which}{saved}", answer_tone(item.answer), label=item.cache.replace("_", " "))
    if item.reason:
        yield Row(item.reason, Tone.WARNING, 1)
    if item.key:
        yield Row(item.key, Tone.QUIET, 1, label="key")
    for part in item.parts:
        yield Row(part.text, Tone.QUIET, 2, label=part.name)


def _tensors(items: Sequence[TensorInput]) -> Iterator[Row]:
    storages = [item.storage for item in items if item.storage is not None]
    for item in items:
        shared = item.storage is not None and storages.count(item.storage) > 1
        words = _tensor(item.meta) + (f" shares storage {item.storage}" if shared else "")
        yield Row(words, Tone.CODE, label=item.source or "a tensor")


def _tensor(meta: TensorMeta) -> str:
    """`float32[12, 2] stride (2, 1) on cpu`."""
    stride = f" stride ({', '.join(meta.stride)})" if meta.stride else ""
    return f"{meta.dtype}[{', '.join(meta.shape)}]{stride}" + (f" on {meta.device}" if meta.device else "")


def _schedule(item: CollectiveSchedule) -> Iterator[Row]:
    number = 0
    for name in item.operations:
        waits = is_wait(name)
        number += not waits
        yield Row(name, Tone.QUIET if waits else Tone.CODE, label="waits" if waits else f"collective {number}")
    if not item.operations:
        yield Row("none", Tone.QUIET)


def _estimate(item: GraphEstimate) -> Iterator[Row]:
    yield Row(f"{seconds(item.seconds)} in {plural(len(item.operations), 'operation')}, as the scheduler guesses")
    for operation in item.operations:
        outputs = ", ".join(_tensor(out) for out in operation.outputs if out.dtype)
        tone = Tone.STRONG if operation.collective else Tone.QUIET
        yield Row(f"{seconds(operation.seconds)}  {outputs}".rstrip(), tone, 1, label=operation.name)


def _state(item: CodeState) -> Iterator[Row]:
    where = f"{'stored in' if item.written else 'loaded from'} the {item.store} store"
    yield Row(f"{where}: {plural(len(item.functions), 'function')}", Tone.STRONG)
    for function in item.functions:
        yield Row(function.code, Tone.QUIET, 1)
        for source, shape in function.sources:
            yield Row(shape, Tone.WARNING if "?" in shape else Tone.CODE, 2, label=source)
    for source in item.dynamic_sources:
        yield Row(source, Tone.WARNING, 1, label="dynamic from the start")


def _fake(item: FakeKernelProblem) -> Iterator[Row]:
    words = "has no fake kernel" if item.missing else f"has a wrong fake kernel: {item.reason}"
    yield Row(words, Tone.WARNING, label=item.operator)
