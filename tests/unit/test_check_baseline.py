"""What is held against a baseline: counts exactly, times beyond noise, and nothing that cannot be told is called ok."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from baselines import MACHINE, alarms, noisy, start
from markdown_it import MarkdownIt

from inspector.bundle import write
from inspector.bundle.comment import comment
from inspector.cli.main import main
from inspector.compare import compare_captures
from inspector.errors import UsageError
from inspector.library import Library
from inspector.model.baseline import BaselineFinding, BaselineReport, Growth, Untold
from inspector.model.capture import Capture, CompileStatus
from inspector.model.latency import Difference
from inspector.model.overview_of import overview_of
from inspector.model.request import CaptureRequest
from inspector.say import baseline as say
from inspector.study.baseline import StartOf, hold
from inspector.study.kept_baseline import kept_baseline
from tests import json_schema

ROOT = Path(__file__).parents[2]
TRACES = ROOT / "tests" / "traces"


def of(report: BaselineReport, quantity: str) -> BaselineFinding:
    return next(item for item in report.findings if item.quantity == quantity)


def four(by: float = 1.0, **named: Any) -> list[StartOf]:
    """Quiet starts, none of which is a run of another call's."""
    return [start(10.0 * by * (1 + n / 1000), 0.001 * by * (1 + n / 1000), **named) for n in range(4)]


def later(by: float = 1.0, **named: Any) -> list[StartOf]:
    return [start(10.0 * by * (1 + n / 999), 0.001 * by * (1 + n / 999), **named) for n in range(1, 5)]


# --- noise, and what is beyond it ---------------------------------------------------------------------------


@pytest.mark.parametrize(("spread", "starts"), [(0.03, 2), (0.03, 4), (0.1, 4), (0.1, 8)])
def test_noise_alarms_nobody(spread: float, starts: int) -> None:
    """5 % of pairs at most would without the tolerance; of these 80 times two at most, which chance passes rarely."""
    assert alarms(40, starts, spread=spread).get("more", 0) <= 2


def test_a_growth_is_found_from_so_many_starts_on() -> None:
    assert alarms(40, 8, spread=0.03, by=1.2)["more"] >= 76
    assert alarms(40, 4, spread=0.03, by=1.5)["more"] == 80


def test_two_starts_alarm_little_and_say_that_noise_may_be_all() -> None:
    found = alarms(40, 2, spread=0.03, by=1.2)
    assert found.get("kept", 0) == 0
    assert found["noise"] > 60


def test_a_time_that_may_have_grown_is_not_called_ok() -> None:
    report = hold(noisy(1, 2, spread=0.2), noisy(4, 2, spread=0.2, by=1.6))
    item = of(report, "compile")
    assert item.growth is Growth.NOISE
    assert say.MARKS[item.growth][0] == "noise"
    assert "would not have been seen" in say.finding_words(item, report.tolerance)
    assert any("--starts" in words for words in say.advice_words(report))
    assert not report.grew


def test_a_slower_machine_is_no_slower_model() -> None:
    """What eager takes as well, the machine may have added; what it did not is the compiled code's."""
    both = hold(four(), later(1.5, eager=0.003))
    assert (of(both, "latency").growth, of(both, "latency").untold) == (Growth.UNKNOWN, Untold.EAGER_TOO)
    alone = hold(four(), later(1.5))
    assert of(alone, "latency").growth is Growth.MORE
    assert "1.50 × as long" in say.finding_words(of(alone, "latency"), 0.05)
    assert of(hold(four(), later(1.04)), "latency").growth is Growth.KEPT
    assert of(hold(four(), later(1.04), tolerance=0.0), "latency").growth is Growth.MORE


def test_one_start_has_no_interval() -> None:
    for sides, lacks in (((four(), later(3.0)[:1]), "now"), ((four()[:1], later(3.0)), "baseline")):
        for name in ("compile", "latency"):
            item = of(hold(*sides), name)
            assert (item.growth, item.untold, item.lacks) == (Growth.UNKNOWN, Untold.SINGLE_START, lacks)
            assert item.ratio is None


def test_disturbed_times_do_not_count() -> None:
    item = of(hold(four(), later(3.0, busy=0.5)), "latency")
    assert (item.growth, item.untold, item.left_out, item.now) == (Growth.UNKNOWN, Untold.DISTURBED, 4, ())


