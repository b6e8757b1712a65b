"""`inspector profile`, `numerics` and `phases TARGET`: tables, JSON, pictures, and what is refused."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from captures import full, profile

from inspector.bundle import write
from inspector.bundle.roofline import dots, roofline_svg
from inspector.cli import cold_start
from inspector.cli.main import main
from inspector.cli.verbs import numerics as numerics_verb
from inspector.cli.verbs.phases import is_target
from inspector.link.numerics import lines_of_nodes
from inspector.model.artifact import Artifact, Language
from inspector.model.build import Build
from inspector.model.capture import Capture, Phase
from inspector.model.compile_time import ColdStart, CompilePart
from inspector.model.profile import Profile, SideProfile, Work
from inspector.model.stage import Stage

EVIL = "\x1b]0;owned\x07<script>&"


@pytest.fixture
def bundle(tmp_path: Path) -> str:
    return str(write(full(), tmp_path / "b"))


def test_the_profile_in_a_bundle(bundle: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profile", bundle]) == 0
    out = capsys.readouterr().out
    line = next(line for line in out.splitlines() if " aten::mm " in line)
    assert line.split()[:2] == ["8", "ms"]
    assert "80.0%" in line
    assert line.rstrip().endswith("compute"), "4 Mflop at 1 Gflop/s take longer than 1.5 MB at 1 GB/s"
    assert "cpp_fused_mul_0 0/0" in out
    assert "the parts add up to 100.0% of 10 ms by the clock" in out
    assert "+5% while profiled" in out
    assert "eager / compiled    1.583×" in out


def test_rows_beyond_the_top_are_summed_up(bundle: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["profile", bundle, "--top", "1"]) == 0
    assert "… and 2 more, 2 ms: --top" in capsys.readouterr().out


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
    assert "50.0% of 20 ms by the clock: more than 5 % apart, so mistrust them" in capsys.readouterr().out


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
    assert [(dot.side, dot.name) for dot in found] == [("compiled", "cpp_fused_mul_0"), ("eager", "aten::mm")]
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
        (["phases", "no-such"], "no-such"),
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


def test_numerics_name_the_first_node_and_its_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    graph = 'class f(torch.nn.Module):\n    def forward(self):\n        neg: "f32[8]" = torch.ops.aten.neg.default(x)\n'
    graph += '        mul: "f32[8]" = torch.ops.aten.mul.Tensor(neg, neg);  neg = None\n'
    text = Artifact("0/0:aten", Stage.ATEN, "0/0", None, Language.FX, graph)
    capture = replace(full(), artifacts=(text,))
    assert lines_of_nodes(capture, "0/0", {"mul", "neg"}) == {"neg": 3, "mul": 4}
    monkeypatch.setattr(numerics_verb, "measured", lambda args, request: capture)
    assert main(["numerics", "softmax", "--nodes"]) == 0
    out = capsys.readouterr().out
    assert "mul is the first beyond 1e-05: 0/0, line 4 of its ATen graph" in out
    assert "no float64" in out
    assert main(["numerics", "softmax", "--nodes", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["first"]["line"] == 4


def test_what_is_on_disk_is_a_log_and_not_a_target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert is_target("softmax")
    assert is_target("file.py:name")
    assert not is_target("-")
    assert not is_target("no-such-log")
    Path("softmax").touch()
    assert not is_target("softmax")


def test_the_parts_of_a_start_add_up_to_the_whole() -> None:
    phases = (
        Phase("dynamo", 0.0, 4.0, 0, "0/0"),
        Phase("Scheduler.codegen", 1.0, 2.5, 1, "0/0"),
        Phase("vec_isa_probe", 1.5, 1.0, 2, "0/0"),
    )
    asm = Artifact("a", Stage.ASM, "0/0", "cpp_fused_x_0", Language.ASM, "", path="/t/k.main.so")
    capture = Capture(phases=phases, artifacts=(asm,), builds=(Build("/t/k.main.so", 1.5), Build("/t/z.so", 1.0)))
    stamps = [("starting", 10.0), ("importing torch", 10.5), ("building x", 12.5), ("compiling", 13.0), ("more", 20.0)]
    found = cold_start.cold_start("cold", capture, stamps, 4.25)
    assert found.parts == {
        CompilePart.START: 0.5,
        CompilePart.IMPORT: 2.0,
        CompilePart.BUILD: 0.5,
        CompilePart.PROBES: 1.0,
        CompilePart.DYNAMO: 1.5,
        CompilePart.CODE: 1.5,
        CompilePart.REST: 0.25,
    }
    assert found.seconds == 7.25
    assert [item.so for item in found.builds] == ["cpp_fused_x_0", "z.so"]


def test_phases_of_a_target(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    asked = []

    def start(request: object, name: str) -> ColdStart:
        asked.append(name)
        parts = {CompilePart.PROBES: 9.0, CompilePart.DYNAMO: 1.0}
        return ColdStart(name, parts, 10.0, (Build("cpp_fused_x_0", 2.0),))

    monkeypatch.setattr(cold_start, "start", start)
    assert main(["phases", "softmax"]) == 0
    out = capsys.readouterr().out
    assert asked == ["cold"]
    assert "vector-ISA probes" in out
    assert "90.0%" in out
    assert "TORCHINDUCTOR_VEC_ISA_OK=1" in out
    assert main(["phases", "softmax", "--cures", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["starts"][0]["name"] == "cold"
    assert len(data["starts"]) == 5
    assert data["levers"]["precompiled header"]
