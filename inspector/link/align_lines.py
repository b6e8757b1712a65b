"""From what a kernel's values are to whose its lines are: loads, constants, casts and checks go to what they feed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from inspector.link.align_kernel import KernelText, MemoryWrite
from inspector.link.align_nodes import Expected
from inspector.link.align_patterns import CASTS, COPIES, EXTERNAL, SCATTERS
from inspector.link.align_solver import Solver

_FEEDERS = frozenset(("load", "const", "index", "same", "broadcast", "block", "block_const", "memory"))
_TYPES = {
    "float": "f32",
    "double": "f64",
    "half": "f16",
    "at::Half": "f16",
    "at::BFloat16": "bf16",
    "bfloat16": "bf16",
    "int64_t": "i64",
    "int32_t": "i32",
    "int16_t": "i16",
    "int8_t": "i8",
    "uint8_t": "u8",
    "bool": "b8",
}
"""C++ type → dtype as graphs print it."""

Nodes = frozenset[str]
_NONE: Nodes = frozenset()


class SolvedLines:
    """The nodes of one solved kernel's lines."""

    def __init__(
        self, kernel: KernelText, expected: Expected, solver: Solver, *, nodes: Nodes, named: Nodes, joined: Nodes
    ) -> None:
        """
        Args:
            nodes: those that the kernel may compute.
            named: those that it is known, or said by its name, to compute or to write something for.
            joined: parameters whose buffer is written in parts, so that what is read there is joined already.
        """
        self._joined = joined
        self._kernel, self._expected, self._solver = kernel, expected, solver
        self._named = named
        self._nodes = nodes
        self._types = dict(kernel.parameters)
        self._known: dict[int, Nodes] = {}
        self._uses: dict[int, list[tuple[int, int]]] = defaultdict(list)
        self._stores: dict[int, list[MemoryWrite]] = defaultdict(list)
        for index, value in enumerate(kernel.values):
            for position, operand in enumerate(value.operands):
                self._uses[operand].append((index, position))
        for store in kernel.stores:
            for index in (store.value, *store.position):
                self._stores[index].append(store)
        self._positional = _positional(kernel)

    def found(self) -> Iterator[tuple[int, str]]:
        """Every line whose node is certain, with it; a line may have several."""
        for index, value in enumerate(self._kernel.values):
            for line in value.lines:
                yield from ((line, node) for node in self.of_value(index))
        for line, index in self._kernel.extra:
            yield from ((line, node) for node in self.of_value(index))
        for store in self._kernel.stores:
            yield from ((store.line, node) for node in self.of_store(store))
        for line, pointer in self._kernel.scratch:
            for store in self._kernel.stores:
                if store.pointer == pointer:
                    yield from ((line, node) for node in self.of_store(store))

    def of_value(self, index: int) -> Nodes:
        """The nodes that a value's lines certainly belong to."""
        if index not in self._known:
            self._known[index] = _NONE  # a value that feeds itself gets nothing from that
            self._known[index] = self._of_value(index)
        return self._known[index]

    def _of_value(self, index: int) -> Nodes:
        value = self._kernel.values[index]
        root = self._solver.root[index]
        domain = self._solver.domains[index]
        if value.kind not in _FEEDERS and domain is not None:
            return _only(self._owners(domain))
        if value.carrier and root > index and self._kernel.values[root].kind not in _FEEDERS:
            return self.of_value(root)  # the operation stands inside
        if value.kind not in _FEEDERS and index not in self._positional:
            return _NONE
        uses = self._uses[index]
        found = {name for user, position in uses for name in self._fed(index, user, position)}
        found |= {name for store in self._stores[index] for name in self._written(index, store)}
        if not uses and value.same:
            found |= self._checked(root)
        return frozenset(found)

    def _owners(self, domain: Iterable[int]) -> set[str]:
        return {self._expected.points[point].node for point in domain}

    def _checked(self, root: int) -> set[str]:
        """A cast that nothing uses was made for a check of a position: it belongs to who reads or writes there."""
        values = self._kernel.values
        readers = [user for user, _ in self._uses[root] if values[user].kind == "load"]
        found = {name for user in readers for name in self.of_value(user)}
        writers = [store for store in self._stores[root] if root in store.position]
        return found | {name for store in writers for name in self.of_store(store)}

    def _written(self, index: int, store: MemoryWrite) -> Nodes:
        """The node that a value feeds by being stored: what is only loaded is read for the copy, if it is one."""
        domain = self._solver.domains[index]
        if self._kernel.values[index].kind == "load" and domain is not None and index == store.value:
            return _only(copies) if (copies := self._copies(domain)) else self.of_store(store)
        return self.of_store(store)

    def _fed(self, index: int, user: int, position: int) -> Nodes:
        """The node that a value feeds in one use: a copy on the way to the user, or the user's own."""
        using = self._kernel.values[user]
        if using.kind == "broadcast" and self._uses[user]:
            return frozenset(name for use in self._uses[user] for name in self._fed(index, *use))
        if using.kind in _FEEDERS or using.carrier:
            return self.of_value(user)
        owner = self.of_value(user)
        domain = self._solver.domains[user]
        counted = self._kernel.values[self._solver.root[index]].kind == "index"
        if domain is None or not owner or counted or self._kernel.values[index].kind == "broadcast":
            return owner
        ways = {way for point in domain for way in self._ways(index, point, 0 if using.gathers else position)}
        if len(ways) > 1:
            return _NONE
        way = ways.pop() if ways else ()
        if self._kernel.values[index].same and not self._kernel.values[index].carrier:
            way = tuple(name for name in way if self._expected.operator(name) in CASTS)
            return owner if not way else frozenset(way) if len(way) == 1 else _NONE
        return frozenset(way[:1]) or owner

    def _ways(self, index: int, point: int, position: int) -> Iterator[tuple[str, ...]]:
        """The copies that may lie between a value and a point that takes it."""
        mine = self._solver.domains[self._solver.root[index]]
        sources = self._expected.points[point].sources
        skipped = "cat" if self._kernel.values[self._solver.root[index]].pointer in self._joined else ""
        for number, through in sources[min(position, len(sources) - 1)].points.items():
            if mine is None or number in mine:
                yield tuple(
                    name for name in through if name in self._nodes and self._expected.operator(name) != skipped
                )

    def of_store(self, store: MemoryWrite) -> Nodes:
        """The node whose buffer is written: the value's own, or the copy or call that it is made for."""
        root = self._solver.root[store.value]
        domain = self._solver.domains[root]
        value = self._kernel.values[root]
        if store.adds:
            return _only(self._candidates(SCATTERS))
        if domain is None:
            return _only(self._filling(value.literal)) if value.literal is not None else _NONE
        if realized := self._realized(domain):
            return _only(realized)
        wanted = _TYPES.get(self._types.get(store.pointer, ""), "")
        copies = {name for name in self._copies(domain) if not wanted or self._type(name) == wanted}
        if value.kind == "load":
            return _only(copies)
        owners = self._owners(domain)
        # What is joined as it is, its own node writes into its part; a view of it is copied there.
        parts = {name for name in copies if self._joins(name) and owners & set(self._expected.arguments[name])}
        return _only(copies - parts or owners)

    def _joins(self, name: str) -> bool:
        return self._expected.operator(name) in ("cat", "stack")

    def _filling(self, number: float) -> set[str]:
        """The nodes that fill a buffer with a number."""
        points = self._expected.points
        return {point.node for point in points if point.literal == number and point.node in self._nodes}

    def _realized(self, domain: frozenset[int]) -> set[str]:
        """The external operators of this kernel that want the value in memory: it is written on their behalf."""
        opaque = {point.node for point in self._expected.points if point.kind == "opaque" and point.node in self._named}
        opaque = {name for name in opaque if self._expected.operator(name) not in EXTERNAL}
        arguments = {name: self._expected.arguments.get(name, ()) for name in opaque}
        return {
            name
            for name, taken in arguments.items()
            if any(not domain.isdisjoint(self._expected.values.get(item, {})) for item in taken)
        }

    def _type(self, name: str) -> str:
        return self._expected.nodes[name].type.partition("[")[0]

    def _copies(self, domain: frozenset[int]) -> set[str]:
        """The copies that this kernel makes of a value."""
        return {
            name
            for name in self._candidates(COPIES)
            for point, through in self._expected.values[name].items()
            if point in domain and through[-1:] == (name,)
        }

    def _candidates(self, operators: frozenset[str]) -> set[str]:
        """This kernel's nodes with one of these operators."""
        known = self._expected.values
        return {name for name in self._nodes if name in known and self._expected.operator(name) in operators}


def _positional(kernel: KernelText) -> frozenset[int]:
    """The values that work out or guard a position: those made of loop variables, and those that positions are of."""
    values = kernel.values
    found = {index for index, value in enumerate(values) if value.kind in ("index", "const", "block_const")}
    for index, value in enumerate(values):
        if value.kind != "load" and value.operands and found.issuperset(value.operands):
            found.add(index)
    waiting = [operand for value in values if value.kind == "load" for operand in value.operands]
    waiting += [operand for store in kernel.stores for operand in store.position]
    while waiting:
        index = waiting.pop()
        if index not in found and values[index].kind != "load":
            found.add(index)
            waiting += values[index].operands
    return frozenset(found)


def _only(names: set[str]) -> Nodes:
    return frozenset(names) if len(names) == 1 else _NONE
