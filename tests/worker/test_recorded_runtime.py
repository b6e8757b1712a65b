"""What is not in torch's log: what continues what, what CUDA graphs leave out, exports, work without an id."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from test_record_run import environment

import inspector
from inspector.model.annotation import Annotation, Fact
from inspector.model.capture import CompileStatus
from inspector.model.stage import Stage
from inspector.notes.automatic import automatic
from inspector.trace import Record, read_capture, read_log

pytestmark = pytest.mark.compiles

PROGRAM = """
import torch

@torch.compile(backend="eager")
def settle(level, flow):
    smooth = torch.tanh(level)
    if flow.mean() > 0.5:
        smooth = smooth + flow
    return smooth.cumsum(0)

@torch.compile(mode="reduce-overhead")
def halved(x):
    return x / 2

@torch.compile(fullgraph=True)
def waved(x):
    return x.sin() * 2

class Unsure(torch.nn.Module):
    def forward(self, x):
        return x + 1 if x.sum() > 3 else x

class Sum(torch.nn.Module):
    def forward(self, x):
        return (x + 1).sum(0)

settle(torch.linspace(-1, 1, 7), torch.ones(7))
settle(torch.linspace(-1, 1, 7), torch.zeros(7))
with torch.no_grad():
    halved(torch.ones(8))
    waved.aot_compile(((torch.ones(9),), {}))
    torch.export.export(Sum(), (torch.ones(5, 3),), dynamic_shapes=({0: torch.export.Dim("rows", min=3, max=64)},))
    try:
        torch.export.export(Unsure(), (torch.ones(5),))
    except Exception:
        pass
"""


def read(folder: Path) -> list[Record]:
    """The records of the one log in a folder."""
    (log,) = folder.iterdir()
    return [item for item in read_log(log) if isinstance(item, Record)]


class Recorded:
    def __init__(self, folder: Path) -> None:
        (folder / "program.py").write_text(textwrap.dedent(PROGRAM))
        self.done = subprocess.run(
            [sys.executable, "-m", "inspector", "run", "-o", "logs", "program.py"],
            cwd=folder,
            env=environment(TORCHINDUCTOR_CACHE_DIR=str(folder / "caches")),
            capture_output=True,
            text=True,
            check=False,
            timeout=500,
        )
        assert self.done.returncode == 0, self.done.stderr
        self.capture = read_capture(folder / "logs")
        self.records = read(folder / "logs")

    def notes(self, fact: Fact) -> list[Annotation]:
        return [note for note in automatic(self.capture) if note.fact is fact]

    def side(self, name: str) -> list[dict[str, object]]:
        wanted = f"inspector_{name}"
        return [
            json.loads(record.payload or "")
            for record in self.records
            if (record.metadata.get("artifact") or {}).get("name") == wanted
        ]


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Recorded]:
    yield Recorded(tmp_path_factory.mktemp("recorded"))


def test_which_compile_continues_which_and_when(recorded: Recorded) -> None:
    texts = [note.text for note in recorded.notes(Fact.RESUMED)]
    called = [text for text in texts if "goes on here" in text]
    assert len(called) == 2 and all(text.startswith("**`settle` goes on here**") for text in called)
    true, false = called
    assert "is `1/0`" in true and "line 8, where the condition is true" in true
    assert "is `2/0`" in false and "line 9, where the condition is false" in false
    for compile_id, call in (("1/0", true), ("2/0", false)):
        name = re.search(r"`(__resume_at_\w+)`", call)
        assert name is not None
        assert (
            f"**`{compile_id}` continues `0/0`** after the break at program.py:7, whose bytecode calls it `{name[1]}`."
            in texts
        )
    spans = {note.span.artifact for note in recorded.notes(Fact.RESUMED) if note.span is not None}
    assert "0/0:bytecode:modified" in spans and "source:program.py" in spans


def test_cuda_graphs_on_a_cpu_mean_nothing_and_that_is_said_once(recorded: Recorded) -> None:
    (note,) = recorded.notes(Fact.CUDA_GRAPHS)
    assert note.text.startswith("**CUDA graphs were asked for, and there are none on a CPU** (`3/0`)")
    counted = recorded.capture.environment["counters"]["inductor"]
    assert counted["cudagraph_skips"] >= 1, "torch counts it, and logs nothing"


def test_work_without_a_compile_id_has_an_owner(recorded: Recorded) -> None:
    begun = [record for record in recorded.side("piece") if record["begins"] and not record["compile_id"]]
    assert len(begun) == 1, "what is compiled ahead of time"
    number = begun[0]["piece"]
    for name in ("graph", "ir", "statements", "provenance", "kernel", "asm"):
        assert any(record.get("piece") == number for record in recorded.side(name)), name
    (end,) = [record for record in recorded.side("piece") if not record["begins"] and record["piece"] == number]
    kernels = [record for record in recorded.side("kernel") if record.get("piece") == number]
    assert end["output_code"] == [kernels[0]["output_code"]]


def test_an_export_that_fails_says_why(recorded: Recorded) -> None:
    (failed,) = (item for item in recorded.capture.compilations if item.function == "(export)" and item.error)
    assert failed.status is CompileStatus.FAILED
    assert failed.error.startswith("GuardOnDataDependentSymNode: Could not guard on data-dependent expression")


def test_an_export_is_recorded_without_the_detailed_trace(recorded: Recorded) -> None:
    texts = [record.payload or "" for record in recorded.records if "exported_program" in record.metadata]
    assert len(texts) == 1 and "ExportedProgram" in texts[0] and "VR[3, 64]" in texts[0]
    assert "1 exported program" in recorded.done.stderr
    assert not [record for record in recorded.records if "expression_created" in record.metadata], "it would be slow"


def test_the_nodes_of_an_exported_program_come_from_their_lines(recorded: Recorded) -> None:
    (program,) = (item for item in recorded.capture.compilations if item.status is CompileStatus.EXPORTED)
    (graph,) = recorded.capture.find(Stage.ATEN, program.compile_id)
    made = {
        name: line for line, text in enumerate(graph.lines, 1) for name in ("add", "sum_1") if f' {name}: "' in text
    }
    sources = {item.id: item for item in recorded.capture.find(Stage.SOURCE)}
    found = {
        link.b.start.line: sources[link.a.artifact].lines[link.a.start.line - 1].strip()
        for link in recorded.capture.links
        if link.b.artifact == graph.id and link.a.artifact in sources
    }
    assert {found[line] for line in made.values()} == {"return (x + 1).sum(0)"} and len(made) == 2


def test_a_skip_at_run_time_is_heard(tmp_path: Path) -> None:
    """Stands for a GPU's: torch finds some reasons only when it calls what it compiled."""
    with inspector.record(tmp_path / "logs"), torch.no_grad():
        torch._dynamo.reset()
        torch.compile(torch.sin)(torch.ones(3))
        from torch._inductor import cudagraph_utils

        cudagraph_utils.log_cudagraph_skip_and_bump_counter("skipping cudagraphs due to mutated inputs")
    texts = [
        json.loads(record.payload or "")
        for record in read(tmp_path / "logs")
        if (record.metadata.get("artifact") or {}).get("name") == "inspector_cudagraphs"
    ]
    assert [(text["event"], text["when"], text["reason"]) for text in texts] == [
        ("skipped", "call", "skipping cudagraphs due to mutated inputs")
    ]
