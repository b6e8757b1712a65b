"""What a kernel computes, reads, writes and saves: from its statements, its text and the code around it.

torch lists for a kernel every operation that its loops go back to, also those that an earlier kernel computed and it
merely loads. Here a kernel computes what its statements were written for, no more. Where nobody heard them being
written, torch's list is all there is: it is called that, and nothing is said about bytes.

A value is saved where no statement writes it, no buffer holds it, the graph does not return it, and every operation
that uses it stands in a kernel that computes it. It counts `size × (1 + reads)`: the write, and one read for each
operation that uses it, against a kernel for each operation. A value computed anew in several kernels has one write to
save, but in each of them its own reads. What a kernel puts into a thread's scratch memory and reads again is not saved.
An operation that no statement was written for uses values as any other does, but its own value is not counted.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from inspector.link.facts import KernelSite, Unit
from inspector.link.fusion_words import in_words
from inspector.link.fx import Graph
from inspector.link.kernel_memory import Memory, defining_lines, read_memory
from inspector.link.outputcode import OutputCode, read_arguments, read_output_code, reused_buffers
from inspector.link.scheduled import Scheduled, ScheduledNode, ScheduledValue
from inspector.model.fusion import Intermediate, KernelFusion, Neighbour, Recomputed, Relation, Tensor
from inspector.model.kernel import text_digest


@dataclass
class Computed:
    """What the statements of one graph's kernels were written for."""

    nodes: dict[str, dict[str, None]] = field(default_factory=dict)
    """Kernel → the nodes; no entry for a kernel whose statements were not recorded."""
    stored: set[str] = field(default_factory=set)
    """Nodes whose values a statement writes to memory, the scratch memory of threads counted."""
    scratch: dict[str, dict[str, None]] = field(default_factory=dict)
    """Kernel → the nodes whose values it keeps in scratch memory."""

    def kernels_of(self, node: str) -> tuple[str, ...]:
        """The kernels that compute a node, in the order of their definition."""
        return tuple(kernel for kernel, nodes in self.nodes.items() if node in nodes)


class Fusions:
    """What is known of a compile id's kernels, worked out anew only where something changed."""

    def __init__(self) -> None:
        self.of_units: tuple[KernelFusion, ...] = ()
        self._made_from: tuple[object, ...] = ()

    def update(self, compile_id: str, units: Sequence[Unit]) -> None:
        """Takes over what the units hold now."""
        parts = [
            (*unit.scheduled, *unit.statements.values(), *unit.kernels.values(), unit.code, unit.graph, unit.post_grad)
            for unit in units
            if unit.scheduled
        ]
        made_from = tuple(item for part in parts for item in part)
        if len(made_from) != len(self._made_from) or any(
            a is not b for a, b in zip(made_from, self._made_from, strict=True)
        ):
            self._made_from = made_from
            self.of_units = tuple(fusion for unit in units for fusion in explain_unit(compile_id, unit, units))


def explain_unit(compile_id: str, unit: Unit, units: Sequence[Unit] = ()) -> Iterator[KernelFusion]:
    """What became of every kernel of one Inductor graph, in the order of their definition."""
    if not unit.scheduled:
        return
    texts = {name: artifact.text for name, artifact in unit.kernels.items()}
    memory = {name: found for name, text in texts.items() if (found := read_memory(text)) is not None}
    code = read_output_code(unit.code.text) if unit.code is not None else None
    forward = _forward_of(unit, units)
    for scheduled in unit.scheduled:
        sites = [site for site in unit.statements.values() if site.subgraph == scheduled.subgraph]
        computed = computed_by(scheduled.kernels, sites, texts, memory)
        explain = _Explain(compile_id, unit.suffix, scheduled, computed, forward if scheduled.subgraph is None else {})
        for kernel in scheduled.kernels:
            loads, stores = _tensors(kernel, memory.get(kernel), code, scheduled)
            yield explain.kernel(kernel, loads, stores)


