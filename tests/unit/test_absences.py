"""Sentences that say that there is none of something, or nothing more to say: each is said only where that is known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from captures import artifact

from inspector.cli.main import main
from inspector.model.artifact import Language
from inspector.model.capture import Capture, Compilation, CompileStatus, GraphBreak
from inspector.model.compile_row import CompileRow, CompileTimes
from inspector.model.limits import Limits, check
from inspector.model.overview import Overview
from inspector.model.overview_of import ran_compiled
from inspector.model.stage import Stage
from inspector.notes.breaks import graph_breaks
from inspector.say.compiles import totals_words
from inspector.say.limits import finding_words
from inspector.say.none import no_breaks, no_notes, no_recompiles
from inspector.say.start import start_words
from inspector.trace import read_capture
from inspector.tui.desk.asking import _no_kernel
from inspector.tui.desk.captured import with_capture
from inspector.tui.desk.heading import _compiled
from inspector.tui.desk.state import Desk
from inspector.tui.log import compiles, recompiles
from inspector.tui.log.parts import LogState, Options
from inspector.why import rules
from tests.unit.trace_text import record

TRACES = Path(__file__).parent.parent / "traces"
DONE = CompileRow("0/0", CompileStatus.DONE)
TIMED = CompileRow("0/0", CompileStatus.DONE, function="step", times=CompileTimes(total=2.0))


def half(tmp_path: Path) -> str:
    """A log that ends in the middle."""
    whole = (TRACES / "two_ops.log").read_bytes()
    path = tmp_path / "half.log"
    path.write_bytes(whole[: len(whole) // 2])
    return str(path)


def test_of_no_compile_it_is_not_said_twice_that_none_is_recorded() -> None:
    assert no_breaks(Overview()) == "No compile is recorded, and so no graph break."
    torn = Overview(bad=2, records=5)
    assert no_recompiles(torn) == "No compile is recorded, and so no recompile; 2 of 5 records cannot be read."


@pytest.mark.parametrize(
    ("overview", "words"),
    [
        (
            Overview((replace(DONE, times=DONE.times.__class__(total=1.0)),), environment={"torch": "2.13.0"}),
            "No notes.",
        ),
        (Overview((DONE,), environment={"torch": "2.13.0"}), "but no time is recorded for 0/0."),
        (Overview((DONE,), environment={"torch": "2.4.0"}), "does not record graph breaks."),
        (Overview((CompileRow("0/0", CompileStatus.LIVE),)), "but the log ends before 0/0 does."),
        (Overview(), "but no compile is recorded."),
    ],
)
def test_no_notes_only_of_a_log_that_would_give_some(overview: Overview, words: str) -> None:
    assert no_notes(overview).endswith(words)
    assert (no_notes(overview) == "No notes.") is (words == "No notes.")


def test_half_a_log_says_what_is_not_known(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "begun.log"
    path.write_bytes(record("dynamo_start", compile_id=(0, 0)))
    assert main(["notes", str(path)]) == 0
    assert capsys.readouterr().out == "Nothing that is recorded gives a note; but the log ends before 0/0 does.\n"
    for verb in ("breaks", "recompiles"):
        assert main([verb, half(tmp_path)]) == 0
        out = capsys.readouterr().out
        assert " is recorded; but " in out
        assert main([verb, str(TRACES / "two_ops.log")]) == 0
        assert capsys.readouterr().out in ("No graph breaks.\n", "No recompiles.\n")


def test_no_note_at_a_place_and_none_by_a_person_are_other_things(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["notes", str(TRACES / "recompile.log"), "--at", "aten:1", "--compile-id", "0/0"]) == 0
    assert capsys.readouterr().out == "No note shows there.\n"
    assert main(["notes", str(TRACES / "recompile.log"), "--no-automatic"]) == 0
    assert capsys.readouterr().out == "Nobody noted anything here.\n"


def test_a_break_without_a_recorded_hint_is_not_one_that_torch_has_no_hint_for() -> None:
    def text(*hints: str) -> str:
        done = Compilation("0/0", CompileStatus.DONE, "f")
        found = Capture(compilations=(done,), graph_breaks=(GraphBreak("0/0", "print", "", hints),))
        return "".join(note.text for note in graph_breaks(found))

    assert "No hint of torch's is recorded." in text()
    assert "in torch's words:\n\n- Do" in text("Do.")
    assert "No hint" not in text("Do.")


@pytest.mark.parametrize(
    ("status", "graphs", "ran"),
    [
        (CompileStatus.DONE, 1, True),
        (CompileStatus.DONE, None, True),
        (CompileStatus.DONE, 0, False),
        (CompileStatus.EMPTY, None, False),
        (CompileStatus.EAGER, None, False),
        (CompileStatus.REFUSED, None, False),
        (CompileStatus.FAILED, None, False),
    ],
)
def test_nothing_was_compiled_is_about_the_target(status: CompileStatus, graphs: int | None, ran: bool) -> None:
    """What its file compiles as it is imported is none of the target's; the worker says how many graphs that has."""
    target = {} if graphs is None else {"graphs": graphs}
    capture = Capture(target=target, compilations=(Compilation("0/0", status),))
    assert ran_compiled(capture) is ran
    ((words, _),) = _compiled(with_capture(Desk(live=True), capture, 0.0), 1.0, 0)
    assert ("nothing was compiled, the first call took" in words) is not ran
    assert ("compiled in" in words) is ran


