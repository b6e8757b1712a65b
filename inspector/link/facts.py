"""What a trace says about one compile id beside its texts; the linkers read it, the trace parsers fill it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from inspector.link.asmtext import Assembly
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


@dataclass(frozen=True)
class Provenance:
    """torch's own node mappings for one Inductor graph."""

    post_to_pre: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Post-grad node → the Dynamo nodes it was made from."""
    kernel_to_post: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """`kernel:handle` (older logs: `kernel`) → the post-grad nodes it computes."""


@dataclass
class Unit:
    """One graph that went through Inductor: the forward or inference graph, or the backward graph.

    A compile id has one, two when training, more where torch splits a graph.
    """

    suffix: str
    """What tells its artifacts' ids from the other units': empty, `backward`, `1`, `1-backward`…"""
    backward: bool = False
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
    provenance: Provenance | None = None
    empty_mapping: bool = False
    """Whether torch wrote a node mapping with nothing in it, as it does for backward graphs."""
    graph_nodes: Mapping[str, NodeFacts] | None = None
    """Facts about the nodes of `graph`."""
    post_grad_nodes: Mapping[str, NodeFacts] | None = None


@dataclass
class CompileView:
    """The artifacts and facts of one compile id, as the linkers want them."""

    graphs: dict[Stage, Artifact] = field(default_factory=dict)
    """Dynamo, pre-grad and joint graphs."""
    bytecode: list[Artifact] = field(default_factory=list)
    nodes: dict[Stage, Mapping[str, NodeFacts]] = field(default_factory=dict)
    """Facts about the nodes of those graphs."""
    units: list[Unit] = field(default_factory=list)
    function_file: str = ""
    """The file that the compiled function, hence its bytecode, is defined in."""
