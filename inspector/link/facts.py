"""What a trace says about one compile id beside its texts; the linkers read it, the trace parsers fill it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from inspector.link.asmtext import Assembly
    from inspector.link.listing import Listing
    from inspector.link.scheduled import Scheduled
    from inspector.model.artifact import Artifact
    from inspector.model.stage import Stage


@dataclass(frozen=True, slots=True)
class StackFrame:
    """One frame of a node's user stack, with the columns of the expression where they are known."""

    file: str
    line: int
    col: int | None = None
    """0-based, in code points; None where only the line is known."""
    end_line: int | None = None
    end_col: int | None = None


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """What the compiler knows about one FX node."""

    name: str
    stack: tuple[StackFrame, ...] = ()
    """Innermost last."""
    origins: tuple[str, ...] = ()
    """Names of the nodes of earlier graphs that it was made from."""
    forward: tuple[str, ...] = ()
    """Names of the forward graph's nodes whose gradient it computes."""


class StatementLine(NamedTuple):
    """One line of a kernel's text and the post-grad nodes it was written for."""

    line: int
    """1-based, in the kernel's text."""
    nodes: tuple[str, ...]
    """All of them: a common subexpression is written once, for several."""
    kind: str
    """`load`, `compute`, `store`, `reduction`, `accumulator`, `index`, `buffer` or `template`."""
    definitions: tuple[str, ...] | None = None
    """The definitions of the loop IR that it was written for, `op2.body.load_1`; None where nobody noted them."""


@dataclass(frozen=True, slots=True)
class KernelSite:
    """What the lines of a kernel's text mean for one of its calls."""

    kernel: str
    site: int
    """Which of the kernel's calls, from 0, in the order of the output code."""
    subgraph: str | None
    """The graph within the graph that the nodes belong to; None for the unit's own graph."""
    digest: str
    """`text_digest` of the text that the lines count in; empty where the record does not say."""
    operations: tuple[str, ...]
    """The scheduler's operations that the call computes, `op2`."""
    lines: tuple[StatementLine, ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """One of the scheduler's operations, and the post-grad nodes it was made from."""

    name: str
    """`op2`."""
    buffers: tuple[str, ...]
    """The buffers it writes."""
    node: str | None
    """The node whose value it computes; None where Inductor does not name exactly one."""
    nodes: tuple[str, ...]
    """All nodes that it was made from."""
    lines: Mapping[str, str]
    """`body.exp`, a definition in its loop body → the node that it was traced for."""


Operations = Mapping[str, Operation]
"""Operation's name → operation."""


@dataclass(frozen=True)
class Provenance:
    """torch's own node mappings for one Inductor graph."""

    post_to_pre: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Post-grad node → the Dynamo nodes it was made from."""
    kernel_to_post: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """`kernel:handle` (older logs: `kernel`) → the post-grad nodes it computes."""


@dataclass
class InnerIr:
    """The loop IR of a graph within a unit's graph, as `Unit` holds that of the graph itself."""

    ir_pre: Artifact | None = None
    ir_post: Artifact | None = None
    ir_pre_operations: Operations | None = None
    ir_post_operations: Operations | None = None


@dataclass
class GpuKernel:
    """What Triton made of one kernel, stage by stage."""

    file: str
    """Name of the file that the kernel's text was compiled from, without its folder."""
    artifacts: dict[Stage, Artifact] = field(default_factory=dict)
    """TTIR, TTGIR, LLIR, PTX and SASS, as far as they are known."""
    listings: dict[Stage, Listing] = field(default_factory=dict)


@dataclass
class Unit:
    """One graph that went through Inductor: the forward or inference graph, or the backward graph.

    A piece of a compile id has one, two when training.
    """

    suffix: str
    """What tells its artifacts' ids from the other units': empty, `backward`, `1`, `1-backward`…"""
    backward: bool = False
    piece: int = 0
    """Which of the compile id's pieces it is of."""
    told: bool = False
    """Whether torch has written a record of its ATen graph."""
    graph: Artifact | None = None
    """The ATen graph it came from."""
    post_grad: Artifact | None = None
    ir_pre: Artifact | None = None
    ir_post: Artifact | None = None
    code: Artifact | None = None
    """Inductor's output code."""
    code_path: str = ""
    aot_id: str = ""
    """`0_forward`, from the output code's first line."""
    kernels: dict[str, Artifact] = field(default_factory=dict)
    """Kernel name → its text, in the order of definition."""
    asm: dict[str, Artifact] = field(default_factory=dict)
    assemblies: dict[str, Assembly] = field(default_factory=dict)
    gpu: dict[str, GpuKernel] = field(default_factory=dict)
    """Triton kernel → what it became."""
    statements: dict[tuple[str, int, str], KernelSite] = field(default_factory=dict)
    """Kernel, site and subgraph → the nodes of its statements."""
    ir_pre_operations: Operations | None = None
    ir_post_operations: Operations | None = None
    """The operations that the two IR texts are about; None where the log does not say what they were made from."""
    inner_ir: dict[str, InnerIr] = field(default_factory=dict)
    """Graph within the graph, as Inductor names it → its loop IR."""
    scheduled: tuple[Scheduled, ...] = ()
    """What the scheduler said of the graph, and of the graphs within it."""
    provenance: Provenance | None = None
    empty_mapping: bool = False
    """Whether torch wrote a node mapping with nothing in it, as it does for backward graphs."""
    graph_nodes: Mapping[str, NodeFacts] | None = None
    """Facts about the nodes of `graph`."""
    post_grad_nodes: Mapping[str, NodeFacts] | None = None


@dataclass
class GraphPiece:
    """One graph of a compile id that went to AOTAutograd by itself, and its units."""

    number: int
    """From 0, in the order of the log."""
    name: str = ""
    """What split the graph calls it, `submod_2, 1…64`; empty where nothing does."""
    graphs: dict[Stage, Artifact] = field(default_factory=dict)
    """Its pre-grad and joint graph."""
    nodes: dict[Stage, Mapping[str, NodeFacts]] = field(default_factory=dict)
    """Facts about the nodes of those."""

    @property
    def suffix(self) -> str:
        """What stands at the end of its artifacts' ids: nothing for the first."""
        return str(self.number or "")


@dataclass
class CompileView:
    """The artifacts and facts of one compile id, as the linkers want them."""

    graphs: dict[Stage, Artifact] = field(default_factory=dict)
    """Dynamo's graph."""
    bytecode: list[Artifact] = field(default_factory=list)
    nodes: dict[Stage, Mapping[str, NodeFacts]] = field(default_factory=dict)
    """Facts about its nodes."""
    pieces: list[GraphPiece] = field(default_factory=list)
    units: list[Unit] = field(default_factory=list)
    function_file: str = ""
    """The file that the compiled function, hence its bytecode, is defined in."""

    def graph(self, stage: Stage, piece: int = 0) -> Artifact | None:
        """Dynamo's graph, or the pre-grad or joint graph of a piece; None where there is none."""
        if stage in self.graphs or piece >= len(self.pieces):
            return self.graphs.get(stage)
        return self.pieces[piece].graphs.get(stage)

    @property
    def is_cut(self) -> bool:
        """Whether Dynamo's graph was cut into pieces, which names their nodes anew."""
        return len(self.pieces) > 1 or any(piece.name for piece in self.pieces)

    def forward(self, unit: Unit) -> Artifact | None:
        """The ATen graph of the forward pass that a unit belongs to; None where there is none."""
        return next((item.graph for item in self.units if item.piece == unit.piece and not item.backward), None)
