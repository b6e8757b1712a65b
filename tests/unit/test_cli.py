"""The command line: help, errors, exit codes, and what is printed from a bundle."""

from __future__ import annotations

import argparse
import io
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from captures import full

from inspector import errors
from inspector.bundle import write
from inspector.cli.main import main
from inspector.cli.options import add_target_options, request_from
from inspector.cli.paths import short_path
from inspector.cli.registry import VERBS, index, load
from inspector.cli.terminal import interactive
from inspector.model.request import CacheMode, CaptureRequest
from inspector.model.stage import Stage
from inspector.targets import catalog


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def bundle(tmp_path: Path) -> str:
    return str(write(full(), tmp_path / "bundle"))


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    """Exit code, stdout, stderr."""
    try:
        code = main(words)
    except SystemExit as end:  # argparse's own --help
        code = int(end.code or 0)
    out, err = capsys.readouterr()
    return code, out, err


# --- help and the registry ----------------------------------------------------------------------------------


def test_alone_it_says_what_to_try(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys)
    assert (code, err) == (0, "")
    for command in ("inspector llama-mlp", "inspector targets", "inspector doctor"):
        assert command in out


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "--version")
    assert code == 0
    assert re.fullmatch(r"inspector \d+\.\d+\.\d+\S*\n", out)


def test_help_names_every_verb_and_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "--help")
    assert code == 0
    assert all(f"\n    {name} " in out for name in VERBS)
    assert _codes(out) == EXIT_CODES


EXIT_CODES = {str(value) for name, value in vars(errors).items() if name.startswith("EXIT_")}


def _codes(text: str) -> set[str]:
    """What stands in the help's list of exit codes."""
    return set(re.findall(r"(?m)^  (\d+) +\w", text.partition("\nexit codes\n")[2]))


def test_the_readme_lists_the_exit_codes() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    assert set(re.findall(r"(?m)^\| (\d+) \|", readme)) == EXIT_CODES


@pytest.mark.parametrize("name", VERBS)
def test_a_verbs_docstring_is_its_help(capsys: pytest.CaptureFixture[str], name: str) -> None:
    code, out, _ = run(capsys, name, "--help")
    assert code == 0
    assert out.startswith(f"usage: inspector {name}")
    assert str(load(name).__doc__).splitlines()[0] in out
    assert _codes(out) == EXIT_CODES


def test_every_verb_file_is_registered() -> None:
    import inspector.cli.verbs as package

    files = {path.stem for path in Path(package.__path__[0]).glob("*.py")} - {"__init__"}
    assert files == set(VERBS.values())


def test_a_duplicate_verb_fails_at_start() -> None:
    with pytest.raises(ValueError, match="two verbs are called 'show'"):
        index([("show", "show"), ("show", "other")])


def test_a_verb_without_help_does_not_load(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load("show"), "__doc__", "")
    with pytest.raises(ValueError, match="no docstring"):
        load("show")


# --- usage --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["llama-mpl"], ["no target 'llama-mpl'", "Did you mean llama-mlp"]),
        (["doctr"], ["no target 'doctr'", "Did you mean doctor?"]),
        (["capture", "llama-mpl"], ["no target 'llama-mpl'", "Did you mean llama-mlp"]),
        (["xyzzy"], ["no target 'xyzzy'", "inspector targets"]),
        (["nowhere.py:net"], ["no file nowhere.py"]),
        (["samples/block.py"], ["which object to compile", "Name one: Block, example."]),
        (["softmax", "-o", "/dev/null/x"], ["cannot be written to /dev/null/x: Not a directory", "-o"]),
        (["capture"], ["No target given"]),
        (["--batch", "2"], ["No target given"]),
        (["softmax", "--model", "llama"], ["Both a target (softmax) and --model"]),
        (["softmax", "--submodule", "x"], ["--submodule", "Add --model"]),
        (["softmax", "--batch", "0"], ["--batch: '0' is not a whole number from 1", "inspector --help"]),
        (["softmax", "--seq", "x"], ["--seq: 'x' is not a whole number from 1"]),
        (["softmax", "--timeout", "-1"], ["--timeout"]),
        (["softmax", "--timeout", "nan"], ["'nan' is not a number of seconds"]),
        (["softmax", "--inductor", "x"], ["'x' is not KEY=VALUE"]),
        (["softmax", "--cold", "--warm"], ["not allowed with"]),
        (["softmax", "--dynamic", "--static"], ["not allowed with"]),
        (["softmax", "--nonsense"], ["Unrecognized arguments: --nonsense"]),
        (["opne", "b"], ["There is no verb 'opne'", "Did you mean `inspector open …`?"]),
        (["frobnicate", "softmax"], ["There is no verb 'frobnicate'", "The verbs are targets, "]),
        (["capture", "softmax", "--bat", "2"], ["Unrecognized arguments: --bat", "Did you mean --batch"]),
        (["latency", "softmax", "--samples", "0"], ["--samples"]),
        (["show"], ["required: LOG"]),
        (["show", "nowhere"], ["Cannot read nowhere"]),
        (["open", "nowhere"], ["Cannot read nowhere"]),
    ],
)
def test_bad_usage_is_one_clear_message_and_code_2(
    capsys: pytest.CaptureFixture[str], words: list[str], expected: list[str]
) -> None:
    code, out, err = run(capsys, *words)
    assert (code, out) == (2, "")
    assert err.startswith("inspector: ")
    assert len(err.splitlines()) <= 2
    assert "Traceback" not in err
    for part in expected:
        assert part in err