def test_the_start_that_made_what_is_kept_for_a_machine_is_left_out_of_compile_time() -> None:
    def on(reused: Sequence[str]) -> dict[str, Any]:
        return {**MACHINE, "cache": {"mode": "kept", "reused": list(reused)}}

    before = [replace_environment(item, on(["header"])) for item in four()]
    after = [replace_environment(item, on(["header"])) for item in later()]
    first = replace_environment(start(90.0, 0.001), on([]))
    report = hold(before, [first, *after])
    assert not report.unlike
    item = of(report, "compile")
    assert (item.growth, item.left_out, len(item.now)) == (Growth.KEPT, 1, 4)


def replace_environment(item: StartOf, environment: dict[str, Any]) -> StartOf:
    return replace(item, capture=replace(item.capture, environment=environment))


# --- what is not the same -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "named"),
    [
        ("torch", {"environment": {**MACHINE, "torch": "2.12.0"}}),
        ("cpu", {"environment": {**MACHINE, "cpu": "Xeon"}}),
        ("threads", {"environment": {**MACHINE, "threads": 2}}),
        ("platform", {"environment": {**MACHINE, "platform": "Linux-7"}}),
        ("cache", {"environment": {**MACHINE, "cache": {"mode": "cold"}}}),
        ("batch", {"request": CaptureRequest("mlp", batch=4)}),
        ("inductor.freezing", {"request": CaptureRequest("mlp", inductor=(("freezing", "True"),))}),
    ],
)
def test_times_are_compared_only_where_all_they_depend_on_is_the_same(name: str, named: dict[str, Any]) -> None:
    report = hold(four(), later(3.0, kernels=3, **named))
    assert [fact.name for fact in report.unlike] == [name]
    for quantity in ("compile", "latency"):
        item = of(report, quantity)
        assert (item.growth, item.untold, item.ratio) == (Growth.UNKNOWN, Untold.NOT_COMPARABLE, None)
    assert of(report, "kernels").growth is Growth.MORE  # which no machine changes
    assert not report.kept


def test_a_machine_that_nobody_recorded_is_none_that_is_the_same() -> None:
    nameless = {name: value for name, value in MACHINE.items() if name != "cpu"}
    report = hold(four(environment=nameless), later(environment=nameless))
    assert [say.unlike_words(fact) for fact in report.unlike] == ["machine: not recorded on either side"]
    assert of(report, "compile").untold is Untold.NOT_COMPARABLE


def test_another_target_has_other_counts() -> None:
    report = hold(four(), later(request=CaptureRequest("softmax"), kernels=9))
    assert of(report, "kernels").untold is Untold.OTHER_TARGET
    assert not report.grew
    assert not report.kept
    moved = hold(four(request=CaptureRequest("/a/t.py:f")), later(request=CaptureRequest("b/t.py:f")))
    assert not moved.unlike


# --- counts -------------------------------------------------------------------------------------------------


def test_counts_are_exact() -> None:
    report = hold(four(kernels=2), later(kernels=3))
    item = of(report, "kernels")
    assert (item.growth, item.baseline[0], item.now[0]) == (Growth.MORE, 2, 3)
    assert report.grew
    fewer = hold(four(kernels=3), later(kernels=2))
    assert of(fewer, "kernels").growth is Growth.KEPT
    assert say.judged_words(of(fewer, "kernels"), 0.05) == "fewer"


def test_what_fails_now_is_no_fewer_kernels() -> None:
    failed = [replace(item, overview=_failed(item)) for item in later(kernels=0)]
    report = hold(four(), failed)
    assert of(report, "failures").growth is Growth.MORE


def _failed(item: StartOf) -> Any:
    rows = tuple(replace(row, status=CompileStatus.FAILED) for row in item.overview.rows)
    return replace(item.overview, rows=rows)


def test_wrong_results_are_more_than_right_ones() -> None:
    wrong = Difference(1.0, 1.0, 4, beyond=2, graphs=1)
    assert of(hold(four(), later(difference=wrong)), "wrong").growth is Growth.MORE


def test_a_start_that_nobody_timed_takes_nothing_from_the_others() -> None:
    wrong = Difference(1.0, 1.0, 4, beyond=2, graphs=1)
    report = hold([*four(), start(9.0)], [*later(difference=wrong), start(9.5)])
    assert (of(report, "wrong").growth, of(report, "wrong").now) == (Growth.MORE, (1, 1, 1, 1))
    assert len(of(report, "compile").now) == 5
    assert len(of(report, "latency").now) == 4


def test_kernels_of_a_cache_are_not_none() -> None:
    cached = [replace(item, capture=replace(item.capture, artifacts=())) for item in later()]
    item = of(hold(four(), cached), "kernels")
    assert (item.growth, item.lacks) == (Growth.UNKNOWN, "now")
    assert "no generated code is recorded of 0/0" in say.finding_words(item, 0.05)


