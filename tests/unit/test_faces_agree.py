"""What the page and the Markdown say of a capture is what `--json` says of it: every number, every verdict."""

from __future__ import annotations

import html
import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from inspector.bundle.markdown import markdown
from inspector.bundle.page.data import page_data
from inspector.cli.main import main
from inspector.model.capture import Capture, CompileStatus
from inspector.model.kernel import KernelKey
from inspector.model.stage import Stage
from inspector.notes.markup import code
from inspector.say.compiles import status_words
from inspector.say.units import seconds, size
from inspector.work.opening import open_path

ROOT = Path(__file__).parents[2]
INPUTS = (
    "samples/llama-mlp.inspector",
    *(
        f"tests/traces/{name}.log"
        for name in ("graph_break", "failure", "chains", "live_gated_train", "warm", "symbols")
    ),
)
Page = dict[str, Any]


@cache
def capture_of(name: str) -> Capture:
    with open_path(str(ROOT / name)) as found:
        return found.capture()


@cache
def page_of(name: str) -> Page:
    return json.loads(json.dumps(page_data(capture_of(name))))


@cache
def markdown_of(name: str) -> str:
    return markdown(capture_of(name), limit=None)


@pytest.fixture(params=INPUTS, ids=lambda name: Path(name).stem)
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def told(name: str, capsys: pytest.CaptureFixture[str]) -> Any:
    def tell(verb: str, *options: str) -> Any:
        assert main([verb, str(ROOT / name), *options, "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    return tell


def column(page: Page, item: dict[str, Any], title: str) -> str:
    (number,) = (at for at, (name, _) in enumerate(page["columns"]) if name == title)
    return item["cells"][number][0]


def rows_of(sections: list[dict[str, Any]], name: str) -> list[Any]:
    return next((section["rows"] for section in sections if section["name"] == name), [])


def test_each_compile_id_has_its_state_its_time_and_its_counts(name: str, told: Any) -> None:
    page, compilations = page_of(name), told("show")["compilations"]
    met = [spot["compile_ids"] for group in told("breaks")["graph_breaks"] for spot in group["places"]]
    times = {item["compile_id"]: item["seconds"] for item in told("phases")["compilations"]}
    counts = {key: item["counts"] for key, item in told("guards")["guards"].items()}
    assert [item["id"] for item in page["compilations"]] == [item["compile_id"] for item in compilations]
    for item, row in zip(page["compilations"], compilations, strict=True):
        words = status_words(CompileStatus(row["status"]))
        assert (item["status"], column(page, item, "status")) == (row["status"], words)
        assert item["words"] == " · ".join(filter(None, (row["compile_id"], row["function"], words)))
        assert times[item["id"]] == row["seconds"]
        numbers = {
            "time": seconds(row["seconds"]) if row["seconds"] else "",
            "breaks": f"{row['graph_break_count']:,}" if row["graph_break_count"] else "",
            "recompiles": f"{row['recompile_count']:,}" if row["recompile_count"] else "",
            "restarts": f"{row['restarts']:,}" if row["restarts"] else "",
            "guard_count": f"{row['guard_count']:,}" if row["guard_count"] is not None else "",
            "operators": f"{row['operators']:,}" if row["operators"] is not None else "",
        }
        assert {title: column(page, item, title) for title in numbers} == numbers
        assert row["graph_break_count"] == sum(item["id"] in ids for ids in met)
        if item["id"] in counts:  # what was exported has none
            assert len(item["guards"]) == counts[item["id"]]["in_tree"]
            assert counts[item["id"]]["guard_count"] == row["guard_count"]


def test_guards_are_the_same_and_so_are_those_that_failed(name: str, told: Any) -> None:
    page, guards = page_of(name), told("guards")["guards"]
    for item in page["compilations"]:
        if item["id"] in guards:
            own = guards[item["id"]]
            assert item["guards"] == [
                [guard["code"], guard["kind"], guard["place"], guard["failed_for"]] for guard in own["guards"]
            ]
            assert [node[4] for node in item["guardTree"]] == [node["guards"] for node in own["tree"]]


def test_breaks_recompiles_and_errors_are_told_whole(name: str, told: Any) -> None:
    page, text = page_of(name), markdown_of(name)
    groups = told("breaks")["graph_breaks"]
    again = {item["compile_id"]: item for chain in told("recompiles")["recompiles"] for item in chain["compilations"]}
    errors = {item.compile_id: item.error for item in capture_of(name).compilations if item.error}
    for item in page["compilations"]:
        lines = [row[1] for row in rows_of(item["first"], "breaks")]
        own = [
            (group, f"{item['id']}  {group['reason']}")
            for group in groups
            for spot in group["places"]
            for compile_id in spot["compile_ids"]
            if compile_id == item["id"]
        ]
        assert sorted(line for line in lines if line.startswith(f"{item['id']}  ")) == sorted(head for _, head in own)
        for group, head in own:
            assert set(group["hints"]) <= set(lines)
            assert all(code(words) in text for words in (head, *group["hints"]))
        rows = [row[1] for row in rows_of(item["first"], "recompiles")]
        for guard in again.get(item["id"], {}).get("failed_guards", ()):
            first = guard["text"].splitlines()[0]
            (shown, *_) = [row for row in rows if row.splitlines()[0].endswith(first)]
            assert code(shown) in text
        own_error = [errors[item["id"]]] if item["id"] in errors else []
        assert [row[1] for row in rows_of(item["first"], "error")] == own_error


def test_kernels_have_the_facts_and_the_fusion_that_show_has(name: str, told: Any) -> None:
    page = page_of(name)
    facts, fusion = told("show", "--facts")["facts"], told("show", "--fusion")["fusions"]
    keys = {f"{item['compile_id']} {_local(item)}" for item in facts}
    assert set(page["kernels"]) == keys
    for item in facts:
        rows = rows_of(page["kernels"][f"{item['compile_id']} {_local(item)}"]["sections"], "kernel")
        said = {row[0]: row[1] for row in rows}
        if item["instructions"]:
            assert said["instructions"].startswith(f"{item['instructions']:,}, ")
            assert len([row for row in rows if row[0] == "calls"]) == len(item["calls"])
            assert len([row for row in rows if row[0] == "spill"]) == len(item["spills"])
        else:
            assert "instructions" not in said and "spills" not in said
    for item in fusion:
        if (key := f"{item['compile_id']} {_local(item)}") in keys:
            said = {row[0]: row[1] for row in rows_of(page["kernels"][key]["sections"], "fusion")}
            assert said["fused" if item["known"] else "listed"].split(", ") == (
                item["nodes"] or ["no node of the graph by itself"]
            )
            if item["saved_bytes"]:
                assert said["saved"].startswith(size(item["saved_bytes"]))


def _local(item: dict[str, Any]) -> str:
    return KernelKey(item["compile_id"], item["unit"], item["kernel"]).local


def test_phases_are_all_there_with_their_times(name: str, told: Any) -> None:
    phases, rows = told("show", "--phases")["events"], page_of(name)["phases"]["rows"]
    begin = min((item["start"] for item in phases), default=0.0)
    assert [(row[0], row[3], row[4], row[5]) for row in rows] == [
        (item["name"], item["depth"], item["compile_id"], seconds(item["duration"], "not ended")) for item in phases
    ]
    assert all(abs(row[1] / 1e6 - (item["start"] - begin)) < 1e-6 for row, item in zip(rows, phases, strict=True))
    for compile_id, axis in page_of(name)["phases"]["axes"].items():
        own = [item for item in phases if item["compile_id"] in (compile_id, None)]
        first, last = min(item["start"] for item in own), max(item["start"] + (item["duration"] or 0) for item in own)
        assert axis["words"] == seconds(max(last - first, 1e-6))


def test_texts_links_and_notes_are_all_there(name: str, told: Any) -> None:
    page, capture, text = page_of(name), capture_of(name), markdown_of(name)
    lines = {item["id"]: page["texts"][item["text"]]["text"].count("\n") + 1 for item in page["artifacts"]}
    for item in capture.artifacts:
        assert lines[item.id] == max(1, len(item.lines))
        if item.stage not in (Stage.KERNEL, Stage.SOURCE):
            title = html.escape(item.stage.heading)
            assert re.search(rf"<summary>{title}[^<]* \({len(item.lines):,} lines?\)</summary>", text)
    assert bool(page["links"]["links"]) == bool(capture.links)
    notes = rows_of(page["whole"], "notes")
    assert [(row[0], row[1]) for row in notes] == [(note.kind, note.message) for note in capture.notes]
    assert page["finished"] == capture.finished
    for item in told("show")["compilations"]:
        words = status_words(CompileStatus(item["status"]))
        assert f"### {code(item['compile_id'])} {code(item['function'])}: {words}\n" in text


def test_timed_shapes_have_the_numbers_of_the_bundle(name: str) -> None:
    page, capture = page_of(name), capture_of(name)
    assert [item["shape"] for item in page["latency"]] == [run.shape for run in capture.latency]
    for item, run in zip(page["latency"], capture.latency, strict=True):
        table = {label: values for label, *values in item["table"]}
        for side, samples in enumerate((sorted(run.eager), sorted(run.compiled))):
            middle = len(samples) // 2
            median = samples[middle] if len(samples) % 2 else (samples[middle - 1] + samples[middle]) / 2
            assert table["median"][side] == seconds(median)
            assert table["fastest"][side] == seconds(samples[0])
