"""The register of torch's private parts: all that inspector touches behind torch's public interface.

For each use: the parts, the files below `worker/` that need them, what is lost where torch no longer has them, and the
test that takes one away and looks at what is left. `inspector.worker.private` patches nothing that is not here, a
contract test finds what is used and is not here, and `inspector doctor --torch` prints what holds on the torch at hand.
torch is not imported here.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from inspector.worker.private_part import LOGGER, PrivatePart, Use, parts

_INDUCTOR = "torch._inductor"
_DYNAMO = "torch._dynamo"
_TAKEN_AWAY = "tests/worker/test_private_parts.py::test_what_is_lost_is_told"
_FALLBACKS = "tests/worker/test_fallbacks.py"
_NOTHING = "no capture can be made"
_SKIP = "log_cudagraph_skip_and_bump_counter(msg)"
_TRACING = "set_kernel_post_grad_provenance_tracing(node_schedule, kernel_name)"
_PASSES = ("_recursive_joint_graph_passes(gm)", "_recursive_post_grad_passes(gm, is_inference)")
_OBSERVED = ("GraphTransformObserver.__enter__(self)", "GraphTransformObserver.__exit__(self)")
_APPLIED = [f"{kind}PatternEntry.apply(self, match, graph, node)" for kind in ("Replacement", "Graph", "Lowering")]

USES: Final[Mapping[str, Use]] = {
    # --- with something that stands in ---------------------------------------------------------------------------
    "stacks": Use(
        ("stacks.py",),
        parts(f"{_DYNAMO}.symbolic_convert", "InstructionTranslatorBase.frame_summary(self)")
        + parts(f"{_DYNAMO}.output_graph", "SubgraphTracer.create_proxy(self, kind, target)"),
        "source positions are known by line only.",
        f"{_FALLBACKS}::test_without_frames_places_are_known_by_line",
    ),
    "resumes": Use(
        ("resumes.py",),
        parts(f"{_DYNAMO}.output_graph", "OutputGraph.install_global_unsafe(self, name, value)"),
        "which compile continues which after a graph break is not recorded.",
        _TAKEN_AWAY,
    ),
    "dynamo graphs": Use(
        ("recording.py",),
        parts(f"{_DYNAMO}.output_graph", "OutputGraph.call_user_compiler(self, gm, example_inputs)")
        + parts(f"{_DYNAMO}.convert_frame", "register_bytecode_hook"),
        "the places of Dynamo's nodes are known by line only.",
        "tests/worker/test_record_code.py::test_another_torch_is_recorded_with_less_and_a_note",
    ),
    "inductor's entry": Use(
        ("recording.py",),
        parts(f"{_INDUCTOR}.compile_fx", "compile_fx(model_)", "_compile_fx_inner(gm)"),
        "the ATen graphs have no facts, and kernels no machine code.",
        "tests/worker/test_record_code.py::test_another_torch_is_recorded_with_less_and_a_note",
    ),
    "passes": Use(
        ("graph_log.py",),
        parts(f"{_INDUCTOR}.compile_fx", *_PASSES),
        "the post-grad graph's nodes have no facts.",
        f"{_FALLBACKS}::test_torchs_own_caches_keep_their_keys",
    ),
    "passes, with custom ones": Use(
        ("graph_log.py",),
        parts(f"{_INDUCTOR}.config", "post_grad_custom_post_pass"),
        "the ATen graph is shown after the joint passes, post-grad before the last ones.",
        f"{_FALLBACKS}::test_without_the_passes_a_custom_pass_sees_post_grad",
    ),
    "patterns": Use(
        ("patterns.py",),
        parts(
            f"{_INDUCTOR}.pattern_matcher",
            "ReplacementPatternEntry.replace_with_graph(match, graph, replacement_graph, args)",
        ),
        "what a pattern put into a graph is not linked to what it took the place of.",
        _TAKEN_AWAY,
    ),
    "pass by pass": Use(
        ("passes.py",),
        parts(f"{_INDUCTOR}.compile_fx", "_recursive_pre_grad_passes(gm)", *_PASSES)
        + parts("torch.fx.passes.graph_transform_observer", *_OBSERVED)
        + parts(f"{_INDUCTOR}.pattern_matcher", *_APPLIED),
        "what each pass did is not recorded.",
        _TAKEN_AWAY,
        seen=("2.13",),
    ),
    "loop IR": Use(
        ("ir_log.py",),
        (
            *parts(f"{_INDUCTOR}.debug", "log_ir_pre_fusion(nodes)", "log_ir_post_fusion(nodes)"),
            PrivatePart(f"{LOGGER}{_INDUCTOR}.debug.__ir_pre_fusion"),
            PrivatePart(f"{LOGGER}{_INDUCTOR}.debug.__ir_post_fusion"),
        ),
        "the loop IR is tied to graph nodes by the kernels' names only.",
        _TAKEN_AWAY,
    ),
    "fusion": Use(
        ("fusion.py",),
        parts(f"{_INDUCTOR}.scheduler", "WhyNoFuse.__call__(self, reason, args)", "Scheduler.codegen(self)")
        + parts(f"{_INDUCTOR}.codegen.cpp", "CppScheduling.define_kernel(self, src_code)")
        + parts(f"{_INDUCTOR}.codegen.triton", "TritonScheduling.define_kernel(self, src_code)")
        + (PrivatePart(f"{LOGGER}{_INDUCTOR}.scheduler.__fusion"),),
        "what was fused, and what was not, is not explained.",
        "tests/worker/test_fusion_record.py::test_another_torch_is_noted_and_nothing_is_hooked",
    ),
    "autotuning": Use(
        ("autotuning.py",),
        parts(f"{_INDUCTOR}.select_algorithm", "AlgorithmSelectorCache.do_autotuning(self, name, input_nodes)"),
        "of what autotuning tried only the fastest is known.",
        _TAKEN_AWAY,
        seen=("2.13",),
    ),
    "provenance": Use(
        ("provenance.py",),
        parts(
            f"{_INDUCTOR}.debug",
            "_inductor_triton_kernel_to_post_grad_node_info",
            "reset_provenance_globals",
            _TRACING,
        )
        + parts(f"{_INDUCTOR}.codegen.cpp", _TRACING)
        + parts(f"{_INDUCTOR}.codegen.triton", _TRACING),
        "calls are tied to nodes only where torch's own record says so.",
        _TAKEN_AWAY,
    ),
    "statements": Use(
        ("statements/session.py", "statements/hooks.py", "statements/recorder.py"),
        parts(f"{_INDUCTOR}.ir", "Loops.__post_init__(self)", "ComputedBuffer.get_store_function(self)")
        + parts(
            f"{_INDUCTOR}.loop_body",
            "LightTracer.create_node(self, kind, target, args, kwargs, name, type_expr)",
            "InterpreterShim.run_node(self, n)",
        )
        + parts(f"{_INDUCTOR}.utils", "IndentedBuffer.writeline(self, line)", "DeferredLineBase._new_line")
        + parts(
            f"{_INDUCTOR}.codegen.common",
            "CSE.augment_key(self, cache_key)",
            "CSE.generate(self, buffer, expr, bounds, write, assignment, dtype, shape)",
            "Kernel",
        )
        + parts(
            f"{_INDUCTOR}.codegen.cpp",
            "CppKernel._gen_reduction_prefix(self, acc, acc_type, rtype, dtype, init_fn)",
            "CppScheduling.codegen_node(self, node)",
            "CppScheduling.codegen_template(self, template_node, epilogue_nodes, prologue_nodes)",
            "CppScheduling.define_kernel(self, src_code, nodes, kernel_args)",
        )
        + parts(f"{_INDUCTOR}.codegen.simd", "SIMDScheduling.codegen_node(self, node)")
        + parts(
            f"{_INDUCTOR}.codegen.triton",
            "TritonCSE.augment_key(self, cache_key)",
            "TritonKernel.codegen_iteration_ranges_entry(self, entry)",
            "TritonKernel.codegen_kernel(self, name)",
            "TritonScheduling.define_kernel(self, src_code, node_schedule, kernel)",
        )
        + parts(
            f"{_INDUCTOR}.codegen.wrapper",
            "PythonWrapperCodegen.define_kernel(self, kernel_name, kernel_body, metadata, gpu, cpp_definition)",
        )
        + parts(f"{_INDUCTOR}.graph", "SubgraphLowering")
        + parts(f"{_INDUCTOR}.ir", "TemplateBuffer", "CppTemplateBuffer")
        + parts(f"{_INDUCTOR}.scheduler", "SchedulerNode._body")
        + parts(f"{_INDUCTOR}.virtualized", "V")
        + parts("torch._guards", "CompileContext.current_compile_id"),
        "no statement of a kernel is linked exactly; what follows from texts stays.",
        "tests/worker/test_statements_safety.py::test_missing_function_installs_nothing",
    ),
    "kernels' modules": Use(
        ("kernels.py",),
        parts(f"{_INDUCTOR}.codecache", "PyCodeCache.modules"),
        "the loaded kernels are searched for among all modules.",
        f"{_FALLBACKS}::test_without_the_list_of_modules_the_kernels_are_found_all_the_same",
    ),
    "Triton kernels": Use(
        ("triton_kernels.py",),
        parts(f"{_INDUCTOR}.runtime.triton_heuristics", "CachingAutotuner", "CachingAutotuner.run(self)")
        + parts(f"{_INDUCTOR}.runtime.cache_dir_utils", "triton_cache_dir(device)"),
        "Triton kernels have neither IR nor machine code.",
        "tests/worker/test_gpu_parts.py::test_another_torch_costs_the_stages_and_a_note",
    ),
    "CUDA graphs left out": Use(
        ("cudagraphs.py",),
        parts(f"{_INDUCTOR}.cudagraph_utils", _SKIP)
        + parts(f"{_INDUCTOR}.output_code", _SKIP)
        + parts(f"{_INDUCTOR}.compile_fx", _SKIP)
        + parts(f"{_INDUCTOR}.scheduler", "Scheduler.graph_partition(self)"),
        "why CUDA graphs were left out is not recorded.",
        _TAKEN_AWAY,
    ),
    "CUDA graphs recorded": Use(
        ("cudagraphs.py",),
        parts(
            f"{_INDUCTOR}.cudagraph_trees",
            _SKIP,
            "CUDAGraphTreeManager.run(self, new_inputs, function_id)",
            "CUDAGraphTreeManager.record_function(self, new_inputs, function_id)",
        ),
        "when CUDA graphs are recorded is not seen.",
        _TAKEN_AWAY,
    ),
    "builds": Use(
        ("builds.py",),
        parts(f"{_INDUCTOR}.cpu_vec_isa", "VecISA.check_build(self, code)")
        + parts(
            f"{_INDUCTOR}.codecache",
            "_precompile_header(header, hashable_cmd_line)",
            "CppBuilder.get_command_line(self)",
            "CppBuilder.get_target_file_path(self)",
            "_worker_compile_cpp(lock_path, cpp_builders)",
        )
        + parts(f"{_DYNAMO}.utils", "dynamo_timed"),
        "the compiler runs are not told from one another.",
        _TAKEN_AWAY,
    ),
    "kernel edits": Use(
        ("edits/build.py",),
        parts(f"{_INDUCTOR}.async_compile", "AsyncCompile.triton(self, kernel_name, source_code)")
        + parts(f"{_INDUCTOR}.codecache", "CppPythonBindingsCodeCache.load_pybinding"),
        "no kernel can be edited.",
        seen=("2.11", "2.13"),
    ),
    "kept probes": Use(
        ("toolchain.py",),
        parts(f"{_INDUCTOR}.cpu_vec_isa", "VecISA.build_arch_flags(self)", "VecISA.check_build(self, code)"),
        "the vector-ISA probes run in every capture.",
        _TAKEN_AWAY,
    ),
    "kept header": Use(
        ("toolchain.py",),
        parts(
            f"{_INDUCTOR}.codecache",
            "_HEADER_DIR",
            "_HEADER_LOCK_DIR",
            "_precompile_header(header, hashable_cmd_line)",
        ),
        "the header is precompiled by torch's own rules.",
        _TAKEN_AWAY,
    ),
    "exports": Use(
        ("exports.py",),
        parts("torch.export._trace", "dtrace_structured(name)", "log_export_usage")
        + parts("torch._logging._internal", "GET_DTRACE_STRUCTURED", "trace_structured"),
        "exported programs are recorded with TORCH_DTRACE only, and failed exports not at all.",
        _TAKEN_AWAY,
    ),
    "graphs that ran": Use(
        ("ran.py",),
        parts(f"{_INDUCTOR}.output_code", "CompiledFxGraph.__call__(self, inputs)"),
        "how many compiled graphs ran in a call is not known.",
        "tests/worker/test_private_parts.py::test_graphs_that_cannot_be_counted_are_not_known",
    ),
    # --- with nothing that stands in: what a capture, or the verb, is made with ----------------------------------
    "layers": Use(
        ("study/layers.py",),
        parts(f"{_INDUCTOR}.graph", "GraphLowering.save_output_code") + parts(_DYNAMO, "config"),
        "`inspector study layers` counts no kernels.",
    ),
    "trace": Use(
        ("records.py", "trace_file.py", "settings.py", "ready.py"),
        parts("torch._logging._internal", "TorchLogsFormatter", "trace_log", "trace_structured")
        + parts("torch._logging.structured", "INTERN_TABLE")
        + parts("torch._guards", "CompileContext.current_compile_id"),
        _NOTHING,
    ),
    "settings": Use(
        (
            "settings.py",
            "options.py",
            "outcomes.py",
            "provenance.py",
            "graph_log.py",
            "cudagraphs.py",
            "capture.py",
            "ready.py",
        ),
        parts(f"{_INDUCTOR}.config", "trace", "triton", "patch", "get_type", "get_config_copy")
        + parts(f"{_INDUCTOR}.config", "force_disable_caches", "fx_graph_cache", "fx_graph_remote_cache")
        + parts(f"{_INDUCTOR}.config", "fallback_random")
        + parts("torch._functorch.config", "enable_autograd_cache", "enable_remote_autograd_cache")
        + parts(f"{_DYNAMO}.config", "patch")
        + parts(_INDUCTOR, "list_mode_options"),
        _NOTHING,
    ),
    "backend": Use(
        ("backend.py", "edits/build.py", "profiling/nodes.py"),
        parts(f"{_INDUCTOR}.compile_fx", "compile_fx", "compile_fx_inner") + parts(f"{_INDUCTOR}.config", "patch"),
        _NOTHING,
    ),
    "bytecode": Use(
        ("graph_log.py",),
        parts(f"{_DYNAMO}.convert_frame", "register_bytecode_hook"),
        "the bytecode that Dynamo writes is not recorded, and no capture can be made.",
    ),
    "counters": Use(
        ("capture.py", "graph_log.py", "recording.py", "study/counts.py", "ready.py"),
        parts(f"{_DYNAMO}.utils", "counters", "get_compilation_metrics")
        + parts(f"{_INDUCTOR}.metrics", "generated_kernel_count")
        + (PrivatePart(f"{LOGGER}{_INDUCTOR}.compile_fx.__inductor_metrics"),),
        "what torch counted is not recorded, and no capture can be made.",
    ),
    "machine": Use(
        ("capture.py", "environment.py", "recording.py", "packs/make.py"),
        parts(f"{_INDUCTOR}.cpu_vec_isa", "pick_vec_isa")
        + parts(f"{_INDUCTOR}.cpp_builder", "get_cpp_compiler", "get_compiler_version_info")
        + parts(f"{_INDUCTOR}.exc", "InvalidCxxCompiler"),
        _NOTHING,
    ),
    "lowering": Use(
        ("fusion.py", "fusion_values.py", "ir_origins.py", "ir_log.py"),
        parts(f"{_INDUCTOR}.virtualized", "V")
        + parts(f"{_INDUCTOR}.graph", "SubgraphLowering")
        + parts(f"{_INDUCTOR}.scheduler", "SchedulerNode._body"),
        "the record of the graph in question: a note names the exception.",
        "tests/worker/test_fallbacks.py::test_a_recorder_that_fails_does_not_fail_the_compile",
    ),
    "operators": Use(
        (
            *(
                "fusion_values.py",
                "graphs.py",
                "pricing/eager.py",
                "profiling/chance.py",
                "profiling/moves.py",
                "profiling/nodes.py",
            ),
            *("profiling/numerics.py", "profiling/operations.py", "profiling/roundings.py", "profiling/work.py"),
        ),
        parts("torch._ops", "OpOverload")
        + parts("torch", "ops.aten.add.Tensor._schema", "ops.aten.add.Tensor._overloadpacket"),
        _NOTHING,
    ),
    "trees": Use(
        (
            *("calls.py", "form.py", "submodule.py", "user_code.py", "packs/load.py", "packs/make.py"),
            *("profiling/numerics.py", "study/cures.py"),
        ),
        parts(
            "torch.utils._pytree",
            *("keystr", "tree_flatten_with_path", "tree_is_leaf", "tree_leaves", "tree_leaves_with_path"),
            *("tree_map", "tree_map_only"),
        ),
        _NOTHING,
    ),
    "modes": Use(
        ("pricing/eager.py", "profiling/numerics.py", "profiling/work.py"),
        parts("torch.utils._python_dispatch", "TorchDispatchMode"),
        "operators are neither counted, clocked nor compared: `profile`, `price` and `numerics` fail.",
    ),
    "profiler": Use(
        ("gpu_clock.py", "pricing/gpu.py", "profiling/gpu.py", "profiling/marks.py", "profiling/timing.py"),
        parts("torch._C._profiler", "_RecordFunctionFast") + parts("torch._C._autograd", "DeviceType"),
        "`profile` fails, a GPU's `price` too, and the GPU's own time is not known.",
    ),
    "tensors and modules": Use(
        ("state.py", "reach.py", "profiling/moves.py"),
        parts("torch", "Tensor._version", "Tensor._indices", "Tensor._values", "nn.Module._parameters")
        + parts("torch", "nn.Module._buffers", "nn.Module._modules"),
        "what a call writes cannot be put back: `latency`, `profile` and `numerics` fail.",
    ),
    "packs": Use(
        ("packs/load.py", "packs/make.py"),
        parts(_INDUCTOR, "aoti_compile_and_package")
        + parts("torch._C._aoti", "AOTIModelPackageLoader")
        + parts("torch.export.pt2_archive._package", "AOTICompiledModel"),
        "`inspector pack` and `load_pack` fail.",
    ),
    "dynamic shapes": Use(
        ("study/shapes.py",),
        parts(_DYNAMO, "mark_dynamic"),
        "`inspector study shapes` fails.",
    ),
}
