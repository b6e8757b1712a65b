"""What a capture leaves in the trace, beside torch's own records."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import pytest
from torch._inductor import config
from worker_driver import Finished

pytestmark = pytest.mark.compiles


def graphs(finished: Finished) -> dict[tuple[str, bool], dict[str, Any]]:
    return {(graph["stage"], graph["backward"]): graph for graph in finished.payloads("graph")}


def nodes(graph: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {node["name"]: node for node in graph["nodes"]}


def assigned(text: str) -> set[str]:
    """The names that a printed graph computes."""
    return set(re.findall(r"^ +(\w+): \"[^\"]*\" = ", text, re.MULTILINE))


LINE_TABLES = hasattr(config.aot_inductor, "enable_line_tables")
"""Whether this torch builds its kernels with line tables."""


def test_nothing_had_to_fall_back(inference: Finished, training: Finished) -> None:
    for finished in (inference, training):
        notes = [
            note["message"] for note in finished.payloads("note") if " mode and is compiled in " not in note["message"]
        ]
        assert len(notes) == (0 if LINE_TABLES else 1), notes


def test_every_stage_of_inference_is_there(inference: Finished) -> None:
    assert {stage for stage, _ in graphs(inference)} == {"dynamo", "aten", "post_grad"}
    assert {ir["stage"] for ir in inference.payloads("ir")} == {"ir_pre_fusion", "ir_post_fusion"}
    own = {"dynamo_output_graph", "aot_inference_graph", "inductor_post_grad_graph", "inductor_output_code"}
    own |= {"before_pre_grad_graph", "dynamo_cpp_guards_str", "compilation_metrics", "chromium_event"}
    own |= {"inductor_provenance_tracking_node_mappings"}
    assert own <= inference.named.keys()


def test_every_stage_of_training_is_there(training: Finished) -> None:
    wanted = {("dynamo", False), ("joint", False), ("aten", False), ("post_grad", False)}
    assert graphs(training).keys() == wanted | {("aten_backward", True), ("post_grad", True)}
    assert {"aot_joint_graph", "aot_forward_graph", "aot_backward_graph"} <= training.named.keys()
    assert {(ir["stage"], ir["backward"]) for ir in training.payloads("ir")} == {
        ("ir_pre_fusion", False),
        ("ir_post_fusion", False),
        ("ir_pre_fusion", True),
        ("ir_post_fusion", True),
    }
    assert {kernel["backward"] for kernel in training.payloads("kernel")} == {False, True}


@pytest.mark.parametrize(
    ("stage", "record"),
    [("dynamo", "dynamo_output_graph"), ("aten", "aot_inference_graph"), ("post_grad", "inductor_post_grad_graph")],
)
def test_facts_are_of_the_very_nodes_that_torch_prints(inference: Finished, stage: str, record: str) -> None:
    graph = graphs(inference)[stage, False]
    computed = {node["name"] for node in graph["nodes"] if node["op"].startswith("call")}
    assert computed == assigned(inference.named[record][-1].payload)
    assert assigned(graph["text"]) == computed


def test_values_have_shape_stride_type_and_device(inference: Finished) -> None:
    relu = nodes(graphs(inference)["aten", False])["relu"]
    assert relu["target"] == "aten.relu.default"
    assert (relu["shape"], relu["stride"]) == ([4, 16], [16, 1])
    assert (relu["dtype"], relu["device"]) == ("float32", "cpu")
    assert nodes(graphs(inference)["aten", False])["output"]["shape"] is None


def expressions(finished: Finished, stage: str, backward: bool, file: Path) -> dict[str, str]:
    """Node → the text of the expression that its innermost frame names."""
    lines = file.read_text().splitlines(keepends=True)
    found = {}
    for name, node in nodes(graphs(finished)[stage, backward]).items():
        if not node["stack"]:
            continue
        place = node["stack"][-1]
        assert place["file"] == str(file)
        part = lines[place["line"] - 1 : place["end_line"]]
        part[-1] = part[-1][: place["end_col"]]
        part[0] = part[0][place["col"] :]
        found[name] = "".join("".join(part).split())
    return found


CHAIN = {
    "relu": "torch.relu(self.lin(x))",
    "sin": "x.sin()",
    "add": "torch.relu(self.lin(x))+x.sin()",
    "cos": "x.cos()",
    "add_1": "torch.relu(self.lin(x))+x.sin()+x.cos()",
}


@pytest.mark.parametrize("stage", ["dynamo", "aten", "post_grad"])
def test_expressions_are_known_to_the_column_over_several_lines(inference: Finished, modules: Path, stage: str) -> None:
    known = expressions(inference, stage, False, modules)
    assert {name: known[name] for name in CHAIN} == CHAIN


def test_gradients_point_at_the_expression_they_differentiate(training: Finished, modules: Path) -> None:
    known = expressions(training, "aten_backward", True, modules)
    assert known["where"] == CHAIN["relu"]
    assert known["mm"] == "self.lin(x)"


def test_ancestors_lead_back_to_dynamo(inference: Finished, training: Finished) -> None:
    aten = nodes(graphs(inference)["aten", False])
    assert aten["addmm"]["from"] == ["linear"]
    assert aten["add_1"]["from"] == ["add_1"]
    assert nodes(graphs(inference)["post_grad", False])["addmm"]["from"] == ["addmm"]
    joint = nodes(graphs(training)["joint", False])
    assert joint["where"]["from"] == ["relu"]
    assert joint["mm"]["from"] == ["linear"]
    backward = nodes(graphs(training)["aten_backward", True])
    assert backward["where"]["from"] == ["where"]


def test_ir_is_without_the_logs_heading_and_out_of_the_log(inference: Finished) -> None:
    for ir in inference.payloads("ir"):
        assert ir["compile_id"] == "0/0"
        assert ir["text"].startswith("op0: ")
    assert "FUSION\n" not in inference.err


def test_bytecode_before_and_after(inference: Finished) -> None:
    (bytecode,) = inference.payloads("bytecode")
    assert bytecode["compile_id"] == "0/0"
    assert "LOAD_ATTR" in bytecode["original"]
    assert "__compiled_fn" in bytecode["modified"]
    assert "__compiled_fn" not in bytecode["original"]


def test_kernels_are_the_binaries_that_were_loaded(inference: Finished) -> None:
    (kernel,) = inference.payloads("kernel")
    code = inference.named["inductor_output_code"][0].payload
    assert f"{kernel['kernel']} = async_compile.cpp_pybinding" in code
    assert Path(kernel["so"]).read_bytes().startswith(b"\x7fELF")
    assert 'extern "C"' in Path(kernel["cpp"]).read_text()
    assert Path(kernel["so"]).is_relative_to(inference.directory), "kept captures build their kernels anew"


def test_machine_code_has_the_kernel_and_its_lines_and_no_glue(inference: Finished) -> None:
    (kernel,) = inference.payloads("kernel")
    (asm,) = inference.payloads("asm")
    assert asm["kernel"] == kernel["kernel"]
    symbols = set(re.findall(r"^[0-9a-f]+ <(.+)>:$", asm["objdump"], re.MULTILINE))
    assert "kernel" in symbols
    assert not any("PyInit" in symbol or "kernel_py" in symbol for symbol in symbols)
    assert bool(re.search(re.escape(kernel["cpp"]) + r":\d+", asm["objdump"])) == LINE_TABLES


def test_records_come_in_the_order_a_reader_needs(inference: Finished) -> None:
    names = [record.name for record in inference.records]
    assert names[0] == "inspector_request"
    assert names[-1] == "inspector_done"
    first = names.index("dynamo_start")
    assert {"inspector_environment", "inspector_target", "inspector_source"} <= set(names[:first])
    assert names.index("inspector_kernel") > names.index("inductor_output_code")


def test_target_and_its_source(inference: Finished, modules: Path) -> None:
    (target,) = inference.payloads("target")
    lines = modules.read_text().splitlines()
    assert lines[target["line"] - 1].strip() == "def forward(self, x):"
    assert (target["parameters"], target["parameter_bytes"]) == (16 * 17, 16 * 17 * 4)
    assert target["inputs"] == [{"name": "x", "dtype": "float32", "shape": [4, 16], "stride": [16, 1], "device": "cpu"}]
    (source,) = inference.payloads("source")
    assert source["text"] == modules.read_text()
    assert source["path"] == str(modules)
    assert source["focus"] == target["line"]


def test_environment_ends_with_what_was_reused(inference: Finished, training: Finished) -> None:
    before, after = training.payloads("environment")
    assert before["cache"] == {"mode": "kept", "reused": []}
    assert after["cache"]["mode"] == "kept"
    assert after["compiler"]
    assert after["threads"] >= 1
    # Whichever capture came second found the probes answered.
    reused = [finished.payloads("environment")[1]["cache"]["reused"] for finished in (inference, training)]
    assert ["precompiled header", "vector-ISA probes"] in reused


def test_metrics_are_of_one_graph(inference: Finished) -> None:
    (metrics,) = inference.payloads("metrics")
    assert metrics["compile_id"] == "0/0"
    assert metrics["generated_kernel_count"] == 1


def test_helpers_see_what_they_say() -> None:
    assert assigned(inspect.cleandoc('    a: "f32[1]" = torch.sin(x);  x = None\n    return (a,)')) == set()
    assert assigned('    a: "f32[1]" = torch.sin(x);  x = None\n    return (a,)') == {"a"}
