"""Every JSON file of a bundle is what docs/bundle.schema.json says, and the schema says more than nothing."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from captures import full
from jsonschema import Draft202012Validator, ValidationError

from inspector.bundle import write
from inspector.bundle.export import export
from inspector.model.capture import Capture
from inspector.model.stage import Stage
from inspector.trace import read_capture

TRACES = Path(__file__).parents[1] / "traces"
SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "bundle.schema.json").read_text(encoding="utf-8"))


def validator(name: str) -> Draft202012Validator:
    return Draft202012Validator({**SCHEMA, "$ref": f"#/$defs/{name}"})


def check(folder: Path) -> set[str]:
    """Validates every JSON file; returns their names."""
    files = [file for file in folder.rglob("*.json") if file.parent.name not in ("other", "source")]
    for file in files:
        validator(file.name).validate(json.loads(file.read_bytes().decode(errors="surrogatepass")))
    return {file.name for file in files}


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


def test_a_bundle_with_one_of_everything(tmp_path: Path) -> None:
    assert check(write(full(), tmp_path / "it")) == {name for name in SCHEMA["$defs"] if name.endswith(".json")}


@pytest.mark.parametrize("name", ["live_gated_train", "recompile", "graph_break", "failure"])
def test_bundles_of_logs(tmp_path: Path, name: str) -> None:
    assert "manifest.json" in check(export(read_capture(TRACES / f"{name}.log"), tmp_path / "it"))


def test_an_empty_bundle(tmp_path: Path) -> None:
    assert check(write(Capture(), tmp_path / "it")) >= {"manifest.json", "links.json"}


def test_every_stage_is_named() -> None:
    assert SCHEMA["$defs"]["artifact"]["properties"]["stage"]["enum"] == [stage.value for stage in Stage]


def manifest(tmp_path: Path) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((write(full(), tmp_path / "it") / "manifest.json").read_bytes())
    return data


def test_what_is_wrong_is_refused(tmp_path: Path) -> None:
    right = manifest(tmp_path)
    changes: list[tuple[list[Any], Any]] = [
        (["version"], 2),
        (["format"], "another"),
        (["artifacts", 0, "path"], "../out"),
        (["artifacts", 0, "path"], "/etc/passwd"),
        (["artifacts", 0, "stage"], "nonsense"),
        (["artifacts", 0, "focus"], 0),
        (["compilations", 0, "status"], "odd"),
        (["files", "links.json", "sha256"], "zz"),
        (["folders", "0/0"], "a/../../b"),
        (["records"], -1),
    ]
    for place, value in changes:
        wrong = copy.deepcopy(right)
        at = wrong
        for key in place[:-1]:
            at = at[key]
        at[place[-1]] = value
        with pytest.raises(ValidationError):
            validator("manifest.json").validate(wrong)
