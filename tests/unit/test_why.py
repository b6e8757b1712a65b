"""What costs most, why, and what to do: each rule fires where it should, and on nothing that is healthy."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from inspector.bundle import read
from inspector.cli.main import main
from inspector.cli.overview_text import heading
from inspector.cli.terminal import Style
from inspector.model.advice import Advice
from inspector.model.cache import CacheLookup
from inspector.model.capture import Capture, CompileStatus
from inspector.model.compile_row import CompileRow, CompileTimes
from inspector.model.failure import Ending
from inspector.model.flame import FlameNode
from inspector.model.frame import Frame
from inspector.model.latency import Difference, LatencyRun
from inspector.model.overview import BreakGroup, BreakPlace, Overview
from inspector.model.overview_of import overview_of
from inspector.model.recompiles import RecompileChain
from inspector.trace.log import TraceLog
from inspector.trace.overview import read_overview
from inspector.trace.tail import read_capture
from inspector.why import rules
from inspector.why.measured import calls, cuda_graphs, numbers
from inspector.why.verdict import Answer, Sure, Verdict, ranked
from inspector.why.words import cost
from inspector.work.opening import evidence_of, open_path
from tests.unit.trace_text import record

ROOT = Path(__file__).parents[2]
TRACES = ROOT / "tests" / "traces"


@cache
def overview(name: str) -> Overview:
    with TraceLog.open(TRACES / name) as log:
        return read_overview(log, advise=True)


@cache
def sample() -> Capture:
    return read(ROOT / "samples" / "llama-mlp.inspector")


def found(name: str) -> tuple[Answer, ...]:
    return rules.answers(rules.Evidence(overview(name), read_capture(TRACES / name)))


def codes(answers: tuple[Answer, ...]) -> list[str]:
    return [verdict.code for verdict in ranked(answers)]


def test_the_healthy_sample_has_no_finding_and_says_what_was_looked_at():
    given = rules.answers(rules.Evidence(overview_of(sample(), advise=True), sample()))
    assert ranked(given) == ()
    assert {item.topic for item in given if item.looked} >= {"failures", "recompiles", "graph breaks", "numbers"}
    assert {item.topic: item.unknown for item in given if item.unknown} == {
        "caches": "no answer of a cache is recorded"
    }


@pytest.mark.parametrize("name", ["live_gated.log", "live_gated_train.log", "two_ops.log", "train.log"])
def test_a_healthy_log_has_no_finding(name: str):
    assert codes(found(name)) == []


def test_recompiles_say_how_many_could_be_spared_and_at_least_how_long_they_took():
    (verdict,) = ranked(found("recompile.log"))
    assert verdict.code == "recompiles.size" and verdict.sure is Sure.REPLAYED
    assert verdict.seconds == min(row.times.seconds for row in overview("recompile.log").rows[1:])
    assert verdict.why == ("1 of 2 recompiles could be spared, which took at least 1.59 s",)
    assert verdict.do[0].startswith("Casting x to one dtype") and "1 of 2" in verdict.do[0]


def test_a_cure_by_symbols_is_not_said_to_cost_nothing():
    advice = Advice(("torch._dynamo.mark_dynamic(x, 0)",), "{0} before each call", 1, 1)
    rows = tuple(CompileRow(f"0/{n}", CompileStatus.DONE, recompiles=n, times=CompileTimes(2.0)) for n in (0, 1))
    verdict = rules._again(RecompileChain("0", "f", None, rows, (advice,)))
    assert verdict.seconds == 2.0 and verdict.why == (
        "1 of 1 recompile could be spared, which took 2.00 s",
        "how much longer code for any size or number compiles is not recorded",
    )


def test_a_graph_break_has_its_line_its_cure_and_no_invented_cost():
    verdicts = ranked(found("graph_break.log"))
    assert [item.code for item in verdicts] == ["break", "break"]
    assert [item.place.line for item in verdicts if item.place] == [21, 22]
    assert all(item.seconds is None and "is not recorded" in item.why[-1] for item in verdicts)
    assert "torch.where" in verdicts[1].do[0]


def test_a_failed_compile_is_wrong_and_breaks_that_it_did_not_come_to_are_unknown():
    given = found("failure.log")
    (verdict,) = ranked(given)
    assert verdict.wrong and "Data-dependent branching" in verdict.title
    assert {item.topic: item.unknown for item in given}["graph breaks"] == "Dynamo did not get through 0/0"


def test_a_function_that_was_given_up_is_named():
    titles = [item.title for item in ranked(found("left.log")) if item.code == "eager.given_up"]
    assert len(titles) == 3 and titles[0].startswith("sift: runs eager, all of it")


def test_long_compiling_without_phases_does_not_say_what_it_went_to():
    made = rules.compile_time(overview("ranks"))
    assert {item.code for item in made.verdicts} == {"slow.unknown"}
    assert not made.looked


def _slow(factor: float) -> Answer:
    short = overview("recompile.log")

    def longer(node):  # type: ignore[no-untyped-def]
        return replace(node, total=node.total * factor, children=tuple(map(longer, node.children)))

    rows = tuple(replace(row, times=replace(row.times, total=(row.times.total or 0) * factor)) for row in short.rows)
    return rules.compile_time(
        replace(short, rows=rows, flames={key: longer(node) for key, node in short.flames.items()})
    )


def test_long_compiling_with_phases_names_the_part_and_its_lever():
    made = _slow(10)
    assert made.verdicts and all(item.code.startswith("slow.") and item.do for item in made.verdicts)
    assert all(item.seconds and item.seconds >= rules.LARGE * rules.SLOW for item in made.verdicts)
    assert _slow(1).verdicts == ()


def test_a_share_of_compile_time_is_of_the_compiles_that_are_timed_and_says_so():
    short = overview("recompile.log")
    timed, *rest = short.rows
    one = replace(timed, times=replace(timed.times, total=20.0))
    rows = (one, *(replace(row, times=CompileTimes()) for row in rest))
    long = {row.compile_id: _longer(short.flames[row.compile_id], 20.0) for row in rows}
    for verdict in rules.compile_time(replace(short, rows=rows, flames=long)).verdicts:
        assert f"20.0 s of compiling, {len(rest)} not timed" in verdict.title
        assert verdict.seconds and verdict.seconds <= 20.0 and verdict.untimed == len(rest)
        assert cost(verdict).startswith("at least ")


def _longer(node: FlameNode, total: float) -> FlameNode:
    """The same phases, so that they take so long together."""
    factor = total / node.total
    children = tuple(_longer(child, child.total * factor) for child in node.children if child.total)
    return replace(node, total=total, children=children)


def test_what_recompiles_took_is_at_least_so_much_where_some_are_not_timed():
    row = CompileRow("0/0", CompileStatus.DONE, function="step", times=CompileTimes(total=2.0))
    again = [replace(row, compile_id=f"0/{n}", recompiles=n) for n in (1, 2)]
    for untimed in (0, 1, 2):
        rows = (row, *(replace(each, times=CompileTimes()) if n < untimed else each for n, each in enumerate(again)))
        (found,) = rules.recompiles(Overview(rows, complete=True)).verdicts
        assert ("how long is not recorded" in found.title) == (untimed == 2)
        assert ("1 not timed" in found.title) == (untimed == 1)
        assert "0 s" not in found.title.replace("2.00 s", "").replace("4.00 s", "")


def test_a_cache_that_keeps_nothing_costs_every_start():
    short = overview("recompile.log")
    row = replace(short.rows[0], caches=(CacheLookup("0/0", "fx_graph", "bypass", reason="a custom operator"),))
    (verdict,) = rules.caches(replace(short, rows=(row,))).verdicts
    assert verdict.seconds == row.times.seconds and "a custom operator" in verdict.title
    hit = replace(row, caches=(CacheLookup("0/0", "fx_graph", "hit"),))
    assert rules.caches(replace(short, rows=(hit,))).looked == "none of 1 compile that asked one was turned away"
    silent = replace(row, caches=())
    assert rules.caches(replace(short, rows=(silent,))).unknown == "no answer of a cache is recorded"


def test_a_cache_above_another_that_keeps_the_code_costs_no_generation():
    """As of a custom autograd function: AOTAutograd's cache is bypassed, and the code is kept below it."""
    log = overview("recompile.log")
    turned, asked = CacheLookup("0/0", "aotautograd", "bypass", reason="it"), CacheLookup("0/0", "fx_graph", "miss")
    for below, again in (((asked,), False), ((replace(asked, answer="bypass"),), True), ((), True)):
        row = replace(log.rows[0], caches=(turned, *below))
        verdict = rules.caches(replace(log, rows=(row,))).verdicts[0]
        assert ("generates the code of 1 compile again" in "".join(verdict.why)) is again
        assert verdict.seconds == (row.times.seconds if again else None)


