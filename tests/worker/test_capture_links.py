"""What a capture records of where generated code comes from, and that it is true of the binary that runs."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import Any

import pytest
from torch._inductor import config
from worker_driver import Finished, Worker

from inspector.link.asmtext import read_objdump
from inspector.model.kernel import text_digest
from inspector.model.link import Origin
from inspector.model.stage import Stage
from inspector.trace import read_capture
from inspector.worker import records
from inspector.worker.capture import TargetCapture
from inspector.worker.direction import Direction
from inspector.worker.ir_log import IrLog
from inspector.worker.private import swapped
from inspector.worker.provenance import ProvenanceWriter
from inspector.worker.statements import Recording

pytestmark = pytest.mark.compiles


def kernels(finished: Finished) -> dict[str, str]:
    """Kernel → its text, from all output codes."""
    codes = [record.payload or "" for record in finished.named["inductor_output_code"]]
    definition = r"(?ms)^(\w+) = async_compile\.cpp_pybinding\([^\n]*r'''\n(.*?)^''\'\)"
    return {name: text for code in codes for name, text in re.findall(definition, code)}


def nodes(finished: Finished, stage: str, *, backward: bool) -> set[str]:
    graphs = finished.payloads("graph")
    (graph,) = [graph for graph in graphs if (graph["stage"], graph["backward"]) == (stage, backward)]
    return {node["name"] for node in graph["nodes"]}


@pytest.mark.parametrize("kind", ["inference", "training"])
def test_each_kernel_call_has_the_nodes_of_its_statements(kind: str, request: pytest.FixtureRequest) -> None:
    finished: Finished = request.getfixturevalue(kind)
    found, texts = finished.payloads("statements"), kernels(finished)
    assert {(site["kernel"], site["digest"]) for site in found} == {
        (name, text_digest(text)) for name, text in texts.items()
    }
    for site in found:
        known = nodes(finished, "post_grad", backward=site["backward"])
        lines = texts[site["kernel"]].split("\n")
        assert site["lines"]
        for number, made_for, others, _ in site["lines"]:
            assert lines[number - 1].strip()
            assert {*made_for, *others} <= known


@pytest.mark.parametrize("kind", ["inference", "training"])
def test_the_loop_ir_says_what_it_was_made_from(kind: str, request: pytest.FixtureRequest) -> None:
    finished: Finished = request.getfixturevalue(kind)
    computed = {name for site in finished.payloads("statements") for name in site["operations"]}
    seen = set()
    for ir in finished.payloads("ir"):
        known = nodes(finished, "post_grad", backward=ir["backward"])
        assert ir["subgraph"] is None
        for operation in ir["operations"]:
            assert f"{operation['name']}: " in ir["text"]
            assert {*operation["nodes"], *operation["lines"].values()} <= known
            assert all(f"{buffer}: " in ir["text"] for buffer in operation["buffers"])
            for line in operation["lines"]:
                assert re.search(rf"\b{line.split('.')[1]} = |return ", ir["text"])
            if operation["lines"]:
                seen.add(operation["name"])
    assert computed
    assert computed <= seen


def test_the_backward_graphs_calls_have_their_nodes(training: Finished) -> None:
    (provenance,) = training.payloads("provenance")
    known = nodes(training, "post_grad", backward=True)
    backward = {kernel["kernel"] for kernel in training.payloads("kernel") if kernel["backward"]}
    assert {name.rpartition(":")[0] for name in provenance["cppCodeToPost"]} >= backward
    for made_for in provenance["cppCodeToPost"].values():
        assert set(made_for) <= known


def test_gradients_name_their_forward_nodes(training: Finished) -> None:
    (graph,) = [graph for graph in training.payloads("graph") if graph["stage"] == "aten_backward"]
    forward = nodes(training, "aten", backward=False)
    tied = {node["name"]: node["forward"] for node in graph["nodes"] if node["forward"]}
    assert all(set(names) <= forward for names in tied.values())
    targets = {node["name"]: node["target"] for node in graph["nodes"]}
    of_relu = {targets[name] for name, names in tied.items() if "relu" in names}
    assert {"aten.le.Scalar", "aten.where.self"} & of_relu, tied
    assert not {"aten.mm.default", "aten.addmm.default"} & of_relu


LINE_TABLES = hasattr(config.aot_inductor, "enable_line_tables")
"""Whether this torch builds its kernels with line tables: since 2.13."""


@pytest.mark.skipif(LINE_TABLES, reason="this torch builds its kernels with line tables")
def test_without_line_tables_the_kernel_is_known_as_a_whole(inference: Finished) -> None:
    made = read_capture(inference.directory / "trace")
    (note,) = [note for note in made.notes if "kernel lines" in note.message]
    assert "without them" in note.message
    listings = {listing.id for listing in made.find(Stage.ASM)}
    found = [link for link in made.links if link.b.artifact in listings]
    assert {link.b.artifact for link in found} == listings
    assert {link.origin for link in found} == {Origin.KERNEL}


@pytest.mark.skipif(not LINE_TABLES, reason="this torch builds its kernels without line tables")
@pytest.mark.skipif(shutil.which("addr2line") is None, reason="addr2line is not installed")
def test_instructions_have_the_lines_that_addr2line_tells(live: Worker) -> None:
    listings = [record.json for record in live.records() if record.name == "inspector_asm"]
    assert listings
    for asm in listings:
        assembly = read_objdump(asm["objdump"])
        places = [(index, address) for index, address in enumerate(assembly.addresses) if address]
        told = addr2line(asm["so"], [address for _, address in places])
        ours = [assembly.source_lines[index] for index, _ in places]
        assert len(places) == assembly.instructions
        assert ours == told
        assert sum(map(bool, ours)) >= 0.95 * len(ours)


def addr2line(so: str, addresses: list[int]) -> list[int]:
    """For each address the line of the kernel's own file at the end of its inline chain; 0 where there is none."""
    wanted = "\n".join(f"{address:#x}" for address in addresses) + "\n"
    done = subprocess.run(["addr2line", "-a", "-i", "-e", so], input=wanted, capture_output=True, text=True, check=True)
    found: list[int] = []
    for line in done.stdout.splitlines():
        if line.startswith("0x"):
            found.append(0)
        elif match := re.search(r"\.main\.cpp:(\d+)", line):
            found[-1] = int(match[1])
    return found


# Where torch is not what we know


@pytest.fixture
def noted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The notes that are written."""
    found: list[str] = []

    def write(name: str, payload: dict[str, Any]) -> None:
        if name == "note":
            found.append(payload["message"])

    monkeypatch.setattr(records, "write", write)
    return found


def test_a_recording_that_stops_is_told_once(noted: list[str]) -> None:
    capture = TargetCapture.__new__(TargetCapture)
    capture._statements = Recording()
    capture._check_statements()
    assert not noted
    capture._statements.stop("Statement links stopped.")
    capture._check_statements()
    capture._check_statements()
    assert noted == ["Statement links stopped."]


def test_without_torchs_mapping_a_note_says_so(noted: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    from torch._inductor import debug

    monkeypatch.delattr(debug, "_inductor_triton_kernel_to_post_grad_node_info")
    with ProvenanceWriter().hearing():
        pass
    assert len(noted) == 1
    assert "calls are tied to nodes only where torch's own record says so" in noted[0]


def test_without_the_schedulers_nodes_the_ir_texts_are_still_there(noted: list[str]) -> None:
    from torch._inductor import debug

    with swapped(debug, "log_ir_pre_fusion", lambda schedule: None), IrLog(Direction()).recording():
        pass
    assert len(noted) == 1
    assert "loop IR" in noted[0]
