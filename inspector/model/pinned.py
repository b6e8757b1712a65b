"""Why a size that was to stay a symbol became a number: what the log says, both sides of the equation, all frames."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inspector.model.guard_words import local
from inspector.model.shapes import ShapeFact, ShapeFactKind, Specialization, SymbolicShapes

if TYPE_CHECKING:
    from inspector.model.frame import Frame
    from inspector.model.tensors import TensorInput

_GUARDS = (ShapeFactKind.GUARD, ShapeFactKind.GUARD_DETAIL)
_SIZE = re.compile(r"(?P<of>.+)\.size\(\)\[(?P<index>\d+)\]")


@dataclass(frozen=True)
class Pinned:
    """A symbol that became a number, and what is known of why."""

    symbol: str
    value: str
    sources: tuple[str, ...]
    """Which sizes of the inputs it stood for."""
    equation: str
    """The condition that did it, `Eq(s69, 6)`; empty where the log does not say."""
    stack: tuple[Frame, ...]
    """The user's frames there, innermost last."""
    others: tuple[str, ...]
    """Sizes of inputs that are this number and no symbols: one of them may be the other side of the equation."""
    reason: str
    """torch's word for it."""

    @property
    def other_side(self) -> str:
        """Where the number may come from, in words: torch records the number alone."""
        code = self.stack[-1].code if self.stack else ""
        there = re.search(rf"(?<![\w.]){re.escape(self.value)}(?![\w.])", code)
        written = f"; a {self.value} stands in that line" if there else ""
        if not self.others:
            return f"where the number comes from is not recorded{written}"
        named = ", ".join(self.others)
        return f"which size the number is, is not recorded{written}; of the inputs' sizes {self.value} is: {named}"

    @property
    def suggestion(self) -> str:
        """What may cure it."""
        marks = [f"torch._dynamo.mark_dynamic({m['of']}, {m['index']})" for m in map(_SIZE.fullmatch, self.others) if m]
        weaker = [
            f"torch._dynamo.maybe_mark_dynamic({m['of']}, {m['index']})"
            for m in map(_SIZE.fullmatch, self.sources)
            if m
        ]
        words = [f"{' and '.join(marks)} too"] if marks else []
        words += [f"{' and '.join(weaker)} in place of mark_dynamic, which lets it be a number"] if weaker else []
        return f"suggestion, not tried: {'; or '.join(words)}" if words else ""


def pinned_of(shapes: SymbolicShapes, inputs: Sequence[TensorInput] = ()) -> tuple[Pinned, ...]:
    """Every symbol of a compile that became a number."""
    return tuple(_pinned(item, shapes, inputs) for item in shapes.specializations)


def still_symbols(shapes: SymbolicShapes) -> tuple[str, ...]:
    """The sizes that are symbols to the end: they are not to blame for another one's becoming a number."""
    gone = {item.symbol for item in shapes.specializations}
    return tuple(local(item.source) for item in shapes.symbols if item.source and item.name not in gone)


def _pinned(item: Specialization, shapes: SymbolicShapes, inputs: Sequence[TensorInput]) -> Pinned:
    cause = next((fact for fact in shapes.facts if fact.kind in _GUARDS and _equates(fact, item)), None)
    symbolic = {local(symbol.source) for symbol in shapes.symbols}
    others = [name for name in _sizes(inputs, shapes.compile_id, item.value) if name not in symbolic]
    return Pinned(
        item.symbol,
        item.value,
        tuple(map(local, item.sources)),
        cause.expression if cause is not None else "",
        (cause.stack if cause is not None else ()) or item.stack,
        tuple(dict.fromkeys(others)),
        item.reason,
    )


def _equates(fact: ShapeFact, item: Specialization) -> bool:
    names = re.findall(r"\w+", fact.expression)
    return item.symbol in names and item.value in names


def _sizes(inputs: Sequence[TensorInput], compile_id: str | None, value: str) -> Iterator[str]:
    for tensor in inputs:
        if tensor.compile_id == compile_id and tensor.source:
            for index, size in enumerate(tensor.meta.shape):
                if size == value:
                    yield f"{local(tensor.source)}.size()[{index}]"
