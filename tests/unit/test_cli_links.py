"""`inspector links` and `inspector explain`: what belongs to a place, and what a word means."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from inspector.bundle import write
from inspector.cli.main import main
from inspector.cli.places import find_place
from inspector.errors import UsageError
from inspector.model.capture import Capture
from inspector.model.stage import Stage
from inspector.trace import read_capture

LIVE = Path(__file__).parents[1] / "traces" / "live_gated.log"


@pytest.fixture(scope="module")
def capture() -> Capture:
    return read_capture(LIVE)


@pytest.fixture(scope="module")
def bundle(capture: Capture, tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(write(capture, tmp_path_factory.mktemp("links") / "bundle"))


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(words)
    out, err = capsys.readouterr()
    return code, out, err


def links(capsys: pytest.CaptureFixture[str], bundle: str, at: str, *more: str) -> dict[str, Any]:
    code, out, err = run(capsys, "links", bundle, "--at", at, "--json", *more)
    assert (code, err) == (0, "")
    found: dict[str, Any] = json.loads(out)
    return found


def line_of(capture: Capture, stage: Stage, part: str) -> int:
    lines = capture.find(stage)[0].lines
    return next(number for number, line in enumerate(lines, 1) if part in line)


def test_a_node_is_found_in_the_stages_before_and_after(
    capsys: pytest.CaptureFixture[str], capture: Capture, bundle: str
) -> None:
    line = line_of(capture, Stage.ATEN, "= torch.ops.aten.tanh")
    found = links(capsys, bundle, f"aten:{line}")
    assert found["at"]["artifact"] == "0/0:aten" and found["at"]["line"] == line and "tanh" in found["at"]["text"]
    by_stage: dict[str, list[dict[str, Any]]] = {}
    for item in found["relatives"]:
        by_stage.setdefault(item["stage"], []).append(item)
    assert {"source", "dynamo", "post_grad", "kernel"} <= by_stage.keys()
    assert "aten" not in by_stage, "the place itself is told apart"
    assert any("tanh" in item["text"] for item in by_stage["dynamo"])
    assert [item["origin"] for item in by_stage["dynamo"]] == ["exact"]
    order = [Stage(item["stage"]).order for item in found["relatives"]]
    assert order == sorted(order)


def test_the_answer_agrees_with_the_index(capsys: pytest.CaptureFixture[str], capture: Capture, bundle: str) -> None:
    kernel = capture.find(Stage.KERNEL)[0]
    for line in range(1, len(kernel.lines) + 1):
        found = links(capsys, bundle, f"{kernel.id}:{line}")
        told = {(item["artifact"], *item["start"], *item["end"], item["origin"]) for item in found["relatives"]}
        relatives = capture.index.relatives(kernel.id, line)
        known = {
            (item.span.artifact, *item.span.start, *item.span.end, item.origin.value)
            for item in relatives
            if item.span.artifact != kernel.id
        }
        assert told == known


def test_every_printed_place_can_be_asked_about(
    capsys: pytest.CaptureFixture[str], capture: Capture, bundle: str
) -> None:
    line = line_of(capture, Stage.ATEN, "= torch.ops.aten.tanh")
    code, out, err = run(capsys, "links", bundle, "--at", f"aten:{line}")
    assert (code, err) == (0, "")
    assert out.startswith(f"0/0:aten:{line}  ")
    assert "\x1b" not in out
    rows = [row.split() for row in out.splitlines() if row.startswith("  ")]
    assert len(rows) > 4
    for place, origin, *_ in rows:
        assert origin in ("exact", "debug_info", "aligned", "kernel")
        find_place(capture, place)


def test_a_source_file_is_named_by_its_name_or_the_end_of_its_path(capture: Capture) -> None:
    artifact = capture.find(Stage.SOURCE)[0]
    name = artifact.id.removeprefix("source:")
    for text in (f"source:{name}:3", f"source:{artifact.path}:3:0", "source:3", f"{artifact.id}:3"):
        found = find_place(capture, text)
        assert (found.artifact, found.line) == (artifact, 3)
    assert find_place(capture, "source:3").col is None
    assert find_place(capture, f"source:{artifact.path}:3:0").col == 0


def test_a_kernel_is_named_in_the_place_or_by_its_option(capture: Capture) -> None:
    kernel = capture.find(Stage.KERNEL)[0]
    assert find_place(capture, f"kernel:{kernel.kernel}:2").artifact is kernel
    assert find_place(capture, "kernel:2", kernel=kernel.kernel).artifact is kernel
    assert find_place(capture, "bytecode:modified:1").artifact.variant == "modified"


@pytest.mark.parametrize(
    "at, message, hint",
    [
        ("nonsense", "is no place", "STAGE:LINE"),
        ("aten:x", "is no place", "STAGE:LINE"),
        ("", "is no place", "STAGE:LINE"),
        ("athen:3", "no stage called 'athen'. Did you mean aten", "It has: source"),
        ("ptx:3", "This capture has no stage 'ptx'", "It has: source"),
        ("aten:99999", "has no line 99999", "Its lines are 1 to "),
        ("aten:0", "has no line 0", "Its lines are 1 to "),
        ("aten:-4", "has no line -4", "Its lines are 1 to "),
        ("aten:1:9999", "has no column 9999", "Columns count from 0"),
        ("source:other.py:3", "no source file 'other.py'", "It has: "),
        ("kernel:cpp_none:3", "This capture has no kernel of cpp_none", "It has: 0/0:kernel:"),
        ("bytecode:third:1", "This capture has no bytecode of third", "It has: 0/0:bytecode"),
    ],
)
def test_what_does_not_exist_is_a_usage_error(
    capsys: pytest.CaptureFixture[str], bundle: str, at: str, message: str, hint: str
) -> None:
    code, out, err = run(capsys, "links", bundle, "--at", at)
    assert (code, out) == (2, "")
    first, second = err.splitlines()
    assert message in first
    assert hint in second


@pytest.mark.parametrize("options", [("--compile-id", "7/7"), ("--kernel", "cpp_none")])
def test_unknown_ids_say_what_there_is(
    capsys: pytest.CaptureFixture[str], bundle: str, options: tuple[str, str]
) -> None:
    code, _, err = run(capsys, "links", bundle, "--at", "aten:3", *options)
    assert code == 2
    assert "It has: " in err


def test_of_several_kernels_one_must_be_chosen(capture: Capture) -> None:
    from dataclasses import replace

    kernel = capture.find(Stage.KERNEL)[0]
    twice = replace(capture, artifacts=(*capture.artifacts, replace(kernel, id="0/0:kernel:other", kernel="other")))
    with pytest.raises(UsageError, match="0/0 has 2 kernels") as caught:
        find_place(twice, "kernel:3")
    assert "other" in caught.value.hint


def test_a_place_without_links_says_so(capsys: pytest.CaptureFixture[str], capture: Capture, bundle: str) -> None:
    artifact, line = next(
        (artifact, number)
        for artifact in capture.artifacts
        for number in range(1, len(artifact.lines) + 1)
        if number not in capture.index.linked_lines(artifact.id)
    )
    code, out, _ = run(capsys, "links", bundle, "--at", f"{artifact.id}:{line}")
    assert code == 0
    assert "Nothing is linked to this place." in out
    assert links(capsys, bundle, f"{artifact.id}:{line}")["relatives"] == []


def test_an_input_that_holds_no_links_is_not_called_unlinked(
    capsys: pytest.CaptureFixture[str], capture: Capture, tmp_path: Path
) -> None:
    bare = str(write(replace(capture, links=()), tmp_path / "bare"))
    code, out, _ = run(capsys, "links", bare, "--at", "aten:1")
    assert code == 0
    assert "No link of this input is recorded." in out
    assert "Nothing is linked" not in out


def test_nothing_recorded_of_a_text_is_not_nothing_linked(
    capsys: pytest.CaptureFixture[str], capture: Capture, tmp_path: Path
) -> None:
    """Where part of an input's links were recorded: of which texts, and what a text's links lead to."""
    (aten,) = capture.find(Stage.ATEN)
    kept = tuple(link for link in capture.links if aten.id not in (link.a.artifact, link.b.artifact))
    bare = str(write(replace(capture, links=kept), tmp_path / "part"))
    line = next(number for number, text in enumerate(aten.lines, 1) if "torch.ops.aten" in text)
    _, out, _ = run(capsys, "links", bare, "--at", f"aten:{line}")
    assert f"No link of this text ({aten.id}) is recorded: what belongs to this place is not known." in out
    assert "Nothing is linked" not in out
    linked = capture.find(Stage.POST_GRAD)[0]
    empty = next(number for number in range(1, 99) if number not in capture.index.linked_lines(linked.id))
    _, out, _ = run(capsys, "links", bare, "--at", f"post_grad:{empty}")
    assert "Nothing is linked to this place. Links of this text are recorded to: " in out
    assert Stage.INDUCTOR.heading in out.partition("recorded to: ")[2]
    full = next(number for number, text in enumerate(linked.lines, 1) if "aten.mul" in text)
    _, out, _ = run(capsys, "links", bare, "--at", f"post_grad:{full}")
    assert "No link is recorded of: " in out
    assert aten.stage.heading in out.partition("No link is recorded of: ")[2]


# --- explain --------------------------------------------------------------------------------------------------


def test_explain_says_what_it_is_and_where_it_is_documented(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "explain", "torch.ops.aten.mm.default")
    assert (code, err) == (0, "")
    assert out.splitlines()[0] == "mm  ATen operator"
    assert "https://" in out
    code, out, _ = run(capsys, "explain", "#pragma", "omp", "for", "--json")
    assert [entry["kind"] for entry in json.loads(out)["entries"]] == ["openmp"]


def test_every_meaning_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    _, out, _ = run(capsys, "explain", "exp")
    assert "ATen operator" in out and "at::vec call" in out


def test_an_unknown_word_is_said_to_be_so(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, "explain", "vdivpz")
    assert (code, out) == (2, "")
    assert "no explanation of 'vdivpz'" in err
    assert "vdivps" in err
    code, _, err = run(capsys, "explain", "qqqqqqqqqq")
    assert code == 2 and "as it stands in a capture" in err


# --- show -----------------------------------------------------------------------------------------------------


def test_show_facts(capsys: pytest.CaptureFixture[str], capture: Capture, bundle: str) -> None:
    kernel = capture.find(Stage.KERNEL)[0].kernel
    assert kernel is not None
    code, out, _ = run(capsys, "show", bundle, "--kernel", kernel, "--facts")
    assert code == 0
    assert out.splitlines()[0] == f"0/0  {kernel}"
    assert "loop" in out and "instructions" in out
    code, out, _ = run(capsys, "show", bundle, "--facts", "--json")
    assert [item["kernel"] for item in json.loads(out)["facts"]] == [kernel]
