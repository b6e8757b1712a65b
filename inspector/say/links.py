"""What a place is linked to, in words: the same sentence on every face."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from inspector.model.artifact import Artifact
from inspector.model.kernel import KernelKey
from inspector.model.link import Origin, Relatives
from inspector.model.stage import Stage
from inspector.say.units import plural

ABOUT: Mapping[Stage, str] = {
    Stage.SOURCE: "What was written.",
    Stage.BYTECODE: "What Python runs, before and after Dynamo rewrote it to call the compiled graph.",
    Stage.DYNAMO: "Dynamo ran the bytecode symbolically and recorded every tensor operation.",
    Stage.PRE_GRAD: "The graph after Inductor's first rewrites, before autograd is traced.",
    Stage.JOINT: "Forward and backward in one graph, before they are parted.",
    Stage.ATEN: "Autograd and decompositions are traced; only ATen operators are left.",
    Stage.ATEN_BACKWARD: "What computes the gradients.",
    Stage.POST_GRAD: "The ATen graph after Inductor's pattern rewrites.",
    Stage.IR_PRE_FUSION: "Each operator as a loop over its output.",
    Stage.IR_POST_FUSION: "Loops that share data, merged into one.",
    Stage.INDUCTOR: "The Python module that runs the kernels, in the order it runs them.",
    Stage.KERNEL: "One fused loop nest, written by Inductor.",
    Stage.TTIR: "The kernel as Triton's own IR.",
    Stage.TTGIR: "Triton IR with layouts for the GPU.",
    Stage.LLIR: "The kernel as LLVM IR.",
    Stage.PTX: "The kernel as virtual GPU assembly.",
    Stage.SASS: "What the GPU runs.",
    Stage.ASM: "What the processor runs, out of the binary that was built.",
    Stage.OTHER: "What torch logs beside the stages, under its own names.",
}
"""One sentence about each stage, for panes that wait for theirs."""

UNITS: Mapping[Stage, tuple[str, str]] = {
    Stage.SOURCE: ("source line", "source lines"),
    Stage.BYTECODE: ("bytecode line", "bytecode lines"),
    Stage.DYNAMO: ("Dynamo node", "Dynamo nodes"),
    Stage.PRE_GRAD: ("pre-grad node", "pre-grad nodes"),
    Stage.JOINT: ("joint node", "joint nodes"),
    Stage.ATEN: ("ATen node", "ATen nodes"),
    Stage.ATEN_BACKWARD: ("backward node", "backward nodes"),
    Stage.POST_GRAD: ("post-grad node", "post-grad nodes"),
    Stage.IR_PRE_FUSION: ("IR line", "IR lines"),
    Stage.IR_POST_FUSION: ("fused IR line", "fused IR lines"),
    Stage.INDUCTOR: ("wrapper line", "wrapper lines"),
    Stage.KERNEL: ("statement", "statements"),
    Stage.TTIR: ("TTIR line", "TTIR lines"),
    Stage.TTGIR: ("TTGIR line", "TTGIR lines"),
    Stage.LLIR: ("LLVM IR line", "LLVM IR lines"),
    Stage.PTX: ("PTX line", "PTX lines"),
    Stage.SASS: ("SASS instruction", "SASS instructions"),
    Stage.ASM: ("instruction", "instructions"),
}
"""What is counted in a stage: one, many."""

ORIGINS: Mapping[Origin, str] = {
    Origin.EXACT: "exact",
    Origin.DEBUG_INFO: "from debug info",
    Origin.ALIGNED: "aligned afterwards",
    Origin.KERNEL: "by whole kernel",
}
"""How a link is known, as the status line says it."""

NODES = (
    Stage.DYNAMO,
    Stage.PRE_GRAD,
    Stage.JOINT,
    Stage.ATEN,
    Stage.ATEN_BACKWARD,
    Stage.POST_GRAD,
)
"""Stages whose lines are graph nodes."""


class Part(NamedTuple):
    """One stage's share of what a place is linked to."""

    rank: int
    """0 stays longest where there is little room."""
    words: str
    origin: Origin


@dataclass(frozen=True)
class Described:
    """What a place is linked to, in words."""

    parts: tuple[Part, ...]
    """In stage order."""

    def fitting(self, width: int) -> str:
        """The words that fit into `width` cells; at least one part stays."""
        kept = list(self.parts)
        while len(kept) > 1 and len(_joined(kept)) > width:
            kept.remove(max(kept, key=lambda part: part.rank))
        return _joined(kept)

    def __str__(self) -> str:
        return _joined(self.parts)


def _joined(parts: Sequence[Part]) -> str:
    """`4 ATen nodes, 1 kernel, 9 statements · exact; 15 instructions · from debug info`."""
    origins = dict.fromkeys(part.origin for part in parts)
    return "; ".join(
        f"{', '.join(part.words for part in parts if part.origin is origin)} · {ORIGINS[origin]}" for origin in origins
    )


RANKS = (
    Stage.ATEN,
    Stage.KERNEL,
    Stage.SOURCE,
    Stage.ASM,
    Stage.SASS,
    Stage.DYNAMO,
    Stage.INDUCTOR,
    Stage.POST_GRAD,
    Stage.PTX,
)
"""Stages in the order of how much their part of a sentence says."""


def describe(relatives: Relatives, asked: str, by_id: Mapping[str, Artifact]) -> Described:
    """What a place is linked to, and how that is known of each stage.

    Args:
        relatives: the answer of the link index.
        asked: id of the artifact that the cursor is in.
        by_id: the artifacts that count, those of the compile id on screen.
    """
    counts: dict[Stage, int] = {}
    kernels: set[KernelKey] = set()
    weakest: dict[Stage, Origin] = {}
    for artifact_id, found in relatives.by_artifact.items():
        artifact = by_id.get(artifact_id)
        if artifact is None or artifact_id == asked or not found:
            continue
        if artifact.stage in NODES:
            amount = len(found)
        else:
            amount = len({line for item in found for line in range(item.span.start.line, item.span.last_line + 1)})
        counts[artifact.stage] = counts.get(artifact.stage, 0) + amount
        if artifact.stage is Stage.KERNEL and artifact.key is not None:
            kernels.add(artifact.key)
        worst = max((item.origin for item in found), key=lambda origin: origin.rank)
        known = weakest.get(artifact.stage)
        weakest[artifact.stage] = worst if known is None or worst.rank > known.rank else known
    parts: list[Part] = []
    for stage in sorted(counts, key=lambda stage: stage.order):
        one, many = UNITS.get(stage, (f"{stage.short} line", f"{stage.short} lines"))
        words = plural(counts[stage], one, many)
        if stage is Stage.KERNEL:
            whole = weakest[stage] is Origin.KERNEL  # then no statement is known, only where they are
            words = plural(len(kernels), "kernel", "kernels") + ("" if whole else f", {words}")
        parts.append(Part(RANKS.index(stage) if stage in RANKS else len(RANKS), words, weakest[stage]))
    return Described(tuple(parts))
