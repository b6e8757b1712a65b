"""What is said of a capture beside its texts, once for every face; and what a terminal's text makes of it."""

from __future__ import annotations

from inspector.cli.doc_text import section_lines
from inspector.cli.terminal import Style
from inspector.model.cache import CacheLookup, KeyPart
from inspector.model.capture import Capture, Compilation, CompileStatus
from inspector.model.compile_row import CompileRow
from inspector.model.frame import Frame
from inspector.model.overview import Overview
from inspector.model.shapes import FakeKernelProblem, ShapeFact, ShapeFactKind, Symbol, SymbolicShapes
from inspector.model.tensors import ExecutedGraph, GraphExecution
from inspector.say.compiles import compile_sections
from inspector.say.doc import Compile, Line, Row, Section, Tone
from inspector.say.logged import Logged

FRAME = Frame("/there/model.py", 2, "forward", "  return act(x)")
TWO = Capture(
    cache_lookups=(
        CacheLookup("0/0", "fx_graph", "miss", "key", "no luck", (KeyPart("d", "gm", "f()"),), None, True),
        CacheLookup("1/0", "fx_graph", "hit", saved=1.5),
        CacheLookup("", "dynamo", "bypass"),
    ),
    fake_kernels=(FakeKernelProblem("lib.op"), FakeKernelProblem("lib.other", "they differ", "1/0")),
    executions=(GraphExecution("it.log", tuple(ExecutedGraph(f"{number % 2}/0") for number in range(60))),),
)


def said(sections: tuple[Section, ...]) -> dict[str, list[tuple[int, str, str]]]:
    return {item.name: [(row.depth, row.label, row.text) for row in item.rows] for item in sections}


def test_of_one_compile_id_only_its_own_is_said() -> None:
    assert said(tuple(Logged(TWO).of("1/0"))) == {
        "caches": [(0, "fx graph", "hit, 1.50 s saved")],
        "fake": [
            (0, "lib.op", "has no fake kernel"),
            (0, "lib.other", "has a wrong fake kernel: they differ"),
        ],
        "executions": [
            (0, "ran as call", ", ".join(str(number) for number in range(2, 42, 2)) + ", … (30 in all)"),
        ],
    }
    assert said(tuple(Logged(TWO).of(None)))["caches"] == [(0, "dynamo", "bypass")]


def test_of_all_each_compile_id_stands_above_its_own() -> None:
    made = {item.name: item for item in Logged(TWO).every()}
    heads = [row for row in made["caches"].rows if row.depth == 0]
    assert [row.text for row in heads] == ["0/0", "1/0", "outside any compile"]
    assert [row.to for row in heads] == [Compile("0/0"), Compile("1/0"), None]
    assert [row.text for row in made["caches"].rows[1:5]] == ["miss of the backward graph", "no luck", "key", "f()"]
    assert len([row for row in made["fake"].rows if row.depth]) == 2


def test_a_condition_that_is_recorded_twice_is_said_once() -> None:
    kinds = ShapeFactKind
    facts = (
        ShapeFact(kinds.EXPRESSION, "s0 + 1"),
        ShapeFact(kinds.GUARD_DETAIL, "s0 < 9"),
        ShapeFact(kinds.GUARD, "s0 < 9", stack=(FRAME,)),
        ShapeFact(kinds.GUARD_DETAIL, "s0 > 2"),
        ShapeFact(kinds.DATA_DEPENDENT, "u0 > 0"),
    )
    shapes = SymbolicShapes("0/0", symbols=(Symbol("s0", "8"), Symbol("u0")), facts=facts)
    (section,) = Logged(Capture(shapes=(shapes,))).of("0/0")
    assert [(row.label, row.text) for row in section.rows if not row.depth] == [
        ("s0", "was 8"),
        ("u0", "known only when it runs"),
        ("cannot be known", "u0 > 0"),
        ("must hold", "s0 < 9"),
        ("must hold", "s0 > 2"),
        ("computed of them", "s0 + 1"),
    ]
    place = next(row for row in section.rows if row.to is not None)
    assert (place.text, place.to) == ("/there/model.py:2 in forward", Line("/there/model.py", 2))


def test_a_terminals_text_counts_what_it_leaves_out() -> None:
    parts = tuple(Row(f"part {number}", depth=1, label=f"p{number}") for number in range(30))
    rows = (Row("miss", Tone.WARNING, label="fx graph"), *parts, Row("one\n  two\x1b[31m", label="a"))
    lines = list(section_lines(Section("caches", "Caches", None, rows, ""), Style(colour=False)))
    assert lines[:4] == ["", "Caches", "  fx graph  miss", "    p0   part 0"]
    assert lines[-3:] == ["    … 10 more: --json has them", "  a         one", "            two␛[31m"]
    many = Section("caches", "Caches", None, tuple(Row(f"{n}", depth=n % 2) for n in range(100)), "")
    assert list(section_lines(many, Style(colour=False)))[-1] == "  … 40 more rows: --json has them"


def test_a_function_is_not_said_to_be_called_from_itself() -> None:
    own, caller = Frame("/there/job.py", 6, "step"), Frame("/there/job.py", 15, "<module>", "step(x)")
    for stack, said in (((own,), []), ((caller, own), ["/there/job.py:15 in <module>"])):
        row = CompileRow("0/0", CompileStatus.DONE, function="step", place=own, stack=stack)
        (calls,) = (item for item in compile_sections(Overview((row,)), row) if item.name == "calls")
        assert [item.text for item in calls.rows if item.to is not None] == said
        capture = Capture(compilations=(Compilation("0/0", CompileStatus.DONE, function="step", stack=stack),))
        rows = [item for part in Logged(capture).of("0/0") if part.name == "stack" for item in part.rows]
        assert [item.text for item in rows if item.to is not None] == said