def parsed(*words: str) -> CaptureRequest:
    parser = argparse.ArgumentParser()
    add_target_options(parser)
    return request_from(parser.parse_args(words))


@pytest.mark.parametrize(
    "request_made",
    [
        CaptureRequest("softmax"),
        CaptureRequest(model="llama", submodule="model.layers.0.mlp"),
        CaptureRequest(
            "pkg.mod:name",
            inputs=("x=f32[1,8]", "y=i64[1]"),
            batch=2,
            seq=3,
            dtype="bf16",
            device="cuda",
            dynamic=False,
            mode="max-autotune",
            fullgraph=True,
            train=True,
            threads=4,
            inductor=(("a", "1"), ("b.c", "x=y")),
            seed=7,
            cache=CacheMode.WARM,
            torch_logs=("fusion",),
            timeout=2.5,
        ),
        CaptureRequest("softmax", dynamic=True, cache=CacheMode.COLD),
    ],
)
def test_a_requests_arguments_make_it_again(request_made: CaptureRequest) -> None:
    assert parsed(*request_made.arguments()) == request_made


def test_every_field_of_a_request_has_an_option() -> None:
    parser = argparse.ArgumentParser()
    add_target_options(parser)
    options = {action.dest for action in parser._actions} - {"help", "traceback"}
    assert options == set(CaptureRequest.__dataclass_fields__)


# --- targets ------------------------------------------------------------------------------------------------


def test_targets(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "targets")
    assert code == 0
    for info in catalog():
        assert re.search(rf"^{info.name} +{re.escape(info.summary)}", out, re.MULTILINE)
    code, out, _ = run(capsys, "targets", "--json")
    assert [item["name"] for item in json.loads(out)["targets"]] == [info.name for info in catalog()]


# --- show and open ------------------------------------------------------------------------------------------


def test_show_overview(capsys: pytest.CaptureFixture[str], bundle: str) -> None:
    code, out, err = run(capsys, "show", bundle)
    assert (code, err) == (0, "")
    for words in (
        "model.py:net  a small net",
        "x: float32[1, 8]",
        "cold: a new process with fresh caches",
        "Bytecode, modified",
        "AOT ATen graph                  2 lines",
        "cpp_fused_mul_0  kernel 1 line, machine code 1 line",
        "4 guards, 2 kernels, 1 restart, caches: FX hit",
        "0/1  forward  failed",
        "it broke",
        "call to print",
        "model.py:12 in forward\n      return self.act(x)",
        "hint  Do not print.",
        "L['x'].size()[0] == 1",
        "fallback  no provenance in this log",
    ):
        assert words in out
    assert "\x1b" not in out


def test_show_a_stage(capsys: pytest.CaptureFixture[str], bundle: str) -> None:
    _, both, _ = run(capsys, "show", bundle, "--stage", "aten")
    first, second = "def forward(self):\n    return mul\n", "def forward(self):\n    return mul_1\n"
    assert both == f"==> 0/0:aten <==\n{first}\n==> 0/1:aten <==\n{second}"
    _, one, _ = run(capsys, "show", bundle, "--stage", "aten", "--compile-id", "0/1")
    assert one == "def forward(self):\n    return mul_1\n"
    _, kernel, _ = run(capsys, "show", bundle, "--kernel", "cpp_fused_mul_0")
    assert kernel == "void kernel() {}\n"
    _, assembly, _ = run(capsys, "show", bundle, "--stage", "asm", "--kernel", "cpp_fused_mul_0")
    assert assembly == "ret\n"


