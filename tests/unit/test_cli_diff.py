"""`inspector diff` and `inspector ranks`, on recorded logs and without a worker."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from inspector.cli.main import main
from inspector.cli.verbs import diff
from inspector.client import process
from inspector.model.artifact import Artifact, Language
from inspector.model.capture import Capture, Compilation, CompileStatus, Guard
from inspector.model.request import CaptureRequest
from inspector.model.stage import Stage
from inspector.work.comparing import Making
from inspector.work.comparison import Side

TRACES = Path(__file__).parent.parent / "traces"
RECOMPILE = str(TRACES / "recompile.log")


@pytest.fixture
def ranks(tmp_path: Path) -> Path:
    """Two ranks: the second recompiled, the first was never asked to."""
    folder = tmp_path / "job"
    folder.mkdir()
    shutil.copy(TRACES / "two_ops.log", folder / "dedicated_log_torch_trace_rank_0_a.log")
    shutil.copy(RECOMPILE, folder / "dedicated_log_torch_trace_rank_1_b.log")
    return folder


def test_two_compile_ids_of_one_log(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", RECOMPILE, "0/0", "0/1"]) == 0
    out = capsys.readouterr().out
    assert "0/0 → 0/1  f  different" in out
    assert "≠ softmax: f32[8, 16][16, 1]cpu → f32[8, s27][s27, 1]cpu" in out
    assert "≠ cpp_fused__softmax_0: different" in out
    assert "+ 2 <= L['x'].size()[1]" in out


def test_a_chain_of_recompiles(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", RECOMPILE, "0/0", "0/1", "0/0", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert [(item["a"], item["b"]) for item in data["compilations"]] == [("0/0", "0/1"), ("0/1", "0/0")]
    assert (data["phases"], data["latency"]) == ([], [])


def test_a_log_and_the_same_log_packed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    packed = tmp_path / "again.log.gz"
    packed.write_bytes(gzip.compress(Path(RECOMPILE).read_bytes()))
    assert main(["diff", RECOMPILE, str(packed), "--exit-code"]) == 0
    told = capsys.readouterr().out
    assert re.search(r"compiled: identical \([\d,]+ lines of dynamo, .*, kernel and \d+ guards\)\.", told)


def test_a_cold_and_a_warm_run_of_one_program(capsys: pytest.CaptureFixture[str]) -> None:
    cold, warm = str(TRACES / "two_ops.log"), str(TRACES / "warm.log")
    assert main(["diff", cold, warm, "--exit-code"]) == 0
    out = capsys.readouterr().out
    assert "; as far as both logs hold it)." in out
    assert "not recorded in B: its code came from a cache" in out
    assert re.search(r"fx_graph +miss → hit", out)
    assert main(["diff", warm, cold, "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    (compilation,) = data["compilations"]
    changes = {item["title"]: item["change"] for item in compilation["texts"]}
    assert changes == {
        **dict.fromkeys(("dynamo", "aten", "post_grad", "inductor"), "same"),
        "pre_grad": "unrecorded",
    }
    assert data["change"] == "same"


def test_lines_of_one_stage(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", RECOMPILE, "0/0", "0/1", "--stage", "aten", "--context", "0", "--exit-code"]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("aten: different")
    assert any(line.split()[:2] == ["8", "9"] and " ~ " in line and "s27" in line for line in lines)
    assert not any("amax:" in line for line in lines)  # the same on both sides


def test_lines_of_one_kernel(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", RECOMPILE, "0/0", "0/1", "--kernel", "cpp_fused__softmax_0"]) == 0
    assert "x1<static_cast<int64_t>(ks0)" in capsys.readouterr().out


def test_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", RECOMPILE, "0/0", "0/1", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert (data["change"], data["compilations"][0]["a"], data["compilations"][0]["b"]) == ("changed", "0/0", "0/1")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "No side is given"),
        ([RECOMPILE], "One side is given"),
        ([RECOMPILE, "0/0", "0/1", "0/7"], "no compile id '0/7'"),
        ([RECOMPILE, "0/0", "7/7"], "no compile id '7/7'"),
        ([RECOMPILE, RECOMPILE, "--compile-id", "7/7"], "no compile id '7/7'"),
        ([RECOMPILE, "0/0", "0/1", "--stage", "nothing"], "no stage called 'nothing'"),
        ([RECOMPILE, "0/0", "0/1", "--kernel", "nothing"], "a kernel 'nothing'"),
        ([RECOMPILE, "no-such-thing"], "no target 'no-such-thing'"),
        (["llama-mlp", "--b"], "compiled alike"),
        (["llama-mlp", "gpt2-mlp", "--b", "--dynamic"], "more than one is given"),
        (["llama-mlp", "--b", "--wrong"], "--wrong"),
    ],
)
def test_what_it_does_not_understand(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", *arguments]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert "Traceback" not in error


def test_escapes_in_a_log_never_reach_the_terminal(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def evil(value: int) -> Capture:
        code = f"auto tmp0 = {value}; \x1b]0;title\x07\n"
        kernel = Artifact("0/0:kernel:k\x1b[2J", Stage.KERNEL, "0/0", "k\x1b[2J", Language.CPP, code)
        guards = (Guard(f"x\x9b2J == {value}", "K", "x"),)
        return Capture(
            artifacts=(kernel,), compilations=(Compilation("0/0", CompileStatus.DONE, "f\x1b[31m", guards=guards),)
        )

    monkeypatch.setattr(diff, "_side", lambda word, args: Side(word, capture=lambda: evil(ord(word))))
    for options in ([], ["--stage", "kernel"]):
        assert main(["diff", "A", "B", *options]) == 0
        out = capsys.readouterr().out
        assert "␛[2J" in out
        assert not {"\x1b", "\x07", "\x9b"} & set(out)


def test_b_has_the_options_of_a_and_its_own(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[CaptureRequest] = []

    def compiled(making: Making, at: int, side: Side) -> Capture:
        assert side.request is not None
        asked.append(side.request)
        return Capture(request=side.request)

    monkeypatch.setattr(Making, "_compiled", compiled)
    words = ["llama-mlp", "--batch", "4", "--inductor", "a=1", "--b", "--dynamic", "--inductor", "b=2"]
    assert main(["diff", *words]) == 0
    first, second = asked
    assert (first.target, first.batch, first.dynamic, first.inductor) == ("llama-mlp", 4, None, (("a", "1"),))
    assert (second.target, second.batch, second.dynamic) == ("llama-mlp", 4, True)
    assert second.inductor == (("a", "1"), ("b", "2"))
    assert "dynamic" in capsys.readouterr().out


@pytest.fixture
def scenario(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[[str], None]:
    """Sets which fake worker runs in place of the real one."""
    monkeypatch.chdir(tmp_path)
    fake = str(Path(__file__).with_name("fake_worker.py"))
    return lambda name: monkeypatch.setattr(process, "worker_command", lambda: [sys.executable, fake, name])


def test_one_target_compiled_twice(scenario: Callable[[str], None], capsys: pytest.CaptureFixture[str]) -> None:
    scenario("finish")
    assert main(["diff", "softmax", "--batch", "2", "--b", "--dynamic"]) == 0
    out = capsys.readouterr().out
    assert "A softmax --batch 2\nB softmax --batch 2 --dynamic\n" in out
    assert "What was compiled: identical (4 lines of aten)." in out
    assert "dynamic  not set  true" in out


def test_one_target_timed_twice(scenario: Callable[[str], None], capsys: pytest.CaptureFixture[str]) -> None:
    scenario("finish")
    assert main(["diff", "softmax", "--seconds", "0.3", "--json", "--b", "--static"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["latency"]
    assert all(item["ratio"] is not None for item in data["latency"])


def test_a_side_that_fails(scenario: Callable[[str], None], capsys: pytest.CaptureFixture[str]) -> None:
    scenario("fail")
    assert main(["diff", "softmax", "--b", "--dynamic"]) == 2
    assert capsys.readouterr().err == "inspector: softmax: toy has no forward\n  Give it one.\n"


def test_ranks(ranks: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ranks", str(ranks), "--exit-code"]) == 1
    out = capsys.readouterr().out
    assert "Compile ids  the ranks differ:" in out
    assert "rank 0 · compile ids ↔ rank 1 · compile ids" in out
    assert "Collectives in the compiled code, and their order  none in the code that the logs hold" in out


def test_ranks_json(ranks: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ranks", str(ranks), "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["diverges"]
    assert [item["rank"] for item in data["ranks"]] == ["rank 0", "rank 1"]
    first = data["aspects"][0]["groups"][0]["listing"]
    assert first["artifact"] is None
    assert first["lines"]


def test_ranks_of_a_single_log(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ranks", RECOMPILE]) == 2
    assert "two or more" in capsys.readouterr().err
