"""Statements of fused C++ kernels ↔ post-grad nodes, worked out from the texts alone: for logs without a record.

The output code is followed call by call, so that it is known which nodes' values the buffers hold; in each kernel, the
statements' operations, constants and data flow are matched with those that the graph's nodes lead one to expect. Only
where every possible match agrees is there an answer. Whoever makes links of it marks them `Origin.ALIGNED`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from inspector.link.align_kernel import KernelText, read_kernel
from inspector.link.align_lines import SolvedLines
from inspector.link.align_nodes import Expected, expect
from inspector.link.align_solver import Domain, Solver, TooMuchWork
from inspector.link.fx import Graph
from inspector.link.inductor import Emitted, call_span
from inspector.link.outputcode import CodeCall, OutputCode, read_call
from inspector.link.statements import line_spans
from inspector.link.tally import Tally
from inspector.model.artifact import Language, Span
from inspector.model.link import Origin

_NAMED = re.compile(r"(?P<name>\w+) = (?:reinterpret_tensor\()?(?P<other>\w+)")
_EXTERNAL_CALL = re.compile(r"(?:\w+ = )?(?:extern_kernels|torch\.ops)\.")
_OUT = re.compile(r"\bout=(?:reinterpret_tensor\()?(\w+)")


@dataclass(frozen=True, slots=True)
class AlignedCall:
    """The statements of one kernel as one of its calls means them."""

    kernel: str
    site: int
    """0-based: which of this kernel's calls, in order."""
    line: int
    """1-based line of the output code that calls it."""
    lines: tuple[tuple[int, str], ...]
    """1-based line of the kernel's text and post-grad node; a line that several nodes share is there several times."""


def aligned_statements(
    code: OutputCode, calls: Iterable[tuple[CodeCall, tuple[str, ...]]], post_grad: str
) -> tuple[AlignedCall, ...]:
    """Aligns every C++ kernel of an output code; a kernel that cannot be aligned has no lines.

    Args:
        calls: every call with the post-grad nodes that it is known to compute, none where that is not known:
            `Emitted.calls`.
        post_grad: the graph's text.
    """
    walk = _Walk(code, expect(post_grad))
    return tuple(walk.calls(calls))


def link_aligned(graph: Graph, emitted: Emitted) -> Tally:
    """Ties nodes to the statements of the C++ kernels that the log has no exact record for, marked `aligned`."""
    tally = Tally()
    recorded = {site.kernel for site in emitted.sites}
    if recorded.issuperset(kernel.name for kernel in emitted.code.kernels if kernel.language is Language.CPP):
        return tally
    walk = _Walk(emitted.code, expect(graph.artifact.text))
    spans = {call.line: call_span(emitted.artifact, call) for call, _ in emitted.calls}
    exact = {
        call.line for call, nodes in emitted.calls for node in nodes if emitted.computed(call, node) is Origin.EXACT
    }
    for call in walk.calls(emitted.calls):
        definition, kernel = emitted.definitions.get(call.kernel), emitted.kernels.get(call.kernel)
        if call.kernel in recorded or definition is None or kernel is None:
            continue
        for line, name in call.lines:
            if (span := graph.span(name)) is not None:
                for place in line_spans(line, definition, kernel, emitted):
                    tally.link(span, place, Origin.ALIGNED)
        walk.computed += [(call.line, name) for name in sorted({name for _, name in call.lines})]
    for line, name in walk.computed:
        if line not in exact and (span := graph.span(name)) is not None:
            tally.link(span, spans.get(line) or Span.of_lines(emitted.artifact.id, line), Origin.ALIGNED)
    return tally


