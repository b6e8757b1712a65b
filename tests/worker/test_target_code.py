"""A capture changes nothing: for gallery targets, Inductor generates the same output code, byte for byte."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import psutil
import pytest
from worker_driver import ROOT

from inspector.targets import catalog

pytestmark = pytest.mark.compiles

SMALL = (
    "softmax",
    "layer-norm",
    "graph-break",
    "recompiles",
    "llama-rmsnorm",
    "llama-tiny",
    "llama-tiny+train",
    "moe-block",
)
LARGE = ("llama-1b-decode", *(() if psutil.virtual_memory().total > 14 << 30 else ("llama-1b",)))
"""Left out: decoding, whose code is llama-decode's four times over; the other where its 5 GB of weights and what the
compiler needs beside them do not fit."""
NAMES = (
    (*(info.name for info in catalog() if info.name not in LARGE), "llama-mlp+train", "llama-tiny+train")
    if os.environ.get("ALL_TARGETS")
    else SMALL
)
"""`make unchanged` takes all, which is minutes and six gigabytes."""


@cache
def generated(side: str, folder: Path) -> dict[str, list[str]]:
    """The output code of every target, all made in one fresh process."""
    run = folder / side
    run.mkdir()
    out = run / "code.json"
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "TORCH_TRACE": str(run / "trace")}
    command = [sys.executable, str(Path(__file__).parent / "target_code.py"), side, str(out), *NAMES]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    found: dict[str, list[str]] = json.loads(out.read_text())
    return found


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("code")


@pytest.mark.parametrize("name", NAMES)
def test_output_code_is_byte_identical(name: str, folder: Path) -> None:
    plain, captured = generated("plain", folder)[name], generated("capture", folder)[name]
    assert plain
    assert captured == plain
    assert sum("inspector_statements" in path.read_text() for path in (folder / "capture" / "trace").iterdir())
