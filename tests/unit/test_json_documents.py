"""What `--json` prints: one schema for every document, and one shape for a log, its bundle and a fresh capture."""

from __future__ import annotations

import json
import math
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from captures import full, profile

from inspector.bundle import read, write
from inspector.cli.documents.measured import ColdStarts
from inspector.cli.documents.register import DOCUMENTS, as_json
from inspector.cli.documents.tools import Doctor, LessonChecked, Pack
from inspector.cli.main import main
from inspector.cli.registry import VERBS
from inspector.lessons.truth import StepChecked
from inspector.model.annotation import Annotation
from inspector.model.compile_time import ColdStart, CompilePart
from inspector.say.levers import Lever
from inspector.trace.log import TraceLog
from tests import json_schema

TRACES = Path(__file__).parents[1] / "traces"
LOGS = [TRACES / name for name in ("recompile.log", "graph_break.log", "train.log", "live_gated.log", "failure.log")]
RANKS = TRACES / "ranks"
SAMPLE = Path(__file__).parents[2] / "samples" / "llama-mlp.inspector"
Run = Callable[..., dict[str, Any]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs a verb and gives the document that it printed, held against its schema."""

    def run(*words: str | os.PathLike[str], code: int = 0) -> dict[str, Any]:
        assert main([*map(str, words), "--json"]) == code
        return json_schema.check(capsys.readouterr().out)

    return run


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle with everything in it that is measured."""
    capture = replace(full(), profiles=(profile(),), numerics=full().numerics)
    return write(capture, tmp_path_factory.mktemp("json") / "measured")


def test_the_files_in_docs_are_made_of_the_types() -> None:
    for path, text in json_schema.files().items():
        assert path.read_text() == text, f"python tests/json_schema.py makes {path.name} anew"
    jsonschema.Draft202012Validator.check_schema(json.loads(json_schema.SCHEMA.read_text()))


def test_a_field_that_the_schema_lacks_is_found() -> None:
    text = as_json(Doctor(True, ()))
    assert json_schema.check(text) == {"schema": "inspector.doctor", "version": 1, "ok": True, "checks": []}
    for wrong in ({"more": 1}, {"ok": "yes"}, {"version": 2}):
        with pytest.raises(jsonschema.ValidationError):
            json_schema.check(json.dumps(json.loads(text) | wrong))
    with pytest.raises(KeyError):
        json_schema.check(text.replace("inspector.doctor", "inspector.nothing"))


def words() -> Iterator[tuple[str, ...]]:
    """Command lines that print every document that recorded inputs have."""
    log, broken, train, ranks = (
        str(TRACES / name) for name in ("recompile.log", "graph_break.log", "train.log", "ranks")
    )
    sample = str(SAMPLE)
    for path in (*map(str, LOGS), ranks, sample, str(TRACES / "export.log")):
        yield "show", path
        for option in ("--guards", "--breaks", "--recompiles", "--phases", "--facts", "--fusion", "--other"):
            yield "show", path, option
        yield "breaks", path
        yield "why", path
        yield "recompiles", path
        yield "guards", path
        yield "phases", path
        yield "notes", path
        yield "check", path, "--max-failures", "99"
    yield "show", log, "--stage", "dynamo", "--compile-id", "0/0"
    yield "show", train, "--stage", "aten_backward"
    yield "show", sample, "--stage", "kernel", "--form", "concise"
    yield "show", sample, "--kernel", "cpp_fused__unsafe_view_mul_silu_0"
    yield "show", log, "--compile-id", "0/1"
    yield "show", log, "--pieces"
    yield "recompiles", log, "--diff"
    yield "breaks", broken, "--compile-id", "0/0"
    yield "guards", log, "--failed"
    yield "phases", log, "--flame"
    yield "diff", log, "0/0", "0/1"
    yield "diff", log, "0/0", "0/1", "--stage", "aten"
    yield "diff", sample, sample
    yield "ranks", ranks
    yield "ranks", str(TRACES / "ranks_uneven")
    yield "links", sample, "--at", "aten:10"
    yield "notes", sample, "--at", "aten:10"
    yield "explain", "mm"
    yield ("targets",)
    yield ("lesson",)


@pytest.mark.parametrize("line", list(words()), ids=" ".join)
def test_every_verb_prints_what_its_schema_says(line: tuple[str, ...], run: Run) -> None:
    run(*line, code=4 if line[0] == "check" and "export.log" in line[1] else 0)


def test_what_is_measured(measured: Path, run: Run) -> None:
    times = run("profile", measured)
    assert times["profiles"][0]["compiled"]["rows"][0]["share"] > 0
    assert times["warnings"] == []
    apart = run("numerics", measured)
    assert apart["numerics"][0]["outputs"]
    assert apart["numerics"][0]["first"]["node"]


def test_a_note_that_is_made_changed_and_removed(measured: Path, run: Run) -> None:
    made = run("notes", measured, "--add", "0/0:aten:1", "Look")
    assert made["done"] == "added"
    assert made["annotation"]["at"].startswith("0/0:aten:1")
    name = made["annotation"]["id"]
    assert run("notes", measured, "--edit", name, "again")["annotation"]["text"] == "again"
    assert run("notes", measured, "--remove", name)["done"] == "removed"


def test_documents_that_take_a_compile_are_held_against_theirs() -> None:
    """The verbs print these with a real worker; their tests go through the same check."""
    start = ColdStart("cold", {CompilePart.IMPORT: 1.0}, 1.0)
    for document in (
        ColdStarts((start,), {CompilePart.IMPORT: (Lever("import it before", "memory"),)}),
        Pack("x.pack", "a" * 64, {"weights": True}, ("a note",)),
        LessonChecked("fusion", True, (StepChecked(1, "two kernels are one", True),)),
    ):
        json_schema.check(as_json(document))


def test_every_document_is_in_the_page() -> None:
    page = json_schema.PAGE.read_text().partition(json_schema.MARK)[0]
    assert all(f"`{name}`" in page for name, _ in DOCUMENTS.values())
    without = {"run", "open", "export", "serve", "completion", "watch"}
    assert all(f"`{verb}" in page for verb in VERBS if verb not in without)


# --- one shape ----------------------------------------------------------------------------------------------

OF_FILES = ("title", "logs", "kinds", "damaged", "put_together")
"""What only files have: a bundle's records are gone."""


def same(of_log: Any, of_bundle: Any) -> bool:
    """Whether both say one thing: sums may be added up in another order, and `started` has another zero."""
    if isinstance(of_log, dict) and isinstance(of_bundle, dict):
        names = of_log.keys() - {"started"}
        return of_log.keys() == of_bundle.keys() and all(same(of_log[name], of_bundle[name]) for name in names)
    if isinstance(of_log, list) and isinstance(of_bundle, list):
        return len(of_log) == len(of_bundle) and all(map(same, of_log, of_bundle))
    if isinstance(of_log, float) and isinstance(of_bundle, float):
        return math.isclose(of_log, of_bundle, rel_tol=1e-9, abs_tol=1e-12)
    return type(of_log) is type(of_bundle) and bool(of_log == of_bundle)


def test_what_differs_is_not_the_same() -> None:
    assert same({"started": 1.0, "a": [0.1 + 0.2]}, {"started": None, "a": [0.3]})
    assert not any((same({"a": 1}, {"a": True}), same({"a": 1}, {}), same([1], [1, 2]), same([0.3], [0.31])))


def bundled(log: Path, folder: Path) -> Path:
    with TraceLog.open(log) as opened:
        return write(opened.complete().capture(), folder / f"{log.stem}.inspector")


@pytest.mark.parametrize("log", LOGS, ids=lambda path: path.stem)
def test_a_log_and_its_bundle_say_the_same_of_a_compile_id(log: Path, run: Run, tmp_path: Path) -> None:
    bundle = bundled(log, tmp_path)
    for row in run("show", log)["compilations"]:
        compile_id = row["compile_id"]
        of_log = run("show", log, "--compile-id", compile_id)
        of_bundle = run("show", bundle, "--compile-id", compile_id)
        assert of_log.keys() == of_bundle.keys()
        for name in of_log:
            if name not in OF_FILES:
                assert same(of_log[name], of_bundle[name]), f"{compile_id} {name}"
        assert [item["name"] for item in of_log["logs"]] == [item["name"] for item in of_bundle["logs"]]


@pytest.mark.parametrize("log", [*LOGS, RANKS], ids=lambda path: path.stem)
@pytest.mark.parametrize("verb", [("show",), ("breaks",), ("recompiles",), ("guards",), ("phases",)], ids=" ".join)
def test_a_log_and_its_bundle_are_one_document(verb: tuple[str, ...], log: Path, run: Run, tmp_path: Path) -> None:
    of_log, of_bundle = run(*verb, log), run(*verb, bundled(log, tmp_path))
    assert of_log.keys() == of_bundle.keys()
    unread = {name for name, value in of_log.items() if value is None}
    assert unread <= {"bundle", "outcome", "first_call_seconds", "request"} or verb == ("show",)
    for name in of_log.keys() - unread - {*OF_FILES, "environment"}:
        assert same(of_log[name], of_bundle[name]), name


@pytest.mark.parametrize("option", ["guards", "breaks", "recompiles"])
def test_a_list_of_show_is_what_its_verb_prints(option: str, run: Run) -> None:
    for log in LOGS:
        assert run("show", log, f"--{option}") == run(option, log)


def test_what_was_not_read_is_null_and_what_there_is_none_of_is_empty(run: Run) -> None:
    log = TRACES / "recompile.log"
    whole = run("show", log)
    assert whole["artifacts"] is whole["graph_breaks"] is whole["kernels"] is None
    one = run("show", log, "--compile-id", "0/0")
    assert one["artifacts"]
    assert one["graph_breaks"] == []
    assert [row["compile_id"] for row in one["compilations"]] == ["0/0"]


def test_a_number_that_json_lacks_is_a_word(run: Run, tmp_path: Path) -> None:
    found = full().numerics[0]
    output = found.outputs[0]
    odd = replace(output, compiled_eager=replace(output.compiled_eager, relative=float("nan"), ulp=float("inf")))
    bundle = write(replace(full(), numerics=(replace(found, outputs=(odd,)),)), tmp_path / "odd")
    said = run("numerics", bundle)["numerics"][0]["outputs"][0]["compiled_eager"]
    assert (said["relative"], said["ulp"]) == ("nan", "inf")


def test_an_annotation_keeps_its_place(run: Run, tmp_path: Path) -> None:
    capture = replace(read(SAMPLE), annotations=(Annotation("n-1", "all of it"),))
    (found, *_) = run("notes", write(capture, tmp_path / "noted"), "--no-automatic")["annotations"]
    assert (found["id"], found["span"], found["at"], found["automatic"]) == ("n-1", None, None, False)