def computed_by(
    kernels: Iterable[str], sites: Sequence[KernelSite], texts: Mapping[str, str], memory: Mapping[str, Memory]
) -> Computed:
    """What the recorded statements say.

    A record that was made for another text of its kernel, or that knows no line, says nothing.

    Args:
        kernels: in the order of their definition.
        texts: kernel → its text, where the log has it.
        memory: kernel → what that text does to memory.
    """
    found = Computed()
    for kernel in kernels:
        text = texts.get(kernel)
        own = [site for site in sites if site.kernel == kernel]
        if text is None or not own or not all(_fits(site, text) for site in own):
            continue
        found.nodes[kernel] = {name: None for site in own for line in site.lines for name in line.nodes}
        for site in own:
            lines = {line.line: line for line in site.lines}
            for line in site.lines:
                if line.kind in ("store", "template"):  # a template adds its product up in memory of its own
                    found.stored.update(line.nodes)
            for access in memory[kernel].accesses if kernel in memory else ():
                if not access.stores or access.line not in lines:
                    continue
                made = [lines[number] for number in defining_lines(text, access) if number in lines]
                names = {name for line in (lines[access.line], *made) for name in line.nodes}
                found.stored |= names
                if access.scratch:
                    found.scratch.setdefault(kernel, {}).update(dict.fromkeys(lines[access.line].nodes))
    return found


def _fits(site: KernelSite, text: str) -> bool:
    return bool(site.lines) and (not site.digest or site.digest == text_digest(text))


def _forward_of(unit: Unit, units: Sequence[Unit]) -> Mapping[str, str]:
    """Node of a backward graph that the forward graph computes too → the first kernel that does.

    Both graphs were cut out of one, which keeps its names: what both define with the same operator, before Inductor's
    passes and after, is one operation done twice.
    """
    before = [other for other in units if not other.backward and other.piece == unit.piece]
    if not unit.backward or len(before) != 1:
        return {}
    pairs = ((unit.graph, before[0].graph), (unit.post_grad, before[0].post_grad))
    same: set[str] | None = None
    for ours, theirs in pairs:
        if ours is None or theirs is None:
            return {}
        mine, other = Graph.of(ours).text.nodes, Graph.of(theirs).text.nodes
        both = {
            name
            for name, node in mine.items()
            if name in other and not node.placeholder and node.operator == other[name].operator
        }
        same = both if same is None else same & both
    texts = {name: artifact.text for name, artifact in before[0].kernels.items()}
    memory = {name: found for name, text in texts.items() if (found := read_memory(text)) is not None}
    sites = [site for site in before[0].statements.values() if site.subgraph is None]
    computed = computed_by(texts, sites, texts, memory)
    return {name: kernels[0] for name in same or () if (kernels := computed.kernels_of(name))}


def _tensors(
    kernel: str, memory: Memory | None, code: OutputCode | None, scheduled: Scheduled
) -> tuple[tuple[Tensor, ...], tuple[Tensor, ...]]:
    """The tensors that a kernel reads and writes, over all its calls; none where text or calls are not known."""
    if memory is None or code is None:
        return (), ()
    reused = reused_buffers(code)
    loaded, stored = set(memory.loaded()), set(memory.stored())
    loads: dict[str, Tensor] = {}
    stores: dict[str, Tensor] = {}
    for call in code.calls_of([kernel]):
        arguments = read_arguments(code.lines[call.line - 1])
        if call.within != scheduled.subgraph or arguments is None or len(arguments) != len(memory.parameters):
            continue
        for parameter, name in zip(memory.parameters, arguments, strict=True):
            if not name:
                continue
            if parameter in loaded:
                # What is written in place held another buffer's value before.
                before = reused.get(name, name) if parameter.startswith("in_out_ptr") else name
                loads.setdefault(before, _tensor(before, scheduled))
            if parameter in stored:
                stores.setdefault(name, _tensor(name, scheduled))
    return tuple(loads.values()), tuple(stores.values())


def _tensor(name: str, scheduled: Scheduled) -> Tensor:
    known = scheduled.buffers.get(name)
    if known is None:
        return Tensor(name, "", None)
    return Tensor(name, known.node, known.size)


