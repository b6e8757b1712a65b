"""A cold compile taken apart: what each part took."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from inspector.model.build import Build
from inspector.model.flame import FlameNode


class CompilePart(StrEnum):
    """A part of a cold start; its value is what a person reads."""

    START = "starting Python"
    IMPORT = "importing torch"
    BUILD = "building the target"
    PROBES = "vector-ISA probes"
    HEADER = "precompiled header"
    KERNELS = "kernels' g++ runs"
    BUILDS = "g++ runs that are not told apart"
    """In a log without phases of ours: of kernels, of the precompiled header, or of probes."""
    LOADING = "loading the code"
    DYNAMO = "Dynamo"
    AOT = "AOTAutograd"
    PASSES = "graph passes"
    LOWERING = "lowering"
    SCHEDULING = "scheduling"
    CODE = "code generation"
    INDUCTOR = "Inductor, the rest"
    OTHER = "phases of no known part"
    REST = "imports on demand and the first run"


@dataclass(frozen=True)
class ColdStart:
    """One first call of a compiled target in a process of its own."""

    name: str
    """`cold`, or what was applied."""
    parts: Mapping[CompilePart, float]
    """Seconds of the process's main thread; they add up to `seconds`."""
    seconds: float
    """From the start of the process to the end of the first compiled call."""
    builds: tuple[Build, ...] = ()
    """The kernels' compiler runs; those on other threads overlap."""
    warnings: tuple[str, ...] = ()
    """What whoever sees it has to know of the target, a sentence each."""


_RUN, _WAIT, _WRITING = "compile_file", "async_compile.wait", "Scheduler.codegen"
"""One run of the C++ compiler, what waits for those of kernels, and what writes their code."""
_RULES: tuple[tuple[CompilePart, tuple[str, ...]], ...] = (
    (CompilePart.PROBES, ("vec_isa_probe",)),
    (CompilePart.HEADER, ("precompile_header", "aoti_precompile_header")),
    (CompilePart.KERNELS, (_WAIT,)),
    (CompilePart.LOADING, ("PyCodeCache.load_by_key_path",)),
    (CompilePart.LOWERING, ("GraphLowering.run",)),
    (CompilePart.SCHEDULING, ("Scheduler.__init__", "Scheduler.fused_nodes")),
    (
        CompilePart.CODE,
        ("Scheduler.codegen", "GraphLowering.codegen", "PythonWrapperCodegen.generate", "code_gen"),
    ),
    (
        CompilePart.INDUCTOR,
        (
            *("inductor_compile", "fx_codegen_and_compile", "GraphLowering.compile_to_fn"),
            *("compile_fx.<locals>.fw_compiler_base", "compile_fx.<locals>.bw_compiler_base", "compile_fx_inner"),
            *("additional_fake_tensor_prop", "inductor_codecache_torch_key", "CacheBase.get_system.triton_key"),
            *("FxGraphCache.prepare_key", "TritonBundler.collect", "TritonBundler.read_and_emit"),
        ),
    ),
    (
        CompilePart.AOT,
        (
            *("create_aot_dispatcher_function", "aot_collect_metadata", "aot_trace_joint_graph"),
            *("min_cut_rematerialization_partition", "AOTAutogradCache.inductor_load", "backward._backward_impl"),
        ),
    ),
    (
        CompilePart.DYNAMO,
        (
            *("dynamo", "entire_frame_compile", "bytecode_tracing", "build_guards", "fullgraph_capture"),
            "insert_deferred_runtime_asserts",
        ),
    ),
)
_PART_OF = {name: part for part, names in _RULES for name in names}
_FINAL = (CompilePart.PROBES, CompilePart.HEADER)
"""Parts that keep all that happens within them."""


def parts_of(flames: Iterable[FlameNode]) -> dict[CompilePart, float]:
    """Seconds of each part: a phase's own time goes to its part, that of one of no known name to the others."""
    found: dict[CompilePart, float] = {}

    def add(node: FlameNode, caller: CompilePart, within: str, told: bool) -> None:
        part = caller if caller in _FINAL else _built(within, told) if node.name == _RUN else _part(node.name)
        found[part] = found.get(part, 0.0) + node.own
        for child in node.children:
            add(child, part, node.name, told)

    for flame in flames:
        told = all(_builds(flame, within) for within in (_WRITING, _WAIT))
        for child in flame.children:
            add(child, CompilePart.OTHER, flame.name, told)
    return found


def part_of(name: str, within: str) -> CompilePart:
    """The part of one event's own time.

    Args:
        name: of the event.
        within: name of the event directly around it; empty where there is none.
    """
    return _built(within, told=False) if name == _RUN else _part(name)


def _built(within: str, told: bool) -> CompilePart:
    """What the C++ compiler is run for directly within a phase of torch's own, as far as that tells.

    Kernels are waited for; while a scheduler writes code, probes ask which vectors it may write. Where both are seen
    (`told`), what is left for the time of loading is the kernels' header.
    """
    if within == _WAIT:
        return CompilePart.KERNELS
    if within == _WRITING:
        return CompilePart.PROBES
    return CompilePart.HEADER if told and within == "PyCodeCache.load_by_key_path" else CompilePart.BUILDS


def _builds(node: FlameNode, within: str) -> bool:
    """Whether the C++ compiler is run directly within a phase of this name."""
    return any((node.name == within and child.name == _RUN) or _builds(child, within) for child in node.children)


def _part(name: str) -> CompilePart:
    if name.startswith("pass.") or name.endswith("_passes"):
        return CompilePart.PASSES
    if name.startswith("compile_attempt_"):
        return CompilePart.DYNAMO
    return _PART_OF.get(name, CompilePart.OTHER)
