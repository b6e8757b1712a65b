"""The parsers, grouped by who writes the records. Importing this registers them all."""

from inspector.trace.kinds import aot, dynamo, fusion, inductor, metrics, side, statements
from inspector.trace.registry import PASSED_OVER

__all__ = ["aot", "dynamo", "fusion", "inductor", "metrics", "side", "statements"]

PASSED_OVER.update(
    {
        "describe_storage",
        "describe_tensor",
        "describe_source",
        "dump_file",
        "link",
        "create_symbol",
        "create_unbacked_symbol",
        "guard_added_fast",
        "guard_added",
        "expression_created",
        "symbolic_shape_specialization",
        "propagate_real_tensors",
        "propagate_real_tensors_provenance",
        "artifact:torch._functorch.config",
        "artifact:fx_graph_runnable",
        "artifact:aot_forward_graph_fw_metadata",
        "artifact:before_joint_graph",
        "artifact:after_joint_graph",
        "artifact:inductor_provenance_tracking_kernel_stack_traces",
        "artifact:inductor_post_to_pre_grad_nodes",
        "artifact:inductor_triton_kernel_to_post_grad_nodes",
        "artifact:aotautograd_cache_hash",
        "artifact:backward_prologue",
        "artifact:backward_epilogue",
        "artifact:compiled_function_forward",
        "artifact:compiled_function_backward",
        "artifact:compiled_fn_wrapper",
        "artifact:runtime_wrapper_orchestration",
    }
)