@dataclass
class _Explain:
    """Puts together what one graph's records say of each kernel."""

    compile_id: str
    unit: str
    scheduled: Scheduled
    computed: Computed
    forward: Mapping[str, str]
    """As `_forward_of` has it."""

    def kernel(self, kernel: str, loads: tuple[Tensor, ...], stores: tuple[Tensor, ...]) -> KernelFusion:
        """One kernel's record."""
        known = kernel in self.computed.nodes
        listed = _listed(kernel, self.scheduled)
        nodes = self._nodes(kernel)
        return KernelFusion(
            self.compile_id,
            kernel,
            nodes,
            len(self.scheduled.kernels[kernel]),
            tuple(self._intermediates(kernel)) if known else (),
            tuple(_neighbours(kernel, self.scheduled, self._nodes)),
            known,
            self.unit,
            loads,
            stores,
            tuple(self.computed.scratch.get(kernel, ())),
            tuple(self._recomputed(kernel, nodes)) if known else (),
            tuple(name for name in listed if name not in nodes and not self._folded(name)) if known else (),
            tuple(name for name in listed if name not in nodes and self._folded(name)) if known else (),
            tuple(name for name in self.computed.nodes.get(kernel, ()) if name in self._called),
            tuple(name for name in nodes if self._has_several(name)) if known else (),
        )

    def _has_several(self, name: str) -> bool:
        """Whether an operation's result is no tensor, but several."""
        value = self._values.get(name)
        return value is not None and value.computes and not value.dtype

    @cached_property
    def _values(self) -> Mapping[str, ScheduledValue]:
        return {value.name: value for value in self.scheduled.values}

    @cached_property
    def _called(self) -> frozenset[str]:
        """The nodes that library calls compute."""
        return frozenset(name for group in self.scheduled.groups if group.extern for name in group.nodes)

    def _folded(self, name: str) -> bool:
        """Whether torch lists a node for kernels whose statements are all known, and none of any kernel is its own."""
        value = self._values.get(name)
        return (
            value is not None
            and name not in self._called
            and bool(value.kernels)
            and self.computed.nodes.keys() >= set(value.kernels)
            and not self.computed.kernels_of(name)
        )

    def _folded_into(self, kernel: str, name: str) -> bool:
        return self._folded(name) and kernel in self._values[name].kernels

    def _stays_within(self, value: ScheduledValue, kernels: Collection[str]) -> bool:
        """Whether all that uses a value, also through what only passes it along, stands in kernels that compute it."""
        pending, seen = list(value.readers), set[str]()
        while pending:
            name = pending.pop()
            if name in seen:
                continue
            seen.add(name)
            if self._folded(name) and name not in self._in_memory and not self._values[name].output:
                pending += self._values[name].readers
            elif name in self._called or not set(kernels).intersection(self.computed.kernels_of(name)):
                return False
        return bool(seen)

    def _nodes(self, kernel: str) -> tuple[str, ...]:
        """What a kernel computes, in the graph's order; torch's list where that was not recorded."""
        own = self.computed.nodes.get(kernel)
        if own is None:
            return _listed(kernel, self.scheduled)
        # What lays out a library call's input, or finishes its result, was written for that call's node.
        known = [item.name for item in self.scheduled.values if item.name in own and item.name not in self._called]
        return (*known, *(name for name in own if name not in known and name not in self._called))

    def _intermediates(self, kernel: str) -> Iterator[Intermediate]:
        own = self.computed.nodes[kernel]
        for value in self.scheduled.values:
            if value.name not in own or value.size == 0 or not value.computes:
                continue
            if value.output or value.name in self._in_memory or value.name in self._called:
                continue
            within = self.computed.kernels_of(value.name)
            if not self._stays_within(value, within):
                continue  # somebody reads it from memory, or nobody needs it
            reads = sum(reader in own or self._folded_into(kernel, reader) for reader in value.readers)
            yield Intermediate(value.name, value.shape, value.dtype, value.size, reads, within[0] == kernel)

    @cached_property
    def _in_memory(self) -> set[str]:
        """The nodes whose values lie in memory at some time."""
        buffers = self.scheduled.buffers
        told = {item.node for item in buffers.values()}
        if not buffers:
            told = {name for names in self.scheduled.stored.values() for name in names}
        return told | self.computed.stored

    def _recomputed(self, kernel: str, nodes: Sequence[str]) -> Iterator[Recomputed]:
        for name in nodes:
            if name in self.forward:
                yield Recomputed(name, self.forward[name], forward=True)
            elif (first := self.computed.kernels_of(name)[0]) != kernel:
                yield Recomputed(name, first, forward=False)