@pytest.mark.parametrize("stage", Stage)
def test_a_stage_is_called_by_every_name_that_it_is_shown_under(stage: Stage) -> None:
    for name in (stage.value, stage.heading, stage.short, stage.value.replace("_", "-"), stage.heading.upper()):
        assert Stage.named(name) is stage
    assert Stage.named("tea") is None


@pytest.mark.parametrize("words", [["--stage", "AOT ATen graph"], ["--stage", "Machine code"], ["--stage", "ATen"]])
def test_show_a_stage_by_its_title(capsys: pytest.CaptureFixture[str], bundle: str, words: list[str]) -> None:
    code, out, _ = run(capsys, "show", bundle, *words)
    assert code == 0
    assert out.startswith("==> 0/0:aten <==" if "AT" in words[1] else "ret")


def test_show_colours_on_request(
    capsys: pytest.CaptureFixture[str], bundle: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    _, out, _ = run(capsys, "show", bundle, "--stage", "aten", "--compile-id", "0/1")
    assert "\x1b[" in out
    assert re.sub(r"\x1b\[[0-9;]*m", "", out) == "def forward(self):\n    return mul_1\n"
    _, data, _ = run(capsys, "show", bundle, "--json")
    assert "\x1b" not in data
    monkeypatch.setenv("NO_COLOR", "1")
    _, out, _ = run(capsys, "show", bundle, "--stage", "aten")
    assert "\x1b" not in out


@pytest.mark.parametrize(
    ("words", "message", "hint"),
    [
        (["--stage", "tea"], "no stage called 'tea'", "It has: source, bytecode, dynamo, aten, kernel, ttir, asm"),
        (["--stage", "joint"], "This capture has no stage 'joint'", "It has: source"),
        (["--stage", "aten", "--compile-id", "5/0"], "no compile id '5/0'", "It has: 0/0, 0/1"),
        (["--kernel", "cpp"], "no kernel 'cpp'", "It has: cpp_fused_mul_0, triton_/../x"),
        (["--stage", "aten", "--kernel", "cpp_fused_mul_0"], "'aten' is not per kernel", "--stage kernel"),
        (
            ["--stage", "asm", "--compile-id", "0/1"],
            "No machine code of compile id 0/1 is recorded",
            "There is one for: 0/0",
        ),
    ],
)
def test_show_names_what_there_is(
    capsys: pytest.CaptureFixture[str], bundle: str, words: list[str], message: str, hint: str
) -> None:
    code, out, err = run(capsys, "show", bundle, *words)
    assert (code, out) == (2, "")
    assert message in err
    assert hint in err


def test_show_lists(capsys: pytest.CaptureFixture[str], bundle: str) -> None:
    _, guards, _ = run(capsys, "show", bundle, "--guards", "--compile-id", "0/0")
    assert "L['x'].size()[0] == 1  TENSOR_MATCH" in guards
    _, breaks, _ = run(capsys, "show", bundle, "--breaks")
    assert "call to print" in breaks
    _, none, _ = run(capsys, "show", bundle, "--breaks", "--compile-id", "0/1")
    assert none == "No graph break is recorded; but 2 of 40 records cannot be read.\n"
    _, again, _ = run(capsys, "show", bundle, "--recompiles")
    assert "0/1 forward" in again
    _, phases, _ = run(capsys, "show", bundle, "--phases")
    assert phases.splitlines()[0].split() == ["0.000", "1.250", "s", "dynamo", "0/0"]
    assert "running" in phases.splitlines()[1]


def test_show_json(capsys: pytest.CaptureFixture[str], bundle: str) -> None:
    data = json.loads(run(capsys, "show", bundle, "--json")[1])
    assert data["cache"] == "cold"
    assert [item["compile_id"] for item in data["compilations"]] == ["0/0", "0/1"]
    assert data["graph_breaks"][0]["hints"] == ["Do not print."]
    stage = json.loads(run(capsys, "show", bundle, "--stage", "aten", "--json", "--compile-id", "0/0")[1])
    assert [item["text"] for item in stage["artifacts"]] == ["def forward(self):\n    return mul\n"]
    one = json.loads(run(capsys, "show", bundle, "--json", "--compile-id", "0/1")[1])
    assert [item["compile_id"] for item in one["compilations"]] == ["0/1"]
    for name, key in (
        ("guards", "guards"),
        ("breaks", "graph_breaks"),
        ("recompiles", "recompiles"),
        ("phases", "events"),
    ):
        assert key in json.loads(run(capsys, "show", bundle, f"--{name}", "--json")[1])


def test_open_without_a_terminal_names_show(capsys: pytest.CaptureFixture[str], bundle: str) -> None:
    code, _, err = run(capsys, "open", bundle)
    assert code == 2
    assert f"inspector show {bundle}" in err


def test_a_reader_that_has_seen_enough(bundle: str) -> None:
    command = f"{shlex.quote(sys.executable)} -m inspector show {shlex.quote(bundle)} --phases | true"
    done = subprocess.run(["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_terminal_without_unicode(bundle: str) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    command = [sys.executable, "-m", "inspector", "show", bundle, "--stage", "source"]
    done = subprocess.run(command, capture_output=True, env=environment, check=False)
    assert done.returncode == 0
    assert b"y = '??'" in done.stdout


# --- small things -------------------------------------------------------------------------------------------


def test_short_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/home/someone")
    assert short_path(str(tmp_path / "a/b.py")) == "a/b.py"
    assert short_path("/home/someone/x.py") == "~/x.py"
    assert short_path("/env/lib/python3.11/site-packages/transformers/x.py") == "transformers/x.py"
    assert short_path("/opt/x.py") == "/opt/x.py"


def test_the_status_line_is_for_terminals_only(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from inspector.cli.terminal import ProgressLine

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    ProgressLine().show("nothing")
    assert capsys.readouterr().err == ""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "10")
    line = ProgressLine()
    line.show("a very long line")
    line.show("a very long line")
    line.clear()
    line.clear()
    assert terminal.getvalue() == "\r\x1b[2Ka very lo\r\x1b[2K"


# --- terminals and streams that are not what they should be -------------------------------------------------


def test_a_full_disk_and_a_closed_stdout_end_without_a_traceback() -> None:
    command = f"{shlex.quote(sys.executable)} -m inspector targets"
    full = subprocess.run(f"{command} >/dev/full", shell=True, capture_output=True, text=True, check=False)
    assert (full.returncode, full.stderr) == (1, "inspector: The output cannot be written: No space left on device.\n")
    closed = subprocess.run(f"{command} >&-", shell=True, capture_output=True, text=True, check=False)
    assert (closed.returncode, closed.stderr) == (0, "")


@pytest.mark.parametrize(("term", "expected"), [("xterm", True), ("dumb", False), ("", False)])
def test_a_terminal_that_cannot_place_the_cursor_is_not_interactive(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], bundle: str, term: str, expected: bool
) -> None:
    monkeypatch.setenv("TERM", term)
    for stream in (sys.stdin, sys.stdout):
        monkeypatch.setattr(stream, "isatty", lambda: True, raising=False)
    assert interactive() is expected
    if not expected:
        code, _, err = run(capsys, "open", bundle)
        assert code == 2
        assert "needs a real terminal" in err


@pytest.mark.parametrize(
    "words",
    [
        ["export", "LOG", "-o", "NAME"],
        ["export", "LOG", "--page", "-o", "NAME.html"],
        ["export", "LOG", "--markdown", "-o", "NAME"],
        ["diff", "LOG", "LOG", "--html", "NAME"],
        ["phases", "LOG", "--perfetto", "NAME"],
        ["capture", "softmax", "-o", "NAME.inspector"],
        ["profile", "softmax", "--roofline", "NAME"],
    ],
)
def test_a_name_that_no_file_can_have(capsys: pytest.CaptureFixture[str], words: list[str]) -> None:
    log = str(Path(__file__).parents[1] / "traces" / "recompile.log")
    code, out, err = run(capsys, *(word.replace("LOG", log).replace("NAME", "x" * 300) for word in words))
    assert (code, out) == (2, "")
    assert err == f"inspector: '{'x' * 60}…' is no path: file name too long.\n  Name another place.\n"