@pytest.mark.parametrize(
    ("finished", "reused", "words"),
    [
        (True, ["vector-ISA probes", "header"], "kept: vector-ISA probes and header reused, code generation never is"),
        (True, [], "kept: nothing was reused, code generation never is"),
        (False, [], "kept: what never changes on this machine may be reused, code generation is not"),
    ],
)
def test_what_was_reused_is_what_the_record_names(finished: bool, reused: list[str], words: str) -> None:
    capture = Capture(environment={"cache": {"mode": "kept", "reused": reused}}, finished=finished)
    assert start_words(capture) == words


def test_no_kernel_of_its_own_only_where_the_code_that_would_call_one_is_recorded() -> None:
    (code,) = read_capture(TRACES / "live_gated.log").find(Stage.INDUCTOR)
    library = artifact(
        Stage.INDUCTOR, "0/0", Language.INDUCTOR, "def call(args):\n    extern_kernels.mm(a, b, out=c)\n"
    )
    assert _no_kernel(None) == _no_kernel(code) == "No kernel is recorded here."
    assert _no_kernel(library) == "No kernel of its own: this graph only calls code that Inductor does not write."


def test_guards_that_are_not_recorded_have_not_held(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["guards", str(TRACES / "left.log"), "--compile-id", "1/0", "--failed"]) == 0
    assert capsys.readouterr().out == "No guards are recorded of these compile ids.\n"
    assert main(["guards", str(TRACES / "two_ops.log"), "--failed"]) == 0
    assert "is known to have failed." in capsys.readouterr().out


def test_phases_that_are_not_recorded(capsys: pytest.CaptureFixture[str]) -> None:
    for given in ([], ["--flame"]):
        assert main(["phases", str(TRACES / "guard_kinds.log"), *given]) == 0
        assert capsys.readouterr().out.startswith("No phases: no event of what was asked for is recorded.")
        assert main(["phases", str(TRACES / "two_ops.log"), *given]) == 0
        assert "No phases" not in capsys.readouterr().out


def test_a_sum_of_compile_time_says_how_many_compiles_it_leaves_out() -> None:
    timed = replace(TIMED, compile_id="0/1")
    assert "2.00 s of compiling, 1 not timed" in totals_words(Overview((DONE, timed)).totals)
    assert totals_words(Overview((timed,)).totals) == "1 compile · 2.00 s of compiling"
    refused = CompileRow("0/2", CompileStatus.REFUSED)
    assert "not timed" not in totals_words(Overview((timed, refused)).totals)


def test_every_other_sum_of_compile_times_says_that_some_are_missing_from_it() -> None:
    untimed = replace(DONE, function="step")
    again = [replace(row, compile_id=f"0/{n}", recompiles=n) for n, row in enumerate((untimed, TIMED), start=1)]
    rows = (replace(TIMED, compile_id="0/0"), *again)
    made, whole = Overview(rows, complete=True), Overview((replace(TIMED, compile_id="0/0"), *again[1:]), complete=True)

    def said(overview: Overview) -> list[str]:
        state = LogState(overview=overview, indexed=True)
        chain = recompiles.table(state, Options()).items[0]
        sums = next(item for item in compiles.table(state, Options()).items if item.key.startswith("stack"))
        (verdict,) = rules.recompiles(overview).verdicts
        (finding,) = check(overview, Limits(max_compile_time=1.0))
        return [chain.cells[-1].text, sums.cells[3].text, verdict.title, finding_words(finding)]

    assert said(whole)[0] == "+2.00 s"
    assert not any("not timed" in words or "≥" in words for words in said(whole))
    chained, stacked, title, limit = said(made)
    assert (chained, stacked) == ("+≥2.00 s", "≥4.00 s")
    assert "2.00 s, 1 not timed" in title and limit.startswith("4 s of compiling, 1 not timed, at most 1 s")
    assert (made.stacks.seconds, made.stacks.untimed, whole.stacks.untimed) == (4.0, 1, 0)