def test_what_nobody_timed_is_absent_unless_it_is_asked_for() -> None:
    untimed = [start(10 + n / 1000) for n in range(4)], [start(10 + n / 999) for n in range(1, 5)]
    report = hold(*untimed)
    assert of(report, "latency").growth is Growth.ABSENT
    assert report.kept
    asked = hold(*untimed, of=["latency"])
    assert asked.findings[0].growth is Growth.UNKNOWN
    assert not asked.kept


def test_a_shape_that_one_side_timed_is_not_compared() -> None:
    item = of(hold([start(10 + n / 1000) for n in range(4)], later()), "latency")
    assert (item.growth, item.lacks) == (Growth.UNKNOWN, "baseline")


def test_copies_of_one_run_are_not_several() -> None:
    """Four copies have no spread, and any difference from them would be sure."""
    timed = four()[0]
    for sides in (([timed, timed], later()), (later(), [timed, timed])):
        with pytest.raises(UsageError, match="are one run: copies say nothing"):
            hold(*sides)


def test_a_run_is_not_held_against_itself() -> None:
    with pytest.raises(UsageError, match="are one run"):
        hold(four(), four()[:1])


# --- the command line ---------------------------------------------------------------------------------------


@pytest.fixture
def bundles(tmp_path: Path) -> Path:
    """`old/` and `new/` with four bundles each, and `more/`, which has a kernel more."""
    sides = {"old": four(), "new": later(), "more": later(1.001, kernels=3), "slow": later(2.0)}
    for name, side in sides.items():
        (tmp_path / name).mkdir()
        for number, item in enumerate(side):
            write(whole(item), tmp_path / name / f"start-{number}.inspector")
    return tmp_path


def whole(item: StartOf) -> Capture:
    """With the time in the metrics, which a bundle has its overview from."""
    (compilation,) = item.capture.compilations
    taken = item.capture.phases[0].duration
    metrics = {"entire_frame_compile_time_s": taken, "graph_op_count": 3}
    return replace(item.capture, compilations=(replace(compilation, metrics=metrics),), finished=True, records=10)


def check(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    code = main(["check", *words])
    captured = capsys.readouterr()
    return code, captured.out + captured.err


def test_the_verb_ends_with_0_1_or_4(bundles: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = ["--baseline", str(bundles / "old")]
    code, out = check(capsys, str(bundles / "new"), *old)
    assert code == 0, out
    assert "Nothing grew beyond noise." in out
    assert check(capsys, str(bundles / "more"), *old)[0] == 1
    code, out = check(capsys, str(bundles / "slow"), *old)
    assert code == 1
    assert "compile time: 10.0 s → 20" in out
    single = str(bundles / "new" / "start-0.inspector")
    code, out = check(capsys, single, *old)
    assert code == 4
    assert "--starts 4" in out
    assert check(capsys, single, *old, "--of", "breaks,kernels")[0] == 0
    assert check(capsys, single, *old, "--of", "breaks", "--max-graph-breaks", "0")[0] == 0
    assert check(capsys, single, *old, "--of", "kernels", "--max-compile-time", "1")[0] == 1


def test_json_has_stable_codes(bundles: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["check", str(bundles / "more"), "--baseline", str(bundles / "old" / "start-0.inspector"), "--json"])
    document = json.loads(capsys.readouterr().out)
    jsonschema.validate(document, json_schema.schema())
    found = {item["quantity"]: item for item in document["baseline"]["findings"]}
    assert not document["ok"]
    assert (found["kernels"]["growth"], found["kernels"]["baseline"], found["kernels"]["now"][0]) == ("more", [2.0], 3)
    assert (found["compile"]["growth"], found["compile"]["untold"]) == ("unknown", "single_start")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["NEW"], "No limit is given, and no baseline."),
        (["NEW", "--max-recompiles", "1", "--of", "kernels"], "--of is of a --baseline"),
        (["NEW", "--baseline", "OLD", "--starts", "3"], "--starts is of a target"),
        (["NEW", "--baseline", "OLD", "--batch", "3"], "--batch is of a target"),
        (["NEW", "--baseline", "OLD", "-o", "here"], "-o is of a target"),
        (["NEW", "--baseline", "OLD", "--keep"], "--keep is of a target"),
        (["NEW", "--baseline", "OLD", "--of", "kernel"], "Did you mean kernels"),
        (["NEW", "--baseline", "OLD", "--tolerance", "-1"], "no number of percent"),
        (["NEW", "--baseline", "OLD/start-0.inspector", "-"], "not read from standard input"),
        (["NEW", "--baseline", "NEW"], "are one run"),
        (["NEW", "--baseline", "library"], "The library has no capture of 'mlp'"),
        (["NEW", "--baseline", "library:kind=x"], "is no search"),
        (["NEW", "--baseline", "library:2026"], "There is no capture '2026'"),
        (["NEW", "--baseline", "nowhere.inspector"], "nowhere.inspector"),
        (["nothing-there", "--baseline", "OLD"], "There is no target 'nothing-there'"),
    ],
)
def test_what_says_nothing_is_refused(
    words: list[str],
    said: str,
    bundles: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(bundles / "data"))
    named = {"NEW": str(bundles / "new"), "OLD": str(bundles / "old")}
    words = [word.replace("NEW", named["NEW"]).replace("OLD", named["OLD"]) for word in words]
    code, out = check(capsys, *words)
    assert code == 2
    assert said in out


