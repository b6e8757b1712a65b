"""`inspector profile` and `numerics`: tables, JSON, pictures, and what is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from captures import full, profile

from inspector.bundle import write
from inspector.bundle.redact import redacted
from inspector.bundle.roofline import roofline_svg
from inspector.cli.main import main
from inspector.cli.verbs import numerics as numerics_verb
from inspector.link.numerics import lines_calling, placed
from inspector.model.artifact import Artifact, Language, Span
from inspector.model.capture import Capture
from inspector.model.link import Link, Origin
from inspector.model.profile import Profile, SideProfile, Work
from inspector.model.roofline import dots
from inspector.model.stage import Stage

EVIL = "\x1b]0;owned\x07<script>&"


@pytest.fixture
def bundle(tmp_path: Path) -> str:
    return str(write(full(), tmp_path / "b"))


def test_the_profile_in_a_bundle(bundle: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profile", bundle]) == 0
    out = capsys.readouterr().out
    line = next(line for line in out.splitlines() if "aten::mm " in line)
    assert line.split()[:3] == ["aten::mm", "8.00", "ms"]
    assert "80.0 %" in line
    assert line.rstrip().endswith("compute"), "4 Mflop at 1 Gflop/s take longer than 1.5 MB at 1 GB/s"
    assert "cpp_fused_mul_0  0/0" in out
    assert "the parts add up to 100.0 % of 10.0 ms by the clock" in out
    assert "+5 % while profiled" in out
    assert "eager / compiled    1.583×" in out


def test_rows_beyond_the_top_are_summed_up(bundle: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profile", bundle, "--top", "1"]) == 0
    assert "… and 2 more, 2.00 ms: --top" in capsys.readouterr().out


def test_json_says_what_follows(bundle: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profile", bundle, "--json"]) == 0
    (found,) = json.loads(capsys.readouterr().out)["profiles"]
    assert found["eager"]["adds_up"] is True
    product = found["eager"]["rows"][0]
    assert product["share"] == pytest.approx(0.8)
    assert product["limit"]["bound"] == "compute"
    assert product["limit"]["share"] == pytest.approx(0.5)
    assert found["verdict"] == ""


def test_the_verdict_stands_at_the_end(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    near = replace(profile(), eager=SideProfile(1, 0.001, 0.001, ()), least=Work(950_000, 0, 10, "f32"))
    write(Capture(profiles=(near,)), tmp_path / "b")
    assert main(["profile", str(tmp_path / "b")]) == 0
    assert "Bound by memory, eager already at 95 % of the limit, so compiling cannot pay." in capsys.readouterr().out


def test_parts_that_do_not_add_up_are_said_to(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    side = replace(profile().eager, seconds=0.02)
    write(Capture(profiles=(replace(profile(), eager=side),)), tmp_path / "b")
    assert main(["profile", str(tmp_path / "b")]) == 0
    assert "50.0 % of 20.0 ms by the clock: mistrust them" in capsys.readouterr().out


def hostile() -> Profile:
    given = profile()
    rows = tuple(replace(row, name=EVIL) for row in given.eager.rows)
    return replace(given, shape=EVIL, eager=replace(given.eager, rows=rows))


def test_names_from_a_bundle_are_made_harmless(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(Capture(profiles=(hostile(),)), tmp_path / "b")
    assert main(["profile", str(tmp_path / "b"), "--roofline", str(tmp_path / "r.svg")]) == 0
    assert "\x1b" not in capsys.readouterr().out
    text = (tmp_path / "r.svg").read_text()
    assert "<script>" not in text
    assert "\x1b" not in text
    ElementTree.fromstring(text)


def test_the_roofline_has_every_part_that_is_known() -> None:
    found = dots(profile())
    assert [(dot.side, dot.row.name) for dot in found] == [("compiled", "cpp_fused_mul_0"), ("eager", "aten::mm")]
    root = ElementTree.fromstring(roofline_svg(profile()))
    circles = [item for item in root.iter("{http://www.w3.org/2000/svg}circle") if len(item)]
    assert len(circles) == 2
    assert "Nothing known" in roofline_svg(replace(profile(), ceilings=None))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["profile"], "No target given"),
        (["profile", "no-such"], "no target 'no-such'"),
        (["profile", "llama-mlp", "--seconds", "0"], "above 0"),
        (["profile", "llama-mlp", "--roofline", "here.svg"], "here.svg is there already"),
        (["profile", "llama-mlp", "--chrome-trace", "no/where/t.json"], "no folder no/where"),
        (["numerics", "llama-mlp", "--tolerance", "tight"], "not a number from 0"),
    ],
)
def test_what_is_refused(
    words: list[str], message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("here.svg").touch()
    try:
        code = main(words)
    except SystemExit as ended:
        code = int(ended.code or 0)
    assert code == 2
    assert message in capsys.readouterr().err


def test_a_bundle_without_a_profile_says_how_to_get_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(Capture(), tmp_path / "b")
    assert main(["profile", str(tmp_path / "b")]) == 2
    assert "holds no profile. `inspector profile TARGET -o NAME`" in " ".join(capsys.readouterr().err.split())


GRAPH = """class f(torch.nn.Module):
    def forward(self):
        # File: /there/model.py:1 in forward, code: x = 1
        neg: "f32[8]" = torch.ops.aten.neg.default(x)
        mul: "f32[8]" = torch.ops.aten.mul.Tensor(neg, neg);  neg = None
        add: "f32[8]" = torch.ops.aten.add.Tensor(mul, mul);  mul = None
