"""The reading form of every stage: what a person reads, and the way back to the stored text."""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inspector.bundle import read
from inspector.cli.main import main
from inspector.form.cpp import plain
from inspector.form.form import Form, Ingredient, Laid, RowLook
from inspector.form.reading import reading
from inspector.model.artifact import Artifact, Language, Position, Span
from inspector.model.capture import Capture
from inspector.model.stage import Stage
from inspector.trace.tail import read_capture

TRACES = Path(__file__).parents[1] / "traces"
SAMPLE = Path(__file__).parents[2] / "samples" / "llama-mlp.inspector"
NAMES = ("live_gated", "live_gated_train", "live_branches_train", "live_softmax_cuda", "recompile", "symbols", "train")


@cache
def sample() -> Capture:
    return read(SAMPLE)


@cache
def logged(name: str) -> Capture:
    return read_capture(TRACES / f"{name}.log")


def captures() -> list[Capture]:
    return [sample(), *(logged(name) for name in NAMES)]


def shown(artifact: Artifact, *kept: Ingredient, width: int | None = None) -> list[str]:
    return [line.strip() for line in reading(artifact, kept).lay_out(width).lines]


def only(stage: Stage, capture: Capture | None = None) -> Artifact:
    return (capture or sample()).find(stage)[0]


# --- what a person reads --------------------------------------------------------------------------------------


def test_a_node_shows_its_operator_first_and_its_shape_at_the_right():
    lines = shown(only(Stage.ATEN), width=60)
    assert "exp = exp(neg)" + " " * 34 + "f32 1×8×8192" in lines


def test_strides_are_shown_where_a_tensor_has_gaps_and_on_request():
    (graph,) = logged("live_gated").find(Stage.POST_GRAD)
    text = "\n".join(shown(graph))
    assert "permute = permute(arg0_1, [1, 0])" in text and "f32 32×64 strides 1,32" in text
    assert "strides 64,1" not in text
    assert "strides 64,1 cpu" in "\n".join(shown(graph, Ingredient.STRIDES))


def test_what_a_graph_returns_is_not_behind_a_comment():
    """torch says what each value is for behind it, and of a missing gradient `None`."""
    lines = shown(only(Stage.ATEN_BACKWARD, logged("live_gated_train")))
    assert "return (mm_6, None, mm_5, mm_3, )" in lines


def test_parameters_have_the_names_of_the_module():
    assert "linear = linear(l_x_, self.gate_proj.weight, None)" in " ".join(shown(only(Stage.DYNAMO)))


def test_views_that_follow_one_another_share_a_row_until_they_are_asked_for():
    graph = only(Stage.ATEN)
    assert "permute_1, view_2  ▸ 2 views of arg2_1, arg1_1" in shown(graph)
    kept = shown(graph, Ingredient.VIEWS)
    assert any(line.startswith("permute_1 = permute(arg2_1, [1, 0])") for line in kept)


def test_a_kernel_is_its_loops_and_statements():
    assert shown(only(Stage.KERNEL)) == [
        "kernel(float* in_out_ptr0, const float* in_ptr0)",
        "by all threads",
        "for x0 in 0..65536 step 16, shared by the threads",
        "if x0 in 0..65536",
        "tmp0 = load(in_out_ptr0 + x0)",
        "tmp7 = load(in_ptr0 + x0)",
        "tmp1 = neg(tmp0)",
        "tmp2 = exp(tmp1)",
        "tmp3 = 1.0, tmp4 = vector(tmp3)",
        "tmp5 = tmp2 + tmp4",
        "tmp6 = tmp0 / tmp5",
        "tmp8 = tmp6 * tmp7",
        "store(in_out_ptr0 + x0, tmp8)",
    ]


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("static_cast<int64_t>(8L*x1 + static_cast<int64_t>(x0))", "8*x1 + x0"),
        ("at::vec::Vectorized<float>::loadu(p + static_cast<int64_t>(x0 + 16L*x1), static_cast<int64_t>(3L))",
         "load(p + x0 + 16*x1, 3)"),
        ("tmp3.store(out_ptr2 + static_cast<int64_t>(x1 + ks0*x0))", "store(out_ptr2 + x1 + ks0*x0, tmp3)"),
        ("static_cast<float>(tmp1)", "float(tmp1)"),
        ("a - (b + c)", "a - (b + c)"),
        ("a + (b - c)*d", "a + (b - c)*d"),
        ("x + (a + b)*2", "x + (a + b)*2"),
        ("p + (x0 + y) / 2", "p + (x0 + y) / 2"),
        ("tmp0 + (tmp1 + tmp2)", "tmp0 + (tmp1 + tmp2)"),
        ("x0 - C10_LIKELY(x1 + x0)", "x0 - (x1 + x0)"),
    ],
)  # fmt: skip
def test_an_expression_keeps_its_value(code: str, words: str):
    assert plain(code) == words


