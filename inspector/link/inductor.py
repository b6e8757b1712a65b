"""Post-grad ↔ output code ↔ kernel: which nodes a call computes, and where the kernel's text lies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from inspector.link.facts import KernelSite, Provenance
from inspector.link.fx import Graph
from inspector.link.outputcode import CodeCall, KernelDefinition, OutputCode, kernel_names
from inspector.link.tally import Tally
from inspector.model.artifact import Artifact, Position, Span
from inspector.model.link import Origin


@dataclass(frozen=True)
class Emitted:
    """An output code with all that is known about it."""

    artifact: Artifact
    code: OutputCode
    kernels: Mapping[str, Artifact]
    """Kernel name → the kernel's own artifact."""
    provenance: Provenance | None = None
    sites: tuple[KernelSite, ...] = ()
    """What the kernels' statements were written for; empty where nobody listened."""

    @cached_property
    def definitions(self) -> Mapping[str, KernelDefinition]:
        """Kernel name → where the code defines it."""
        return {kernel.name: kernel for kernel in self.code.kernels}

    @cached_property
    def known_lines(self) -> frozenset[tuple[str, str]]:
        """Kernel and node where it is known which lines of the kernel are the node's."""
        return frozenset(
            (site.kernel, name)
            for site in self.sites
            if site.subgraph is None
            for line in site.lines
            for name in line.nodes
        )

    @cached_property
    def recorded(self) -> frozenset[str]:
        """Kernels whose statements' nodes are known."""
        return frozenset(site.kernel for site in self.sites if site.subgraph is None)

    def elsewhere(self, kernel: str, node: str) -> bool:
        """Whether a node that torch names for a kernel is computed in others, and by none of this one's lines."""
        written = kernel in self.recorded and (kernel, node) not in self.known_lines
        return written and node in self._nodes_with_lines

    @cached_property
    def _nodes_with_lines(self) -> frozenset[str]:
        return frozenset(node for _, node in self.known_lines)

    def computed(self, call: CodeCall, node: str) -> Origin:
        """How well it is known that a call which torch names for a node computes it.

        torch names all that the call goes back to, also views and what another call has computed: one node alone is
        the call's; of several it is known from the lines of the kernel.
        """
        known = (call.name, node) in self.known_lines if call.name in self.recorded else len(self.nodes_of[call]) == 1
        return Origin.EXACT if known else Origin.KERNEL

    @cached_property
    def inner_kernels(self) -> frozenset[str]:
        """Kernels that only graphs within the graph call: torch's mapping names their nodes for them."""
        recorded = {site.kernel for site in self.sites if site.subgraph is not None}
        called = {call.name for call in self._all_calls if call.within is not None}
        called -= {call.name for call in self._all_calls if call.within is None}
        return frozenset(called | (recorded - {site.kernel for site in self.sites if site.subgraph is None}))

    def call_at(self, site: KernelSite) -> CodeCall | None:
        """The call that a record is about; None where the code does not make it."""
        calls = self._calls_by_name.get((site.kernel, site.subgraph), ())
        return calls[site.site] if 0 <= site.site < len(calls) else None

    @cached_property
    def _calls_by_name(self) -> Mapping[tuple[str, str | None], tuple[CodeCall, ...]]:
        """Kernel, and the graph within that calls it → the calls in the order of the code."""
        found: dict[tuple[str, str | None], list[CodeCall]] = {}
        for call in sorted(self._all_calls, key=lambda call: call.line):
            found.setdefault((call.name, call.within), []).append(call)
        return {key: tuple(calls) for key, calls in found.items()}

    @cached_property
    def _numbered(self) -> tuple[CodeCall, ...]:
        """The calls that are known by a number of their own; none in logs without numbers."""
        return self.code.numbered_calls(self._told)

    @property
    def _told(self) -> Mapping[str, tuple[str, ...]]:
        """torch's mapping as it is, which does not say which graph a node belongs to."""
        return self.provenance.kernel_to_post if self.provenance is not None else {}

    def told(self, call: CodeCall) -> tuple[str, ...]:
        """The nodes that torch's mapping has for a call by its own number, of whichever graph."""
        return self._told.get(f"{call.name}:{call.handle}", ())

    @cached_property
    def mapping(self) -> Mapping[str, tuple[str, ...]]:
        """torch's `kernel:handle` → post-grad nodes, less the calls of graphs within; empty where the log has none."""
        names = kernel_names(self._told)
        inner = {f"{call.name}:{call.handle}" for call in self._numbered if call.within is not None}
        return {
            key: nodes for key, nodes in self._told.items() if key not in inner and names[key] not in self.inner_kernels
        }

    @cached_property
    def _all_calls(self) -> tuple[CodeCall, ...]:
        names = [*(kernel.name for kernel in self.code.kernels), *kernel_names(self._told).values()]
        return self._numbered or self.code.calls_of(names)

    @cached_property
    def calls(self) -> tuple[tuple[CodeCall, tuple[str, ...]], ...]:
        """Every call with the nodes of the graph itself that torch says it computes; none where it is silent.

        With numbers each call is known by its own. Without them a kernel's nodes belong to its call only
        if there is exactly one.
        """
        calls = self._all_calls
        if self._numbered:
            return tuple((call, self.mapping.get(f"{call.name}:{call.handle}", ())) for call in calls)
        count = Counter(call.name for call in calls)
        return tuple((call, self.mapping.get(call.name, ()) if count[call.name] == 1 else ()) for call in calls)

    @cached_property
    def nodes_of(self) -> Mapping[CodeCall, tuple[str, ...]]:
        return dict(self.calls)

    @cached_property
    def kernel_nodes(self) -> Mapping[str, tuple[str, ...]]:
        """Kernel → the post-grad nodes of all its calls; from the comment above it where the mapping is silent."""
        nodes: dict[str, dict[str, None]] = {kernel.name: {} for kernel in self.code.kernels}
        for key, name in kernel_names(self.mapping).items():
            if name in nodes:
                nodes[name].update(dict.fromkeys(self.mapping[key]))
        for kernel in self.code.kernels:
            if not nodes[kernel.name] and kernel.name not in self.inner_kernels:
                nodes[kernel.name].update(dict.fromkeys(kernel.post_grad))
        return {name: tuple(found) for name, found in nodes.items()}

    @property
    def never_called(self) -> int:
        """How many kernels of the mapping the code does not call."""
        if self._numbered:
            called = {f"{call.name}:{call.handle}" for call in self._numbered}
            return sum(key not in called for key in self.mapping)
        names = {call.name for call, _ in self.calls}
        return sum(name not in names for name in kernel_names(self.mapping).values())


