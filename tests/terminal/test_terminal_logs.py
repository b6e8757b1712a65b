"""Logs in a real terminal: through a pipe, and while they are being written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tmux import ROOT, Terminal

pytestmark = [pytest.mark.terminal, pytest.mark.timeout(900)]

RECOMPILE = ROOT / "tests" / "traces" / "recompile.log"


@pytest.fixture
def window(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Terminal]:
    terminal = Terminal(request.param.format(folder=tmp_path, log=RECOMPILE), (120, 30), tmp_path)
    yield terminal
    terminal.close()


@pytest.mark.parametrize("window", ["open - < {log}"], indirect=True)
def test_a_log_on_standard_input_leaves_the_keys_to_the_terminal(window: Terminal) -> None:
    window.wait_for(r"standard input +3 compiles")
    window.press("4")
    window.wait_for(r"16 +32")
    window.press("q")
    assert window.exit_code() == 0


@pytest.mark.parametrize("window", ["diff {log} 0/0 0/1"], indirect=True)
def test_a_difference_opens_in_two_columns_and_prints_in_a_pipe(window: Terminal, tmp_path: Path) -> None:
    window.wait_for(r"≠ 0/0 [↔→] 0/1")
    window.press("End", "Up", "n")
    window.press("q")
    assert window.exit_code() == 0
    printed = Terminal(f"diff {RECOMPILE} 0/0 0/1 | head -3", (120, 30), tmp_path)
    try:
        printed.wait_for(r"What was compiled: different")
    finally:
        printed.close()


@pytest.mark.parametrize("window", ["open --follow {folder}/logs"], indirect=True)
def test_a_log_that_is_not_there_yet_is_followed_from_its_beginning(window: Terminal, tmp_path: Path) -> None:
    window.wait_for(r"following")
    data = RECOMPILE.read_bytes()
    log = tmp_path / "logs" / "dedicated_log_torch_trace_x.log"
    log.parent.mkdir()
    half = data.index(b"dynamo_start", data.index(b'"compile_id": "0/2"'))
    log.write_bytes(data[:half])
    window.wait_for(r"0/2 .*(unfinished|no en)")
    with log.open("ab") as stream:
        stream.write(data[half:])
    window.wait_for(r"0/2 +. done")
    window.press("q")
    assert window.exit_code() == 0
