"""An offline vLLM from end to end, in an environment of its own: `make servers SERVER_PYTHON=/path/to/its/python`.

docs/servers.md says how such an environment is made. Minutes, so that no ordinary run of the suite has it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from inspector.work.opening import open_path

PYTHON = os.environ.get("SERVER_PYTHON", "")
pytestmark = [
    pytest.mark.servers,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(not PYTHON, reason="SERVER_PYTHON names no Python that has vLLM"),
]
OFFLINE = Path(__file__).parent / "offline_vllm.py"
ROOT = Path(__file__).parents[2]


def inspector(home: Path, *words: object) -> subprocess.CompletedProcess[str]:
    """One command around the server, its home and caches being the test's."""
    environment = {
        **os.environ,
        **{"HOME": str(home), "TMPDIR": str(home), "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
        **{"VLLM_CPU_KVCACHE_SPACE": "1", "VLLM_NO_USAGE_STATS": "1", "HF_HUB_OFFLINE": "1"},
    }
    command = [sys.executable, "-m", "inspector", *map(str, words)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def answer(text: str) -> str:
    return next(line for line in text.splitlines() if "ANSWER" in line).partition("ANSWER")[2]


def test_a_start_recorded_and_the_next_taken_apart(tmp_path: Path) -> None:
    with TemporaryDirectory(dir="/tmp") as home:  # its sockets' names have 107 characters at most
        answers_alike(Path(home), tmp_path)


def answers_alike(home: Path, tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    ran = inspector(home, "run", "--no-open", "-o", logs, PYTHON, OFFLINE, tmp_path / "model")
    assert ran.returncode == 0, ran.stderr[-4000:]
    with open_path(logs) as found:
        capture = found.capture()
    assert capture.without_machine_code
    assert all(missing == 0 and count for missing, count in capture.without_machine_code.values())
    assert capture.links
    again = inspector(home, "start", "--json", PYTHON, OFFLINE, tmp_path / "model")
    assert again.returncode == 0, again.stderr[-4000:]
    (start,) = json.loads(again.stdout)["starts"]
    assert answer(again.stderr) == answer(ran.stdout)
    steps = {span["name"] for item in start["processes"] for span in item["spans"]}
    assert {"configuration", "importing vllm", "model and weights"} <= steps
