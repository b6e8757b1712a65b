"""Which points of a graph each value of a kernel can be: constraints between neighbours, narrowed until nothing moves.

Every value starts with all points of its kind. A point stays only if its operands can be the value's operands, and if
every use of the value can take it there. What is left holds every solution, so a single node left is the answer; no
guess is ever made, and the work is bounded by a budget.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping

from inspector.link.align_kernel import KernelText
from inspector.link.align_nodes import Expected, OperandSource

BUDGET = 2_000_000
"""Pairs of a value and a point that are looked at for one kernel before it is given up."""

Domain = frozenset[int] | None
"""Points that a value can be; None where nothing is known about it."""

_FEEDERS = ("load", "const", "index", "unknown", "memory", "block", "block_const", "acc")


class TooMuchWork(Exception):
    """The kernel's budget is used up."""


class Solver:
    """One kernel's values against a graph's points."""

    def __init__(
        self,
        kernel: KernelText,
        expected: Expected,
        nodes: frozenset[str],
        incoming: Mapping[str, Domain],
        memory: Mapping[str, str],
    ) -> None:
        """
        Args:
            nodes: those that the kernel may compute.
            incoming: parameter → what it holds when the kernel is called.
            memory: parameter → the buffer behind it; several may share one.
        """
        self._kernel, self._expected, self._nodes = kernel, expected, nodes
        self._incoming, self._memory = incoming, memory
        self._left = BUDGET
        self._contradicted: set[int] = set()
        self._stored: dict[str, list[int]] = defaultdict(list)
        for number, store in enumerate(kernel.stores):
            self._stored[memory.get(store.pointer, store.pointer)].append(number)
        self.root = [self._root(index) for index in range(len(kernel.values))]
        self.uses: dict[int, list[tuple[int, int]]] = defaultdict(list)
        """Value → the values that use it, and as which operand."""
        self.domains: list[Domain] = [self._start(index) for index in range(len(kernel.values))]

    def _root(self, index: int) -> int:
        seen: set[int] = set()
        values = self._kernel.values
        while values[index].same and values[index].operands and index not in seen:
            seen.add(index)
            index = values[index].operands[0]
        return index

    def _start(self, index: int) -> Domain:
        value = self._kernel.values[index]
        if value.kind in _FEEDERS or value.same:
            return None
        for position, operand in enumerate(value.operands):
            self.uses[self.root[operand]].append((index, position))
        found = frozenset(
            number
            for number, point in enumerate(self._expected.points)
            if point.kind == value.kind
            and point.node in self._nodes
            and (len(point.sources) == len(value.operands) or value.gathers)
        )
        return found or None

    def _loaded(self, index: int) -> Domain:
        """What a load can see: what the kernel itself has stored there before, or what was there at the call."""
        value = self._kernel.values[index]
        found: set[int] = set()
        known = True
        for number in self._before(index):
            domain = self.domains[self.root[self._kernel.stores[number].value]]
            if domain is None:
                known = False
            else:
                found |= domain
        if self._sees_incoming(index):
            domain = self._incoming.get(value.pointer)
            if domain is None:
                known = False
            else:
                found |= domain
        return frozenset(found) if known and found else None

    def _before(self, index: int) -> list[int]:
        """The stores whose value a load may see."""
        value, stores = self._kernel.values[index], self._kernel.stores
        line = value.lines[0] if value.lines else 0
        return [
            number
            for number in self._stored[self._memory.get(value.pointer, value.pointer)]
            if stores[number].line < line
        ]

    def _sees_incoming(self, index: int) -> bool:
        value = self._kernel.values[index]
        earlier = [self._kernel.stores[number] for number in self._before(index)]
        return value.pointer.startswith("in_") and not any(store.nest != value.nest for store in earlier)

    def solve(self) -> None:
        """Narrows every domain as far as the constraints go.

        Raises:
            TooMuchWork: the budget is used up.
        """
        values = self._kernel.values
        changed = True
        while changed:
            changed = False
            for index, value in enumerate(values):
                if value.kind == "load":
                    new = self._loaded(index)
                    if new is not None:
                        changed |= self._narrow(index, new)
                elif self.domains[index] is not None:
                    changed |= self._operation(index)
                if self.domains[index] is not None:
                    changed |= self._by_uses(index)
            changed |= self._by_stores()

    def _narrow(self, index: int, allowed: frozenset[int]) -> bool:
        """Keeps what is allowed; of a value that nothing is left for, nothing is known from then on."""
        domain = self.domains[index]
        if index in self._contradicted:
            return False
        new = allowed if domain is None else domain & allowed
        if not new and self._kernel.values[index].kind == "load":
            return False  # what memory holds is known best: it is the user that must give way
        if not new:
            self._contradicted.add(index)
        elif new == domain:
            return False
        self.domains[index] = new or None
        return True

    def _operation(self, index: int) -> bool:
        domain = self.domains[index]
        assert domain is not None
        self._work(len(domain))
        return self._narrow(index, frozenset(point for point in domain if self._fits(index, point)))

    def _fits(self, index: int, point: int) -> bool:
        operands = self._kernel.values[index].operands
        sources = self._expected.points[point].sources
        if self._kernel.values[index].gathers:
            return not operands or self._can_be(operands[0], sources[0])
        return all(map(self._can_be, operands, sources))

    def _can_be(self, operand: int, source: OperandSource) -> bool:
        """Whether an operand can be what a point expects there."""
        if source.anything:
            return True
        operand = self.root[operand]
        value = self._kernel.values[operand]
        if source.number:
            return value.kind in ("const", "index", "block_const", "unknown")
        if value.kind == "const" and value.literal is not None:
            return self._same_number(value.literal, source)
        domain = self.domains[operand]
        if operand in self._contradicted:
            return False
        if domain is None:
            return value.kind != "index" or not source.points or self._may_be_index(source)
        self._work(1)
        return not domain.isdisjoint(source.points)

    def _may_be_index(self, source: OperandSource) -> bool:
        points = (self._expected.points[point] for point in source.points)
        return any(point.kind in ("opaque", "const") or point.node in self._expected.counted for point in points)

    def _same_number(self, number: float, source: OperandSource) -> bool:
        if source.literal is not None:
            return _equal(number, source.literal)
        known = [self._expected.points[point] for point in source.points]
        return any(
            point.kind in ("opaque", "input") or (point.literal is not None and _equal(number, point.literal))
            for point in known
        )

    def _by_uses(self, index: int) -> bool:
        """Every use must be able to take the value where it takes it."""
        changed = False
        for user, position in self.uses.get(index, ()):
            domain = self.domains[user]
            if domain is None:
                continue
            allowed: set[int] = set()
            for point in domain:
                sources = self._expected.points[point].sources
                position_ = 0 if self._kernel.values[user].gathers else position
                source = sources[position_]
                if source.anything or source.number:
                    break
                allowed.update(source.points)
            else:
                self._work(len(domain))
                changed |= self._narrow(index, frozenset(allowed))
        return changed

    def _by_stores(self) -> bool:
        """A load that can see one store only tells what was stored, unless that is stored for several nodes."""
        changed = False
        count = Counter(self.root[store.value] for store in self._kernel.stores)
        for index, value in enumerate(self._kernel.values):
            domain = self.domains[index]
            if value.kind == "load" and domain is not None and not self._sees_incoming(index):
                stored = {self.root[self._kernel.stores[number].value] for number in self._before(index)}
                if len(stored) == 1:
                    (only,) = stored
                    if self.domains[only] is not None and count[only] == len(self._before(index)):
                        changed |= self._narrow(only, domain)
        return changed

    def _work(self, amount: int) -> None:
        self._left -= amount
        if self._left < 0:
            raise TooMuchWork


def _equal(a: float, b: float) -> bool:
    return a == b or abs(a - b) <= 1e-6 * max(abs(a), abs(b))