_TERMS = st.recursive(
    st.sampled_from(["x0", "x1", "ks0", "3L", "16L", "static_cast<int64_t>(7L)", "static_cast<int64_t>(x0)"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*"]), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
        st.tuples(inner, st.sampled_from(["+", "-", "*"]), inner).map(" ".join),
        inner.map(lambda text: f"static_cast<int64_t>({text})"),
        inner.map(lambda text: f"C10_LIKELY({text})"),
    ),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(_TERMS)
def test_an_index_is_worth_what_it_was(code: str):
    values = {"x0": 5, "x1": 11, "ks0": 101}
    bare = re.sub(r"static_cast<int64_t>|C10_LIKELY|(?<=\d)L", "", code)
    whole = f"load(p + {code}, {code})"
    words = plain(whole)
    p, count = eval(words, {"load": lambda *given: given, "p": 1000}, values)
    assert (p, count) == eval(f"(1000 + {bare}, {bare})", {}, values)


def test_output_code_is_its_calls():
    lines = shown(only(Stage.INDUCTOR))
    assert "cpp_fused__unsafe_view_mul_silu_0  ▸ C++ kernel, 36 lines" in lines
    assert "buf0 = mm(arg1_1 as 8×2048, arg0_1 as 2048×8192 strides 1,2048)" in lines
    assert "▸ 2 checks of sizes and alignment" in lines
    assert any(line.startswith("assert_size_stride(arg1_1") for line in shown(only(Stage.INDUCTOR), Ingredient.CHECKS))


def test_an_operation_of_the_ir_is_a_row():
    lines = shown(only(Stage.IR_POST_FUSION))
    assert [line.split()[0] for line in lines] == ["op0", "op1", "op2", "op3"]
    assert lines[2].startswith("op2  buf2 ← buf0, buf1  loop: neg, exp, add, truediv, mul")
    assert lines[2].endswith("f32 1×8×8192")


def test_a_loop_in_machine_code_is_drawn_and_code_behind_the_rest_is_not():
    laid = reading(only(Stage.ASM)).lay_out(None)
    heads = [line for line in laid.lines if line.startswith("╭")]
    assert [line.split()[1] for line in heads] == [".L2:"]
    assert any(line.startswith("╰") and "jg" in line for line in laid.lines)
    assert "▸ 64 lines: kernel.cold, runs only when something is thrown" in laid.lines


def test_a_triton_kernel_begins_at_its_function():
    lines = shown(only(Stage.KERNEL, logged("live_softmax_cuda")))
    assert lines[0].startswith("▸ 16 lines: imports") and lines[1].startswith("def triton_per_fused")
    assert "tmp0 = load(in_ptr0 + r0_1 + 128*x0, xmask, other=0.0)" in lines


def test_bytecode_leaves_out_what_does_nothing():
    lines = shown(only(Stage.BYTECODE))
    assert not any("PRECALL" in line for line in lines) and any("LOAD_METHOD" in line for line in lines)


def test_a_text_without_a_form_is_shown_as_it_is():
    source = only(Stage.SOURCE)
    assert reading(source).lay_out(None).lines == source.lines


# --- the way back ---------------------------------------------------------------------------------------------


def _forms() -> list[tuple[Artifact, Form]]:
    return [(item, reading(item)) for capture in captures() for item in capture.artifacts]


@pytest.fixture(scope="module")
def forms() -> list[tuple[Artifact, Form]]:
    return _forms()


def test_every_line_is_stood_for_in_the_order_of_the_text(forms: list[tuple[Artifact, Form]]):
    for artifact, form in forms:
        assert form.rows[0].first == 1, artifact.id
        assert form.rows[-1].last == len(artifact.lines), artifact.id
        for one, other in pairwise(form.rows):
            assert one.first <= other.first <= one.last + 1, (artifact.id, one, other)


def test_a_piece_names_characters_that_are_there(forms: list[tuple[Artifact, Form]]):
    for artifact, form in forms:
        for row in form.rows:
            for piece in (*row.pieces, *row.right):
                if piece.line:
                    assert row.first <= piece.line <= row.last, (artifact.id, piece)
                    assert 0 <= piece.start <= piece.end <= len(artifact.lines[piece.line - 1]), (artifact.id, piece)


def test_every_linked_place_is_seen_or_told_to_be_folded():
    """Of each link of each capture, both ends: where the form shows it, a cell of it leads back into the span."""
    seen = folded = 0
    for capture in captures():
        laid = {item.id: reading(item).lay_out(100) for item in capture.artifacts}
        for link in capture.links:
            for span in (link.a, link.b):
                if span.artifact not in laid:
                    continue
                form = laid[span.artifact]
                places = form.places(span)
                assert places, span
                for place in places:
                    row = form.form.rows[place.row]
                    assert row.first <= span.last_line and row.last >= span.start.line
                    if place.end > place.start:
                        seen += 1
                        assert _leads_into(form, place.row, place.start, span)
                    else:
                        folded += 1
    assert seen > 5000 and folded < seen


def _leads_into(laid: Laid, row: int, col: int, span: Span) -> bool:
    """Whether a cell stands for characters of the span, or for words that stand for some of them."""
    at = laid.position(row, col)
    if span.start <= at < span.end:
        return True
    return any(
        start <= col < start + len(piece.text) and piece.line and piece.start == at.col
        and Position(piece.line, piece.start) < span.end and span.start < Position(piece.line, piece.end)
        for start, piece in laid.pieces(row)
    )  # fmt: skip


def test_an_opened_fold_shows_the_stored_lines():
    graph = only(Stage.ATEN)
    form = reading(graph, opened=[22])
    assert [row.first for row in form.rows if row.first in (22, 23)] == [22, 23]
    assert form.lay_out(None).lines[[row.first for row in form.rows].index(22)] == graph.lines[21]


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet=st.sampled_from("abz_019 .,:;=()[]{}\"#'\n<>%+-*\\λ"), max_size=300), st.sampled_from(Language))
def test_any_text_has_a_form(text: str, language: Language):
    artifact = Artifact("0/0:x", Stage.OTHER, "0/0", None, language, text)
    form = reading(artifact)
    covered = {line for row in form.rows for line in range(row.first, row.last + 1)}
    assert covered == set(range(1, len(artifact.lines) + 1))
    laid = form.lay_out(40)
    for number, row in enumerate(form.rows):
        for col in range(len(laid.lines[number]) + 1):
            at = laid.position(number, col)
            assert row.first <= at.line <= row.last and at.col <= len(artifact.lines[at.line - 1])


def test_what_computes_nothing_is_quiet():
    rows = reading(only(Stage.KERNEL)).rows
    assert [row.first for row in rows if row.look is RowLook.QUIET] == [21]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--form", "concise"], "of a stage's text"),
        (["--stage", "aten", "--width", "80"], "belong to --form concise"),
        (["--stage", "aten", "--form", "concise", "--with", "viws"], "nothing called 'viws'"),
    ],
)
def test_an_option_that_would_say_nothing_is_refused(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["show", str(SAMPLE), *words]) == 2
    assert told in capsys.readouterr().err
