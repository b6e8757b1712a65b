"""A capture made by hand that has one of everything."""

from __future__ import annotations

from inspector.model.annotation import Annotation
from inspector.model.artifact import Artifact, Language, Position, Span
from inspector.model.autotuning import Autotuning, AutotuningChoice
from inspector.model.build import Build, CommandDifference
from inspector.model.cache import CacheLookup, KeyPart
from inspector.model.capture import (
    Capture,
    Compilation,
    CompileStatus,
    Frame,
    GraphBreak,
    Guard,
    Instant,
    LogFile,
    Note,
    Phase,
    Recompile,
)
from inspector.model.deviation import Deviation
from inspector.model.edit import (
    CodeChange,
    EditedOutput,
    EditedText,
    EditRace,
    Fate,
    KernelBuffer,
    KernelEdit,
    Problem,
)
from inspector.model.failure import Failure
from inspector.model.fusion import Intermediate, KernelFusion, Neighbour, Recomputed, Tensor
from inspector.model.guards import GuardManager
from inspector.model.latency import Difference, GpuTime, LatencyRun
from inspector.model.link import Link, Origin
from inspector.model.numerics import NodeNumerics, Numerics, OutputNumerics
from inspector.model.passes import GraphPasses, PassChange, PassNode, PassPhase, PatternMatch
from inspector.model.pgo import CodeShapes, CodeState
from inspector.model.piece import CompilePiece
from inspector.model.pieces import ModelPieces, PieceCell, PieceOutcome, Submodule, TokenRange
from inspector.model.price import (
    EagerOperator,
    EagerPrice,
    Loop,
    PartKind,
    Price,
    PricedPlace,
    Sampled,
    Sampling,
    Site,
    Spot,
)
from inspector.model.profile import (
    Argument,
    Ceiling,
    Ceilings,
    KernelCall,
    Part,
    Profile,
    ProfileRow,
    SideProfile,
    Work,
)
from inspector.model.request import CacheMode, CaptureRequest
from inspector.model.shapes import (
    FakeKernelProblem,
    ShapeFact,
    ShapeFactKind,
    Specialization,
    Symbol,
    SymbolicShapes,
)
from inspector.model.stage import Stage
from inspector.model.tensors import (
    CollectiveSchedule,
    ExecutedGraph,
    GraphEstimate,
    GraphExecution,
    GraphOperation,
    TensorInput,
    TensorMeta,
)

FRAME = Frame("model.py", 12, "forward", "return self.act(x)")


def artifact(stage: Stage, compile_id: str, language: Language, text: str, kernel: str | None = None) -> Artifact:
    parts = [compile_id, stage.value, kernel]
    return Artifact(":".join(part for part in parts if part), stage, compile_id, kernel, language, text)


def profile() -> Profile:
    """Eager takes 10 ms, of which its product 8; compiled 6."""
    product = Work(1_000_000, 500_000, 4_000_000, "f32")
    eager = (
        ProfileRow("aten::mm", Part.OPERATOR, 2.0, 0.008, 0.008, work=product),
        ProfileRow("aten::linear", Part.OPERATOR, 2.0, 0.001, 0.009),
        ProfileRow("Python, allocation and calling", Part.PYTHON, 1.0, 0.001, 0.001),
    )
    compiled = (
        ProfileRow("cpp_fused_mul_0", Part.KERNEL, 1.0, 0.005, 0.005, "0/0", Work(1_000_000, 500_000, 1000, "f32")),
        ProfileRow("Torch-Compiled Region: 0/0", Part.RUNTIME, 1.0, 0.001, 0.006),
    )
    speed = Ceiling(1e9, 0.9e9, 1.1e9, 9)
    return Profile(
        "batch 2",
        SideProfile(10, 0.010, 0.0095, eager),
        SideProfile(10, 0.006, 0.006, compiled),
        product,
        Ceilings(speed, speed, {"f32": Ceiling(1e9, 1e9, 1e9, 9)}, 2, "a CPU", "2.13.0", "2026-01-01T00:00:00+00:00"),
        (KernelCall("0/0", "cpp_fused_mul_0", (Argument("f32", 8, 4), Argument(value=3)), 1),),
        2,
    )


