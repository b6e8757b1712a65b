"""The paper's table, break-even and figures, from its own numbers."""

from __future__ import annotations

import csv
import io
import json
import os
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
from paper_facts import BREAK_EVEN, STAMPS, TABLE_1

from inspector.cli.main import main
from inspector.errors import UsageError
from inspector.model.study import (
    CureRun,
    Experiment,
    Generation,
    Layers,
    Mode,
    ShapeCall,
    Shapes,
    StudyRequest,
    StudyRun,
)
from inspector.study import paper, render
from inspector.study.breakeven import break_even, wall_times
from inspector.study.generation import PAPER_BATCHES, break_evens, rows
from inspector.study.html import page
from inspector.study.limit import limit_section
from inspector.study.plots import legend_columns
from inspector.study.report import make_report
from inspector.study.sources import ResultSet, open_results
from inspector.study.spot_report import table_1
from inspector.study.statistics import measure, truncated
from tests import json_schema

TOKENS = 200


def stamps(first: float, last: float) -> list[float]:
    """As many as the paper decoded; the ones between the two that are facts lie evenly."""
    return [first + (last - first) * place / (TOKENS - 1) for place in range(TOKENS - 1)] + [last]


def raw(batch: int, mode: str) -> dict[str, object]:
    """A file in the paper's layout with the facts in it."""
    start, end, first, last = STAMPS[batch, mode]
    config = {
        "num_tokens_to_generate": TOKENS,
        "compile_fn": "eager" if mode == "eager" else "compile_model_fn",
        "num_prompts": batch,
        "compile_for_prefill": mode == "prefill+decode",
    }
    return {
        "experiment_config": config,
        "results": {"start_prefill": start, "end_prefill": end, "time_list": stamps(first, last), "decodings": [""]},
    }


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder as the paper's authors published it."""
    folder = tmp_path / "raw"
    folder.mkdir()
    for batch, mode in STAMPS:
        (folder / f"{mode}_{TOKENS}t_{batch}p.json").write_text(json.dumps(raw(batch, mode)))
    (folder / "eager.json").write_text(json.dumps({"5": {"10": 2.5, "30": 6.4}, "10": {"10": 2.1, "30": 6.4}}))
    (folder / "compile_dynamic.json").write_text(
        json.dumps({"5": {"10": 28.8, "30": 5.8}, "10": {"10": 1.9, "30": 5.6}})
    )
    (folder / "compile_non_dynamic.json").write_text(
        json.dumps({"5": {"10": 22.9, "30": 5.8}, "10": {"10": 14.6, "30": 5.7}})
    )
    (folder / "notes.json").write_text("[1, 2]")
    return folder


def test_75_of_75_published_cells(files: Path) -> None:
    table = table_1(rows(open_results([str(files)]).sets[0].runs))
    made = {(int(row[0]), row[1]): row[2:7] for row in table.rows}
    cells = [(key, place) for key, printed in TABLE_1.items() for place in range(len(printed))]
    assert len(cells) == 75
    assert [(key, place) for key, place in cells if made[key][place] != TABLE_1[key][place]] == []


def test_rounding_would_not_do(files: Path) -> None:
    """What shows that the paper cuts off, and which batch sizes its table has."""
    made = {(row.setting.batch, row.mode): row for row in rows(open_results([str(files)]).sets[0].runs)}
    same = [
        f"{made[key].quantity(name).median:.2f}" == printed
        for key, cells in TABLE_1.items()
        for name, printed in zip(("prefill", "first token", "rest", "per token", "total"), cells, strict=True)
    ]
    assert (len(same), sum(same)) == (75, 30)


def test_batch_sizes_that_the_paper_left_out_are_shown(files: Path) -> None:
    [results] = open_results([str(files)]).sets
    text = render.text(make_report([results]))
    assert results.paper
    assert "leaves out batch sizes 2 and 8" in text
    assert {row.setting.batch for row in rows(results.runs)} - set(PAPER_BATCHES) == {2, 8}
    assert re.search(r"^8 +decode +0\.43 +7\.64 +50\.77 +0\.25 +58\.85", text, re.MULTILINE)


def test_predicted_break_even_is_the_papers(files: Path) -> None:
    found = break_evens(rows(open_results([str(files)]).sets[0].runs))
    assert {(row.setting.batch, row.mode): pays.predicted for _, row, pays in found} == {
        key: predicted for key, (predicted, _) in BREAK_EVEN.items()
    }