def test_a_recorded_log_is_held_against_another(capsys: pytest.CaptureFixture[str]) -> None:
    before, after = (str(TRACES / name) for name in ("two_ops.log", "graph_break.log"))
    code, out = check(capsys, after, "--baseline", before)
    assert code == 1
    assert "graph breaks: 0 → 2, more" in out
    assert "program: not recorded on either side" in out, "two logs may be of two programs"
    code, out = check(capsys, before, "--baseline", str(TRACES / "failure.log"))
    assert "kernels: not recorded → 1, the baseline: no generated code is recorded of any compile" in out


# --- the comment --------------------------------------------------------------------------------------------


def test_the_comment_has_the_verdict_and_how_they_differ(bundles: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = bundles / "comment.md"
    words = [str(bundles / "more"), "--baseline", str(bundles / "old"), "--markdown", str(place)]
    assert check(capsys, *words)[0] == 1
    text = place.read_text()
    assert "**More than the baseline: kernels." in text
    assert "looked at 4 compile ids, 40 records" in text
    assert "| **more** | kernels | 2 | 3 | more |" in text
    assert "<details><summary>How " in text
    assert check(capsys, *words)[0] == 2  # which is there
    assert check(capsys, *words, "--force")[0] == 1


def test_a_comment_is_no_markup_of_a_captures_and_no_longer_than_allowed() -> None:
    nasty = "x</summary>`|`<img src=x onerror=y>@everyone"
    before, after = four(title=nasty), later(title=nasty, request=CaptureRequest(nasty))
    report = hold(before, after)
    difference = compare_captures(before[-1].capture, after[0].capture, (nasty, nasty))
    text = comment(nasty, (), report, difference)
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    inline = [child for token in tokens for child in token.children or ()]
    raw = [item.content for item in (*tokens, *inline) if item.type in ("html_block", "html_inline")]
    assert not [item for item in raw if "<img" in item]
    assert "".join(raw).count("</summary>") == 1
    assert len(comment(nasty, (), report, difference, limit=900)) <= 900
    assert "cut off here" in comment(nasty, (), report, difference, limit=900)


# --- the library --------------------------------------------------------------------------------------------


@pytest.fixture
def library(tmp_path: Path) -> Library:
    return Library(tmp_path / "library")


def _started(item: StartOf) -> StartOf:
    capture = whole(item)
    return StartOf(item.title, capture, overview_of(capture))


def test_the_librarys_baseline_is_what_is_most_alike_since_anything_changed(library: Library) -> None:
    now = [_started(item) for item in later(1.001)]
    for item in four(kernels=5):
        library.keep(whole(item))
    recent = [library.keep(whole(item), ["good"]) for item in later(kernels=2)]
    library.keep(whole(start(3.0, 0.001, environment={**MACHINE, "cpu": "Xeon"})))
    library.keep(whole(start(4.0, 0.001, request=CaptureRequest("mlp", batch=4))))
    library.keep(whole(start(5.0, 0.001, request=CaptureRequest("other"))))
    library.keep(now[0].capture)  # as INSPECTOR_KEEP=1 does before anybody checks
    found = kept_baseline(library, "", now)
    assert {item.title for item in found} == {item.id for item in recent}
    assert len(kept_baseline(library, "tag=good,torch=2.13", now)) == 4
    assert [item.title for item in kept_baseline(library, recent[0].id, now)] == [recent[0].id]
    for wrong in ("tag=", "kernels=x", "tag=none"):
        with pytest.raises(UsageError):
            kept_baseline(library, wrong, now)


def test_where_the_library_has_other_machines_alone_that_is_said(library: Library) -> None:
    for item in four(environment={**MACHINE, "cpu": "Xeon"}):
        library.keep(whole(item))
    now = [_started(item) for item in later()]
    report = hold(kept_baseline(library, "", now), now)
    assert [fact.name for fact in report.unlike] == ["cpu"]
