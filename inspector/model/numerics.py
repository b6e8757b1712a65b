"""How far the results of compiled code are from eager's, and from the same calculation in double precision."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import PurePath

from inspector.model.deviation import Deviation, tolerance_of
from inspector.model.frame import Frame
from inspector.model.writes import writing_words

_NAMED = 6
"""Nodes that a sentence names."""


@dataclass(frozen=True)
class OutputNumerics:
    """One tensor that a call comes to: an output, when training a gradient, or something that the call wrote."""

    name: str
    """`output 0`, `gradient 2`, ``argument 0 `x` after the call``."""
    dtype: str
    shape: tuple[int, ...]
    compiled_eager: Deviation
    """Compiled against eager."""
    compiled_double: Deviation | None = None
    """Compiled against the calculation in float64; None where the target cannot be run in it."""
    eager_double: Deviation | None = None

    @property
    def tolerance(self) -> str:
        """The dtype's tolerance in words."""
        relative, absolute = tolerance_of(self.dtype)
        return f"rtol {relative:g}, atol {absolute:g}" if relative or absolute else "equality"

    @property
    def closer(self) -> str:
        """`compiled` or `eager`, whichever's furthest element is closer to float64; empty where neither is, or where
        nothing differs or nothing is known."""
        if self.compiled_double is None or self.eager_double is None or not self.compiled_eager.differing:
            return ""
        compiled, eager = self.compiled_double.absolute, self.eager_double.absolute
        return "compiled" if compiled < eager else "eager" if eager < compiled else ""


@dataclass(frozen=True)
class NodeNumerics:
    """One ATen node: what Inductor's code has for it against the same node in eager."""

    node: str
    """Its name in the ATen graph."""
    deviation: Deviation
    passes: bool
    """Whether it stays within the tolerance."""
    line: int | None = None
    """1-based, in the ATen graph's text."""
    source: Frame | None = None
    """The line of Python that it comes from, by the links; None where none leads there."""
    calls: str = ""
    """The operator, `aten.mul.Tensor`; of a custom one that a wrapper calls, the custom one."""
    compile_id: str = ""
    """Whose ATen graph it is in; empty in an older bundle, where all nodes are of one graph."""
    backward: bool = False
    """Whether that is the backward graph."""
    apart: bool = False
    """Whether it was compiled alone, because together all nodes agree and the graph's results do not."""


@dataclass(frozen=True)
class NodesOfGraph:
    """The nodes of one ATen graph that were compared, in its order."""

    compile_id: str
    backward: bool
    nodes: tuple[NodeNumerics, ...]
    apart: bool

    @property
    def name(self) -> str:
        """`0/0's backward ATen graph`."""
        return f"{self.compile_id}'s {'backward ' if self.backward else ''}ATen graph"

    @property
    def compared(self) -> bool:
        """Whether any node has an element that could be compared."""
        return any(node.deviation.elements != 0 for node in self.nodes)

    @property
    def note(self) -> str:
        """How the nodes were compared, in a sentence without its full stop."""
        if self.apart:
            return (
                f"Compiled together, with every node as an output, they agree and the captured code does not: so "
                f"{_plural(len(self.nodes), 'node')} were compiled one at a time beside the graph's own outputs"
            )
        return (
            "Each is shown as it is when stored: a bf16 or f16 value that the captured kernel keeps in a register is "
            "rounded here and not there"
        )


@dataclass(frozen=True)
class Roundings:
    """Whether the roundings that a kernel leaves out are what makes its results differ.

    The ATen graph is run in eager once more, with what Inductor keeps in float32 between two stores kept so.
    """

    nodes: tuple[str, ...]
    """The ATen nodes after which eager rounds and the kernel does not."""
    differing: int
    """Elements of the graph's outputs in which the compiled code differs from eager."""
    left: int
    """Those in which it differs from eager without these roundings."""
    dtype: str = "bf16"
    places: tuple[Frame, ...] = ()
    """The lines of Python that the nodes come from, where the links tell."""


