"""What the records said about symbolic shapes, gathered by compile id."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inspector.model.shapes import ShapeFact, Specialization, Symbol, SymbolicShapes


@dataclass
class ShapeDraft:
    """One compile's, or one export's, while its records arrive."""

    compile_id: str | None
    log: str
    symbols: list[Symbol] = field(default_factory=list)
    specializations: list[Specialization] = field(default_factory=list)
    facts: list[ShapeFact] = field(default_factory=list)
    _frozen: SymbolicShapes | None = None

    def frozen(self) -> SymbolicShapes:
        """What there is by now; the same object while nothing was added."""
        from inspector.model.shapes import SymbolicShapes

        now = self._frozen
        sizes = (len(self.symbols), len(self.specializations), len(self.facts))
        if now is None or (len(now.symbols), len(now.specializations), len(now.facts)) != sizes:
            parts = tuple(self.symbols), tuple(self.specializations), tuple(self.facts)
            now = self._frozen = SymbolicShapes(self.compile_id, self.log, *parts)
        return now


class ShapeBook:
    """Symbolic shapes by compile id; those outside any compile by log."""

    def __init__(self) -> None:
        self._drafts: dict[tuple[str, str | None], ShapeDraft] = {}

    def draft(self, log: str, compile_id: str | None) -> ShapeDraft:
        """The draft of a compile id, begun on first use."""
        return self._drafts.setdefault((log, compile_id), ShapeDraft(compile_id, log))

    def frozen(self) -> tuple[SymbolicShapes, ...]:
        """One for each compile id, in the order they first spoke of shapes."""
        return tuple(draft.frozen() for draft in self._drafts.values())
