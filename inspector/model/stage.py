"""The stages a compile goes through, in the compiler's order."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Stage(StrEnum):
    """One stage of a compile; its value is the name used in bundles, traces and on the command line."""

    SOURCE = "source"
    BYTECODE = "bytecode"
    DYNAMO = "dynamo"
    PRE_GRAD = "pre_grad"
    JOINT = "joint"
    ATEN = "aten"
    ATEN_BACKWARD = "aten_backward"
    POST_GRAD = "post_grad"
    IR_PRE_FUSION = "ir_pre_fusion"
    IR_POST_FUSION = "ir_post_fusion"
    INDUCTOR = "inductor"
    KERNEL = "kernel"
    TTIR = "ttir"
    TTGIR = "ttgir"
    LLIR = "llir"
    PTX = "ptx"
    SASS = "sass"
    ASM = "asm"
    OTHER = "other"
    """No stage: what torch logs beside them, under torch's own names (`Capture.others`)."""

    @property
    def order(self) -> int:
        """Position in the compiler's order, 0 for `source`."""
        return _ORDER[self]

    @property
    def heading(self) -> str:
        """The words a person reads above the pane."""
        return _TABLE[self].heading

    @property
    def short(self) -> str:
        """What a stage is called where there is little room."""
        return _TABLE[self].short

    @property
    def about(self) -> str:
        """One sentence, for a pane that waits for its text."""
        return _TABLE[self].about

    @property
    def units(self) -> tuple[str, str]:
        """What is counted in it: one, many."""
        return _TABLE[self].unit, f"{_TABLE[self].unit}s"

    @property
    def ending(self) -> str:
        """The file ending in a bundle, where its language would give two files of a kernel the same one; else empty."""
        return _TABLE[self].ending

    @property
    def per_kernel(self) -> bool:
        """Whether there is one artifact for each kernel rather than one for each compile id."""
        return Stage.KERNEL.order <= self.order < Stage.OTHER.order

    @classmethod
    def named(cls, name: str) -> Stage | None:
        """The stage that is called so by any name that it is shown under; None where there is none."""
        wanted = _plain(name)
        return next((stage for stage in cls if wanted in map(_plain, (stage.value, stage.heading, stage.short))), None)

    @property
    def is_listing(self) -> bool:
        """Whether its text is a list of instructions, where several linked lines are a run, not a whole with parts."""
        return Stage.KERNEL.order < self.order < Stage.OTHER.order


def _plain(name: str) -> str:
    return name.strip().lower().replace("-", "_").replace(" ", "_")


_ORDER = {stage: index for index, stage in enumerate(Stage)}


class _Row(NamedTuple):
    heading: str
    short: str
    unit: str
    about: str
    ending: str = ""


_TABLE = {
    Stage.SOURCE: _Row("Python source", "Source", "source line", "What was written."),
    Stage.BYTECODE: _Row(
        "Bytecode",
        "Bytecode",
        "bytecode line",
        "What Python runs, before and after Dynamo rewrote it to call the compiled graph.",
    ),
    Stage.DYNAMO: _Row(
        "Dynamo FX graph",
        "Dynamo",
        "Dynamo node",
        "Dynamo ran the bytecode symbolically and recorded every tensor operation.",
    ),
    Stage.PRE_GRAD: _Row(
        "Pre-grad graph",
        "Pre-grad",
        "pre-grad node",
        "The graph after Inductor's first rewrites, before autograd is traced.",
    ),
    Stage.JOINT: _Row(
        "AOT joint graph", "Joint", "joint node", "Forward and backward in one graph, before they are parted."
    ),
    Stage.ATEN: _Row(
        "AOT ATen graph", "ATen", "ATen node", "Autograd and decompositions are traced; only ATen operators are left."
    ),
    Stage.ATEN_BACKWARD: _Row("AOT backward graph", "Backward", "backward node", "What computes the gradients."),
    Stage.POST_GRAD: _Row(
        "Post-grad graph", "Post-grad", "post-grad node", "The ATen graph after Inductor's pattern rewrites."
    ),
    Stage.IR_PRE_FUSION: _Row("Inductor IR before fusion", "IR", "IR line", "Each operator as a loop over its output."),
    Stage.IR_POST_FUSION: _Row(
        "Inductor IR after fusion", "Fused IR", "fused IR line", "Loops that share data, merged into one."
    ),
    Stage.INDUCTOR: _Row(
        "Inductor output code",
        "Inductor",
        "wrapper line",
        "The Python module that runs the kernels, in the order it runs them.",
    ),
    Stage.KERNEL: _Row("Kernel", "Kernel", "statement", "One fused loop nest, written by Inductor."),
    Stage.TTIR: _Row("Triton IR", "TTIR", "TTIR line", "The kernel as Triton's own IR.", ".ttir"),
    Stage.TTGIR: _Row("Triton GPU IR", "TTGIR", "TTGIR line", "Triton IR with layouts for the GPU.", ".ttgir"),
    Stage.LLIR: _Row("LLVM IR", "LLVM IR", "LLVM IR line", "The kernel as LLVM IR."),
    Stage.PTX: _Row("PTX", "PTX", "PTX line", "The kernel as virtual GPU assembly."),
    Stage.SASS: _Row("SASS", "SASS", "SASS instruction", "What the GPU runs.", ".sass"),
    Stage.ASM: _Row(
        "Machine code", "Machine code", "instruction", "What the processor runs, out of the binary that was built."
    ),
    Stage.OTHER: _Row("Other", "Other", "Other line", "What torch logs beside the stages, under its own names."),
}
"""All that is said of a stage as such: a further stage is a member and a row here."""


NODES = (
    Stage.DYNAMO,
    Stage.PRE_GRAD,
    Stage.JOINT,
    Stage.ATEN,
    Stage.ATEN_BACKWARD,
    Stage.POST_GRAD,
)
"""Stages whose lines are graph nodes."""