@dataclass(frozen=True)
class Numerics:
    """All results of one call each, from the same inputs, weights and random numbers."""

    shape: str
    """The inputs in words, `batch 1 · seq 8`."""
    outputs: tuple[OutputNumerics, ...]
    tolerance: float | None
    """The largest `relative` deviation that is let pass; None for `torch.testing.assert_close`'s for each dtype."""
    nodes: tuple[NodeNumerics, ...] = ()
    """In the graph's order, where they were asked for."""
    compile_id: str = ""
    """Whose nodes they are, in an older bundle: now each node says that, and the next two."""
    note: str = ""
    """Why something could not be compared; empty where all was."""
    backward: bool = False
    """Whether the nodes are the backward graph's."""
    times: float = 1.0
    """How many times the tolerance is let pass."""
    values: int = 0
    """Outputs that are plain values and were compared."""
    unlike: tuple[str, ...] = ()
    """What differs in kind: a shape, a dtype, a plain value, a sentence's part each."""
    writes: tuple[str, ...] = ()
    """What a call of eager writes: ``argument 0 `x` ``, ``buffer `running_mean` ``."""
    writes_compiled: tuple[str, ...] = ()
    """What a call of the compiled code writes."""
    apart: bool = False
    """Whether the nodes were compiled one at a time, because together they agree and the results do not."""
    roundings: Roundings | None = None
    chance: bool = False
    """Whether the two draw other random numbers, so that what differs says nothing."""
    graphs: int | None = None
    """Compiled graphs that ran in the compiled call: with none, eager was compared with eager. None: not known."""
    graphs_left: tuple[str, ...] = ()
    """Where nodes were asked for: the ATen graphs of which none was compared, and why, a sentence's part each."""
    asides: tuple[str, ...] = ()
    """What else is to be known about the nodes, a sentence each."""
    laid: tuple[str, ...] = ()
    """Tensors whose elements lie in memory otherwise than eager's, a sentence's part each."""
    form: bool = False
    """Whether containers, strides and what shares memory were compared, of which `unlike` and `laid` tell."""

    @property
    def first(self) -> NodeNumerics | None:
        """The first node that passes the tolerance; None where all stay within it, or none were compared."""
        return next((node for node in self.nodes if not node.passes), None)

    @property
    def node_graphs(self) -> tuple[NodesOfGraph, ...]:
        """The nodes by the graph that they are in, as the graphs were compiled."""
        groups: dict[tuple[str, bool], list[NodeNumerics]] = {}
        for node in self.nodes:
            key = (node.compile_id, node.backward) if node.compile_id else (self.compile_id, self.backward)
            groups.setdefault(key, []).append(node)
        return tuple(NodesOfGraph(*key, tuple(nodes), self.apart or nodes[0].apart) for key, nodes in groups.items())

    @property
    def nodes_compared(self) -> bool:
        """Whether any node has an element that could be compared."""
        return any(graph.compared for graph in self.node_graphs)

    @property
    def nodes_agree(self) -> str:
        """Where no node is beyond the tolerance: of how many that holds, in how many elements; no stop."""
        counts = [node.deviation.elements for node in self.nodes]
        nodes, graphs = _plural(len(self.nodes), "node"), self.node_graphs
        whose = ", ".join(graph.name for graph in graphs)
        if len(graphs) > 1:
            ids = (f"{graph.compile_id}{' (backward)' if graph.backward else ''}" for graph in graphs)
            whose = f"the ATen graphs of {', '.join(ids)}"
        if not self.nodes_compared:
            return f"Nothing was compared in {nodes} of {whose}: none has an element"
        of = f", in {_plural(sum(count or 0 for count in counts), 'element')}" if None not in counts else ""
        tried = " compiled one at a time" if len(graphs) == 1 and graphs[0].apart else ""
        return f"None of {nodes} of {whose}{tried} is beyond {self.tolerance_words}{of}"

    @property
    def nodes_left(self) -> str:
        """Of which graphs no node was compared, and why, in a sentence without its full stop; empty where of none."""
        return f"No node was compared of {'; nor of '.join(self.graphs_left)}" if self.graphs_left else ""

    @property
    def beyond(self) -> tuple[OutputNumerics, ...]:
        """The results that do not stay within the tolerance."""
        return tuple(item for item in self.outputs if not item.compiled_eager.passes(self.tolerance, self.times))

    @property
    def wrong(self) -> bool:
        """Whether what the compiled code comes to is another thing than what eager does."""
        return bool(self.unlike or self.beyond) and not self.chance

    @property
    def tolerance_words(self) -> str:
        """`torch.testing.assert_close's tolerance for each dtype`, `1e-05`."""
        if self.tolerance is not None:
            return f"{self.tolerance * self.times:g}"
        times = "" if self.times == 1 else f"{self.times:g} × "
        (dtype,) = names if len(names := {item.dtype for item in self.outputs}) == 1 else ("",)
        own = next((f" ({item.tolerance})" for item in self.outputs), "")
        return f"{times}torch.testing.assert_close's tolerance for {f'{dtype}{own}' if dtype else 'each dtype'}"

    @property
    def verdict(self) -> str:
        """What the comparison of the results comes to, in a sentence without its full stop."""
        if doubt := self._nothing_said:
            return doubt
        count = sum(item.compiled_eager.elements or 0 for item in self.outputs)
        results = f"{_plural(len(self.outputs), 'tensor')}, {_plural(count, 'element')}"
        if self.values:
            results += f", {_plural(self.values, 'plain value')}"
        differing = sum(item.compiled_eager.differing for item in self.outputs)
        unknown = any(item.compiled_eager.elements is None for item in self.outputs)
        if not differing and not unknown:
            if self.laid:
                return (
                    f"Compiled is equal to eager in all numbers ({results}) but lies otherwise: {'; '.join(self.laid)}"
                )
            more = "containers, strides and shared memory"
            beside = f"; {more} too" if self.form else f"; {more} were not compared"
            return f"Compiled is equal to eager in all that was compared ({results}{beside})"
        counted = self.tolerance is None and self.times == 1  # elements are, beyond the dtype's own tolerance
        beyond = f"{_listed(self.beyond, counted=counted)} beyond" if self.beyond else ""
        if unknown:
            return f"{beyond} {self.tolerance_words}" if beyond else ""
        found = f"{differing:,} of {_plural(count, 'element')} differ, {beyond or 'all within'} {self.tolerance_words}"
        return "; ".join((found, *self.laid))

    @property
    def _nothing_said(self) -> str:
        """Why the numbers say nothing, or are not what it comes to; empty where they are."""
        if self.graphs == 0:
            return "No compiled graph ran in this call: eager was compared with eager"
        if self.chance:
            return (
                "The results depend on random numbers, and compiled code draws other ones than eager: what differs "
                "says nothing (--inductor fallback_random=True makes both draw the same)"
            )
        if self.unlike:
            return f"The results are not alike: {'; '.join(self.unlike)}"
        if not any(item.compiled_eager.elements != 0 for item in self.outputs) and not self.values:
            return "Nothing was compared: the call returns no tensor with elements, and writes none"
        return ""

    @property
    def closer(self) -> str:
        """Which side is closer to float64, in a sentence without its full stop; empty where nothing differs."""
        known = [item for item in self.outputs if item.compiled_double is not None and item.compiled_eager.differing]
        sides = [item.closer for item in known]
        if not known or self.chance:
            return ""
        if not any(sides):
            return "Compiled and eager are equally far from float64"
        compiled, eager = sides.count("compiled"), sides.count("eager")
        if compiled and eager:
            return (
                f"Closer to float64 is compiled in {compiled} and eager in {eager} of {len(sides)} results that differ"
            )
        better, worse = ("Compiled", "eager") if compiled else ("Eager", "compiled")
        worst = max(known, key=lambda item: item.compiled_eager.excess)
        one, other = worst.compiled_double, worst.eager_double
        assert one is not None and other is not None
        numbers = (one.absolute, other.absolute) if compiled else (other.absolute, one.absolute)
        return f"{better} is closer to float64: at most {numbers[0]:.3g} away, {worse} {numbers[1]:.3g} ({worst.name})"

    @property
    def doubtful(self) -> bool:
        """Whether the numbers say nothing."""
        return bool(self._nothing_said)

    @property
    def rounding(self) -> str:
        """What the roundings that kernels leave out explain, in a sentence without its full stop; empty where nothing.

        Values that a kernel keeps in registers between two nodes are not rounded, as eager rounds them.
        """
        found = self.roundings
        if found is None or not found.nodes:
            return ""
        explained = found.differing - found.left
        places = ", ".join(dict.fromkeys(f"{PurePath(item.file).name}:{item.line}" for item in found.places))
        names = ", ".join(found.nodes[:_NAMED]) + (", …" if len(found.nodes) > _NAMED else "")
        where = f"{names} ({places})" if places else names
        what = f"eager rounds to {found.dtype} after {where}, where the kernel does not"
        if not found.left:
            return f"{what}: without these roundings eager has what compiled has, in all {found.differing:,} elements"
        if explained <= 0:
            return f"{what}, but that does not explain the difference: without these roundings as many elements differ"
        return f"{what}: that explains {explained:,} of {found.differing:,} elements that differ"

    @property
    def writing(self) -> str:
        """What the target writes, in a sentence without its full stop; empty where it writes nothing."""
        return writing_words(self.writes, self.writes_compiled)

    def within(self, tolerance: float | None, times: float = 1.0) -> Numerics:
        """The same held against another tolerance."""
        nodes = tuple(replace(node, passes=node.deviation.passes(tolerance, times)) for node in self.nodes)
        return replace(self, tolerance=tolerance, times=times, nodes=nodes)


def _listed(beyond: tuple[OutputNumerics, ...], *, counted: bool) -> str:
    """`12 of output 0`, `3 of output 0 and 2 more tensors`, of elements beyond the tolerance; else `output 0`."""
    first = beyond[0]
    count = (
        f"{first.compiled_eager.beyond:,} of {first.name}" if counted and first.compiled_eager.beyond else first.name
    )
    return count + (f" and {_plural(len(beyond) - 1, 'more tensor')}" if len(beyond) > 1 else "")


def _plural(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
