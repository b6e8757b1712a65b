"""What reading a log takes grows as the log does: work is counted, not timed.

Counted are calls, of Python's functions and of C's, at one, two and four times a size. What the second doubling adds is
twice what the first added where it grows in proportion, and four times where it grows with the square.
"""

from __future__ import annotations

import gzip
import json
import resource
import subprocess
import sys
from pathlib import Path
from types import FrameType

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))

from made_logs import KINDS

from inspector.cli.documents.encoding import data
from inspector.cli.main import main
from inspector.model.capture import CompileStatus
from inspector.model.compile_row import CompileRow
from inspector.model.frame import Frame
from inspector.model.stacks import stack_trie

_MOST = 2.5
"""Times what the first doubling added: sorting takes a little more than 2."""


def calls(verb: list[str], log: Path) -> int:
    """How many calls a verb makes on a log."""
    count = 0

    def called(frame: FrameType, event: str, arg: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(called)
    try:
        main([verb[0], str(log), *verb[1:]])
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize(
    ("kind", "size", "verb"),
    [
        ("events", 200, ["phases"]),
        ("nested", 250, ["phases", "--flame"]),
        ("open", 200, ["phases"]),
        ("starts", 50, ["show"]),
        ("starts", 40, ["guards"]),
        ("starts", 40, ["notes"]),
        ("again", 50, ["recompiles"]),
        ("again", 70, ["recompiles", "--diff"]),  # of fewer, graphs are compared among each other too
        ("little_ranks", 24, ["show"]),
        ("little_ranks", 24, ["ranks"]),
    ],
    ids=lambda item: item[0] if isinstance(item, list) else item,
)
def test_work_grows_as_the_log_does(
    kind: str, size: int, verb: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    logs = [KINDS[kind].write(size * times, tmp_path) for times in (1, 2, 4)]
    calls(verb, logs[0])  # what is imported and remembered once
    small, middle, large = (calls(verb, log) for log in logs)
    assert capsys.readouterr().out
    assert large - middle < _MOST * (middle - small), (small, middle, large)


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
def test_a_hundred_ranks_are_read_where_few_files_may_be_open(packed: bool, tmp_path: Path) -> None:
    folder = KINDS["little_ranks"].write(100, tmp_path)
    if packed:
        for log in folder.iterdir():
            log.write_bytes(gzip.compress(log.read_bytes()))

    script = "import resource, sys; resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))\n"
    script += "from inspector.cli.main import main; sys.exit(main(sys.argv[1:]))"
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[1] >= 64
    done = subprocess.run(
        [sys.executable, "-c", script, "show", str(folder)], check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "100 logs read" in done.stdout


def test_compiles_in_each_others_stacks_are_all_in_the_tree_however_deep() -> None:
    stack = [Frame("m.py", line, "f") for line in range(600)]
    rows = [
        CompileRow(f"{depth}/0", CompileStatus.DONE, "f", stack=tuple(stack[: depth + 1]))
        for depth in range(len(stack))
    ]
    found: list[str] = []
    nodes, levels = [stack_trie(rows)], 0
    assert nodes[0].compiles == len(rows)
    while nodes:
        found += [compile_id for node in nodes for compile_id in node.compile_ids]
        nodes, levels = [child for node in nodes for child in node.children], levels + 1
    assert found == [row.compile_id for row in rows]
    assert levels <= 102
    assert json.loads(json.dumps(data(stack_trie(rows))))["compiles"] == len(rows)


def test_a_flame_graph_ends_a_hundred_deep_and_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["phases", str(KINDS["nested"].write(4000, tmp_path)), "--flame", "--all"]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert "(nested more than 100 deep)  1,900×" in printed[-1]
    assert len(printed) == 103, "a heading, the whole, a hundred phases within each other, and the rest in one"