@pytest.mark.skipif("INSPECTOR_PAPER" not in os.environ, reason="INSPECTOR_PAPER names the folder of the raw results")
def test_the_raw_files_themselves() -> None:
    opened = open_results([os.environ["INSPECTOR_PAPER"]])
    table = rows(opened.sets[0].runs)
    printed = {(int(row[0]), row[1]): row[2:7] for row in table_1(table).rows}
    assert {key: printed[key] for key in TABLE_1} == TABLE_1
    found = {(row.setting.batch, row.mode): (pays.predicted, pays.seen) for _, row, pays in break_evens(table)}
    assert found == BREAK_EVEN
    assert opened.notes == ()


def generation(mode: str, prefill: float, first: float, step: float, tokens: int = 10, **more: object) -> Generation:
    times = tuple(100 + prefill + first + step * place for place in range(tokens))
    return Generation(mode, 1, 100.0, 100 + prefill, times, **more)  # type: ignore[arg-type]


def test_break_even_seen_is_where_the_compiled_run_stays_ahead() -> None:
    eager = generation("eager", 0.5, 1.0, 1.0)
    compiled = generation("decode", 0.5, 3.25, 0.5)
    pays = break_even(eager, compiled)
    assert (pays.delay, pays.gain) == (pytest.approx(2.25), pytest.approx(0.5))
    # token 2 comes 2.25 s late, and each further one wins 0.5 s back: 5 of them do
    assert (pays.predicted, pays.seen) == (7, 7)
    assert wall_times(eager)[6] > wall_times(compiled)[6] and wall_times(eager)[5] < wall_times(compiled)[5]


def test_a_lead_that_is_lost_again_does_not_count() -> None:
    eager = Generation("eager", 1, 0, 1, (2.0, 3.0, 4.0, 5.0))
    compiled = Generation("decode", 1, 0, 1, (1.5, 3.5, 3.6, 4.0))
    assert break_even(eager, compiled).seen == 4


def test_never() -> None:
    pays = break_even(generation("eager", 1, 1, 1), generation("decode", 1, 5, 1.5))
    assert (pays.predicted, pays.seen) == (None, None)


def test_ahead_from_the_start() -> None:
    pays = break_even(generation("eager", 1, 1, 1), generation("decode", 0.5, 0.5, 0.5))
    assert (pays.predicted, pays.seen) == (2, 1)


def test_break_even_needs_two_steps() -> None:
    with pytest.raises(ValueError, match="two decoded tokens"):
        break_even(generation("eager", 1, 1, 1, 1), generation("decode", 1, 1, 1, 1))


@pytest.mark.parametrize(
    ("value", "shown"),
    [(4.786, "4.78"), (0.999, "0.99"), (9.0, "9.00"), (0.29, "0.28"), (-0.019, "-0.01"), (12.5, "12.50")],
)
def test_truncation_cuts_the_number_as_it_is_stored(value: float, shown: str) -> None:
    assert truncated(value) == shown


def test_measure_of_known_data() -> None:
    found = measure([5.0, 1.0, 2.0, 3.0, 4.0])
    assert (found.median, found.low, found.high, found.spread, found.count) == (3, 1, 5, 2, 5)
    assert found.interval is None, "five samples enclose the median with 94 % only"
    with pytest.raises(ValueError, match="no samples"):
        measure([])


@pytest.mark.parametrize(("count", "rank"), [(6, 1), (9, 2), (12, 3), (20, 6), (50, 18), (100, 40), (199, 86)])
def test_intervals_are_those_of_the_tables(count: int, rank: int) -> None:
    """Ranks of the 95 % interval of a median, as tables of the sign test have them."""
    interval = measure([float(place) for place in range(1, count + 1)]).interval
    assert interval == (rank, count + 1 - rank)


def test_an_interval_narrows_with_more_samples() -> None:
    few, many = (measure([float(place % 10) for place in range(count)]).interval for count in (20, 4000))
    assert few is not None and many is not None
    assert many[1] - many[0] < few[1] - few[0]


def run_of(result: Generation | Shapes | Layers | CureRun, experiment: Experiment, **environment: object) -> StudyRun:
    return StudyRun(StudyRequest(experiment), result, environment, key=str(result))