def link_post_grad(graph: Graph, emitted: Emitted) -> Tally:
    """Ties post-grad nodes to the calls that compute them, and to the kernels as wholes.

    A node whose lines in a kernel are known is not tied to the whole of it. One without lines in a kernel whose lines
    are known, as a view is, is nothing that the call computes: it is folded into what others compute. What has its
    lines in another kernel alone is loaded here, and torch names it only as what the kernel goes back to.
    """
    tally = Tally()
    for call, names in emitted.calls:
        for name in names:
            if emitted.elsewhere(call.name, name):
                continue
            for span in _spans(graph, (name,), tally):
                tally.link(span, call_span(emitted.artifact, call), emitted.computed(call, name))
    for kernel in emitted.code.kernels:
        listed = (name for name in emitted.kernel_nodes[kernel.name] if not emitted.elsewhere(kernel.name, name))
        unknown = [name for name in listed if (kernel.name, name) not in emitted.known_lines]
        for span in _spans(graph, unknown, tally):
            tally.link(span, _definition_span(emitted.artifact, kernel), Origin.KERNEL)
            if kernel.name in emitted.kernels:
                tally.link(span, whole(emitted.kernels[kernel.name]), Origin.KERNEL)
    tally.gap("kernels of torch's node mapping that the output code does not call", emitted.never_called)
    return tally


def _spans(graph: Graph, names: Iterable[str], tally: Tally) -> list[Span]:
    spans = []
    for name in names:
        span = graph.span(name)
        if span is None:
            tally.gap("entries of torch's node mapping that name a node which its graph does not define")
        else:
            spans.append(span)
    return spans


def link_source_nodes(dynamo: Graph, emitted: Emitted) -> Tally:
    """Ties Dynamo nodes to calls and kernels by the comments above them, for logs without a node mapping."""
    tally = Tally()
    code = emitted.code
    for call in code.calls_of(kernel.name for kernel in code.kernels):
        for name in call.source_nodes:
            if (span := dynamo.span(name)) is not None:
                tally.link(span, call_span(emitted.artifact, call), Origin.KERNEL)
    for kernel in code.kernels:
        for name in kernel.source_nodes:
            if (span := dynamo.span(name)) is not None and kernel.name in emitted.kernels:
                tally.link(span, _definition_span(emitted.artifact, kernel), Origin.KERNEL)
                tally.link(span, whole(emitted.kernels[kernel.name]), Origin.KERNEL)
    return tally


def link_kernels(emitted: Emitted) -> Tally:
    """Ties each line of a kernel's text to the line of the output code it is, and each call to its kernel."""
    tally = Tally()
    code, kernels = emitted.code, emitted.kernels
    for kernel in code.kernels:
        if (text := kernels.get(kernel.name)) is None:
            continue
        for number, line in enumerate(text.lines):
            if line.strip():
                a = Span.of_lines(emitted.artifact.id, kernel.first_line + number)
                tally.link(a, Span.of_lines(text.id, number + 1), Origin.EXACT)
    for call in code.handled_calls or code.calls_of(kernel.name for kernel in code.kernels):
        if call.name in kernels:
            tally.link(call_span(emitted.artifact, call), whole(kernels[call.name]), Origin.KERNEL)
    return tally


def call_span(artifact: Artifact, call: CodeCall) -> Span:
    return Span(artifact.id, Position(call.line, call.start), Position(call.line, call.end))


def _definition_span(artifact: Artifact, kernel: KernelDefinition) -> Span:
    return Span.of_lines(artifact.id, kernel.def_line, kernel.end_line)


def whole(artifact: Artifact) -> Span:
    """All of a kernel's text."""
    return Span.of_lines(artifact.id, 1, len(artifact.lines))
