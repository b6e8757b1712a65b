"""The sample bundle that comes with the repository: opens at once, without torch, and tells of nobody's machine."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from inspector.bundle import read, verify
from inspector.bundle.export import export
from inspector.bundle.page import render
from inspector.cli.main import main
from inspector.model.stage import Stage

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "samples" / "llama-mlp.inspector"
SCHEMA = json.loads((ROOT / "docs" / "bundle.schema.json").read_text(encoding="utf-8"))
EXPRESSION = "self.act_fn(self.gate_proj(x)) * self.up_proj(x)"


def files() -> dict[str, bytes]:
    with zipfile.ZipFile(SAMPLE) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_it_is_small_and_whole() -> None:
    assert SAMPLE.stat().st_size < 300_000
    assert verify(SAMPLE) == len(files()) - 1
    assert {"README.md", "index.html", "repro.py", "manifest.json"} <= files().keys()


def test_it_shows_the_whole_way_of_an_expression() -> None:
    capture = read(SAMPLE)
    assert capture.finished
    assert capture.request is not None and capture.request.title == "llama-mlp"
    assert set(capture.stages()) >= {
        Stage.SOURCE, Stage.BYTECODE, Stage.DYNAMO, Stage.ATEN, Stage.POST_GRAD, Stage.INDUCTOR, Stage.KERNEL, Stage.ASM
    }  # fmt: skip
    source = next(item for item in capture.find(Stage.SOURCE) if EXPRESSION in item.text)
    line = next(number for number, text in enumerate(source.lines, 1) if EXPRESSION in text)
    reached = capture.index.relatives(source.id, line).by_artifact
    assert {capture.by_id[name].stage for name in reached} >= {Stage.ATEN, Stage.KERNEL, Stage.ASM}
    assert capture.phases and capture.fusions
    assert len(capture.latency[0].eager) == len(capture.latency[0].compiled) >= 100
    assert [note.span.artifact for note in capture.annotations if note.span] == [
        source.id,
        capture.find(Stage.KERNEL)[0].id,
    ]


def test_it_opens_without_torch(capsys: pytest.CaptureFixture[str]) -> None:
    code = (
        "import sys; from inspector.cli.main import main; "
        f"code = main(['show', {str(SAMPLE)!r}]); "
        "assert not {'torch', 'textual', 'transformers'} & set(sys.modules); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "llama-mlp" in done.stdout
    assert main(["show", str(SAMPLE), "--stage", "kernel"]) == 0
    assert "Vectorized" in capsys.readouterr().out


def test_it_is_what_the_schema_says() -> None:
    for name, data in files().items():
        if name.endswith(".json"):
            key = name.rsplit("/", 1)[-1]
            Draft202012Validator({**SCHEMA, "$ref": f"#/$defs/{key}"}).validate(json.loads(data))


def test_its_page_can_be_drawn_and_it_is_the_same_every_time(tmp_path: Path) -> None:
    capture = read(SAMPLE)
    assert render(capture) == render(read(SAMPLE))
    export(capture, tmp_path / "a.inspector")
    export(read(tmp_path / "a.inspector"), tmp_path / "b.inspector")
    assert (tmp_path / "a.inspector").read_bytes() == (tmp_path / "b.inspector").read_bytes()


PATH = re.compile(r"(?<![\w…./<~}*-])/(?:[\w.+@~-]+/)+[\w.+@~-]*|\b[A-Za-z]:\\\w+")
"""An absolute path; `…/model.py` is none."""


def texts() -> dict[str, str]:
    """Every text in the bundle; of the page, what its script unpacks is the capture's, which is in the other files."""
    found = {name: data.decode() for name, data in files().items()}
    found["index.html"] = re.sub(r'(id="capture">)[^<]*', r"\1", found["index.html"])
    return found


def test_it_tells_of_no_machine() -> None:
    for name, text in texts().items():
        assert set(PATH.findall(text)) == set(), name
        for word in ("/home/", "/root", "/tmp/", str(ROOT), "site-packages", "inspector-run-"):
            assert word not in text, f"{word!r} in {name}"
    assert read(SAMPLE).environment.keys() <= {
        "torch", "transformers", "python", "inspector", "isa", "compiler", "threads", "device", "cache"
    }  # fmt: skip
    assert not any(note.author for note in read(SAMPLE).annotations)
