"""Failures in lines, the first error first; a size that was pinned, with all frames and both sides."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace

import pytest

from inspector.model.artifact import Artifact, Language, Position, Span
from inspector.model.capture import Capture, Frame
from inspector.model.failure import Failure
from inspector.model.link import Link, Origin
from inspector.model.pinned import pinned_of, still_symbols
from inspector.model.shapes import ShapeFact, ShapeFactKind, Specialization, Symbol, SymbolicShapes
from inspector.model.stage import Stage
from inspector.model.tensors import TensorInput, TensorMeta
from inspector.say.failures import MOST, compiler_errors, told_of
from inspector.trace.failures import read_failure, read_metrics_failures

KERNEL = """extern "C" void kernel(const float* in_ptr0, float* out_ptr0)
{
    for (long x0 = 0; x0 < 8; x0 += 1)
    {
        auto tmp0 = in_ptr0[x0];
        auto tmp1 = tmp0.exp();
        out_ptr0[x0] = tmp1;
    }
}
"""


@pytest.fixture(scope="module")
def gcc(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the real compiler says of the kernel, in torch's frame around it."""
    compiler = shutil.which("g++")
    assert compiler is not None, "inspector needs g++, and so do its tests"
    path = tmp_path_factory.mktemp("kernel") / "cabc.main.cpp"
    path.write_text(f"// a header of three lines\n//\n//\n{KERNEL}")
    done = subprocess.run([compiler, "-c", str(path), "-o", "/dev/null"], capture_output=True, text=True, check=False)
    assert done.returncode != 0
    command = f"{compiler} {path} {'-D X ' * 30_000}"
    return f"CppCompileError: C++ compile error\n\nCommand:\n{command}\n\nOutput:\n{done.stderr}"


def capture(*texts: str) -> Capture:
    artifacts = tuple(
        Artifact(
            id=f"0/0:kernel:k{at}",
            stage=Stage.KERNEL,
            compile_id="0/0",
            language=Language.CPP,
            text=text,
            kernel=f"k{at}",
        )
        for at, text in enumerate(texts)
    )
    return Capture(artifacts=artifacts)


def test_a_compilers_error_leads_to_the_line_of_its_kernel(gcc: str) -> None:
    """97 KB of command line in one row told nobody anything."""
    told = told_of(Failure("0/0", "InductorError", gcc), capture(KERNEL))
    assert told.lines[0] == "the C++ compiler could not build a kernel: 1 error"
    assert "cabc.main.cpp:9: " in told.lines[1]
    assert told.lines[2:4] == ("  auto tmp1 = tmp0.exp();", "  kernel:k0:6")
    assert all(len(line) < 500 for line in told.lines) and told.left_out


def test_a_line_that_two_kernels_hold_is_not_given_to_one(gcc: str) -> None:
    told = told_of(Failure("0/0", "InductorError", gcc), capture(KERNEL, KERNEL))
    assert told.lines[3] == "  which line of which kernel it is, is not known: 2 lines read so"
    told = told_of(Failure("0/0", "InductorError", gcc), capture())
    assert told.lines[3].endswith("no text of a kernel that is recorded holds it")


def test_an_error_leads_to_its_lines_node_and_expression(gcc: str) -> None:
    """The expression alone, not its line; what is known less than exactly says so, and what is not known too."""
    made = capture(KERNEL)
    graph = artifact("0/0:post_grad", Stage.POST_GRAD, '        exp: "f32[8]" = aten.exp(x);  x = None', Language.FX)
    source = artifact("source:m.py", Stage.SOURCE, "def f(x):\n    return x.exp() + x.sin()", Language.PYTHON)
    node = Span("0/0:post_grad", Position(1, 8), Position(1, 35))
    expression = Span("source:m.py", Position(2, 11), Position(2, 18))
    line = Span.of_lines("0/0:kernel:k0", 6)
    linked = replace(made, artifacts=(source, graph, *made.artifacts))
    for origin, known in ((Origin.EXACT, ""), (Origin.ALIGNED, " [aligned]")):
        links = (Link(expression, node, Origin.EXACT), Link(node, line, origin))
        told = told_of(Failure("0/0", "InductorError", gcc), replace(linked, links=links))
        assert told.lines[3:6] == (
            "  kernel:k0:6",
            f'  node: exp: "f32[8]" = aten.exp(x){known}',
            f"  expression: x.exp() (m.py:2){known}",
        )
    told = told_of(Failure("0/0", "InductorError", gcc), linked)
    assert told.lines[4] == "  node: not known, no link to this line is recorded"


