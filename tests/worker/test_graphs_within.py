"""A capture of a `torch.cond` on the torch at hand: what its branches record, forward and backward."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from kernel_text import statement_lines
from worker_driver import Finished, capture

from inspector.link.fxtext import read_fx
from inspector.model.capture import Capture
from inspector.model.link import Origin
from inspector.model.request import CaptureRequest
from inspector.model.stage import Stage
from inspector.trace import read_capture

pytestmark = pytest.mark.compiles

BRANCHES = Path(__file__).parent.parent / "traces" / "scripts" / "branches.py"


@pytest.fixture(scope="module")
def branches(tmp_path_factory: pytest.TempPathFactory) -> Finished:
    """Both branches share names of nodes with each other and with the graph around them."""
    return capture(CaptureRequest(target=f"{BRANCHES}:build", train=True), tmp_path_factory.mktemp("branches"))


@pytest.fixture(scope="module")
def made(branches: Finished) -> Capture:
    return read_capture(branches.directory / "trace")


def graphs(finished: Finished) -> dict[tuple[str, bool], dict[str, Any]]:
    return {(graph["stage"], graph["backward"]): graph for graph in finished.payloads("graph")}


def test_the_records_nodes_are_those_of_the_texts(branches: Finished) -> None:
    for graph in graphs(branches).values():
        text = read_fx(graph["text"])
        names = {node["name"] for node in graph["nodes"] if node["op"] != "placeholder"}
        assert text.inner
        assert {*text.nodes, *text.inner} >= names


def test_every_operator_within_has_its_ancestors(branches: Finished) -> None:
    found = graphs(branches)
    dynamo = {node["name"] for node in found["dynamo", False]["nodes"]}
    aten = {node["name"]: node for node in found["joint", False]["nodes"]}
    within = [node for name, node in aten.items() if "." in name and node["op"] == "call_function"]
    forward = [node for node in within if name_of(node).startswith(("true_graph_0.", "false_graph_0."))]
    assert len(forward) >= 8
    for node in forward:
        assert node["from"], node["name"]
        assert set(node["from"]) <= dynamo
        branch = "true" if "true" in name_of(node) else "false"
        assert all(origin.startswith(f"cond_{branch}_0.") for origin in node["from"]), node


def name_of(node: dict[str, Any]) -> str:
    return str(node["name"])


def test_statements_and_calls_within_are_linked(made: Capture) -> None:
    assert not [note.message for note in made.notes if note.message.startswith("Not linked")]
    stage = {artifact.id: artifact.stage for artifact in made.artifacts}
    exact: dict[str, set[int]] = {}
    for link in made.links:
        if stage[link.a.artifact] is Stage.POST_GRAD and link.origin is Origin.EXACT:
            exact.setdefault(link.b.artifact, set()).update(range(link.b.start.line, link.b.end.line + 1))
    for kernel in made.find(Stage.KERNEL):
        assert set(statement_lines(kernel.text)) <= exact[kernel.id], kernel.id
    for code in made.find(Stage.INDUCTOR):
        calls = [number for number, line in enumerate(code.lines, 1) if line.strip().startswith("extern_kernels.")]
        assert set(calls) <= exact[code.id]


def test_a_branchs_fusion_is_of_its_own_nodes(branches: Finished) -> None:
    records = branches.payloads("fusion")
    inner = [
        record for record in records if any("graph_" in loop for group in record["groups"] for loop in group["loops"])
    ]
    assert len(inner) >= 4
    for record in inner:
        names = [value["name"] for value in record["values"]]
        assert len(names) == len(set(names))
        assert not {"cond", "gt"} & set(names)