def price() -> Price:
    """A call of 10 ms: a kernel with a sample, a product, and eager's operator."""
    product = Work(4_000_000, 1_000_000, 2_000_000)
    sites = (
        Site(PartKind.OUTSIDE, "", "", 0, 1.0, 0.001, None),
        Site(
            PartKind.KERNEL,
            "cpp_fused_mul_0",
            "/there/it.py",
            3,
            1.0,
            0.003,
            1e-5,
            Sampled(5, 1, 8, 0, 0.006),
            product,
            "0/0",
            "0/0:inductor",
        ),
        Site(PartKind.LIBRARY, "extern_kernels.mm", "/there/it.py", 4, 1.0, 0.006, 1e-5, Sampled(), product, "0/0"),
    )
    place = PricedPlace("/there/model.py", 1, 1, 0, 5)
    span = Span("source:model.py", Position(1, 0), Position(1, 5))
    return Price(
        "batch 2",
        0.010,
        0.0098,
        9,
        sites,
        (Spot(1, "/there/it.so", 0x1234, 8, "/there/libm.so", False, "0/0:asm:cpp_fused_mul_0", 1),),
        Sampling("cpu clock", 0, 1e-3, 9, 0, 2, 1, "", 0.01),
        EagerPrice((EagerOperator("aten::mul", 1.0, 0.002, (place,), "layers.0", product, (span,)),), 0.012, 0.011, 5),
        {"0/0": {"mul": "L['self'].layers.0"}},
        (KernelCall("0/0", "cpp_fused_mul_0", (Argument("f32", 8, 4),), 1),),
        threads=2,
        busy=0.01,
        system=1e-4,
        faults=3.0,
        without=("/there/other.py",),
        loops=(Loop("0/0:asm:cpp_fused_mul_0", 1, 2, 3.5, "FP1", "znver3", calls=True),),
    )


