"""`inspector doctor` on machines that lack things."""

from __future__ import annotations

import importlib.metadata
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from inspector.cli import checks
from inspector.cli.checks import Check, all_checks
from inspector.cli.main import main
from inspector.client.toolchain import require_compiler
from inspector.errors import EnvironmentLacking
from inspector.programs import Said

TORCH = {"version": "2.13.0+cpu", "cuda": None, "gpus": []}


@pytest.fixture
def probe(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Answers for torch without importing it."""

    def answer(value: dict[str, Any] | str) -> None:
        monkeypatch.setattr(checks, "_torch_probe", lambda: value)

    answer(TORCH)
    return answer


def found() -> dict[str, Check]:
    return {check.name: check for check in all_checks()}


def test_this_machine(probe: Any) -> None:
    result = found()
    assert list(result) == [
        "Python",
        "torch",
        "transformers",
        "C++ compiler",
        "OpenMP",
        "Python headers",
        "openssl",
        "objdump",
        "CPU",
        "memory",
        "GPU",
        "cache folder",
        "colours",
        "Unicode",
    ]
    assert result["Python"].ok
    assert result["GPU"].detail.startswith("none")


def test_the_compiler_that_inductor_will_use(probe: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("CXX", str(tmp_path / "g++"))
    assert not found()["C++ compiler"].ok
    assert "OpenMP" not in found(), "nothing to try it with"
    with pytest.raises(EnvironmentLacking, match="CXX names"):
        require_compiler()
    broken = tmp_path / "g++"
    broken.write_text(
        "#!/bin/sh\n[ $1 = --version ] && echo fake 1 && exit\necho 'fatal error: no vector' >&2; exit 1\n"
    )
    broken.chmod(0o755)
    check = found()["C++ compiler"]
    assert not check.ok
    assert "fake 1 does not build a small program: fatal error: no vector" in check.detail
    assert "apt install g++" in check.advice


def test_no_openmp(probe: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    without = tmp_path / "g++"
    without.write_text(
        '#!/bin/sh\ncase "$*" in *fopenmp*) echo "error: omp.h: no such file" >&2; exit 1;; esac\nexec g++ "$@"\n'
    )
    without.chmod(0o755)
    monkeypatch.setenv("CXX", str(without))
    result = found()
    assert result["C++ compiler"].ok
    assert not result["OpenMP"].ok
    assert "omp.h" in result["OpenMP"].detail


def test_torch_that_is_old_broken_or_absent(probe: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    probe({**TORCH, "version": "2.4.1"})
    assert not found()["torch"].ok
    probe("ImportError: libgomp.so.1: cannot open shared object file")
    assert "cannot be imported: ImportError: libgomp" in found()["torch"].detail

    def absent(name: str) -> str:
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", absent)
    assert found()["torch"].detail == found()["transformers"].detail == "not installed"


def test_gpus(probe: Any) -> None:
    probe({**TORCH, "cuda": "12.8", "gpus": ["NVIDIA H200"]})
    assert found()["GPU"].detail == "NVIDIA H200 (CUDA 12.8)"


def test_no_objdump_no_headers(probe: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    which = checks.shutil.which
    monkeypatch.setattr(checks.shutil, "which", lambda name: None if name == "objdump" else which(name))
    monkeypatch.setattr(checks.sysconfig, "get_paths", lambda: {"include": "/nowhere"})
    result = found()
    assert (result["objdump"].ok, result["objdump"].required) == (False, False)
    assert (result["Python headers"].ok, result["Python headers"].required) == (False, True)
    assert "-dev" in result["Python headers"].advice


@pytest.mark.parametrize(
    ("variables", "ok", "words"),
    [
        ({"TERM": "xterm-256color"}, True, "256"),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, True, "16 million"),
        ({"TERM": "xterm"}, True, "16 at most"),
        ({"TERM": "dumb"}, False, "dumb"),
        ({}, False, "not set"),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, True, "NO_COLOR"),
    ],
)
def test_colours(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], ok: bool, words: str) -> None:
    for name in ("TERM", "COLORTERM", "NO_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    check = checks._colours()
    assert check.ok is ok
    assert words in check.detail


def test_report_and_exit_code(probe: Any, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    good = [Check("a", True, "fine"), Check("b", False, "gone", "get it", required=False)]
    monkeypatch.setattr(checks, "all_checks", lambda: iter(good))
    assert main(["doctor"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "ok       a              fine",
        "missing  b              gone",
        f"{'':<24} get it",
        "",
        "inspector has what it needs.",
    ]
    monkeypatch.setattr(checks, "all_checks", lambda: iter([Check("c", False, "gone", "get it")]))
    assert main(["doctor"]) == 3
    assert "Missing: c." in capsys.readouterr().out
    assert main(["doctor", "--json"]) == 3
    data = json.loads(capsys.readouterr().out)
    assert data["ok"] is False
    assert data["checks"][0]["advice"] == "get it"


def test_torch_is_really_imported_but_not_here(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "torch.py").write_text("raise ImportError('broken on purpose')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    assert checks._torch_probe() == "ImportError: broken on purpose"
    code = "import sys; from inspector.cli import checks; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=Path.cwd())
    assert done.stdout == "False\n"


def test_an_unwritable_cache_is_told(probe: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert found()["cache folder"].detail == str(tmp_path / "cache" / "inspector")
    monkeypatch.setenv("XDG_CACHE_HOME", "/dev/null")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    check = found()["cache folder"]
    assert check.ok
    assert check.detail.startswith(f"falls back to {tmp_path}/inspector-cache-")


# --- torch's private parts ----------------------------------------------------------------------------------


def looked(*changed: str, test: str = "tests/x.py::y", torch: str = "2.13.0") -> Said:
    """What a look at torch's private parts prints."""
    use = {"name": "stacks", "files": ["stacks.py"], "parts": ["torch._dynamo:x"], "seen": ["2.13"]}
    row = use | {"changed": changed, "lost": "source positions are known by line only.", "test": test}
    return Said(0, json.dumps({"torch": torch, "uses": [row]}) + "\n", "")


@pytest.mark.parametrize(
    ("said", "code", "words"),
    [
        (looked(), 0, ["holds    stacks", "All 1 use of 1 private part hold."]),
        (
            looked("has no torch._dynamo.x"),
            0,
            ["changed  stacks", "torch has no torch._dynamo.x: stacks.py", "1 use of 1"],
        ),
        (looked("has no torch._dynamo.x", test=""), 3, ["changed  stacks"]),
        (looked(torch="2.99.0+cpu"), 0, ["torch 2.99.0+cpu  none of the releases"]),
    ],
)
def test_which_private_parts_of_torch_hold(
    said: Said, code: int, words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(checks, "ask", lambda command, seconds: said)
    assert main(["doctor", "--torch"]) == code
    out = capsys.readouterr().out
    assert all(part in out for part in words), out
    assert "without: source positions are known by line only." in out
    assert main(["doctor", "--torch", "--json"]) == code
    found = json.loads(capsys.readouterr().out)
    assert (found["ok"], found["known"]) == (code == 0, "2.99" not in found["torch"])


def test_a_torch_that_cannot_be_imported_has_no_parts_to_look_at(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(checks, "ask", lambda command, seconds: Said(1, "", "Traceback\nImportError: no libtorch\n"))
    assert main(["doctor", "--torch"]) == 3
    assert "ImportError: no libtorch" in capsys.readouterr().err
