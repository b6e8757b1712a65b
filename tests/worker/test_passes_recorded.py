"""Pass by pass, on the real compiler: nothing changes, and what is seen is what the compiler has."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from captured_once import captured_once
from torch._inductor import compile_fx
from torch.fx import GraphModule, symbolic_trace
from torch.fx.passes.graph_transform_observer import GraphTransformObserver
from worker_driver import ROOT, Finished

from inspector.model.kernel import text_digest
from inspector.model.passes import PassPhase
from inspector.model.request import CaptureRequest
from inspector.say.passes import NONE_RAN, no_passes
from inspector.trace import read_capture
from inspector.worker import records
from inspector.worker.direction import Direction
from inspector.worker.passes import PassLog


@pytest.mark.compiles
@pytest.mark.parametrize("kind", ["inference", "training"])
def test_with_passes_the_code_is_the_same_and_the_last_graph_is_post_grad(
    kind: str, modules: Path, run_folder: Path, request: pytest.FixtureRequest
) -> None:
    without: Finished = request.getfixturevalue(kind)
    asked = CaptureRequest(target=f"{modules}:gate", train=kind == "training", passes=True)
    found = captured_once(asked, run_folder / f"{kind}-passes")
    code = [record.payload for record in found.named["inductor_output_code"]]
    assert code == [record.payload for record in without.named["inductor_output_code"]]

    phases = [record.json for record in found.named["inspector_passes"]]
    ends = {item["backward"]: item["digest"] for item in phases if item["phase"] == "post_grad"}
    graphs = [record.json for record in found.named["inspector_graph"]]
    stages = {item["backward"]: text_digest(item["text"]) for item in graphs if item["stage"] == "post_grad"}
    assert ends == stages
    assert len(ends) == (2 if kind == "training" else 1)
    assert {"pre_grad", "joint", "post_grad"} == {item["phase"] for item in phases}
    assert not found.named.get("inspector_note") or not any(
        record.json["kind"] in ("dropped", "fallback") for record in found.named["inspector_note"]
    )


# --- without a compile --------------------------------------------------------------------------------------


def function(x: torch.Tensor) -> torch.Tensor:
    return ((x + 1) * 2).relu()


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    monkeypatch.setattr(records, "write", lambda name, payload: found.append({"record": name, **payload}))
    return found


def ran(passes: Any, monkeypatch: pytest.MonkeyPatch) -> GraphModule:
    """What becomes of a graph by passes that stand in the joint passes' place."""
    monkeypatch.setattr(compile_fx, "_recursive_joint_graph_passes", passes)
    graph = symbolic_trace(function)
    with PassLog(Direction()).hearing():
        compile_fx._recursive_joint_graph_passes(graph)
    return graph


def without(graph: GraphModule, name: str) -> None:
    """Takes a node out; its readers read what it read first."""
    (node,) = [node for node in graph.graph.nodes if node.name == name]
    node.replace_all_uses_with(node.args[0])
    graph.graph.erase_node(node)


def test_changes_are_each_passes_own_and_what_has_no_name_stays_without(
    written: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def passes(gm: GraphModule) -> GraphModule:
        with GraphTransformObserver(gm, "idle"):
            pass
        with GraphTransformObserver(gm, "outer"), GraphTransformObserver(gm, "pattern_matcher"):
            without(gm, "add")
        without(gm, "mul")
        with GraphTransformObserver(gm, "last"):
            pass
        return gm

    ran(passes, monkeypatch)
    (told,) = written
    assert [(step["name"], step["between"]) for step in told["changes"]] == [("outer", []), ("", ["outer", "last"])]
    assert told["same"] == ["idle", "last"]
    assert told["ran"] == 3
    first, second = told["changes"]
    assert (first["gone"][0][0], first["changed"], first["instead"]) == ("add", ["mul"], {"add": ["x"]})
    assert (second["gone"][0][0], second["instead"]) == ("mul", {"mul": ["x"]})
    assert second["seconds"] is None


def test_the_pass_that_an_exception_came_from_is_named_and_what_it_did_is_kept(
    written: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def passes(gm: GraphModule) -> GraphModule:
        with GraphTransformObserver(gm, "fine"):
            without(gm, "add")
        with GraphTransformObserver(gm, "broken"):
            without(gm, "mul")
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        ran(passes, monkeypatch)
    (told,) = written
    assert told["failed"] == "broken"
    assert [step["name"] for step in told["changes"]] == ["fine", "broken"]


def test_a_pass_that_writes_the_same_again_changed_nothing(
    written: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def passes(gm: GraphModule) -> GraphModule:
        with GraphTransformObserver(gm, "again"):
            for node in gm.graph.nodes:
                node.args = tuple(node.args)
        return gm

    ran(passes, monkeypatch)
    assert (written[0]["changes"], written[0]["same"]) == ([], ["again"])


def test_torch_is_left_as_it_was(written: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    before = (GraphTransformObserver.__enter__, GraphTransformObserver.__exit__)
    ran(lambda gm: gm, monkeypatch)
    assert (GraphTransformObserver.__enter__, GraphTransformObserver.__exit__) == before


@pytest.mark.compiles
def test_a_program_is_recorded_with_its_passes_where_that_is_asked_for(tmp_path: Path) -> None:
    (tmp_path / "program.py").write_text(
        "import torch\ntorch.compile(lambda x: (x + x.clone()).sin(), dynamic=False)(torch.ones(8))\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TORCHINDUCTOR_CACHE_DIR": str(tmp_path / "caches")}
    seen = []
    for name in ("first", "again"):
        command = [sys.executable, "-m", "inspector", "run", "--passes", "--no-open", "-o", name, "program.py"]
        subprocess.run(command, cwd=tmp_path, env=environment, check=True, capture_output=True)
        seen.append(read_capture(tmp_path / name))
    first, again = seen
    joint = next(item for item in first.passes if item.phase is PassPhase.JOINT)
    assert [(change.name, [node.name for node in change.gone]) for change in joint.changes] == [
        ("remove_noop_ops", ["clone"])
    ]
    assert not any(item.phase is PassPhase.JOINT for item in again.passes)  # the cache answered
    assert no_passes(again) == NONE_RAN