def _neighbours(kernel: str, scheduled: Scheduled, nodes_of: Callable[[str], tuple[str, ...]]) -> Iterator[Neighbour]:
    """What shares data with a kernel: the library calls and the other kernels, in the order of their running."""
    loops = frozenset(scheduled.kernels[kernel])
    mine = [group for group in scheduled.groups if loops.intersection(group.loops)]
    reads = frozenset(name for group in mine for name in group.reads)
    writes = frozenset(name for group in mine for name in group.writes)
    told = [item for item in scheduled.decisions if not item.fused and bool(item.a & loops) != bool(item.b & loops)]
    for name, groups in _others(kernel, scheduled):
        theirs = frozenset(loop for group in groups for loop in group.loops)
        relations = (_relation(group, reads, writes) for group in groups)
        relation = next((found for found in relations if found is not None), None)
        said = [item for item in told if item.a | item.b <= loops | theirs]
        if relation is None or (relation == "beside" and not said):
            continue
        nodes = groups[0].nodes or nodes_of(name)
        extern = groups[0].extern
        why = in_words(said[-1].reason) if said else _unsaid(groups[0], mine)
        yield Neighbour(extern or name, nodes, relation, why, said[-1].reason if said else "")


def _others(kernel: str, scheduled: Scheduled) -> Iterator[tuple[str, list[ScheduledNode]]]:
    """Every library call, and every other kernel with its groups; what needs no code is left out."""
    names = {loop: name for name, members in scheduled.kernels.items() for loop in members}
    found: dict[str, list[ScheduledNode]] = {}
    for group in scheduled.groups:
        name = names.get(group.loops[0], f"\0{group.loops[0]}" if group.extern else "")
        if name and name != kernel:
            found.setdefault(name, []).append(group)
    yield from found.items()


def _listed(kernel: str, scheduled: Scheduled) -> tuple[str, ...]:
    """The nodes that torch lists for a kernel: those that its loops go back to."""
    return tuple(value.name for value in scheduled.values if value.computes and kernel in value.kernels)


def _relation(group: ScheduledNode, reads: frozenset[str], writes: frozenset[str]) -> Relation | None:
    """How a group stands to a kernel that reads and writes these buffers; None where they share nothing."""
    if group.writes & reads:
        return "before"
    if group.reads & writes:
        return "after"
    return "beside" if group.reads & reads else None


def _unsaid(group: ScheduledNode, mine: Sequence[ScheduledNode]) -> str:
    """A sentence where the scheduler gave no reason: only what can be seen."""
    if group.extern:
        if "." not in group.extern:  # a kind of Inductor's own: `MultiOutput`, one of several results
            return "A step that is no loop and no call: the scheduler does not consider it."
        # an operator may be the program's own
        what = "A library function" if group.extern.startswith("extern_kernels.") else "An operator"
        return f"{what}, whose code Inductor does not write: the scheduler does not consider it."
    ours = next((item.ranges for item in mine if item.ranges), ())
    if group.ranges and ours and group.ranges != ours:
        return (
            f"The code generator refused without a word; their loops differ: {_ranges(ours)} here, "
            f"{_ranges(group.ranges)} there."
        )
    return "torch logged no reason."


def _ranges(ranges: Sequence[Sequence[str]]) -> str:
    """`8 × 2048`, and the reduction behind a bar: `8 | 2048`."""
    return " | ".join(" × ".join(sizes) or "1" for sizes in ranges if sizes) or "1"
