"""A capture made by hand that has one of everything."""

from __future__ import annotations

from inspector.model.artifact import Artifact, Language, Position, Span
from inspector.model.capture import (
    Capture,
    Compilation,
    CompileStatus,
    Frame,
    GraphBreak,
    Guard,
    Note,
    Phase,
    Recompile,
)
from inspector.model.fusion import Intermediate, KernelFusion, Neighbour
from inspector.model.latency import Difference, LatencyRun
from inspector.model.link import Link, Origin
from inspector.model.request import CacheMode, CaptureRequest
from inspector.model.stage import Stage

FRAME = Frame("model.py", 12, "forward", "return self.act(x)")


def artifact(stage: Stage, compile_id: str, language: Language, text: str, kernel: str | None = None) -> Artifact:
    parts = [compile_id, stage.value, kernel]
    return Artifact(":".join(part for part in parts if part), stage, compile_id, kernel, language, text)


def full() -> Capture:
    return Capture(
        request=CaptureRequest(
            "model.py:net",
            inputs=("x=f32[1,8]",),
            batch=2,
            dynamic=True,
            train=True,
            inductor=(("max_autotune", "True"),),
            cache=CacheMode.COLD,
            timeout=30.0,
        ),
        target={
            "name": "net",
            "summary": "a small net",
            "inputs": [{"name": "x", "dtype": "float32", "shape": [1, 8]}],
        },
        environment={"torch": "2.13.0", "python": "3.11.7", "cache": {"mode": "cold", "reused": []}},
        artifacts=(
            Artifact("source:model.py", Stage.SOURCE, None, None, Language.PYTHON, "x = 1\r\n", "/there/model.py", 7),
            Artifact("source:pkg/model.py", Stage.SOURCE, None, None, Language.PYTHON, "y = 'ä\ud800'\n"),
            artifact(Stage.BYTECODE, "0/0", Language.BYTECODE, "LOAD_FAST"),
            Artifact("0/0:bytecode:modified", Stage.BYTECODE, "0/0", None, Language.BYTECODE, "CALL"),
            artifact(Stage.ATEN, "0/0", Language.FX, "def forward(self):\n    return mul\n"),
            artifact(Stage.KERNEL, "0/0", Language.CPP, "void kernel() {}\n", "cpp_fused_mul_0"),
            artifact(Stage.KERNEL, "0/0", Language.TRITON, "def f(): ...\n", "triton_/../x"),
            artifact(Stage.TTIR, "0/0", Language.TEXT, "module {}\n", "triton_/../x"),
            artifact(Stage.ASM, "0/0", Language.ASM, "ret\n", "cpp_fused_mul_0"),
            artifact(Stage.ATEN, "0/1", Language.FX, "def forward(self):\n    return mul_1\n"),
            artifact(Stage.DYNAMO, "9/9", Language.FX, "of a compile id that nobody began\n"),
        ),
        links=(
            Link(Span.of_lines("source:model.py", 1), Span.of_lines("0/0:aten", 2), Origin.EXACT),
            Link(
                Span("0/0:aten", Position(2, 4), Position(2, 14)),
                Span.of_lines("0/0:kernel:cpp_fused_mul_0", 1),
                Origin.KERNEL,
            ),
        ),
        compilations=(
            Compilation(
                "0/0",
                CompileStatus.DONE,
                "forward",
                FRAME,
                restarts=1,
                guards=(
                    Guard("L['x'].size()[0] == 1", "TENSOR_MATCH", "L['x']", "model.py:12"),
                    Guard("two\nlines\tand \\n a tab"),
                    Guard("# no comment"),
                    Guard("x", kind="#also none"),
                ),
                kernels=("cpp_fused_mul_0", "triton_/../x"),
                cache="miss",
                metrics={"co_name": "forward", "dynamo_cumulative_compile_time_us": 5, "odd": {"nan": float("inf")}},
            ),
            Compilation("0/1", CompileStatus.FAILED, "forward", error="it broke\nbadly"),
        ),
        graph_breaks=(GraphBreak("0/0", "call to print", "not traced", ("Do not print.",), (FRAME,)),),
        recompiles=(Recompile("0/1", "forward", ("L['x'].size()[0] == 1",)),),
        fusions=(
            KernelFusion(
                "0/0",
                "cpp_fused_mul_0",
                ("neg", "mul"),
                1,
                (
                    Intermediate("neg", ("s0", "8"), "float32", 512, 2),
                    Intermediate("exp", ("8",), "float64", 64, 1, False),
                ),
                (Neighbour("extern_kernels.mm", ("mm",), "before", "A library function.", "node1 is extern"),),
            ),
        ),
        phases=(
            Phase("dynamo", 0.0, 1.25, 0, "0/0", {"why": "first"}),
            Phase("inductor_compile", 0.5, None, 1, "0/0"),
        ),
        latency=(
            LatencyRun(
                "batch 2",
                (0.002, 0.003),
                (0.001, 0.002),
                16,
                Difference(float("nan"), float("inf")),
                ("0/0",),
                calls_per_sample=4,
            ),
            LatencyRun("batch 1", (), ()),
        ),
        notes=(Note("fallback", "no provenance in this log"),),
        records=40,
        dropped=2,
        finished=True,
    )
