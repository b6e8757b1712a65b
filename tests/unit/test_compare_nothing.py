"""No verdict without a count of what was compared, and none at all where nothing was."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from inspector.bundle.diff_page import render_difference
from inspector.cli.diff_text import capture_lines
from inspector.cli.main import main
from inspector.cli.terminal import Style
from inspector.compare import compare_captures, compare_compilations
from inspector.model.artifact import Artifact, Language
from inspector.model.capture import Capture, Compilation, CompileStatus
from inspector.model.difference import Change, largest
from inspector.model.stage import Stage
from inspector.say.difference import amount_words, whole_words
from inspector.trace import read_capture
from inspector.tui.compare.parts import capture_parts

TRACES = Path(__file__).parent.parent / "traces"
FAILED = str(TRACES / "failure.log")
NOTHING = Capture(compilations=(Compilation("!0", CompileStatus.DONE, "compiled autograd"),))
GRAPH = """\
class <lambda>(torch.nn.Module):
    def forward(self, arg0_1: "f32[8]"):
        sin: "f32[8]" = torch.ops.aten.sin.default(arg0_1)

        return (sin,)
"""


def capture(*texts: tuple[Stage, Language, str], compile_id: str = "!0") -> Capture:
    artifacts = [Artifact(f"{compile_id}:{s}", s, compile_id, None, language, text) for s, language, text in texts]
    return Capture(artifacts=tuple(artifacts), compilations=(Compilation(compile_id, CompileStatus.DONE, "f"),))


def test_two_compiles_without_any_text_are_not_identical() -> None:
    difference = compare_captures(NOTHING, NOTHING, ("a", "b"))
    assert (difference.change, difference.compilations[0].change) == (Change.ABSENT, Change.ABSENT)
    assert whole_words(difference) == "not recorded on either side (nothing was compared)"
    assert "What was compiled: not recorded on either side (nothing was compared)</h1>" in render_difference(difference)
    whole = capture_parts(difference)[0]
    assert (whole.alike, whole.mark.words) == (False, "not recorded on either side")
    assert whole.sections[0].rows[0].text == "? not recorded on either side (nothing was compared)"


def test_compiled_autograd_is_not_recorded_and_the_rest_of_its_log_is_identical() -> None:
    log = read_capture(TRACES / "autograd.log")
    difference = compare_captures(log, log, ("a", "b"))
    found = {item.a: item.change for item in difference.compilations}
    assert (found["!0"], found["0/0"]) == (Change.ABSENT, Change.SAME)
    assert whole_words(difference).startswith("identical (131 lines of dynamo, joint, aten, ")
    assert whole_words(difference).endswith("; nothing of !0)")


def test_no_common_compile_id_is_said() -> None:
    difference = compare_captures(Capture(), Capture(), ("a", "b"))
    assert whole_words(difference) == "not recorded on either side (no compile id of one function is on both sides)"


def test_a_stage_of_one_side_alone_is_a_difference() -> None:
    difference = compare_compilations(capture((Stage.ATEN, Language.FX, GRAPH)), "!0", capture(), "!0")
    assert difference.change is Change.CHANGED
    assert difference.texts[0].change is Change.REMOVED
    assert dict(difference.compared) == {}
    assert whole_words(difference) == "different (no text is recorded on both sides)"


def test_identical_says_of_how_many_lines_of_what() -> None:
    both = capture((Stage.ATEN, Language.FX, GRAPH))
    difference = compare_compilations(both, "!0", both, "!0")
    assert dict(difference.compared) == {"aten": 4}
    assert whole_words(difference) == "identical (4 lines of aten)"
    assert difference.absent == ("dynamo", "post_grad", "inductor", "guards")


def test_two_texts_that_say_nothing_are_not_identical() -> None:
    blank = capture((Stage.ATEN, Language.FX, "\n# a comment\n\n"))
    difference = compare_compilations(blank, "!0", blank, "!0")
    assert (difference.texts[0].change, difference.change) == (Change.ABSENT, Change.ABSENT)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ((), Change.ABSENT),
        ((Change.ABSENT,), Change.ABSENT),
        ((Change.UNRECORDED, Change.UNRECORDED), Change.UNRECORDED),
        ((Change.UNRECORDED, Change.SAME, Change.ABSENT), Change.SAME),
        ((Change.SAME, Change.RENAMED), Change.RENAMED),
        ((Change.MOVED, Change.ADDED), Change.CHANGED),
    ],
)
def test_what_is_said_of_a_whole(changes: tuple[Change, ...], expected: Change) -> None:
    assert largest(changes) is expected


def test_values_that_machine_code_loads_from_memory_are_not_in_its_listing() -> None:
    text = "kernel:\n        vmulps  zmm0,zmm0,ZMMWORD PTR [rip+0x27e0]\n        ret\n"
    kernel = Artifact("0/0:kernel:k", Stage.KERNEL, "0/0", "k", Language.CPP, "auto tmp0 = 1.0;\n")
    code = Artifact("0/0:asm:k", Stage.ASM, "0/0", "k", Language.ASM, text)
    both = Capture(artifacts=(kernel, code), compilations=(Compilation("0/0", CompileStatus.DONE, "f"),))
    (kernels,) = compare_compilations(both, "0/0", both, "0/0").kernels
    assert [amount_words(text) for text in kernels.texts] == ["1 line", "3 lines; 1 value in memory not listed"]


# --- exit codes ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ([FAILED, FAILED], 2),
        ([str(TRACES / "draft_export.log"), str(TRACES / "draft_export.log")], 0),
        ([str(TRACES / "two_ops.log"), str(TRACES / "two_ops.log")], 0),
        ([str(TRACES / "two_ops.log"), str(TRACES / "train.log")], 1),
    ],
)
def test_the_exit_code_tells_alike_from_different_from_nothing_compared(
    arguments: list[str], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["diff", *arguments]) == 0
    assert ("not recorded on either side" in capsys.readouterr().out.splitlines()[2]) is (code == 2)
    assert main(["diff", *arguments, "--exit-code"]) == code


def test_json_says_how_much_was_compared(capsys: pytest.CaptureFixture[str]) -> None:
    def difference(path: str) -> Any:
        main(["diff", path, path, "--json"])
        return json.loads(capsys.readouterr().out)

    nothing, all_of_it = difference(FAILED), difference(str(TRACES / "two_ops.log"))
    assert (nothing["change"], nothing["compared"]) == ("absent", {})
    assert all_of_it["change"] == "same"
    assert list(all_of_it["compared"]) == ["dynamo", "pre_grad", "aten", "post_grad", "inductor", "kernel", "guards"]


def test_a_count_that_one_side_does_not_hold_is_not_none() -> None:
    text = Artifact("0/0:aten", Stage.ATEN, "0/0", None, Language.FX, "exp = exp(x)\n")
    whole = Compilation("0/0", CompileStatus.DONE, "f", metrics={"guard_count": 9})
    cut = Compilation("0/0", CompileStatus.LIVE, "f")
    sides = (Capture(artifacts=(text,), compilations=(item,)) for item in (cut, whole))
    found = compare_captures(*sides, ("cut", "whole"))
    lines = "\n".join(capture_lines(found, Style(False), every=True))
    assert re.search(r"guard_count +not recorded +9", lines)
    assert "<td>not recorded</td><td>9</td>" in render_difference(found)