def test_of_equal_lines_the_compilers_number_tells_which() -> None:
    """The file that it reads is the kernel's text below an empty line."""
    text = "a\nauto tmp1 = f(tmp0);\nb\nauto tmp1 = f(tmp0);\n"
    reason = "Output:\n/tmp/c.main.cpp:5:3: error: no f\n    5 | auto tmp1 = f(tmp0);\n"
    assert told_of(Failure("0/0", "E", reason), capture(text)).lines[3] == "  kernel:k0:4"
    assert told_of(Failure("0/0", "E", reason), capture(text, text)).lines[3].endswith("is not known: 2 lines read so")


def artifact(key: str, stage: Stage, text: str, language: Language) -> Artifact:
    return Artifact(id=key, stage=stage, compile_id="0/0", kernel=None, language=language, text=text)


def test_words_without_a_compilers_error_stay_in_lines() -> None:
    assert compiler_errors("ValueError: error: of another kind") == ()
    reason = "\n".join(f"line {number}" for number in range(50))
    own = Frame("/home/user/model.py", 3, "forward", "x.add(1)")
    library = Frame("/venv/lib/python3.11/site-packages/lib.py", 9, "helper", "…")
    told = told_of(Failure("0/0", "ValueError", reason, stack=(own, library)), Capture())
    assert (told.lines[0], len(told.lines), told.left_out) == ("line 0", MOST, 50 - MOST)
    assert [mark for mark, _ in told.frames] == ["▸", ""], "one's own calls are marked"


def test_the_users_stack_below_an_error_is_a_stack() -> None:
    stack = '  File "a.py", line 17, in step\n    f(x)\n    ^^^^\n  File "a.py", line 8, in f\n    x @ y'
    traced = 'Traceback (most recent call last):\n  File "t.py", line 1, in g\n'
    text = f"{traced}E: Constraints violated\n\nUser stack:\n{stack}"
    failure = read_failure("0/0", text)
    assert (failure.reason, [item.line for item in failure.stack]) == ("Constraints violated", [17, 8])
    (told,) = read_metrics_failures(
        "0/0", {"fail_type": "E", "fail_reason": f"Constraints violated\n\nUser stack:\n{stack}"}
    )
    assert (told.reason, told.stack) == (failure.reason, failure.stack)


STACK = (Frame("a.py", 17, "step"), Frame("a.py", 12, "rank"), Frame("a.py", 8, "project", "shifted @ table"))


def shapes(*facts: ShapeFact) -> SymbolicShapes:
    symbols = (Symbol("s68", "4", "", "L['scores'].size()[0]"), Symbol("s69", "6", "", "L['scores'].size()[1]"))
    pinned = Specialization("s69", "6", ("L['scores'].size()[1]",), "range_refined_to_singleton", STACK[-1:])
    return SymbolicShapes("0/0", "", symbols, (pinned,), facts)


def test_a_size_that_was_pinned_says_why_where_and_against_what() -> None:
    found = shapes(
        ShapeFact(ShapeFactKind.GUARD, "Eq(s68, 4)"), ShapeFact(ShapeFactKind.GUARD, "Eq(s69, 6)", stack=STACK)
    )
    inputs = (
        TensorInput("0/0", "L['scores']", TensorMeta(("4", "6"))),
        TensorInput("0/0", "L['table']", TensorMeta(("6", "3"))),
    )
    (pinned,) = pinned_of(found, inputs)
    assert (pinned.equation, pinned.stack, pinned.others) == ("Eq(s69, 6)", STACK, ("table.size()[0]",))
    assert "is not recorded" in pinned.other_side and "table.size()[0]" in pinned.other_side
    assert pinned.suggestion.startswith("suggestion, not tried: torch._dynamo.mark_dynamic(table, 0) too")
    assert "maybe_mark_dynamic(scores, 1)" in pinned.suggestion
    assert still_symbols(found) == ("scores.size()[0]",)


def test_what_is_not_in_the_log_is_called_so() -> None:
    (pinned,) = pinned_of(shapes())
    assert (pinned.equation, pinned.stack, pinned.others) == ("", STACK[-1:], ())
    assert pinned.other_side == "where the number comes from is not recorded"