def everything() -> ResultSet:
    calls = (ShapeCall(5, 10, 20.0, (1, 1), ("2 <= size()[1]",), ()), ShapeCall(10, 10, 1.0, (0, 0), (), ("item()",)))
    spot = {"cpu": "Test CPU", "bandwidth": 1e9}
    return ResultSet(
        "mine",
        (
            run_of(generation("eager", 0.1, 0.1, 0.1, started=99.0, step_bytes=95_000_000), Experiment.SPOT, **spot),
            run_of(generation("decode", 0.1, 5.0, 0.05, graphs=(0, 1), step_bytes=95_000_000), Experiment.SPOT, **spot),
            run_of(Shapes("eager", (ShapeCall(5, 10, 2.0, (0, 0)), ShapeCall(10, 10, 2.0, (0, 0)))), Experiment.SHAPES),
            run_of(Shapes("none", calls), Experiment.SHAPES),
            run_of(Layers("eager", 16, 1.0, 1.0), Experiment.LAYERS),
            run_of(Layers("layer", 16, 9.0, 0.5, 20, 8, 8, 8, ("layer_idx == 7",), 8), Experiment.LAYERS),
            run_of(CureRun("llama-mlp", "eager", 2.0, 1.5), Experiment.CURES),
            run_of(CureRun("llama-mlp", "pack", 2.2, 1.5, 1_500_000, 1e-6), Experiment.CURES),
        ),
        "Test CPU",
    )


def test_a_report_of_every_experiment() -> None:
    text = render.text(make_report([everything()]))
    assert "eager already at 95 % of the limit, so compiling cannot pay" in text
    assert "layer: 8 of 16 layers were left eager without a word. Recompiled because layer_idx == 7" in text
    assert "dynamic none, prompt 5: recompiled because 2 <= size()[1]" in text
    assert "dynamic none: graph break: item()" in text
    assert re.search(r"llama-mlp +pack +2\.20 s +1\.10 ×", text)
    assert re.search(r"^1 +eager .* 1\.10 s$", text, re.MULTILINE), "process start to first token"


def test_the_limit_is_told_only_where_it_is_known() -> None:
    results = everything()
    assert limit_section(results, rows(results.runs))
    silent = ResultSet("mine", tuple(StudyRun(run.request, run.result, {}) for run in results.runs))
    assert limit_section(silent, rows(silent.runs)) == []


def test_two_machines_are_compared(files: Path) -> None:
    published = open_results([f"theirs={files}"]).sets
    text = render.text(make_report([*published, everything()]))
    assert "Machines compared" in text
    assert "theirs: step" in text and "mine: step" in text
    assert "theirs ran llama-1b f32" in text and "mine ran " in text
    assert "did not do the same work" in text
    again = render.text(make_report([everything(), replace(everything(), name="other")]))
    assert "Machines compared" in again and "did not do the same work" not in again


def test_csv_and_json_hold_full_precision(files: Path) -> None:
    report = make_report(open_results([str(files)]).sets)
    table = list(csv.DictReader(io.StringIO(render.as_csv(report))))
    [cell] = [row for row in table if (row["batch"], row["mode"], row["quantity"]) == ("1", "eager", "total")]
    start, _, _, last = STAMPS[1, "eager"]
    assert float(cell["median"]) == last - start
    values = json_schema.check(render.as_json(report))["values"]
    assert len(values) == len(table)
    never = [value for value in values if value["quantity"] == "break-even predicted" and value["median"] is None]
    assert [value["labels"]["batch"] for value in never] == [4]


def test_the_page_is_one_file_with_its_figures() -> None:
    content = page(make_report([everything()]))
    assert "<script" not in content
    assert re.findall(r"(?:src|href)=\"(?!#)[^\"]*", content) == [], "nothing is loaded from anywhere"
    drawn = re.findall(r"<svg.*?</svg>", content, re.DOTALL)
    assert len(drawn) == sum(len(section.figures) for section in make_report([everything()]).sections) == 12
    for picture in drawn:
        ElementTree.fromstring(re.sub(r"xlink:href", "href", picture))
        assert "currentColor" in picture
    ids = re.findall(r"\bid=\"([^\"]*)", content)
    assert len(ids) == len(set(ids))
    used = set(re.findall(r"(?:href=\"|url\()#([^\")]*)", content))
    assert used <= set(ids)
    assert content == page(make_report([everything()])), "the same results give the same bytes"


HOSTILE = "<img src=x onerror=alert(1)>\x1b]52;c;aGk=\x07|`x`"


