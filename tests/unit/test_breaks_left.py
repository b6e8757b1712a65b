"""What graph breaks leave of functions: `tests/traces/left.log` is torch's own record of `scripts/left.py`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from inspector.cli.main import main
from inspector.model.capture import CompileStatus, Frame
from inspector.model.compile_row import CompileRow
from inspector.model.overview import BreakGroup, BreakPlace, Overview
from inspector.notes.automatic import automatic
from inspector.say.breaks import aftermath, suggestion
from inspector.say.eager import eager_words
from inspector.trace import TraceLog, read_capture
from inspector.trace.overview import read_overview

LOG = Path(__file__).parent.parent / "traces" / "left.log"


@pytest.fixture(scope="module")
def overview() -> Overview:
    with TraceLog.open(LOG) as log:
        return read_overview(log)


def told(overview: Overview) -> Iterator[tuple[str, list[str], str]]:
    for group in overview.breaks:
        for place in group.places:
            yield place.stack[-1].function, [*aftermath(place, overview.rows)], suggestion(group, place)


def test_each_break_says_what_is_left_of_its_function(overview: Overview) -> None:
    left = {function: words for function, words, _ in told(overview)}
    ends = "compiled because the graph ends here"
    assert left == {
        "settle": [f"goes on in 7/0, 8/0, {ends}"],
        "until": [f"goes on in 10/0, 11/0, {ends}"],
        "inner": [f"goes on in 15/0, 16/0, {ends}"],
        "within": [f"goes on in 5/0, {ends}"],
        "twice": [f"goes on in 19/0, {ends}"],
        "<listcomp>": ["no operation of listed is in a graph"],
        "sift": ["sift runs eager, all of it; no resumed function of it is recorded"],
        "printed": ["printed runs eager, all of it; no resumed function of it is recorded"],
        "tried": ["tried runs eager, all of it; no resumed function of it is recorded"],
    }


def test_a_branch_has_another_way_out_than_a_loop(overview: Overview) -> None:
    ways = {function: words for function, _, words in told(overview)}
    assert [name for name, words in ways.items() if "torch.where" in words] == ["settle", "sift"]
    assert [name for name, words in ways.items() if "outside the compiled function" in words] == ["sift", "printed"]
    assert all(words.startswith("suggestion, not tried: ") for words in ways.values() if words)


def test_a_function_of_the_same_name_elsewhere_is_not_what_goes_on() -> None:
    place = BreakPlace((Frame("a.py", 10, "settle", "if x:"),), ("0/0",))
    rest = "torch_dynamo_resume_in_settle_at_10"
    rows = [
        CompileRow("0/0", CompileStatus.DONE, "settle", Frame("a.py", 3, "settle")),
        CompileRow("1/0", CompileStatus.DONE, rest, Frame("b.py", 10, rest)),
        CompileRow("2/0", CompileStatus.DONE, "torch_dynamo_resume_in_settle_at_11", Frame("a.py", 11, "settle")),
    ]
    assert [*aftermath(place, rows)] == []
    rows.append(CompileRow("3/0", CompileStatus.DONE, rest, Frame("a.py", 10, rest)))
    assert [*aftermath(place, rows)] == ["goes on in 3/0, compiled because the graph ends here"]


def test_a_function_that_was_tried_twice_is_named_once() -> None:
    """Each way of being left, for two compile ids of one function and one of another."""
    place = BreakPlace((Frame("a.py", 10, "settle", "if x:"),), ("0/0", "0/1", "1/0"))
    for status, said in (
        (CompileStatus.EMPTY, "no operation of {0} is in a graph"),
        (CompileStatus.EAGER, "{0} runs eager, all of it; no resumed function of it is recorded"),
    ):
        rows = [CompileRow(item, status, "settle", Frame("a.py", 3, "settle")) for item in ("0/0", "0/1")]
        rows.append(CompileRow("1/0", status, "other", Frame("a.py", 7, "other")))
        assert [*aftermath(place, rows)] == [said.format("settle"), said.format("other")]


def test_an_explanation_is_of_its_own_place(overview: Overview, capsys: pytest.CaptureFixture[str]) -> None:
    """torch's names lines and values; that of one place says nothing true of another."""
    group = next(group for group in overview.breaks if group.reason == "Data-dependent branching")
    assert group.explanation == ""
    assert all(str(place.stack[-1].line) in place.explanation for place in group.places)
    assert BreakGroup("r", places=(BreakPlace((), ("0/0",), "why"), BreakPlace((), ("1/0",), "why"))).explanation
    assert main(["breaks", str(LOG)]) == 0
    out = capsys.readouterr().out
    assert out.count("line 45, in settle, code: if flow.mean() > 0.5") == 1
    assert out.index("line 57, in <listcomp>") > out.index("no operation of listed is in a graph")


def test_a_skip_is_part_of_the_reason(overview: Overview) -> None:
    """The same call breaks one graph and gives up another function as a whole."""
    reasons = {place.stack[-1].function: group.reason for group in overview.breaks for place in group.places}
    assert reasons["within"] == "Call to `torch._dynamo.graph_break()`"
    assert reasons["tried"] == "Call to `torch._dynamo.graph_break()`; then the whole function is skipped"
    sift = next(row for row in overview.rows if row.function == "sift")
    assert eager_words(sift).endswith("left.py:14: Data-dependent branching; then graph break in loop (tried once)")


def test_a_limit_on_breaks_holds_for_what_was_given_up(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(LOG), "--max-graph-breaks", "0", "--max-failures", "2"]) == 1
    out = capsys.readouterr().out
    assert "10 graph breaks, at most 0 allowed" in out
    assert "3 compiles failed, given up or refused, at most 2 allowed" in out


def test_the_notes_say_it_too() -> None:
    notes = {note.id: note.text for note in automatic(read_capture(LOG))}
    sift = next(text for name, text in notes.items() if name.startswith("graph_break:1/0"))
    assert "sift runs eager, all of it; no resumed function of it is recorded." in sift
    assert "Suggestion, not tried: torch.where" in sift