def _run(eager: float, compiled: float, busy: float | None = 0.0, **more: object) -> LatencyRun:
    wobble = [1 + 0.001 * (number % 7) for number in range(80)]
    return LatencyRun(
        "batch 1",
        tuple(eager * w for w in wobble),
        tuple(compiled * w for w in wobble),
        busy=busy,
        **more,  # type: ignore[arg-type]
    )


def test_slower_calls_are_a_finding_on_a_quiet_machine_alone():
    (verdict,) = calls(replace(sample(), latency=(_run(1.0, 1.5),), profiles=())).verdicts
    assert verdict.code == "calls.slower" and verdict.each == pytest.approx(0.5, rel=0.01)
    assert calls(replace(sample(), latency=(_run(1.5, 1.0),), profiles=())).verdicts == ()
    busy = calls(replace(sample(), latency=(_run(1.0, 1.5, busy=0.9),), profiles=()))
    assert busy.verdicts == () and "busy machine" in busy.unknown and not busy.looked
    assert calls(replace(sample(), latency=(), profiles=())).unknown == "they were not timed"


def test_other_numbers_are_wrong():
    wrong = Difference(1.0, 1.0, elements=4, differing=4, beyond=4)
    (verdict,) = numbers(replace(sample(), latency=(_run(1.0, 1.0, difference=wrong),), numerics=())).verdicts
    assert verdict.wrong and verdict.code == "numbers.wrong"
    chance = replace(wrong, chance=True)
    given = numbers(replace(sample(), latency=(_run(1.0, 1.0, difference=chance),), numerics=()))
    assert given.verdicts == () and "not comparable" in given.looked
    assert numbers(replace(sample(), latency=(), numerics=())).unknown == "they were not compared"


