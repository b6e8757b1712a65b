"""The GitHub Action: as GitHub's schema has it, and its steps really run, by a test that plays the runner."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml
from baselines import start
from runner import Played, play

from inspector.bundle import write
from tests import json_schema
from tests.unit.test_check_baseline import whole

ROOT = Path(__file__).parents[2]
ACTION = ROOT / ".github" / "actions" / "inspector-check" / "action.yml"
NASTY = """a 'b' "c" $(touch injected) `touch injected`; touch injected #\\ ${HOME}"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a workflow works: `old` and `new` with four bundles each, `more` with a kernel more; names with spaces."""
    for name, kernels, ratio in (("old ones", 2, 1000), ("new ones", 2, 999), ("more", 3, 998)):
        (tmp_path / name).mkdir()
        for number in range(1, 5):
            item = start(10 * (1 + number / ratio), 0.001 * (1 + number / ratio), kernels=kernels)
            write(whole(item), tmp_path / name / f"start-{number}.inspector")
    return tmp_path


def played(folder: Path, **inputs: str) -> Played:
    given = {"install": "none", "python": sys.executable, **{k.replace("_", "-"): v for k, v in inputs.items()}}
    return play(ACTION, given, folder, PYTHONPATH=str(ROOT), XDG_DATA_HOME=str(folder / "data"))


def test_the_action_and_its_workflow_are_as_githubs_schemas_have_them() -> None:
    if importlib.util.find_spec("check_jsonschema") is None:
        pytest.skip("check-jsonschema, which has GitHub's schemas, is not installed")
    from check_jsonschema import builtin_schemas

    (workflow,) = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "check.md").read_text(), re.DOTALL)
    for text, name in ((ACTION.read_text(), "actions"), (workflow, "workflows")):
        place = Path(builtin_schemas.__file__).parent / "vendor" / f"github-{name}.json"
        found = {"on" if key is True else key: value for key, value in yaml.safe_load(text).items()}  # YAML 1.1
        jsonschema.validate(found, json.loads(place.read_text()))
    used = yaml.safe_load(workflow)["jobs"]["compile"]["steps"]
    (with_,) = (step["with"] for step in used if "inspector-check" in step.get("uses", ""))
    assert with_.keys() <= yaml.safe_load(ACTION.read_text())["inputs"].keys()


def test_no_expression_stands_in_a_script() -> None:
    """What somebody typed, or a branch is called, would become a part of the script's text."""
    made = yaml.safe_load(ACTION.read_text())
    assert not [step["name"] for step in made["runs"]["steps"] if "${{" in step["run"]]
    used = set(re.findall(r"inputs\.([\w-]+)", ACTION.read_text()))
    assert used == made["inputs"].keys()


def test_what_is_kept_is_told(folder: Path) -> None:
    done = played(folder, captures="new ones\n", baseline="\r\nold ones\r\n\n")
    assert done.code == 0, done.said
    assert done.outputs["result"] == "kept"
    assert "Nothing grew beyond noise." in done.summary
    assert Path(done.outputs["comment"]).read_text() in done.summary
    document = json_schema.check(Path(done.outputs["json"]).read_text())
    assert document["ok"]
    assert done.outputs["bundles"] == ""


def test_what_grew_fails_the_job_with_its_outputs_written(folder: Path) -> None:
    done = played(folder, captures="more", baseline="old ones/start-1.inspector\nold ones/start-2.inspector")
    assert done.code == 1
    assert (done.outputs["result"], done.outputs["exit-code"]) == ("more", "1")
    assert "| **more** | kernels | 2 | 3 | more |" in done.summary
    assert "::error" in done.said


def test_what_cannot_be_told_fails_or_warns(folder: Path) -> None:
    inputs = {"captures": "new ones/start-1.inspector", "baseline": "old ones"}
    strict = played(folder, **inputs)
    assert (strict.code, strict.outputs["result"], strict.outputs["exit-code"]) == (4, "unknown", "4")
    lenient = played(folder, **inputs, unknown="warn")
    assert (lenient.code, lenient.outputs["result"]) == (0, "unknown")
    assert "::warning" in lenient.said
    assert played(folder, **inputs, of="breaks,kernels").outputs["result"] == "kept"


def test_further_words_are_words_of_their_own(folder: Path) -> None:
    inputs = {"captures": "new ones", "baseline": "old ones"}
    done = played(folder, **inputs, options="--max-compile-time\n1\n", tolerance="7")
    assert done.outputs["result"] == "more"
    assert "of compiling, at most 1 s allowed" in done.summary
    assert "Times may be 7 % longer" in done.summary


