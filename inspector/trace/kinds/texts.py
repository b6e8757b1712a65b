"""Records that are a text and nothing else: kept under torch's own names, beside the stages' texts."""

from __future__ import annotations

from inspector.model.artifact import Artifact, Language, artifact_id
from inspector.model.stage import Stage
from inspector.trace.registry import KEPT_AS_TEXT, SHOWN_WHOLE, Incoming, record_kind

KEPT_AS_TEXT.update(
    {
        "optimize_ddp_split_graph",
        *(
            f"artifact:{name}"
            for name in (
                "after_activation_quantization_bwd_aten_pass",
                "after_activation_quantization_fwd_aten_pass",
                "after_joint_graph",
                "aot_forward_graph_fw_metadata",
                "aot_forward_graph_fw_subclass_metadata",
                "aot_inference_graph_after_hop_passes",
                "aot_joint_graph_sync_decision_cross_ranks",
                "aot_saved_tensors_hooks_graphs",
                "backward_epilogue",
                "backward_prologue",
                "before_activation_quantization_bwd_aten_pass",
                "before_activation_quantization_fwd_aten_pass",
                "before_joint_graph",
                "compiled_autograd_graph_pre_reordering",
                "compiled_fn_wrapper",
                "compiled_function_backward",
                "compiled_function_forward",
                "compiler_collective",
                "dynamo_cache_entries",
                "dynamo_side_effects",
                "eager_compile_backwards_failure",
                "fx_bucketing_passes_all_gather_buckets",
                "fx_bucketing_passes_reduce_scatter_buckets",
                "fx_collectives_analytical_estimation",
                "fx_collectives_node_runtime_estimation",
                "fx_compute_nodes_runtime_estimation",
                "fx_graph_runnable",
                "fx_interpreter_error",
                "fx_net_acc_splitter_finder_events",
                "inductor_aot_header_code",
                "inductor_aot_kernel_code",
                "inductor_aot_wrapper_code",
                "inductor_autotune_at_compile_time_code",
                "inductor_fx_passes_overlap_bucketing",
                "inductor_overlap_cyclic_extra_deps",
                "inductor_post_to_pre_grad_nodes",
                "inductor_provenance_tracking_kernel_stack_traces",
                "inductor_spmd_graph_mismatch",
                "invoke_subgraph_backward_duplicate",
                "make_fx_fail_partial",
                "min_cut_failed_edge_list",
                "min_cut_failed_fx_graph",
                "min_cut_failed_svg",
                "min_cut_information",
                "overlap_scheduling_graph_after",
                "overlap_scheduling_graph_before",
                "pge_profile_vs_analytical",
                "post_decomp_comms",
                "pre_bucketing_collective_sizes",
                "pre_bucketing_collective_sizes_after",
                "pre_bucketing_fsdp_collectives",
                "pre_decomp_comms",
                "reorder_communication_preserving_peak_memory",
                "runtime_wrapper_orchestration",
                "scheduler_nodes_before_comm_overlap",
                "sink_waits_iterative_info",
                "torch._functorch.config",
            )
        ),
    }
)
"""What torch 2.4 to 2.13 write; a name that is missing here is kept in the same way, and counted as unknown."""

BESIDE_STAGES = frozenset(("chromium_event", "dynamo_cpp_guards_str", "dynamo_guards", *KEPT_AS_TEXT))
"""Kinds that no stage's text comes from, and that most of a log is made of."""

_KNOWN_ENDINGS = ("_post_grad", "_pre_grad", "_wrapper", "_code_state")
"""Names that torch makes up: of a pass of the pattern matcher, of a generated wrapper."""


_KNOWN_BEGINNINGS = tuple(f"artifact:vllm_{name}" for name in ("submod_", "subgraph_", "patterns.", "post_grad."))
"""Names that vLLM makes up: of a piece of the graph, of the patterns of one of its passes, of the graph after one."""


def is_known_text(kind: str) -> bool:
    """Whether a kind without a parser is one that torch is known to write."""
    return (
        kind in KEPT_AS_TEXT
        or kind.startswith(_KNOWN_BEGINNINGS)
        or (kind.startswith("artifact:") and kind.endswith(_KNOWN_ENDINGS))
    )


SHOWN_WHOLE.update(
    {
        "str",
        "chromium_event",
        "dump_file",
        "artifact:torch_version",
        "artifact:after_pre_grad_graph",
        "optimize_ddp_split_child",
        "export",
        "dynamo_output_graph",
        "aot_joint_graph",
        "aot_forward_graph",
        "aot_backward_graph",
        "aot_inference_graph",
        "inductor_post_grad_graph",
        "artifact:inductor_post_grad_graph",
        "artifact:after_post_grad_graph",
        "inductor_output_code",
    }
)


@record_kind("link")
def _link(item: Incoming) -> None:
    """A place on the web that somebody's infrastructure filled: the address is kept as a text, never followed."""
    details = item.details
    compile_id = item.draft.compile_id if item.draft is not None else None
    item.state.keep_other(compile_id, str(details["name"]), f"{details['url']}\n", Language.TEXT)


@record_kind("dump_file")
def _dump_file(item: Incoming) -> None:
    """The source of a function that exists in memory alone (`<eval_with_key>.3`), which stacks name."""
    path = str(item.details["name"])
    key = artifact_id(Stage.SOURCE, None, None, path)
    item.state.sources[path] = Artifact(key, Stage.SOURCE, None, None, Language.PYTHON, item.text, path)
    item.state.version += 1


@record_kind("optimize_ddp_split_child")
def _ddp_child(item: Incoming) -> None:
    child = str(item.details.get("name") or "")
    item.compiling.split_names.append(child)
    name = f"optimize_ddp_split_child_{child}".rstrip("_")
    item.state.keep_other(item.compiling.compile_id, name, item.text, Language.FX)
