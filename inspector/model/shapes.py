"""Symbolic shapes: which sizes are symbols, where each was pinned to a number, and what was assumed about them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from inspector.model.frame import Frame


@dataclass(frozen=True, slots=True)
class Symbol:
    """A size that stays symbolic (`create_symbol`, `create_unbacked_symbol`)."""

    name: str
    """`s77`; `u0` where only running the program tells the value."""
    value: str = ""
    """What it was at tracing time, as torch prints it; empty for an unbacked one."""
    range: str = ""
    """Values it may take, `[2, int_oo]`."""
    source: str = ""
    """`L['x'].size()[0]`; empty for an unbacked one."""
    stack: tuple[Frame, ...] = ()
    """The user's frames, innermost last."""

    @property
    def backed(self) -> bool:
        """Whether an input tells its value; one that data decides has none at tracing time."""
        return bool(self.value)


@dataclass(frozen=True, slots=True)
class Specialization:
    """A symbol that became a number (`symbolic_shape_specialization`): another value means another compile."""

    symbol: str
    value: str
    sources: tuple[str, ...] = ()
    """`L['x'].size()[0]`."""
    reason: str = ""
    """torch's words, or the expression that forced it."""
    stack: tuple[Frame, ...] = ()
    """The user's frames, innermost last; empty where the log does not say."""


class ShapeFactKind(StrEnum):
    """What a shape expression is there for; the value is torch's record kind."""

    GUARD = "guard_added_fast"
    """A condition that the compiled code depends on."""
    GUARD_DETAIL = "guard_added"
    """The same with TORCH_DTRACE: with sources and the frame's locals."""
    EXPRESSION = "expression_created"
    """A value that was computed from symbols; TORCH_DTRACE alone writes it."""
    ASSUMED = "propagate_real_tensors"
    """A condition on data that was answered from example values, which export must not rely on."""
    ASSUMED_DETAIL = "propagate_real_tensors_provenance"
    """The same with TORCH_DTRACE."""
    DATA_DEPENDENT = "guard_on_data_dependent_error"
    """A condition on data that could not be answered: tracing fails there."""


@dataclass(frozen=True, slots=True)
class ShapeFact:
    """One expression over symbols, and what it is there for."""

    kind: ShapeFactKind
    expression: str
    result: str = ""
    """What was assumed (`ASSUMED`), or the expression as far as values were known (`DATA_DEPENDENT`); else empty."""
    stack: tuple[Frame, ...] = ()
    """The user's frames, innermost last."""
    framework: tuple[Frame, ...] = ()
    """torch's own frames, innermost last; kept where the user's are missing or the kind is about them."""
    sources: Mapping[str, str] = field(default_factory=dict)
    """Symbol → where it comes from, `s0` → `L['x'].size()[0]`."""
    locals: Mapping[str, str] = field(default_factory=dict)
    """The user's frame's variables, as torch printed them."""
    node: int | None = None
    """torch's number of the expression, by which `EXPRESSION`s name each other; None where it has none."""
    method: str = ""
    """The operation that made an `EXPRESSION`, `int_floordiv`."""
    arguments: tuple[str, ...] = ()
    """What it was applied to."""
    argument_nodes: tuple[int, ...] = ()
    """Their numbers; constants have none."""


@dataclass(frozen=True, slots=True)
class SymbolicShapes:
    """All that one compile, or one export, said about symbolic shapes; each in the order of the log."""

    compile_id: str | None
    """None outside any compile: an export."""
    log: str = ""
    """The log file, which tells exports of several processes apart."""
    symbols: tuple[Symbol, ...] = ()
    specializations: tuple[Specialization, ...] = ()
    facts: tuple[ShapeFact, ...] = ()

    def origin(self, fact: ShapeFact) -> tuple[ShapeFact, ...]:
        """The expressions that `fact` was computed from, itself left out, each once, the first one first."""
        made = {item.node: item for item in self.facts if item.kind is ShapeFactKind.EXPRESSION}
        found: dict[int, ShapeFact] = {}
        waiting: list[int | None] = [fact.node]
        if fact.kind is ShapeFactKind.EXPRESSION:
            waiting = list(fact.argument_nodes)
        while waiting:
            number = waiting.pop()
            if number is None or number in found or number not in made:
                continue
            found[number] = made[number]
            waiting += made[number].argument_nodes
        return tuple(item for item in self.facts if item.node in found and item is found[item.node])


@dataclass(frozen=True, slots=True)
class FakeKernelProblem:
    """An operator whose fake kernel is missing or wrong: draft export met it (TORCH_DTRACE)."""

    operator: str
    """`mylib.foo.default`."""
    reason: str = ""
    """How fake and real results differ; empty where there is no fake kernel at all."""
    compile_id: str | None = None

    @property
    def missing(self) -> bool:
        """Whether there is none, rather than a wrong one."""
        return not self.reason
