"""Kernels of equal name in several graphs of one compile id: what is said of one is never shown for another."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from inspector.bundle.markdown import markdown
from inspector.bundle.page.data import page_data
from inspector.cli.main import main
from inspector.lessons.facts import FACTS
from inspector.lessons.lesson import LessonFact
from inspector.model.capture import Capture
from inspector.model.kernel import KernelKey
from inspector.model.stage import Stage
from inspector.notes.automatic import automatic
from inspector.say.capture import capture_sections
from inspector.say.kernels import facts_of, kernel_words, launch_of
from inspector.trace.log import TraceLog
from tests.unit.test_trace_pieces import EXP, ID, SIN, aten, begins, code, post_grad
from tests.unit.trace_text import record

NAME = "cpp_fused_0"
FIRST, SECOND = KernelKey("0/0", "", NAME), KernelKey("0/0", "1", NAME)


def fusion(what: tuple[str, str, str]) -> bytes:
    value: dict[str, Any] = {"name": what[1], "kernels": [NAME], "readers": [], "bytes": 32, "computes": True}
    return record(
        "artifact:inspector_fusion",
        json.dumps(
            {
                "compile_id": "0/0",
                "backward": False,
                "kernels": [{"kernel": NAME, "loops": ["op0"], "stored": [what[1]]}],
                "groups": [],
                "values": [{**value, "shape": ["8"], "dtype": "float32", "output": True}],
                "decisions": [],
            }
        ),
        compile_id=ID,
    )


def graph(submod: str, what: tuple[str, str, str], size: int) -> bytes:
    """A piece whose one kernel computes `what` in so many turns."""
    graphs = begins(submod, 1, 64, compile_id=ID) + aten(what, compile_id=ID) + post_grad(what, compile_id=ID)
    return graphs + fusion(what) + record("inductor_output_code", code(what[1], what[2], size), compile_id=ID)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys") / "pieces.log"
    path.write_bytes(graph("submod_0", EXP, 8) + graph("submod_2", SIN, 4096))
    return path


@pytest.fixture(scope="module")
def capture(log: Path) -> Capture:
    with TraceLog.open(log).complete() as found:
        return found.capture()


def test_each_has_its_own_texts_facts_and_fusion(capture: Capture) -> None:
    assert list(capture.kernels) == [FIRST, SECOND]
    trips = {key: [loop.trips for loop in facts.loops] for key in capture.kernels if (facts := facts_of(capture, key))}
    assert trips == {FIRST: [8], SECOND: [4096]}
    assert {key: item.nodes for key, item in capture.fusion_of.items()} == {FIRST: ("exp",), SECOND: ("sin",)}


def test_they_are_told_apart_in_words(capture: Capture) -> None:
    assert kernel_words(capture, FIRST) == f"{NAME}, piece 0: submod_0, 1…64 tokens"
    assert kernel_words(capture, SECOND) == f"{NAME}, piece 1: submod_2, 1…64 tokens"
    assert kernel_words(capture, KernelKey("0/0", "1-backward", NAME)).endswith("1…64 tokens, backward")
    assert kernel_words(replace(capture, pieces=()), KernelKey("0/0", "backward", NAME)) == f"{NAME}, backward"
    assert kernel_words(replace(capture, pieces=()), FIRST) == NAME


def test_the_command_line_tells_both(log: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["show", str(log), "--facts"]) == 0
    first, second = capsys.readouterr().out.split("\n\n")
    assert "submod_0" in first and "8 turns" in first
    assert "submod_2" in second and "4,096 turns" in second
    assert main(["show", str(log), "--facts", "--kernel", NAME, "--json"]) == 0
    assert [item["unit"] for item in json.loads(capsys.readouterr().out)["facts"]] == ["", "1"]
    assert main(["show", str(log), "--fusion"]) == 0
    first, second = capsys.readouterr().out.split("\n\n")
    assert "submod_0" in first and "exp" in first and "sin" not in first
    assert "submod_2" in second and "sin" in second and "exp" not in second


def test_the_details_panel_shows_the_kernel_on_screen(capture: Capture) -> None:
    for key, node in ((FIRST, "exp"), (SECOND, "sin")):
        made = {section.name: section for section in capture_sections(capture, "0/0", key, facts_of(capture, key))}
        assert made["fusion"].title == f"Fusion of {kernel_words(capture, key)}"
        assert node in [row.text for row in made["fusion"].rows]


def test_the_page_and_the_markdown_have_both(capture: Capture) -> None:
    kernels = page_data(capture)["kernels"]
    loops = {key: [row for section in item["sections"] for row in section["rows"]] for key, item in kernels.items()}
    turns = {key: [row[1] for row in rows if row[0] == "loop"] for key, rows in loops.items()}
    assert turns.keys() == {f"0/0 {NAME}", f"0/0 {NAME}:1"}
    assert "8 turns" in turns[f"0/0 {NAME}"][0] and "4,096 turns" in turns[f"0/0 {NAME}:1"][0]
    page = markdown(capture, limit=None)
    assert f"Kernel `{NAME}, piece 0: submod_0" in page and f"Kernel `{NAME}, piece 1: submod_2" in page


def test_notes_stand_on_their_own_kernels(capture: Capture) -> None:
    notes = {item.id: item for item in automatic(capture) if item.id.startswith("fusion:")}
    spans = {key: item.span.artifact for key, item in notes.items() if item.span is not None}
    assert spans == {f"fusion:0/0:{NAME}": f"0/0:kernel:{NAME}", f"fusion:0/0:{NAME}:1": f"0/0:kernel:{NAME}:1"}
    assert "exp" in notes[f"fusion:0/0:{NAME}"].text and "sin" in notes[f"fusion:0/0:{NAME}:1"].text


def test_lessons_look_at_every_kernel(capture: Capture) -> None:
    """The second works on 16 elements at once, the first on one."""
    second = next(item for item in capture.find(Stage.KERNEL) if item.key == SECOND)
    load = "in_ptr0[static_cast<int64_t>(x0)];"
    assert load in second.text
    wide = second.text.replace(load, "at::vec::Vectorized<float>::loadu(in_ptr0 + x0, static_cast<int64_t>(16));")
    artifacts = tuple(replace(item, text=wide) if item is second else item for item in capture.artifacts)
    widened = replace(capture, artifacts=artifacts)
    lanes = [facts.lanes for key in (FIRST, SECOND) if (facts := facts_of(widened, key)) is not None]
    assert lanes == [None, 16]
    assert FACTS["lanes"](widened, LessonFact("lanes")) == 16


def test_a_launch_is_its_own_kernels(capture: Capture) -> None:
    (compilation,) = capture.compilations

    def launched(**launches: dict[str, int]) -> Capture:
        metrics = {"triton_launch": {key.replace("__", ":"): value for key, value in launches.items()}}
        return replace(capture, compilations=(replace(compilation, metrics=metrics),))

    both = launched(cpp_fused_0={"num_warps": 1}, cpp_fused_0__1={"num_warps": 8})
    assert [launch_of(both, key)["num_warps"] for key in (FIRST, SECOND)] == [1, 8]
    assert launch_of(launched(cpp_fused_0={"num_warps": 1}), SECOND) == {}
    old = replace(both, artifacts=tuple(item for item in capture.artifacts if item.key != FIRST))
    old = replace(old, compilations=launched(cpp_fused_0={"num_warps": 4}).compilations)
    assert launch_of(old, SECOND) == {"num_warps": 4}, "older bundles keep the name alone"
