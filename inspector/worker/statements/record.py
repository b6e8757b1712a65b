"""What is recorded: plain frozen data, no torch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from inspector.model.kernel import text_digest


@dataclass(frozen=True, slots=True)
class WrittenLine:
    """One line of a kernel's source text that Inductor wrote for known nodes."""

    line: int
    """1-based, against `KernelStatements.source`."""

    nodes: tuple[str, ...]
    """Names of the post-grad FX nodes the line was written for; nearly always exactly one."""

    others: tuple[str, ...]
    """Further nodes that use the line because common subexpressions are written once; never overlaps `nodes`."""

    kind: str
    """load | compute | store | reduction | accumulator | index | buffer | template.

    `reduction` is the combining statement inside the loop; `accumulator` is what surrounds it: declarations,
    initial values, the merging of vector lanes and threads. `index` lines work out and check positions. `buffer`
    lines set up memory inside the kernel, for the nodes that fill it. `template` lines are a template's own text.
    """

    definitions: tuple[str, ...] = ()
    """The definitions of the loop IR that the line was written for: `op2.body.load_1`."""


@dataclass(frozen=True, slots=True)
class KernelStatements:
    """The statements of one kernel as one call site of it means them.

    Inductor writes two kernels of equal text once and calls it twice; the two calls belong to different nodes,
    so there is one record for each call site.
    """

    kernel: str
    """Exact name in the output code: `cpp_fused_mul_silu_0`."""

    site: int
    """0-based: which of this kernel's calls in the output code, in order of writing."""

    compile_id: str | None
    """torch's frame and recompile numbers, `0/0`; None when torch has no compile context."""

    backward: bool
    """Whether `nodes` name the backward graph's nodes."""

    subgraph: str | None
    """For a kernel of a graph within the graph (a branch of torch.cond, a loop's body), that graph's name: `nodes`
    are its nodes, not those of the outer graph that happen to have the same name. None otherwise."""

    source: str
    """The kernel's text exactly as it stands in the output code between the opening quotes' line and the closing
    quotes; its line 1 is the line after the opening quotes."""

    lines: tuple[WrittenLine, ...]
    """In order of `line`; lines without a node (loops, braces, pragmas) are absent."""

    operations: tuple[str, ...] = ()
    """The scheduler's operations that this call site computes, `op2`, as the loop IR names them."""

    def to_json(self) -> dict[str, Any]:
        """The payload of the trace record `inspector_statements`.

        The text is left out, for the output code has it; its digest tells a reader whether the lines are that text's.
        """
        return {
            "compile_id": self.compile_id,
            "kernel": self.kernel,
            "site": self.site,
            "backward": self.backward,
            "subgraph": self.subgraph,
            "digest": text_digest(self.source),
            "operations": list(self.operations),
            "lines": [[line.line, list(line.nodes), list(line.others), line.kind] for line in self.lines],
            "definitions": [[line.line, list(line.definitions)] for line in self.lines if line.definitions],
        }


Sink = Callable[[KernelStatements], None]


class Recording:
    """How the recording goes: `reason` stays empty for as long as all is well.

    A reason is one sentence for a person: why nothing is recorded on this torch, or what went wrong inside the
    hooks. After a failure the compile goes on untouched and no further records are made.
    """

    def __init__(self) -> None:
        self.reason = ""

    @property
    def active(self) -> bool:
        """Whether records are being made."""
        return not self.reason

    def stop(self, reason: str) -> None:
        """End the recording; the first reason is the one that stays."""
        self.reason = self.reason or reason