def edited() -> KernelEdit:
    """An edit with one of everything."""
    found = Deviation(1e-7, 1e-8, 2.0, 16, 3)
    return KernelEdit(
        *(1, "0/0", "k", Fate.CLOSE, "before\n", "now\n"),
        flags=("-O2",),
        settings=(("cpp.simdlen", "256"),),
        command="g++ -O3 -O2 k.main.cpp",
        apart=CommandDifference(("-O2",), ("-O3",)),
        seconds=1.5,
        problem=Problem("no such name", 1, 0, "k.cpp:1:1: error: no such name"),
        calls=2,
        outputs=(EditedOutput("output 0", "f32", (2, 8), *(found,) * 6, worst=(1, 3), values=(0.5, 0.25)),),
        buffers=(KernelBuffer("out_ptr0", found, (3, 4)),),
        notes=("Its last digits change from call to call.",),
        race=EditRace("batch 2", (3e-3,) * 6, (2e-3,) * 6, (1e-3,) * 6, 4, 0.01),
        texts=(EditedText("asm", "kernel:\n        ret\n", 1, (0, 1)),),
        code=CodeChange(12, 1, same=False),
        same_setting="--inductor cpp.simdlen=256",
    )


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
        others=(
            artifact(Stage.OTHER, "0/0", Language.JSON, "{}\n", None),
            Artifact("0/0:other:attempt-0:../../x", Stage.OTHER, "0/0", None, Language.FX, "def forward(self): ...\n"),
            Artifact("other:exported_program", Stage.OTHER, None, None, Language.TEXT, "ExportedProgram\n"),
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
                (Frame("train.py", 3, "<module>"), FRAME),
                "rank_0.log",
                restarts=1,
                guards=(
                    Guard("L['x'].size()[0] == 1", "TENSOR_MATCH", "L['x']", "model.py:12", ("0/1", "0/2")),
                    Guard("two\nlines\tand \\n a tab"),
                    Guard("# no comment"),
                    Guard("x", kind="#also none"),
                ),
                guard_tree=(
                    GuardManager(0, "RootGuardManager", guards=(3,)),
                    GuardManager(1, "GuardManager", "L['x']", "FrameLocalsGuardAccessor", "type=int", (0, 1, 2)),
                ),
                guard_seconds=1.5e-05,
                kernels=("cpp_fused_mul_0", "triton_/../x"),
                cache="miss",
                metrics={"co_name": "forward", "dynamo_cumulative_compile_time_us": 5, "odd": {"nan": float("inf")}},
            ),
            Compilation(
                "0/1", CompileStatus.FAILED, "forward", error="it broke\nbadly", autograd_reasons=("a new node",)
            ),
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
                known=True,
                loads=(Tensor("buf0", "mm", 512), Tensor("s0", "", None)),
                stores=(Tensor("buf1", "mul", 512),),
                scratch=("neg",),
                recomputed=(Recomputed("neg", "cpp_fused_neg_0", True),),
                listed=("relu",),
            ),
        ),
        phases=(
            Phase("dynamo", 0.0, 1.25, 0, "0/0", {"why": "first"}),
            Phase("inductor_compile", 0.5, None, 1, "0/0"),
            Phase("other", 0.0, 1.0, 0, "0/1", {}, "rank1"),
            Phase("crosses it", 0.5, 1.0, 1, "0/1", {}, "rank1"),
        ),
        instants=(Instant("fx_graph_cache_miss", 0.75, "0/0", {"key": "f1"}), Instant("tick", 1.0, track="rank1")),
        inputs=(
            TensorInput(
                "0/0", "L['x']", TensorMeta(("1", "s0"), ("8", "1"), "float32", "cpu"), 0, 32, {"is_leaf": True}
            ),
            TensorInput(None, "", TensorMeta(())),
        ),
        shapes=(
            SymbolicShapes(
                "0/0",
                "rank_0.log",
                (
                    Symbol("s0", "8", "[2, int_oo]", "L['x'].size()[1]", (FRAME,)),
                    Symbol("u0", range="[-int_oo, int_oo]"),
                ),
                (Specialization("s0", "8", ("L['x'].size()[1]",), "it had to be", (FRAME,)),),
                (
                    ShapeFact(
                        ShapeFactKind.EXPRESSION, "s0 + 1", "", (), (FRAME,), {}, {}, 7, "add", ("s0", "1"), (3,)
                    ),
                    ShapeFact(
                        ShapeFactKind.GUARD_DETAIL, "s0 < 9", "", (FRAME,), (), {"s0": "L['x']"}, {"x": "Tensor"}, 7
                    ),
                ),
            ),
            SymbolicShapes(None),
        ),
        cache_lookups=(
            CacheLookup(
                "0/0",
                "fx_graph",
                "hit",
                "f1",
                "hit",
                (KeyPart("d1", "gm", "f()"), KeyPart("", "", "?")),
                2.5,
                True,
                {"n": 1},
            ),
            CacheLookup("", "dynamo", "bypass", reason="no"),
        ),
        failures=(
            Failure("0/1", "Unsupported", "no", False, FRAME, (FRAME,), "Traceback…"),
            Failure("0/0", "", "again", restarted=True, seconds=0.5),
        ),
        code_states=(CodeState("0/0", True, "local", (CodeShapes("m.py:1:f", (("L['x']", "tensor"),)),), ("L['x']",)),),
        fake_kernels=(FakeKernelProblem("lib.op.default"), FakeKernelProblem("lib.op", "they differ", "0/0")),
        collectives=(CollectiveSchedule("0/0", ("all_reduce", "?")),),
        estimates=(GraphEstimate("0/0", (GraphOperation("op0", True, 1e-6, (TensorMeta(("8",)),)),)),),
        executions=(GraphExecution("rank_0.log", (ExecutedGraph("0/0"), ExecutedGraph("", {"graph": 1}))),),
        passes=(
            GraphPasses(
                "0/0",
                PassPhase.JOINT,
                (
                    PassChange(
                        *("remove_noop_ops", "after", 3, 3, (PassNode("mul", "aten.mul.Tensor"),)),
                        gone=(PassNode("add", "aten.add.Tensor"),),
                        changed=("sub",),
                        instead={"add": ("mul",)},
                        patterns=(PatternMatch("noop", "add", ("add",), ("add",), ("mul",)),),
                        seconds=0.001,
                    ),
                    PassChange("", "later", 3, 3, moved=True, between=("remove_noop_ops", "")),
                ),
                nodes=("add", "sub", "output"),
                before="before",
                ran=2,
                same=("stable_sort",),
            ),
        ),
        builds=(Build("/tmp/k.main.so", 1.5, "g++ -O3 k.main.cpp"),),
        autotunings=(
            Autotuning(
                "0/0", "mm", ("float32[2, 2]",), (AutotuningChoice("extern_mm", "ExternKernelCaller", 1e-5),), 2, 0.5
            ),
        ),
        edits=(edited(),),
        profiles=(profile(),),
        prices=(price(),),
        served=(
            ModelPieces(
                "",
                {"model": "toy", "prefix": "backbone"},
                (Submodule("submod_0", (), 3), Submodule("submod_1", ("vllm.attention",), 1, "", ("submod_0",))),
                (TokenRange(1, 64),),
                (
                    PieceCell(
                        "submod_0", TokenRange(1, 64), PieceOutcome.COMPILED, 1.5, 1.25, "", "", "0/0:0", "aa", "bb"
                    ),
                ),
                event="fresh_compile",
                at_once=((0.0, 1), (0.5, 0)),
            ),
        ),
        numerics=(
            Numerics(
                "batch 2",
                (OutputNumerics("output 0", "f32", (2, 8), Deviation(1e-7, 1e-8, 2.0), Deviation(0.0, 0.0, 0.0)),),
                1e-5,
                (NodeNumerics("mul", Deviation(1e-3, 1e-2, 99.0), False, 3, FRAME),),
                "0/0",
                "no float64",
            ),
        ),
        unknown={"artifact:new": 2},
        logs=(LogFile("rank_0.log", 0), LogFile("rank_1.log", 1, "rank1/")),
        pieces=(CompilePiece("0/0", 1, "submod_2, 1…64 tokens"),),
        latency=(
            LatencyRun(
                "batch 2",
                (0.002, 0.003),
                (0.001, 0.002),
                16,
                Difference(float("nan"), float("inf")),
                ("0/0",),
                calls_per_sample=4,
                gpu=GpuTime(0.0005, 0.0002),
            ),
            LatencyRun("batch 1", (), ()),
        ),
        notes=(Note("fallback", "no provenance in this log"),),
        records=40,
        dropped=2,
        finished=True,
        annotations=(
            Annotation(
                "n-3fa2c1",
                "# Slow\nhere",
                Span("source:model.py", Position(1, 0), Position(1, 5)),
                author="Somebody",
                time="2026-05-04T12:00:00Z",
            ),
            Annotation("n-whole", "of all", compile_id="0/0"),
        ),
    )
