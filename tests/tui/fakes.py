"""A Llama MLP capture made by hand, and a live capture that replays it a step at a time. No torch, no worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from inspector import protocol
from inspector.live import CaptureUpdated, Ended, EventArrived, LogText, Outcome, OutcomeKind, Update
from inspector.model.artifact import Artifact, Language, Position, Span, artifact_id
from inspector.model.capture import (
    Capture,
    Compilation,
    CompileStatus,
    Frame,
    GraphBreak,
    Guard,
    Phase,
    Recompile,
)
from inspector.model.latency import Difference, LatencyRun
from inspector.model.link import Link, Origin
from inspector.model.request import CaptureRequest
from inspector.model.stage import Stage

DATA = Path(__file__).parent / "data"
KERNEL = "cpp_fused__unsafe_view_mul_silu_0"
OTHER_KERNEL = "cpp_fused_add_rsqrt_1"
REQUEST = CaptureRequest(target="llama-mlp")
MODELING = "/opt/env/lib/python3.11/site-packages/transformers/models/llama/modeling_llama.py"
ACTIVATIONS = "/opt/env/lib/python3.11/site-packages/transformers/activations.py"

_TEXTS = {
    Stage.BYTECODE: ("bytecode.txt", Language.BYTECODE),
    Stage.DYNAMO: ("dynamo.txt", Language.FX),
    Stage.PRE_GRAD: ("pre_grad.txt", Language.FX),
    Stage.ATEN: ("aten.txt", Language.FX),
    Stage.POST_GRAD: ("post_grad.txt", Language.FX),
    Stage.IR_PRE_FUSION: ("ir_pre.txt", Language.IR),
    Stage.IR_POST_FUSION: ("ir_post.txt", Language.IR),
    Stage.INDUCTOR: ("inductor.txt", Language.INDUCTOR),
}


def _read(name: str) -> str:
    return (DATA / name).read_text()


def sources() -> tuple[Artifact, ...]:
    return (
        Artifact(
            "source:modeling_llama.py",
            Stage.SOURCE,
            None,
            None,
            Language.PYTHON,
            _read("modeling_llama.txt"),
            MODELING,
            focus=152,
        ),
        Artifact(
            "source:activations.py",
            Stage.SOURCE,
            None,
            None,
            Language.PYTHON,
            "\n" * 100 + _read("activations.txt"),
            ACTIVATIONS,
            focus=101,
        ),
    )


def graphs(compile_id: str = "0/0") -> tuple[Artifact, ...]:
    return tuple(
        Artifact(artifact_id(stage, compile_id), stage, compile_id, None, language, _read(name))
        for stage, (name, language) in _TEXTS.items()
    )


def kernels(compile_id: str = "0/0", name: str = KERNEL) -> tuple[Artifact, ...]:
    return tuple(
        Artifact(artifact_id(stage, compile_id, name), stage, compile_id, name, language, _read(file))
        for stage, file, language in (
            (Stage.KERNEL, "kernel.cpp", Language.CPP),
            (Stage.ASM, "asm.txt", Language.ASM),
        )
    )


def find_line(artifact: Artifact, needle: str) -> int:
    """The first line that holds `needle`; a link to nothing would be a mistake in the fake."""
    return next(number for number, line in enumerate(artifact.lines, 1) if needle in line)


def _span(artifact: Artifact, needle: str, columns: bool = False) -> Span:
    line = find_line(artifact, needle)
    if not columns:
        return Span.of_lines(artifact.id, line)
    col = artifact.lines[line - 1].index(needle)
    return Span(artifact.id, Position(line, col), Position(line, col + len(needle)))


_FX_NODES = {
    "linear: ": ("permute: ", "view: ", "mm: ", "view_1: "),
    "silu: ": ("neg: ", "exp: ", "add: ", "div: "),
    "linear_1: ": ("permute_1: ", "view_2: ", "mm_1: ", "view_3: "),
    "mul: ": ("mul: ",),
    "down_proj: ": ("permute_2: ", "view_4: ", "mm_2: ", "view_5: "),
}
_SOURCE = {
    "linear: ": "self.gate_proj(x)",
    "linear_1: ": "self.up_proj(x)",
    "mul: ": "self.act_fn(self.gate_proj(x)) * self.up_proj(x)",
    "down_proj: ": "self.down_proj(self.act_fn(self.gate_proj(x)) * self.up_proj(x))",
}
_STATEMENTS = {
    "neg: ": ("auto tmp1 = ", ("vxorps",)),
    "exp: ": ("auto tmp2 = ", ("call   Sleef",)),
    "add: ": ("auto tmp5 = ", ("vaddps",)),
    "div: ": ("auto tmp6 = ", ("vmovaps zmm1", "vdivps")),
    "mul: ": ("auto tmp8 = ", ("vmulps",)),
}
_CALLS = {"mm: ": "extern_kernels.mm:1", "mm_1: ": "extern_kernels.mm:2", "mm_2: ": "extern_kernels.mm:4"}


def links(artifacts: tuple[Artifact, ...], compile_id: str = "0/0") -> tuple[Link, ...]:
    by_id = {item.id: item for item in artifacts}
    modeling, activations = sources()
    stages = {stage: by_id.get(artifact_id(stage, compile_id)) for stage in Stage}
    kernel = by_id.get(artifact_id(Stage.KERNEL, compile_id, KERNEL))
    asm = by_id.get(artifact_id(Stage.ASM, compile_id, KERNEL))
    dynamo, aten, post, inductor = (
        stages[stage] for stage in (Stage.DYNAMO, Stage.ATEN, Stage.POST_GRAD, Stage.INDUCTOR)
    )
    found: list[Link] = []
    for node, parts in _FX_NODES.items():
        if dynamo is not None:
            source = _span(activations, "nn.functional.silu(input)", True) if node == "silu: " else None
            source = source or _span(modeling, _SOURCE[node], True)
            found.append(Link(source, _span(dynamo, node), Origin.EXACT))
        for part in parts:
            if dynamo is not None and aten is not None:
                found.append(Link(_span(dynamo, node), _span(aten, f"        {part}"), Origin.EXACT))
            if aten is not None and post is not None:
                found.append(Link(_span(aten, f"        {part}"), _span(post, f"        {part}"), Origin.EXACT))
            if post is not None and inductor is not None and part in _CALLS:
                found.append(Link(_span(post, f"        {part}"), _span(inductor, _CALLS[part]), Origin.EXACT))
            if post is not None and kernel is not None and part in _STATEMENTS:
                statement, instructions = _STATEMENTS[part]
                found.append(Link(_span(post, f"        {part}"), _span(kernel, statement), Origin.EXACT))
                if asm is not None:
                    found.extend(
                        Link(_span(kernel, statement), _span(asm, item), Origin.DEBUG_INFO) for item in instructions
                    )
    return tuple(found)


PHASES = (
    Phase("_compile.compile_inner", 0.00, 6.20, 0, "0/0"),
    Phase("entire_frame_compile", 0.01, 6.18, 1, "0/0"),
    Phase("bytecode_tracing", 0.02, 0.41, 2, "0/0"),
    Phase("backend_compile", 0.44, 5.70, 2, "0/0"),
    Phase("create_aot_dispatcher_function", 0.46, 0.38, 3, "0/0"),
    Phase("aot_collect_metadata", 0.48, 0.09, 4, "0/0"),
    Phase("compile_fx.<locals>.fw_compiler_base", 0.86, 5.26, 3, "0/0"),
    Phase("_recursive_post_grad_passes", 0.90, 0.21, 4, "0/0"),
    Phase("GraphLowering.run", 1.14, 0.33, 4, "0/0"),
    Phase("GraphLowering.codegen", 1.50, 0.45, 4, "0/0"),
    Phase("async_compile.wait", 2.00, 4.10, 4, "0/0"),
    Phase("build_guards", 6.12, 0.07, 2, "0/0"),
)
GUARDS = (
    Guard("check_tensor(L['x'], torch.float32, size=[1, 8, 2048])", "TENSOR_MATCH", "L['x']", "modeling_llama.py:164"),
    Guard(
        "___check_obj_id(L['self'].act_fn, 140177770328400)", "ID_MATCH", "L['self'].act_fn", "modeling_llama.py:164"
    ),
    Guard("___check_global_state()", "GLOBAL_STATE"),
)
TARGET = {
    "name": "llama-mlp",
    "qualname": "LlamaMLP",
    "file": MODELING,
    "line": 151,
    "summary": "Llama 3.2 1B's feed-forward block",
    "inputs": [{"name": "x", "dtype": "f32", "shape": [1, 8, 2048], "device": "cpu"}],
    "parameters": 50331648,
    "parameter_bytes": 201326592,
    "batch": 1,
    "seq": 8,
}
ENVIRONMENT = {
    "python": "3.11.2",
    "torch": "2.13.0",
    "transformers": "5.23.0",
    "cpu": "AMD EPYC 9654",
    "isa": "avx512",
    "threads": 2,
    "compiler": "g++ 12.2.0",
    "cache": {"mode": "kept", "reused": ["vector-ISA probes", "precompiled header"]},
}


def _samples(base: float, count: int, seed: int) -> tuple[float, ...]:
    values, state = [], seed
    for _ in range(count):
        state = (state * 1103515245 + 12345) % 2**31
        noise = state / 2**31
        values.append(base * (1 + 0.04 * noise + (0.5 if noise > 0.985 else 0)))
    return tuple(values)


def latency(count: int = 120, shape: str = "batch 1 · seq 8") -> LatencyRun:
    return LatencyRun(
        shape,
        _samples(0.00612, count, 7),
        _samples(0.00481, count, 11),
        tokens=8,
        difference=Difference(3.1e-6, 2.2e-5),
        compile_ids=("0/0",),
    )


def compilation(compile_id: str = "0/0", status: CompileStatus = CompileStatus.DONE) -> Compilation:
    return Compilation(
        compile_id,
        status,
        "LlamaMLP.forward",
        Frame(MODELING, 163, "forward"),
        guards=GUARDS,
        kernels=(KERNEL,),
        cache="miss",
        metrics={
            **{"graph_op_count": 5, "generated_kernel_count": 1, "ir_nodes_pre_fusion": 4},
            **({"entire_frame_compile_time_s": 6.2} if status is CompileStatus.DONE else {}),
        },
    )


def llama_mlp(*, timed: bool = True) -> Capture:
    """The finished capture."""
    artifacts = (*sources(), *graphs(), *kernels())
    return Capture(
        request=REQUEST,
        target=TARGET,
        environment=ENVIRONMENT,
        artifacts=artifacts,
        links=links(artifacts),
        compilations=(compilation(),),
        phases=PHASES,
        latency=(latency(),) if timed else (),
        records=148,
        finished=True,
    )


def recompiled(capture: Capture) -> Capture:
    """The same after another batch size was run: a second compile id, and why."""
    artifacts = (*capture.artifacts, *graphs("0/1"), *kernels("0/1"))
    reason = "tensor 'x' size mismatch at index 0. expected 1, actual 2"
    return replace(
        capture,
        artifacts=artifacts,
        links=(*capture.links, *links(artifacts, "0/1")),
        compilations=(*capture.compilations, compilation("0/1")),
        recompiles=(Recompile("0/1", "LlamaMLP.forward", (reason,)),),
    )


def with_breaks() -> Capture:
    """Two graphs, parted by a print; the second one has two kernels."""
    capture = llama_mlp()
    second = tuple(item for item in graphs("1/0"))
    two = (*kernels("1/0"), *kernels("1/0", OTHER_KERNEL))
    compilations = (
        compilation(),
        replace(compilation("1/0"), function="resume_in_forward", kernels=(KERNEL, OTHER_KERNEL)),
    )
    stack = (Frame(MODELING, 164, "forward", "print(x.sum())"),)
    broken = GraphBreak(
        "0/0", "Failed to trace builtin operator `print`", "Dynamo does not know how to trace it.", stack=stack
    )
    artifacts = (*capture.artifacts, *second, *two)
    return replace(capture, artifacts=artifacts, compilations=compilations, graph_breaks=(broken,))


def growing() -> Iterator[Capture]:
    """The finished capture, one artifact at a time, as a trace brings them."""
    whole = llama_mlp(timed=False)
    phases_at = {Stage.DYNAMO: 3, Stage.ATEN: 6, Stage.POST_GRAD: 8, Stage.INDUCTOR: 11, Stage.ASM: 12}
    phases = 1
    for count in range(1, len(whole.artifacts) + 1):
        artifacts = whole.artifacts[:count]
        phases = max(phases, phases_at.get(artifacts[-1].stage, 0))
        last = count == len(whole.artifacts)
        compiled = any(item.compile_id for item in artifacts)
        status = CompileStatus.DONE if last else CompileStatus.LIVE
        shown = PHASES[:phases]
        if not last:
            shown = tuple(replace(phase, duration=None) if phase.depth < 3 else phase for phase in shown)
        yield replace(
            whole,
            artifacts=artifacts,
            links=links(artifacts),
            compilations=(compilation(status=status),) if compiled else (),
            phases=shown,
            finished=last,
        )


class FakeLive:
    """Stands in for `LiveCapture`: says what a test tells it to say, and remembers what it was asked."""

    def __init__(self, request: CaptureRequest, on_update: Callable[[Update], object]) -> None:
        self.request = request
        self.say = on_update
        self.sent: list[protocol.Message] = []
        self.started = self.cancelled = False
        self.capture = Capture(request=request)

    def start(self) -> None:
        self.started = True

    def send(self, message: protocol.Message) -> None:
        self.sent.append(message)

    def cancel(self) -> None:
        self.cancelled = True

    def event(self, event: protocol.Message) -> None:
        self.say(EventArrived(event))

    def show(self, capture: Capture) -> None:
        self.capture = capture
        self.say(CaptureUpdated(capture))

    def log(self, text: str, stream: str = "err") -> None:
        self.say(LogText(stream, text))

    def until(self, stage: Stage) -> None:
        """Replays the compile up to and including a stage."""
        for capture in growing():
            self.show(capture)
            if capture.artifacts[-1].stage is stage:
                return

    def compile(self, *, can_reshape: bool = True) -> None:
        """Replays the whole compile."""
        self.event(protocol.Progress("compiling"))
        for capture in growing():
            self.show(capture)
        self.event(protocol.Compiled(6.2, cache="kept", can_reshape=can_reshape, batch=1, seq=8))

    def end(self, kind: OutcomeKind, message: str, **more: object) -> None:
        self.say(Ended(Outcome(kind, message, **more)))  # type: ignore[arg-type]


class Factory:
    """Makes fakes, and keeps them for the test to talk through."""

    def __init__(self) -> None:
        self.made: list[FakeLive] = []

    def __call__(self, request: CaptureRequest, on_update: Callable[[Update], object]) -> FakeLive:
        self.made.append(FakeLive(request, on_update))
        return self.made[-1]

    @property
    def live(self) -> FakeLive:
        return self.made[-1]
