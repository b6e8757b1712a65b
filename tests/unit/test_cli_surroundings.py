"""The command in odd surroundings: it says the same as anywhere, or in one line what is wrong, with its exit code."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOG = str(ROOT / "tests" / "traces" / "recompile.log")
COMMAND = [sys.executable, "-P", "-m", "inspector"]


def run(
    folder: Path, *words: str, limits: tuple[tuple[int, int], ...] = (), **changed: str | None
) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", "COLUMNS": "120"}
    environment = {name: value for name, value in {**environment, **changed}.items() if value is not None}

    def limit() -> None:
        for what, most in limits:
            resource.setrlimit(what, (most, most))

    return subprocess.run(
        [*COMMAND, *words],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        preexec_fn=limit,
    )


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> str:
    done = run(tmp_path_factory.mktemp("usual"), "phases", LOG)
    assert (done.returncode, done.stderr) == (0, "")
    assert "compile ids" in done.stdout
    return done.stdout


@pytest.mark.parametrize(
    "changed",
    [
        {"PYTHONOPTIMIZE": "2"},
        {"PYTHONINSPECT": "1"},
        {"PYTHONDONTWRITEBYTECODE": "1"},
        {"PYTHONPATH": f"{ROOT}:/dev/null:/none::\x01"},
        {"HOME": None},
        {"HOME": "/proc", "XDG_CACHE_HOME": None, "XDG_STATE_HOME": None},
        {"TMPDIR": "/proc"},
        {"TERM": None},
        {"TERM": "dumb"},
    ],
    ids=lambda changed: " ".join(f"{name}={str(value)[:9]!r}" for name, value in changed.items()),
)
def test_it_says_the_same(tmp_path: Path, usual: str, changed: dict[str, str | None]) -> None:
    done = run(tmp_path, "phases", LOG, **changed)
    assert (done.returncode, done.stderr, done.stdout) == (0, "", usual)


@pytest.mark.parametrize("number", [16, 32])
def test_few_descriptors_are_enough_for_a_log(tmp_path: Path, usual: str, number: int) -> None:
    done = run(tmp_path, "phases", LOG, limits=((resource.RLIMIT_NOFILE, number),))
    assert (done.returncode, done.stderr, done.stdout) == (0, "", usual)


def test_a_capture_without_the_descriptors_to_start_a_worker_says_so(tmp_path: Path) -> None:
    (tmp_path / "tmp").mkdir()
    limits = ((resource.RLIMIT_NOFILE, 12),)
    done = run(tmp_path, "capture", "softmax", "-o", "out", limits=limits, TMPDIR=str(tmp_path / "tmp"))
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == "inspector: The worker cannot be started: [Errno 24] Too many open files.\n"
    assert [*(tmp_path / "tmp").iterdir()] == []
    assert [path.name for path in tmp_path.iterdir()] == ["tmp"]


def test_files_of_ones_own_called_like_modules_are_not_taken_for_them(tmp_path: Path, usual: str) -> None:
    for name in ("torch", "json", "textual", "inspector", "rich", "psutil", "queue"):
        (tmp_path / f"{name}.py").write_text(f"raise SystemExit('the wrong {name}')\n")
    done = run(tmp_path, "phases", LOG)
    assert (done.returncode, done.stderr, done.stdout) == (0, "", usual)


@pytest.mark.parametrize(
    "changed", [{}, {"PYTHONINSPECT": "1"}, {"PYTHONOPTIMIZE": "2"}, {"LC_ALL": "C", "HOME": None}]
)
def test_what_is_wrong_is_said_in_a_line_and_its_hint(tmp_path: Path, changed: dict[str, str | None]) -> None:
    done = run(tmp_path, "phases", "/none", **changed)
    assert (done.returncode, done.stdout) == (2, "")
    first, *hint = done.stderr.splitlines()
    assert first.startswith("inspector: ")
    assert len(hint) <= 1


def test_a_disk_that_is_full(tmp_path: Path) -> None:
    done = run(tmp_path, "export", LOG, "-o", "x.inspector", limits=((resource.RLIMIT_FSIZE, 1024),))
    assert done.returncode == 2
    assert "cannot be written to x.inspector: File too large" in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "words", [["phases", LOG], ["show", LOG], ["recompiles", LOG], ["explain", "silu"], ["--help"]]
)
def test_a_reader_that_has_seen_enough(tmp_path: Path, words: list[str]) -> None:
    read, write = os.pipe()
    os.close(read)
    try:
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        done = subprocess.run(
            [*COMMAND, *words], stdout=write, stderr=subprocess.PIPE, cwd=tmp_path, env=environment, check=False
        )
    finally:
        os.close(write)
    assert (done.returncode, done.stderr) == (0, b"")