@pytest.mark.parametrize("name", ["captures", "baseline", "of", "tolerance", "options", "target", "starts"])
def test_no_input_is_run(name: str, folder: Path) -> None:
    inputs = {"captures": "new ones", "baseline": "old ones", "target": "softmax" if name == "starts" else ""}
    done = played(folder, **(inputs | {name: NASTY}))
    assert done.code == 2, done.said
    assert (done.outputs["result"], done.outputs["comment"]) == ("failed", "")
    assert "Nothing could be checked (exit code 2)" in done.summary
    assert not list(folder.rglob("injected"))


def test_an_output_folder_of_any_name_is_made_and_told(folder: Path) -> None:
    (folder / "bundles").mkdir()
    (folder / "bundles" / "mine.txt").write_text("mine")
    done = played(folder, captures="new ones", baseline="old ones", output=NASTY)
    assert done.code == 0, done.said
    assert Path(done.outputs["comment"]).parent.name == NASTY.replace("/", "")
    played(folder, captures="new ones", baseline="old ones", output=".")
    assert (folder / "bundles" / "mine.txt").exists()
    assert not list(folder.rglob("injected"))


def test_a_name_of_a_file_is_no_command_to_the_runner(folder: Path) -> None:
    shutil.copytree(folder / "more", folder / "::error::x")
    done = played(folder, captures="::error::x", baseline="old ones")
    assert done.code == 1
    before, _, after = done.said.partition("::stop-commands::")
    mark = after.splitlines()[0]
    assert "error::x" not in before
    assert "error::x" not in after.partition(f"::{mark}::")[2]


def test_pip_installs_this_very_inspector_or_what_is_named(folder: Path) -> None:
    python = folder / "a python"
    python.write_text('#!/bin/sh\nprintf "%s\\n" "$@" >> asked.txt\nexit 3\n')
    python.chmod(0o755)
    done = play(ACTION, {"python": str(python)}, folder)
    assert done.code == 3  # and nothing after it has run
    *_, what = (folder / "asked.txt").read_text().splitlines()
    assert Path(what).resolve() == ROOT
    assert (Path(what) / "pyproject.toml").exists()
    play(ACTION, {"python": str(python), "install": NASTY}, folder)
    assert (folder / "asked.txt").read_text().splitlines()[-1] == NASTY
    assert not list(folder.rglob("injected"))


def test_the_comment_is_written_by_gh(folder: Path) -> None:
    tool = folder / "bin" / "gh"
    tool.parent.mkdir()
    tool.write_text('#!/bin/sh\nprintf "%s\\n" "$GH_TOKEN" "$@" > asked.txt\n')
    tool.chmod(0o755)
    given = {"install": "none", "python": sys.executable, "captures": "more", "baseline": "old ones"}
    path = f"{tool.parent}{os.pathsep}{os.environ['PATH']}"
    done = play(ACTION, {**given, "comment-on": "--body $(x)"}, folder, PATH=path, PYTHONPATH=str(ROOT))
    token, *words = (folder / "asked.txt").read_text().splitlines()
    assert token == "a-token"
    assert words[-2:] == ["--", "--body $(x)"]
    assert words[words.index("--body-file") + 1] == done.outputs["comment"]
    assert done.code == 1


@pytest.mark.compiles
def test_a_target_is_compiled_and_is_the_baseline_of_the_next(folder: Path) -> None:
    (folder / "it's mine").mkdir()
    file = folder / "it's mine" / "t.py"
    file.write_text("def f(x):\n    return (x * 2).relu()\n")
    inputs = {"target": "it's mine/t.py:f", "starts": "2", "options": "--input\nx=f32[64]\n--seconds\n1"}
    first = played(folder, **inputs, output="first")
    assert first.code == 0, first.said
    bundles = Path(first.outputs["bundles"])
    assert sorted(item.name for item in bundles.iterdir()) == ["start-1.inspector", "start-2.inspector"]
    file.write_text(
        "import torch\n\ndef f(x):\n    y = (x * 2).relu()\n    torch._dynamo.graph_break()\n    return y.softmax(0)\n"
    )
    second = played(folder, **inputs, output="second", baseline=str(bundles), of="breaks,kernels,compile,latency")
    assert second.code == 1, second.said
    assert "| **more** | graph breaks | 0 | 1 | more |" in second.summary
    assert "torch.\\_dynamo.graph\\_break" in second.summary or "_dynamo.graph_break" in second.summary
