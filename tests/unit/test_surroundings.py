"""What surrounds the program: flags of Python, locales, files in the way, readers that leave."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "samples/llama-mlp.inspector"


def inspector(*arguments: str, flags: tuple[str, ...] = (), **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *flags, "-m", "inspector", *arguments],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "100", **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize(
    "arguments", [("--help",), ("show", "--help"), ("explain", "exp"), ("study", "spot", "--help")]
)
def test_without_docstrings_in_the_compiled_code(arguments: tuple[str, ...]) -> None:
    found, usual = inspector(*arguments, flags=("-OO",)), inspector(*arguments)
    assert (found.returncode, found.stdout, found.stderr) == (usual.returncode, usual.stdout, usual.stderr)
    assert found.returncode == 0


def test_the_screens_commands_have_their_help_without_docstrings_too() -> None:
    words = "from inspector.tui.desk.commands import COMMANDS; print([(c.name, c.help) for c in COMMANDS.values()])"
    found, usual = (
        subprocess.run([sys.executable, *flags, "-c", words], cwd=ROOT, capture_output=True, text=True, check=False)
        for flags in (("-OO",), ())
    )
    assert found.stdout == usual.stdout
    assert found.returncode == 0, found.stderr


def test_a_locale_without_unicode() -> None:
    found = inspector("show", str(SAMPLE), "--stage", "source", LC_ALL="C", PYTHONCOERCECLOCALE="0", PYTHONUTF8="0")
    assert found.returncode == 0
    assert "Traceback" not in found.stderr
    assert "def forward" in found.stdout


def test_a_reader_that_has_seen_enough() -> None:
    command = f"{sys.executable} -m inspector show {SAMPLE} --stage asm | head -1; echo ${{PIPESTATUS[0]}}"
    found = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)
    assert found.stdout.splitlines()[-1] == "0"
    assert found.stderr == ""
