"""docs/tasks.md does what it says: its commands are run, and print the words that it promises."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from inspector.bundle import read, write
from inspector.cli.main import main
from inspector.model.latency import LatencyRun
from inspector.model.profile import Part, Profile, ProfileRow, SideProfile

ROOT = Path(__file__).parents[2]


def commands() -> Iterator[tuple[list[str], list[str]]]:
    """Each command of the page, and what it is said to print."""
    for block in re.split(r"\n(?!    )", (ROOT / "docs" / "tasks.md").read_text(encoding="utf-8")):
        command, *said = [line.strip() for line in block.strip("\n").splitlines() if line.startswith("    ")] or [""]
        if command.startswith("inspector "):
            yield shlex.split(command)[1:], [line.removeprefix("→ ") for line in said]


COMMANDS = list(commands())


def slow() -> None:
    """A bundle whose compiled call is slower than eager's, and of which most is spent around its kernel."""
    wobble = [1 + 0.001 * (number % 7) for number in range(80)]
    run = LatencyRun("batch 1", tuple(5e-5 * w for w in wobble), tuple(8e-5 * w for w in wobble), busy=0.0)
    rows = (
        ProfileRow("guards and Python", Part.PYTHON, 1, 6e-5, 6e-5),
        ProfileRow("cpp_fused_0", Part.KERNEL, 1, 2e-5, 2e-5),
    )
    profile = Profile("batch 1", SideProfile(1, 5e-5, 5e-5, ()), SideProfile(1, 8e-5, 8e-5, rows))
    sample = read(ROOT / "samples" / "llama-mlp.inspector")
    write(replace(sample, latency=(run,), profiles=(profile,)), Path("slow.inspector"))


def test_the_page_has_a_command_for_each_task() -> None:
    text = (ROOT / "docs" / "tasks.md").read_text(encoding="utf-8")
    assert len(re.findall(r"^## ", text, re.MULTILINE)) == 5
    assert all(said for _, said in COMMANDS)
    verbs = [words[0] for words, _ in COMMANDS]
    assert verbs == ["links", "why", "recompiles", "check", "check", "why", "breaks", "why"]


@pytest.mark.parametrize(("words", "said"), COMMANDS, ids=[" ".join(words) for words, _ in COMMANDS])
def test_a_command_prints_what_the_page_says(
    words: list[str],
    said: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name in ("samples", "tests"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)
    if "slow.inspector" in words:
        slow()
    main(words)
    printed = capsys.readouterr().out
    for wanted in said:
        assert wanted in printed
