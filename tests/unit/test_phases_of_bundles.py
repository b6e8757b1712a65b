"""Times of a log's phases and of its bundle's, to the last digit that is printed."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest

from inspector.cli.main import main
from tests.unit.trace_text import record

EPOCH = 1_764_559_495_690_123.25
"""Microseconds, as torch writes them: that far from zero a float counts in quarters, and sums often end in a half."""


def events(random: Random, compile_id: tuple[int, int], start: float) -> tuple[list[bytes], float]:
    """Phases within each other, each a few quarters of a microsecond after the one before."""
    found, running, now = [], ["entire_frame_compile"], start
    found.append(("B", running[0], now))
    while running:
        now += random.choice((0.25, 0.5, 1.0, 104.25, 1234.75))
        if random.random() < 0.45 and len(running) < 6:
            running.append(f"pass.{random.randrange(5)}")
            found.append(("B", running[-1], now))
        else:
            found.append(("E", running.pop(), now))
    facts = ({"name": name, "ph": kind, "ts": at, "pid": 1, "tid": 0, "args": {}} for kind, name, at in found)
    return [record("chromium_event", json.dumps(each), compile_id=compile_id, chromium_event={}) for each in facts], now


@pytest.mark.parametrize("how", [(), ("--flame",), ("--folded",), ("--by-compile",)])
def test_phases_of_a_bundle_are_those_of_its_log(
    how: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    random, lines, now = Random(7), [], EPOCH
    for number in range(30):
        made, now = events(random, (number, 0), now + 0.25)
        lines += made
    log, bundle = tmp_path / "one.log", tmp_path / "bundle"
    log.write_bytes(b"".join(lines))
    assert main(["export", str(log), "-o", str(bundle)]) == 0
    said = []
    for path in (log, bundle):
        capsys.readouterr()
        assert main(["phases", str(path), *how]) == 0
        said.append(capsys.readouterr().out.replace(str(path), ""))
    assert len(said[0].splitlines()) > 5
    assert said[0] == said[1]
