"""A capture is the same in each process, whatever order sets have there: only then are two bundles of one log one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LOGS = ["live_gated_train", "live_softmax_cuda"]
READS = """
import hashlib, sys
from inspector.trace import read_capture
for path in sys.argv[1:]:
    capture = read_capture(path)
    print(len(capture.links), hashlib.sha256(repr(capture).encode()).hexdigest())
"""


def read_with(seed: int) -> list[str]:
    """Of each log how many links it has, and the digest of all that was read, in a process of its own."""
    logs = [str(ROOT / "tests" / "traces" / f"{name}.log") for name in LOGS]
    done = subprocess.run(
        [sys.executable, "-c", READS, *logs],
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONHASHSEED": str(seed)},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.splitlines()


@pytest.mark.timeout(120)
def test_what_is_read_does_not_depend_on_the_order_of_sets() -> None:
    first, second, third = (read_with(seed) for seed in (0, 1, 2))
    assert len(first) == len(LOGS)
    assert all(int(line.split()[0]) > 100 for line in first)
    assert first == second == third
