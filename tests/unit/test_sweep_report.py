"""What a sweep's report says, and that it says no more than its starts allow."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from captures import full
from sweeps import point, result, starts

from inspector.cli.main import main
from inspector.errors import UsageError
from inspector.model.latency import Difference
from inspector.model.sweep import PointResult, SweepPoint
from inspector.say.sweep import point_words, progress_words, result_words
from inspector.study.statistics import student
from inspector.study.sweep.analysis import (
    LATENCY,
    OnFront,
    StartValues,
    by_work,
    compared,
    front,
    pays,
    pays_after,
    ranked,
    settings_of,
    varied,
)
from inspector.study.sweep.folder import SweepFolder
from inspector.study.sweep.report import sweep_report
from inspector.study.written import rendered

STEADY = (0.00100, 0.00101, 0.00099, 0.00100)
FAST = tuple(value / 2 for value in STEADY)


def text(results: Sequence[PointResult], **named: object) -> str:
    return rendered("text", sweep_report(results, **named))  # type: ignore[arg-type]


# --- statistics ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("above", "freedom", "known"),
    [
        (0.025, 1, 12.706),
        (0.025, 2, 4.303),
        (0.025, 9, 2.262),
        (0.025, 30, 2.042),
        (0.005, 4, 4.604),
        (0.0005, 7, 5.408),
    ],
)
def test_student_is_that_of_the_tables(above: float, freedom: int, known: float) -> None:
    assert student(above, freedom) == pytest.approx(known, abs=6e-4)


def test_two_settings_that_are_the_same_are_rarely_told_apart() -> None:
    """5 % at most, over starts that differ by 10 %; a factor of 1.5 between them is mostly told."""
    chance = random.Random(17)
    false = found = 0
    for _ in range(400):
        one, other = (tuple(math.exp(chance.gauss(0, 0.1)) for _ in range(4)) for _ in range(2))
        slower = StartValues(tuple(value * 1.5 for value in other))
        false += (like := compared(StartValues(one), StartValues(other), 1)) is not None and like.told
        found += (apart := compared(StartValues(one), slower, 1)) is not None and apart.told
    assert false <= 28  # 5 % of 400, and what chance adds to that in one of a hundred such tests
    assert found > 360


def test_the_more_is_compared_the_more_it_takes() -> None:
    one, other = StartValues(STEADY), StartValues(tuple(value * 1.02 for value in STEADY))
    alone, among = compared(one, other, 1), compared(one, other, 1000)
    assert alone is not None and among is not None
    assert alone.told
    assert not among.told


def test_one_start_and_a_disturbed_one_say_nothing_of_others() -> None:
    assert StartValues((0.001,)).interval() is None
    assert compared(StartValues((0.001,)), StartValues(STEADY), 1) is None
    busy = settings_of([result(point(), 0.001, busy=0.5), result(point(repeat=1), 0.001, busy=0.5)])[0].of(LATENCY)
    assert (busy.values, busy.disturbed) == ((), (0.001, 0.001))
    assert compared(busy, StartValues(STEADY), 1) is None


# --- best, front, what pays ---------------------------------------------------------------------------------


def test_the_best_is_named_with_what_cannot_be_told_from_it() -> None:
    like = tuple(value * 1.001 for value in FAST)
    settings = settings_of([*starts(STEADY), *starts(FAST, mode="b"), *starts(like, mode="c")])
    found = ranked(settings, 3)
    assert found is not None
    assert [item.settings["mode"] for item in found.best] == ["b", "c"]
    assert [item.settings["mode"] for item in found.worst] == ["default"]
    assert ranked(settings_of(starts((0.001,)) + starts((0.002,), mode="b")), 1) is None


def test_other_work_is_not_compared() -> None:
    settings = settings_of([*starts(STEADY, batch=1), *starts(FAST, batch=2)])
    assert [len(members) for members in by_work(settings).values()] == [1, 1]
    assert pays(settings, ("batch",)) == []
    assert "Fastest" not in text([*starts(STEADY, batch=1), *starts(FAST, batch=2)])


def test_what_is_beaten_in_both_is_off_the_front() -> None:
    settings = settings_of(
        [
            *starts(STEADY, mode="quick", first=5.0),
            *starts(FAST, mode="slow to compile", first=50.0),
            *starts(tuple(value * 3 for value in STEADY), mode="bad", first=60.0),
            *starts((0.00102,), mode="one start", first=5.1),
        ]
    )
    found = {settings[place].settings["mode"]: on for place, on in front(settings, 12).items()}
    assert found == {
        "quick": OnFront.ON,
        "slow to compile": OnFront.ON,
        "bad": OnFront.OFF,
        "one start": OnFront.UNSURE,
    }


def test_a_setting_pays_only_where_its_interval_says_so() -> None:
    results = [
        *starts(STEADY, batch=1),
        *starts(FAST, batch=1, mode="max-autotune", first=30.0),
        *starts(STEADY, batch=8),
        *starts(tuple(value * 1.001 for value in STEADY), batch=8, mode="max-autotune"),
        *starts((0.001,), batch=9),
        *starts((0.0005,), batch=9, mode="max-autotune"),
    ]
    found = {item.where["batch"]: item for item in pays(settings_of(results), ("batch", "mode"))}
    assert (one := found["1"].latency) is not None and one.told and one.ratio == pytest.approx(0.5, rel=1e-3)
    assert (first := found["1"].first_call) is not None and first.low > 2.9
    assert (eight := found["8"].latency) is not None and not eight.told
    assert found["9"].latency is None
    shown = text(results)
    assert "mode max-autotune against default  batch 1  2.00 × faster" in shown
    assert "In 1 place no difference can be told." in shown
    assert "In 1 place nothing is known: two undisturbed starts of both are needed." in shown


def test_compiling_pays_after_so_many_calls_or_never() -> None:
    (setting,) = settings_of([result(point(repeat=n), taken, 0.002, first=10.0) for n, taken in enumerate(STEADY)])
    assert pays_after(setting, 1) == pytest.approx(10.0 / 0.001, rel=0.01)
    (slower,) = settings_of([result(point(repeat=n), taken * 3, 0.002) for n, taken in enumerate(STEADY)])
    assert pays_after(slower, 1) == math.inf
    (one,) = settings_of([result(point(), 0.001, 0.002)])
    assert pays_after(one, 1) is None


# --- tables -------------------------------------------------------------------------------------------------


def test_a_table_stands_over_two_dimensions_numbers_by_their_size() -> None:
    results = [
        item for batch in (1, 4, 32) for mode in ("default", "b") for item in starts(STEADY, batch=batch, mode=mode)
    ]
    table = next(
        table for section in sweep_report(results).sections for table in section.tables if table.title == "latency"
    )
    assert table.columns == ("batch", "mode default", "mode b")
    assert [row[0] for row in table.rows] == ["1", "4", "32"]
    assert table.rows[0][1].startswith("1.00 ms (")
    turned = sweep_report(results, over=["mode", "batch"])
    assert turned.sections[1].tables[0].columns == ("mode", "batch 1", "batch 4", "batch 32")


def test_what_is_not_there_failed_or_was_disturbed_is_told_apart() -> None:
    failed = PointResult(point(4), "out_of_memory", "The worker ran out of memory.", "Take less.")
    shown = text([result(point(1)), failed, result(point(8), busy=0.4), result(point(1, mode="b"))])
    rows = {line.split()[0]: line for line in shown.partition("latency\n")[0].splitlines() if line[:1].isdigit()}
    latency = shown[shown.index("By batch and mode") :]
    assert "failed" in next(line for line in latency.splitlines() if line.startswith("4 "))
    assert "~1.00 ms" in next(line for line in latency.splitlines() if line.startswith("8 "))
    assert "–" in next(line for line in latency.splitlines() if line.startswith("8 "))
    assert "batch 4 · mode default  out of memory: The worker ran out of memory.  Take less." in shown
    assert "~ stands before what others on the machine disturbed" in shown
    assert "One start of a setting has no interval" in shown
    assert rows is not None


def test_a_setting_that_computes_something_else_is_told_however_fast_it_is() -> None:
    fast = result(point(mode="fast"), 0.0001)
    (run,) = fast.latency
    wrong = replace(fast, latency=(replace(run, difference=Difference(0.5, 0.5, 10, beyond=3, differing=4, graphs=1)),))
    shown = text([result(point()), wrong])
    assert "mode fast  WRONG: at most 0.5 absolute" in shown
    assert "WRONG" not in text([result(point())])


def test_parts_of_the_compile_and_numerics_have_their_tables() -> None:
    parts = {"Dynamo": 1.5, "kernels' g++ runs": 3.0}
    numerics = full().numerics
    assert numerics
    shown = text([replace(result(point()), phases=parts, numerics=numerics), result(point(2))])
    table = shown[shown.index("Where compiles spent their time") :]
    assert "kernels' g++ runs  Dynamo" in table and "3.00 s  1.50 s" in table
    assert "Results against eager" in shown


def test_what_is_not_recorded_is_no_zero() -> None:
    shown = text([replace(result(point()), kernels=None), result(point(2))])
    rows = shown[shown.index("batch  kernels") :].splitlines()
    assert rows[2].split() == ["1", "–"]


def test_a_table_of_a_dimension_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError, match="There is no dimension 'batsch'"):
        sweep_report([result(point())], over=["batsch"])
    with pytest.raises(UsageError, match="one dimension or two"):
        sweep_report([result(point())], over=["batch", "mode", "seq"])


def test_the_report_is_read_from_folders_in_every_form(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    here, there = SweepFolder(tmp_path / "here"), SweepFolder(tmp_path / "there")
    for folder, mode, taken in ((here, "default", STEADY), (there, "b", FAST)):
        folder.make()
        for item in starts(taken, mode=mode):
            folder.keep(item, replace=lambda _: False)
    paths = [str(here.path), str(there.path)]
    assert main(["sweep", *paths]) == 0
    assert "Fastest and slowest" in capsys.readouterr().out
    assert main(["sweep", *paths, "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["schema"], len(document["results"])) == ("inspector.sweep", 8)
    assert {value["labels"]["mode"] for value in document["values"]} == {"default", "b"}
    for ending in ("txt", "html", "csv", "json", "md"):
        assert main(["sweep", *paths, "--report", str(tmp_path / f"r.{ending}")]) == 0
        capsys.readouterr()
    titles = ("latency", "eager", "speed-up", "first call", "kernels")
    text, markdown = (tmp_path / "r.txt").read_text(), (tmp_path / "r.md").read_text()
    for title in titles:
        assert f"\n\n{title}\n" in text and f"\n\n### {title}\n\n| " in markdown, title
    assert text.count("Fastest and slowest") == 1  # a section of one table has its title
    lines = (tmp_path / "r.csv").read_text().splitlines()
    assert lines[0].startswith("set,experiment,target,batch,")
    assert len(lines) == 1 + len(document["values"])
    page = (tmp_path / "r.html").read_text()
    assert page.count("<svg") >= 3
    assert "Which setting pays where" in page
    assert main(["sweep", paths[0], "--report", str(tmp_path / "r.csv")]) == 2  # there already


def test_a_damaged_result_is_told_and_costs_no_other(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = SweepFolder(tmp_path / "s")
    folder.make()
    for item in starts(STEADY):
        folder.keep(item, replace=lambda _: False)
    (folder.path / "results" / "0123.json").write_text("{")
    assert main(["sweep", str(folder.path)]) == 0
    out = capsys.readouterr().out
    assert "4 results." in out
    assert "0123.json is cut short or damaged" in out


# --- words --------------------------------------------------------------------------------------------------


def test_a_point_and_a_result_in_a_line() -> None:
    named = varied([point(1), point(4, "b")])
    assert named == ("batch", "mode")
    assert point_words(point(4, "b", repeat=1), named) == "batch 4 · mode b (2)"
    assert point_words(point(), ()) == "softmax"
    assert result_words(result(point()), ("batch",)).startswith(
        "batch 1: first call 10.0 s; then 1.00 ms, 2.00× faster"
    )
    busy = result_words(result(point(), busy=0.9), ("batch",))
    assert "on a busy machine" in busy and "not to be trusted" in busy
    lost = PointResult(point(), "lost", "Its process ended 3 times without a result.")
    assert result_words(lost) == "softmax: lost: Its process ended 3 times without a result."


def test_progress_says_how_much_is_left_and_how_much_failed() -> None:
    words = progress_words((3, 8, 1), [point(1), point(2), point(3)], ("batch",), (65.0, 150.0))
    assert words == "3/8, 1 failed  batch 1, batch 2 and 1 more  1 min 05 s, about 2 min 30 s left"
    assert "left" not in progress_words((0, 8, 0), [], (), (1.0, None))


def test_settings_that_only_some_points_have_are_dimensions_too() -> None:
    one: SweepPoint = point()
    other = replace(one, request=replace(one.request, inductor=(("freezing", "True"),)))
    assert varied([one, other]) == ("freezing",)
