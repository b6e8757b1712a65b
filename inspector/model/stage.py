"""The stages a compile goes through, in the compiler's order."""

from __future__ import annotations

from enum import StrEnum


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
        return _TITLES[self]

    @property
    def short(self) -> str:
        """What a stage is called where there is little room."""
        return _SHORT[self]

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

_TITLES = {
    Stage.SOURCE: "Python source",
    Stage.BYTECODE: "Bytecode",
    Stage.DYNAMO: "Dynamo FX graph",
    Stage.PRE_GRAD: "Pre-grad graph",
    Stage.JOINT: "AOT joint graph",
    Stage.ATEN: "AOT ATen graph",
    Stage.ATEN_BACKWARD: "AOT backward graph",
    Stage.POST_GRAD: "Post-grad graph",
    Stage.IR_PRE_FUSION: "Inductor IR before fusion",
    Stage.IR_POST_FUSION: "Inductor IR after fusion",
    Stage.INDUCTOR: "Inductor output code",
    Stage.KERNEL: "Kernel",
    Stage.TTIR: "Triton IR",
    Stage.TTGIR: "Triton GPU IR",
    Stage.LLIR: "LLVM IR",
    Stage.PTX: "PTX",
    Stage.SASS: "SASS",
    Stage.ASM: "Machine code",
    Stage.OTHER: "Other",
}

_SHORT = {
    Stage.SOURCE: "Source",
    Stage.BYTECODE: "Bytecode",
    Stage.DYNAMO: "Dynamo",
    Stage.PRE_GRAD: "Pre-grad",
    Stage.JOINT: "Joint",
    Stage.ATEN: "ATen",
    Stage.ATEN_BACKWARD: "Backward",
    Stage.POST_GRAD: "Post-grad",
    Stage.IR_PRE_FUSION: "IR",
    Stage.IR_POST_FUSION: "Fused IR",
    Stage.INDUCTOR: "Inductor",
    Stage.KERNEL: "Kernel",
    Stage.TTIR: "TTIR",
    Stage.TTGIR: "TTGIR",
    Stage.LLIR: "LLVM IR",
    Stage.PTX: "PTX",
    Stage.SASS: "SASS",
    Stage.ASM: "Machine code",
    Stage.OTHER: "Other",
}