def test_cuda_graphs_that_a_mode_asks_for_are_not_called_unasked():
    gpu = read_capture(TRACES / "live_softmax_cuda.log")
    assert gpu.request is not None
    assert cuda_graphs(gpu).looked == "not asked for"
    told = cuda_graphs(replace(gpu, request=replace(gpu.request, mode="max-autotune")))
    assert not told.looked and "whether they were used" in told.unknown
    assert "whether they were asked for" in cuda_graphs(replace(gpu, request=None)).unknown
    assert cuda_graphs(sample()).looked == "no kernel of 1 compile runs on a GPU"
    asking = replace(sample(), request=replace(gpu.request, mode="reduce-overhead"))
    assert [item.code for item in cuda_graphs(asking).verdicts] == ["cuda_graphs.none"]


def test_what_is_wrong_comes_before_what_is_slow_and_unknown_costs_come_last():
    order = [
        Verdict("a", "", Sure.RECORDED),
        Verdict("b", "", Sure.RECORDED, seconds=1.0),
        Verdict("c", "", Sure.RECORDED, wrong=True),
        Verdict("d", "", Sure.RECORDED, each=1e-3),
        Verdict("e", "", Sure.RECORDED, seconds=9.0),
    ]
    assert [item.code for item in ranked([Answer("t", tuple(order))])] == ["c", "e", "b", "d", "a"]


def test_ranks_that_differ_are_findings():
    assert main(["why", str(TRACES / "ranks"), "--exit-code"]) == 1


def test_processes_that_are_no_ranks_are_not_held_against_each_other(tmp_path: Path):
    path = tmp_path / "forked.log"
    metrics = {"compilation_metrics": {"entire_frame_compile_time_s": 0.5, "graph_op_count": 2}}
    own = (
        record("compilation_metrics", compile_id=(0, number), pid=pid, **metrics) for number, pid in enumerate((1, 2))
    )
    path.write_bytes(b"".join(own))
    assert main(["ranks", str(path), "--exit-code"]) == 1, "asked for, they are"
    with open_path(path) as opened:
        assert evidence_of(opened).ranks is None


def test_what_a_limit_refused_is_counted_as_no_compile():
    answer = rules.failures(overview("chains.log"))
    assert overview("chains.log").totals.compiles == 35 and answer.looked == "none of 35 compiles failed"


