"""Plays GitHub's runner for a composite action: its inputs, its shell steps one after the other, their outputs.

As the runner does, for what these actions use: an `env` is worked out from `inputs`, `steps` and `github`; a script is
a file that bash runs with `-eo pipefail`; GITHUB_OUTPUT and GITHUB_STEP_SUMMARY name files; the first step that
fails is the last.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

_EXPRESSION = re.compile(r"\$\{\{\s*([\w.-]+)\s*\}\}")


@dataclass(frozen=True)
class Played:
    """What a run of an action came to."""

    code: int
    """Of the step that failed; 0 where none did."""
    outputs: Mapping[str, str]
    summary: str
    said: str


def play(action: Path, inputs: Mapping[str, str], folder: Path, **environment: str) -> Played:
    """Runs an action in a folder.

    Raises:
        KeyError: it is given an input that it does not have, or asks for something that nobody gives.
    """
    made = yaml.safe_load(action.read_text())
    surplus = inputs.keys() - made["inputs"].keys()
    if surplus:
        raise KeyError(f"no such input: {surplus}")
    github = {"action_path": str(action.parent), "token": "a-token"}
    context: dict[str, Any] = {"github": github, "steps": {}, "inputs": {}}
    for name, about in made["inputs"].items():
        context["inputs"][name] = inputs.get(name, _worked_out(str(about.get("default", "")), context))
    temporary = folder / "runner"
    temporary.mkdir(exist_ok=True)
    summary = temporary / "summary.md"
    summary.write_text("")
    said, code = [], 0
    for number, step in enumerate(made["runs"]["steps"]):
        assert step["shell"] == "bash"
        output, script = temporary / f"output-{number}", temporary / f"step {number}.sh"
        output.write_text("")
        script.write_text(_worked_out(step["run"], context))
        files = {"GITHUB_OUTPUT": str(output), "GITHUB_STEP_SUMMARY": str(summary), "GITHUB_ACTIONS": "true"}
        given = {name: _worked_out(str(value), context) for name, value in step.get("env", {}).items()}
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)],
            cwd=folder,
            env={**os.environ, **environment, **files, **given},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        said.append(done.stdout)
        context["steps"][step.get("id", str(number))] = {"outputs": _outputs(output.read_text())}
        if code := done.returncode:
            break
    found = {name: _worked_out(about["value"], context) for name, about in made["outputs"].items()}
    return Played(code, found, summary.read_text(), "".join(said))


def _worked_out(text: str, context: Mapping[str, Any]) -> str:
    def value(match: re.Match[str]) -> str:
        found: Any = context
        names = match[1].split(".")
        if names[0] == "steps":
            step = context["steps"].get(names[1], {"outputs": {}})
            return str(step["outputs"].get(names[3], ""))
        for name in names:
            found = found[name]
        return str(found)

    return _EXPRESSION.sub(value, text)


def _outputs(text: str) -> dict[str, str]:
    """`name=value`, and `name<<MARK` with the lines up to the mark."""
    found: dict[str, str] = {}
    lines = iter(text.splitlines())
    for line in lines:
        if "<<" in line and "=" not in line.partition("<<")[0]:
            name, _, mark = line.partition("<<")
            held = []
            for inner in lines:
                if inner == mark:
                    break
                held.append(inner)
            else:
                raise ValueError(f"{name} does not end")
            found[name] = "\n".join(held)
        else:
            name, _, found_value = line.partition("=")
            found[name] = found_value
    return found