def test_hostile_words_stay_words() -> None:
    calls = (ShapeCall(5, 10, 2.0, (0, 1), (HOSTILE,), (HOSTILE,)),)
    runs = (
        StudyRun(StudyRequest(Experiment.SHAPES), Shapes("none", calls), {"cpu": HOSTILE}),
        StudyRun(StudyRequest(Experiment.CURES), CureRun(HOSTILE, "pack", 1.0), {}),
    )
    report = make_report([ResultSet(HOSTILE, runs, HOSTILE)], [HOSTILE])
    for made in (render.text(report), render.markdown(report), render.as_csv(report), page(report)):
        assert "\x1b" not in made
    assert "<img" not in page(report)
    assert "<img" not in render.markdown(report)
    assert "| `x`" not in render.markdown(report)


def test_a_spreadsheet_runs_no_formula() -> None:
    runs = (StudyRun(StudyRequest(Experiment.CURES), CureRun("=cmd()", "pack", 1.0), {}),)
    assert "'=cmd()" in render.as_csv(make_report([ResultSet("mine", runs)]))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("{", "is no JSON"),
        ('{"experiment_config": {}, "results": {}}', "not as the paper's files are"),
        (json.dumps(raw(1, "eager")).replace('"num_prompts": 1', '"num_prompts": 0'), "whole number from 1"),
        (json.dumps(raw(1, "eager")).replace('"num_prompts": 1', '"num_prompts": "1"'), "whole number from 1"),
        (re.sub(r'"time_list": \[[^]]*', '"time_list": [NaN', json.dumps(raw(1, "eager"))), "is no time"),
        (re.sub(r'"time_list": \[[^]]*', '"time_list": [5', json.dumps(raw(1, "eager"))), "fewer than two"),
        (re.sub(r'"time_list": \[[^]]*', '"time_list": [9, 5', json.dumps(raw(1, "eager"))), "do not ascend"),
    ],
)
def test_bad_raw_files_are_told_about(tmp_path: Path, content: str, says: str) -> None:
    file = tmp_path / "bad.json"
    file.write_text(content)
    with pytest.raises(UsageError, match=says):
        open_results([str(file)])


def test_paths_that_hold_nothing(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no file or folder"):
        open_results([str(tmp_path / "nowhere")])
    with pytest.raises(UsageError, match="no results in"):
        open_results([str(tmp_path)])


def test_what_is_no_result_is_left_out_and_told(files: Path) -> None:
    opened = open_results([str(files)])
    assert opened.notes == ("notes.json holds no result and is left out.",)
    assert len(opened.sets[0].runs) == len(STAMPS) + 3


def test_a_legend_of_long_labels_has_fewer_columns() -> None:
    assert legend_columns(["eager", "compiled", "other"]) == 3
    assert legend_columns(["mode reduce-overhead, on the front"] * 3) == 2
    assert legend_columns(["x" * 200] * 3) == 1


def test_the_command_line(files: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["study", "report", str(files), "--markdown"]) == 0
    shown = capsys.readouterr().out
    assert "| batch | compiled | prefill |" in shown
    target = tmp_path / "report.html"
    assert main(["study", "report", str(files), "--html", "-o", str(target)]) == 0
    assert target.read_text().startswith("<!doctype html>")
    assert main(["study", "report", str(files), "-o", str(target)]) == 2
    assert "is there already" in capsys.readouterr().err
    assert main(["study", "report", str(files), "-o", str(target), "--force"]) == 0
    assert target.read_text().startswith("<!doctype html>"), "the ending says so"
    for name, begins in (("x.json", "{"), ("x.md", "#"), ("x.txt", ""), ("without", "")):
        assert main(["study", "report", str(files), "-o", str(tmp_path / name)]) == 0
        assert (tmp_path / name).read_text().startswith(begins)
    assert "Table 1" in (tmp_path / "without").read_text()
    assert main(["study", "report", str(files), "--csv", "-o", str(tmp_path / "without"), "--force"]) == 0
    assert (tmp_path / "without").read_text().count(",") > 50
    capsys.readouterr()
    assert main(["study", "report", str(files), "--markdown", "-o", str(target), "--force"]) == 2
    assert "report.html would be html, and --markdown is given" in capsys.readouterr().err
    assert main(["study", "report", str(files), "--tui", "-o", str(target)]) == 2
    assert "--tui shows it, and -o writes it" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments", [[], ["nonsense"], ["report"], ["report", "/nowhere/at/all"], ["spot", "--batches", "0"]]
)
def test_the_command_lines_errors(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["study", *arguments]) == 2
    assert capsys.readouterr().err.startswith("inspector: ")


def test_modes_are_the_papers() -> None:
    assert {mode for _, mode in TABLE_1} == {item.value for item in Mode}
    assert paper.ENVIRONMENT["machine"] == "the paper"
