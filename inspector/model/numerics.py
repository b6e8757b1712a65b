"""How far the results of compiled code are from eager's, and from the same calculation in double precision."""

from __future__ import annotations

from dataclasses import dataclass, replace

from inspector.model.frame import Frame


@dataclass(frozen=True)
class Deviation:
    """The largest differences of one tensor from a reference; NaN where only one of the two is NaN."""

    absolute: float
    relative: float
    """max |value − reference| / max |reference| of the tensor."""
    ulp: float
    """The largest distance in units in the last place of the value's own dtype: how many representable numbers lie
    between value and reference. 0 where they are equal."""


@dataclass(frozen=True)
class OutputNumerics:
    """One output tensor; when training, a gradient too."""

    name: str
    """`output 0`, `gradient 2`."""
    dtype: str
    shape: tuple[int, ...]
    compiled_eager: Deviation
    """Compiled against eager."""
    compiled_double: Deviation | None = None
    """Compiled against the calculation in float64; None where the target cannot be run in it."""
    eager_double: Deviation | None = None


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


@dataclass(frozen=True)
class Numerics:
    """All outputs of one call on the same inputs and random numbers."""

    shape: str
    """The inputs in words, `batch 1 · seq 8`."""
    outputs: tuple[OutputNumerics, ...]
    tolerance: float
    """The largest `relative` deviation that is let pass."""
    nodes: tuple[NodeNumerics, ...] = ()
    """In the graph's order, where they were asked for."""
    compile_id: str = ""
    """Whose nodes they are."""
    note: str = ""
    """Why something could not be compared; empty where all was."""
    backward: bool = False
    """Whether the nodes are the backward graph's."""

    @property
    def first(self) -> NodeNumerics | None:
        """The first node that passes the tolerance; None where all stay within it, or none were compared."""
        return next((node for node in self.nodes if not node.passes), None)

    def within(self, tolerance: float) -> Numerics:
        """The same held against another tolerance."""
        nodes = tuple(replace(node, passes=node.deviation.relative <= tolerance) for node in self.nodes)
        return replace(self, tolerance=tolerance, nodes=nodes)
