"""What the page tells of a compile id beside its texts: guards as a tree, caches, symbolic shapes, failures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from inspector.model.cache import CacheLookup
from inspector.model.capture import Capture, Compilation
from inspector.model.failure import Failure
from inspector.model.frame import Frame
from inspector.model.overview_of import overview_of
from inspector.model.shapes import ShapeFact, ShapeFactKind, SymbolicShapes

Json = dict[str, Any]

MOST_FACTS = 500
"""Conditions over symbols that are listed for one compile id."""
LONGEST_PART = 300
"""Characters of one part of a cache key; a part may be a whole graph."""
LONGEST_TRACEBACK = 20_000

_SHAPE_FACTS = {
    ShapeFactKind.GUARD: "must hold",
    ShapeFactKind.GUARD_DETAIL: "must hold",
    ShapeFactKind.ASSUMED: "assumed from example values",
    ShapeFactKind.ASSUMED_DETAIL: "assumed from example values",
    ShapeFactKind.DATA_DEPENDENT: "cannot be known",
}
"""The kinds that are conditions, in words."""


def guards(compilation: Compilation) -> list[list[Any]]:
    """Each guard's code, kind, place, and the compile ids that exist because it did not hold."""
    return [[guard.code, guard.kind, guard.place, list(guard.failed_for)] for guard in compilation.guards]


def guard_tree(compilation: Compilation) -> list[list[Any]]:
    """Each manager's depth, what it is about, its kind, torch's further words, and positions in `guards`."""
    return [
        [
            node.depth,
            node.source or node.accessor or node.kind,
            node.kind if node.source or node.accessor else "",
            node.details,
            list(node.guards),
        ]
        for node in compilation.guard_tree
    ]


def told(capture: Capture, compile_id: str | None) -> Json:
    """What the log says of one compile id, or of none.

    Args:
        compile_id: None for what was logged outside any compile.
    """
    shapes = [item for item in capture.shapes if item.compile_id == compile_id]
    return {
        "caches": [_lookup(item) for item in capture.cache_lookups if item.compile_id == (compile_id or "")],
        "failures": [_failure(item) for item in capture.failures if item.compile_id == (compile_id or "")],
        **_shapes(shapes),
        "fakeKernels": [
            [item.operator, item.reason or "has no fake kernel"]
            for item in capture.fake_kernels
            if item.compile_id == compile_id
        ],
    }


def frame(item: Frame) -> Json:
    """A place that leads to its source line where the capture holds the file."""
    return {"file": item.file, "line": item.line, "function": item.function, "code": item.code}


def overview(capture: Capture) -> Mapping[str, Json]:
    """Compile id → its line in the list of all: seconds, breaks, recompiles, the caches' answers."""
    return {
        row.compile_id: {
            "seconds": round(row.times.seconds, 6) or None,
            "breaks": row.breaks,
            "recompile": row.recompiles,
            "cache": row.cache,
            "restarts": row.restarts,
        }
        for row in overview_of(capture).rows
    }


def _lookup(item: CacheLookup) -> Json:
    return {
        "cache": item.cache + (" (backward)" if item.backward else ""),
        "answer": item.answer,
        "reason": item.reason,
        "key": item.key,
        "saved": item.saved,
        "parts": [[part.name, _cut(part.text, LONGEST_PART), part.digest] for part in item.parts],
    }


def _failure(item: Failure) -> Json:
    return {
        "kind": item.kind,
        "reason": item.reason,
        "restarted": item.restarted,
        "seconds": item.seconds,
        "stack": [frame(at) for at in item.stack or ((item.place,) if item.place is not None else ())],
        "traceback": _cut(item.traceback, LONGEST_TRACEBACK),
    }


def _shapes(items: Sequence[SymbolicShapes]) -> Json:
    facts = [fact for item in items for fact in item.facts if fact.kind in _SHAPE_FACTS]
    return {
        "symbols": [
            [symbol.name, symbol.value or "told by data alone", symbol.range, symbol.source, _at(symbol.stack)]
            for item in items
            for symbol in item.symbols
        ],
        "specializations": [
            [f"{found.symbol} = {found.value}", ", ".join(found.sources), found.reason, _at(found.stack)]
            for item in items
            for found in item.specializations
        ],
        "shapeFacts": [_shape_fact(fact) for fact in facts[:MOST_FACTS]],
        "shapeFactCount": len(facts),
    }


def _shape_fact(fact: ShapeFact) -> list[str]:
    return [_SHAPE_FACTS[fact.kind], fact.expression, fact.result, _at(fact.stack or fact.framework)]


def _at(stack: Iterable[Frame]) -> str:
    last = next(reversed(tuple(stack)), None)
    return f"{last.file}:{last.line} in {last.function}" if last is not None else ""


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}… ({len(text):,} characters)"