@pytest.mark.parametrize(
    ("endings", "said"),
    [
        ((Ending("KeyError: 5", Frame("a.py", 3, "f")),), "the program ended with KeyError: 5"),
        ((Ending(), Ending("KeyError: 5", process=7)), "process 7: the program ended with KeyError: 5"),
        ((Ending(),), ""),
        ((), ""),
    ],
)
def test_what_ended_the_program_is_said_where_it_is_recorded(endings: tuple[Ending, ...], said: str):
    found = replace(overview("two_ops.log"), endings=endings)
    answer = rules.program(found)
    assert [item.title for item in answer.verdicts] == [said][: bool(said)]
    assert all(item.wrong for item in answer.verdicts)
    assert (answer.looked == "no exception ended 1 process") is (len(endings) == 1 and not said)
    assert (answer.unknown == "whether an exception ended it") is (not endings)
    printed = "\n".join(heading("log", found, found.rows, Style(False)))
    assert ("the program ended with KeyError: 5" in printed) is bool(said)


def test_a_programs_exception_is_told_to_be_that_of_a_compile():
    log = overview("failure.log")
    (verdict,) = rules.program(replace(log, endings=(Ending(log.rows[0].error[:30]),))).verdicts
    assert verdict.why == (f"that is what {log.rows[0].compile_id} failed with",)


def test_a_log_without_any_graph_is_told_to_run_eager():
    log = overview("two_ops.log")
    none = replace(log, rows=tuple(replace(row, status=CompileStatus.EMPTY) for row in log.rows))
    assert [item.code for item in rules.eager(none).verdicts] == ["eager.nothing"]
    assert not rules.eager(replace(none, complete=False)).verdicts and not rules.eager(replace(log, rows=())).verdicts
    assert not rules.eager(log).verdicts


def test_a_break_within_a_library_names_the_line_that_called_it():
    own, library = Frame("/app/a.py", 7, "f", "json.dumps(x)"), Frame("/v/site-packages/torch/p.py", 5, "g", "new()")
    for stack, said in (((own, library), True), ((library, own), False), ((library,), False)):
        place = BreakPlace(stack, ("0/0",))
        found = replace(overview("two_ops.log"), breaks=(BreakGroup("why", places=(place,)),))
        (verdict,) = rules.breaks(found).verdicts
        assert ("in a library, called at /app/a.py:7: json.dumps(x)" in verdict.why) is said


def test_a_capture_is_of_a_target_and_no_program_that_could_end():
    assert "program" not in {item.topic for item in rules.answers(rules.Evidence(overview_of(sample()), sample()))}


def test_the_verb_prints_findings_and_json(capsys: pytest.CaptureFixture[str]):
    assert main(["why", str(TRACES / "recompile.log")]) == 0
    text = capsys.readouterr().out
    assert text.startswith("1 finding\n") and " 1  1.59 s  f is compiled 2 times more" in text
    assert "not recorded  numbers: they were not compared" in text
    assert main(["why", str(TRACES / "recompile.log"), "--json", "--exit-code"]) == 1
    data = json.loads(capsys.readouterr().out)
    assert data["schema"] == "inspector.why" and data["verdicts"][0]["code"] == "recompiles.size"
    assert data["unknown"]["calls"] == "they were not timed"


@pytest.mark.parametrize(
    ("status", "said"),
    [
        (CompileStatus.DONE, "compiled 2 times more"),
        (CompileStatus.EAGER, "compiled 1 time more and given up 1 time"),
        (CompileStatus.FAILED, "compiled 1 time more and failed on 1 time"),
    ],
)
def test_a_recompile_that_made_no_code_is_not_said_to_have(status: CompileStatus, said: str):
    log = overview("recompile.log")
    *before, last = log.rows
    found = replace(log, rows=(*before, replace(last, status=status)))
    (verdict,) = rules.recompiles(found).verdicts
    assert verdict.title.startswith(f"f is {said}, in ")
    alone = replace(found, rows=(before[0], replace(last, status=status)))
    (verdict,) = rules.recompiles(alone).verdicts
    made = status is CompileStatus.DONE
    assert verdict.title.startswith("f is compiled 1 time more" if made else "f is tried again and ")