"""


def compared() -> Capture:
    """A node beyond the tolerance, in a graph whose nodes come from two source files."""
    capture = full()
    graph = Artifact("0/0:aten", Stage.ATEN, "0/0", None, Language.FX, GRAPH)
    files = tuple(item for item in capture.artifacts if item.stage is Stage.SOURCE)
    links = tuple(
        Link(Span.of_lines(file.id, 1), Span.of_lines(graph.id, line), Origin.EXACT)
        for file in files
        for line in (4, 5)
    )
    whole = replace(capture, artifacts=(*files, graph), links=links)
    return replace(whole, numerics=tuple(placed(item, whole) for item in whole.numerics))


def test_numerics_name_the_first_node_its_line_and_its_source(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(numerics_verb, "measured", lambda args, request: compared())
    assert main(["numerics", "softmax", "--nodes"]) == 0
    out = capsys.readouterr().out
    assert "mul is the first beyond 1e-05: 0/0's ATen graph, line 5" in out
    assert "from /there/model.py:1  x = 1" in out, "of two files the one that the graph's own comment names"
    assert "no float64" in out
    assert main(["numerics", "softmax", "--nodes", "--json"]) == 0
    first = json.loads(capsys.readouterr().out)["numerics"][0]["first"]
    assert first["line"] == 5
    assert (first["source"]["file"], first["source"]["line"]) == ("/there/model.py", 1)


def test_numerics_of_a_bundle(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write(compared(), tmp_path / "b")
    assert main(["numerics", str(tmp_path / "b")]) == 0
    assert "from /there/model.py:1" in capsys.readouterr().out
    write(Capture(), tmp_path / "none")
    assert main(["numerics", str(tmp_path / "none")]) == 2
    assert "holds no comparison of results" in " ".join(capsys.readouterr().err.split())


def test_a_redacted_bundle_keeps_no_source_beside_a_node() -> None:
    (found,) = redacted(compared()).numerics
    source = found.nodes[0].source
    assert source is not None
    assert (source.file, source.code) == ("…/model.py", "")


def test_nodes_of_a_backward_graph_are_looked_for_in_it() -> None:
    capture = compared()
    backward = Artifact("0/0:aten_backward", Stage.ATEN_BACKWARD, "0/0", None, Language.FX, "\n" + GRAPH)
    both = replace(capture, artifacts=(*capture.artifacts, backward))
    (given,) = capture.numerics
    assert placed(replace(given, backward=True), both).nodes[0].line == 6
    assert placed(replace(given, compile_id="7/7"), both) == replace(given, compile_id="7/7")


def test_the_nodes_that_call_an_operator() -> None:
    graph = Artifact("0/0:aten", Stage.ATEN, "0/0", None, Language.FX, GRAPH)
    assert lines_calling(graph, "aten::mul") == (5,)
    assert lines_calling(graph, "aten::add_") == (6,), "a graph has it without working in place"
    assert lines_calling(graph, "aten::ad") == ()
    assert lines_calling(graph, "mkldnn::mul") == ()


def test_another_tolerance_for_what_was_compared() -> None:
    (found,) = full().numerics
    assert found.first is not None
    assert found.within(0.1).first is None
    assert found.within(0.1).within(found.tolerance) == found
