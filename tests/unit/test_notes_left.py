"""Notes of compiles that failed, and on the code that Dynamo puts in a function's place; from torch's own records."""

from __future__ import annotations

from pathlib import Path

import pytest

from inspector.model.annotation import Fact
from inspector.model.capture import Capture, Compilation, CompileStatus
from inspector.model.failure import Failure
from inspector.model.frame import Frame
from inspector.model.pinned import Pinned
from inspector.model.shapes import ShapeFact, ShapeFactKind, Specialization, Symbol, SymbolicShapes
from inspector.notes.failures import failures
from inspector.trace import read_capture

TRACES = Path(__file__).parent.parent / "traces"
STACK = (Frame("job.py", 17, "step", "return rank(x)"), Frame("job.py", 8, "project", "return y @ table"))


def test_a_failed_compile_has_a_note_with_the_calls() -> None:
    (note,) = failures(read_capture(TRACES / "failure.log"))
    assert note.fact is Fact.FAILURE
    assert note.text.startswith(f"**Compiling failed** (`{note.compile_id}`): `")
    assert "in " in note.text.partition("- `")[2]


def pinned(equation: bool) -> Capture:
    fact = ShapeFact(ShapeFactKind.GUARD, "Eq(s69, 6)", stack=STACK)
    shapes = SymbolicShapes(
        "0/0",
        symbols=(Symbol("s68", "4", "", "L['x'].size()[0]"), Symbol("s69", "6", "", "L['x'].size()[1]")),
        specializations=(Specialization("s69", "6", ("L['x'].size()[1]",), "why"),),
        facts=(fact,) if equation else (),
    )
    failed = Failure("0/0", "ConstraintViolationError", "Constraints violated\n  - more", stack=STACK)
    return Capture(
        compilations=(Compilation("0/0", CompileStatus.FAILED, "step"),), failures=(failed,), shapes=(shapes,)
    )


def test_a_number_that_stands_in_the_line_is_pointed_at() -> None:
    """It may be where the number comes from; torch does not say so."""

    def told(code: str) -> str:
        stack = (Frame("job.py", 8, "project", code),)
        return Pinned("s69", "6", ("x.size()[1]",), "Eq(s69, 6)", stack, (), "why").other_side

    assert told("if x.shape[1] == 6:") == "where the number comes from is not recorded; a 6 stands in that line"
    for code in ("return y @ table6", "return y * 16", "return y * 6.5", ""):
        assert told(code) == "where the number comes from is not recorded"


def test_a_size_that_became_a_number_is_told_with_its_condition_and_who_is_not_to_blame() -> None:
    (note,) = failures(pinned(True))
    assert "`x.size()[1]` (`s69`) became `6`, because of `Eq(s69, 6)` at `job.py:8 in project`" in note.text
    assert "Where the number comes from is not recorded" in note.text
    assert "Suggestion, not tried: torch.\\_dynamo.maybe" in note.text
    assert "Not to blame, symbols to the end: `x.size()[0]`." in note.text
    assert "- `job.py:17 in step` `return rank(x)`" in note.text
    (note,) = failures(pinned(False))
    assert "the condition that did it is not recorded" in note.text


@pytest.mark.parametrize("status", [CompileStatus.DONE, CompileStatus.EAGER])
def test_what_did_not_fail_has_no_such_note(status: CompileStatus) -> None:
    failed = Failure("0/0", "Unsupported", "a break")
    capture = Capture(compilations=(Compilation("0/0", status, "f"),), failures=(failed,))
    assert list(failures(capture)) == []
