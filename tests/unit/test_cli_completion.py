"""What a shell completes, and the help that is read by groups."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from inspector.cli.main import main
from inspector.cli.registry import GROUPS, VERBS
from inspector.cli.verbs.completion import candidates


def given(line: str) -> list[str]:
    *before, begun = line.split(" ")
    return list(candidates(before, begun))


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("sh", ["show"]),
        ("llama-m", ["llama-mlp"]),
        ("--dt", ["--dtype"]),
        ("show --for", ["--form"]),
        ("show --form ", ["raw", "concise"]),
        ("show --form c", ["concise"]),
        ("show x.log --sta", ["--stage"]),
        ("phases llama-m", ["llama-mlp"]),
        ("help rec", ["recompiles"]),
        ("completion z", ["zsh"]),
        ("show somefile", []),
        ("nosuch", []),
    ],
)
def test_a_word_is_completed(line: str, found: list[str]):
    assert given(line) == found


def test_every_verb_answers():
    for verb in VERBS:
        assert "--help" in given(f"{verb} --h"), verb


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_completes(shell: str, tmp_path: Path):
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed")
    command = tmp_path / "inspector"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -m inspector "$@"\n')
    command.chmod(0o755)
    asked = {
        "bash": 'COMP_WORDS=(inspector show --for); COMP_CWORD=2; _inspector; echo "${COMPREPLY[@]}"',
        "zsh": "words=(inspector show --for); CURRENT=3; compadd() { print -- ${(P)2} }; _files() { }; _inspector",
        "fish": 'complete -C "inspector show --for"',
    }[shell]
    load = {
        "bash": 'eval "$(inspector completion bash)"',
        "zsh": 'compdef() { }; eval "$(inspector completion zsh)"',
        "fish": "inspector completion fish | source",
    }[shell]
    found = subprocess.run(
        [program, "-c", f"{load}; {asked}"],
        capture_output=True,
        text=True,
        timeout=120,
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", "HOME": str(tmp_path), "PYTHONPATH": str(Path(__file__).parents[2])},
        check=False,
    )
    assert found.stdout.strip() == "--form", found.stderr


def test_help_names_every_verb_in_its_group(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        main(["--help"])
    lines = capsys.readouterr().out.splitlines()
    for about, names in GROUPS.items():
        at = lines.index(f"  {about}")
        assert [line.split()[0] for line in lines[at + 1 : at + 1 + len(names)]] == list(names)


def test_help_of_a_verb(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit):
        main(["help", "why"])
    assert capsys.readouterr().out.startswith("usage: inspector why")
    assert main(["help", "shwo"]) == 2
    assert "Did you mean show?" in capsys.readouterr().err
