"""How far the results of compiled code are from eager's, and from the same calculation in double precision."""

from __future__ import annotations

from dataclasses import dataclass, replace

from inspector.model.deviation import Deviation
from inspector.model.frame import Frame


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
    def beyond(self) -> tuple[OutputNumerics, ...]:
        """The results that do not stay within the tolerance."""
        return tuple(item for item in self.outputs if not item.compiled_eager.passes(self.tolerance, self.times))

    @property
    def wrong(self) -> bool:
        """Whether what the compiled code comes to is another thing than what eager does."""
        return bool(self.unlike or self.beyond) and not self.chance

    def within(self, tolerance: float | None, times: float = 1.0) -> Numerics:
        """The same held against another tolerance."""
        nodes = tuple(replace(node, passes=node.deviation.passes(tolerance, times)) for node in self.nodes)
        return replace(self, tolerance=tolerance, times=times, nodes=nodes)
