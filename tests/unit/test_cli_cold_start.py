"""`inspector phases TARGET`: a cold start taken apart, what would avoid its parts, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from inspector.cli import cold_start
from inspector.cli.main import main
from inspector.cli.verbs.phases import is_target
from inspector.model.artifact import Artifact, Language
from inspector.model.build import Build
from inspector.model.capture import Capture, Note, Phase
from inspector.model.compile_time import ColdStart, CompilePart
from inspector.model.request import CacheMode, CaptureRequest
from inspector.model.stage import Stage


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "Neither a log nor a target"),
        (["no-such"], "no-such"),
        (["llama-mlp", "--model", "gpt2"], "Both a target"),
        (["llama-mlp", "--submodule", "h.0"], "--submodule is a part of a --model"),
        (["llama-mlp", "--flame"], "--flame is for a log"),
        (["--model", "gpt2", "--perfetto", "t.json"], "--perfetto is for a log, and gpt2 is a target"),
        ([".", "--train"], "--train is for a target"),
        ([".", "--static"], "--static is for a target"),
        ([".", "--input", "n=3"], "--input is for a target"),
        ([".", "--cures"], "--cures is for a target"),
    ],
)
def test_what_is_refused(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["phases", *words]) == 2
    assert message in capsys.readouterr().err


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
    capture = Capture(
        phases=phases,
        artifacts=(asm,),
        builds=(Build("/t/k.main.so", 1.5), Build("/t/z.so", 1.0)),
        notes=(Note("warning", "f was in training mode."), Note("fallback", "statements have no nodes.")),
    )
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
    assert found.warnings == ("f was in training mode.",)


def test_phases_of_a_target(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    asked: dict[str, CaptureRequest] = {}

    def start(request: CaptureRequest, name: str) -> ColdStart:
        asked[name] = request
        parts = {CompilePart.PROBES: 9.0, CompilePart.DYNAMO: 1.0}
        return ColdStart(name, parts, 10.0, (Build("cpp_fused_x_0", 2.0),), ("f was in training mode.",))

    monkeypatch.setattr(cold_start, "start", start)
    assert main(["phases", "softmax"]) == 0
    out = capsys.readouterr().out
    assert asked == {"cold": CaptureRequest("softmax", cache=CacheMode.COLD)}
    assert "vector-ISA probes" in out
    assert out.splitlines()[1] == "f was in training mode."
    assert "90.0 %" in out
    assert "TORCHINDUCTOR_VEC_ISA_OK=1" in out
    assert "narrower vectors (benchmarks/levers.py)" in out
    assert main(["phases", "softmax", "--cures", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["starts"][0]["name"] == "cold"
    assert len(data["starts"]) == 5
    assert data["levers"]["precompiled header"]
    assert all(lever["known"] for levers in data["levers"].values() for lever in levers)
    options = ["--model", "gpt2", "--submodule", "h.0", "--train", "--inductor", "max_autotune=True", "--threads", "1"]
    assert main(["phases", *options, "--json"]) == 0
    assert asked["cold"] == CaptureRequest(
        model="gpt2",
        submodule="h.0",
        train=True,
        inductor=(("max_autotune", "True"),),
        threads=1,
        cache=CacheMode.COLD,
    )