class _Walk:
    """Follows the output code from call to call, with what each buffer holds."""

    def __init__(self, code: OutputCode, expected: Expected) -> None:
        self._code, self._expected = code, expected
        self._kernels = {item.name: item for item in code.kernels if item.language is Language.CPP}
        self._texts: dict[str, KernelText] = {}
        self._holds: dict[str, Domain] = {}
        self._alias: dict[str, str] = {}
        self.computed: list[tuple[int, str]] = []
        """Lines of the output code that call no kernel of Inductor's, and the node that each certainly computes."""

    def calls(self, calls: Iterable[tuple[CodeCall, tuple[str, ...]]]) -> Iterable[AlignedCall]:
        by_line = {call.line: (call, nodes) for call, nodes in calls}
        sites: Counter[str] = Counter()
        for number in range(self._code.calls_from + 1, len(self._code.lines) + 1):
            line = self._code.lines[number - 1].strip()
            if line.startswith(("def get_args", "def benchmark_compiled_module")):
                break
            if self._code.within(number) is not None:
                continue  # a graph within the graph has nodes of its own
            if number not in by_line:
                self._statement(number, line)
                continue
            call, nodes = by_line[number]
            if call.name in self._kernels:
                found = self._kernel(call, nodes, line)
                yield AlignedCall(call.name, sites[call.name], number, found)
                sites[call.name] += 1
            else:
                self._external(number, nodes, line)

    def _statement(self, number: int, line: str) -> None:
        if _EXTERNAL_CALL.match(line):
            self._external(number, (), line)
            return
        match = _NAMED.match(line)
        if match is None:
            return
        name, other = match["name"], match["other"]
        if other in self._holds or other in self._expected.values:
            if "# alias" in line:
                self._alias[name] = self._alias.get(other, other)
            else:
                self._holds[name] = self._held(other)
        elif "empty_strided" in line:
            self._holds[name] = frozenset()

    def _held(self, name: str) -> Domain:
        name = self._alias.get(name, name)
        if name in self._holds:
            return self._holds[name]
        value = self._expected.values.get(name)
        return None if value is None else frozenset(value)

    def _external(self, number: int, nodes: tuple[str, ...], line: str) -> None:
        """A call of no kernel of ours: what it returns or fills holds its nodes' values."""
        match = _OUT.search(line) or re.match(r"(\w+) = ", line)
        if match is None:
            return
        nodes = nodes or self._called(line)
        if len(nodes) == 1:
            self.computed.append((number, nodes[0]))
        points = frozenset(
            place
            for place, point in enumerate(self._expected.points)
            if point.node in nodes and place in self._expected.values.get(point.node, ())
        )
        self._holds[match[1]] = points or None

    def _called(self, line: str) -> tuple[str, ...]:
        """The nodes that a call may compute, where the log does not say: its operator's, on what its buffers hold."""
        call = read_call(line)
        if call is None:
            return ()
        operator, tensors = call
        held = [self._held(name) for name in tensors]
        return tuple(
            name
            for name, taken in self._expected.arguments.items()
            if self._expected.operator(name) == operator
            and len(taken) == len(held)
            and all(
                domain is None or not domain.isdisjoint(self._expected.values[item])
                for domain, item in zip(held, taken, strict=True)
            )
        )

    def _kernel(self, call: CodeCall, nodes: tuple[str, ...], line: str) -> tuple[tuple[int, str], ...]:
        if call.name not in self._texts:
            self._texts[call.name] = read_kernel(self._kernels[call.name].text)
        kernel = self._texts[call.name]
        arguments = [item.strip() for item in line.partition("(")[2].rpartition(")")[0].split(",")]
        if len(arguments) != len(kernel.parameters):
            self._holds.update(dict.fromkeys(arguments))  # who knows what it wrote
            return ()
        passed = {parameter: name for (parameter, _), name in zip(kernel.parameters, arguments, strict=True)}
        named = frozenset(name for name in nodes if name in self._expected.nodes)
        wanted = named or frozenset(self._expected.values).difference(name for _, name in self.computed)
        named = named or self._named_by(call.name)
        incoming = {item: self._held(name) for item, name in passed.items()}
        memory = {item: self._alias.get(name, name) for item, name in passed.items()}
        solver = Solver(kernel, self._expected, wanted, incoming, memory)
        try:
            solver.solve()
            joined = frozenset(item for item, name in passed.items() if name in self._alias.values())
            lines = SolvedLines(kernel, self._expected, solver, nodes=wanted, named=named, joined=joined)
            found = tuple(sorted(set(lines.found())))
        except (TooMuchWork, RecursionError):
            self._wrote(kernel, passed, None)
            return ()
        self._wrote(kernel, passed, solver)
        return found

    def _named_by(self, kernel: str) -> frozenset[str]:
        """The nodes whose operator is part of a kernel's name, which lists what it computes or writes something for."""
        return frozenset(name for name in self._expected.arguments if f"_{self._expected.operator(name)}_" in kernel)

    def _wrote(self, kernel: KernelText, passed: dict[str, str], solver: Solver | None) -> None:
        """What the buffers hold after a call."""
        written: dict[str, Domain] = {}
        for store in kernel.stores:
            if store.pointer in passed:
                name = passed[store.pointer]
                domain = solver.domains[solver.root[store.value]] if solver and not store.adds else None
                whole = self._alias.get(name, name)
                before = written.get(whole, self._holds.get(whole, frozenset()) if name in self._alias else frozenset())
                written[whole] = None if domain is None or before is None else before | domain
        self._holds.update(written)
