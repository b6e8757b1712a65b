"""Short names of the stages, for rows with little room."""

from __future__ import annotations

from collections.abc import Mapping

from inspector.model.stage import Stage

SHORT: Mapping[Stage, str] = {
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
}
"""What a stage is called where there is little room."""
