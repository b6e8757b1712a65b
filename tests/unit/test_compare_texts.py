"""Two texts of one stage: aligned by what they compute, whatever things are called."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from inspector.cli.diff_text import text_lines
from inspector.cli.terminal import Style
from inspector.compare.sequence import common, gaps, rising
from inspector.compare.texts import NameMeanings, compare_texts
from inspector.model.artifact import Language
from inspector.model.difference import Change, Text, TextDifference


def compare(a: str, b: str, language: Language = Language.FX) -> TextDifference:
    return compare_texts("x", Text("a", language, a), Text("b", language, b)).difference


def graph(*body: str, inputs: str = 'arg0_1: "f32[8, 16]", arg1_1: "f32[8, 16]"') -> str:
    lines = [
        "class <lambda>(torch.nn.Module):",
        f"    def forward(self, {inputs}):",
        *(f"        {line}" for line in body),
    ]
    return "\n".join(lines) + "\n"


PLAIN = graph(
    "# File: /home/a/model.py:12 in forward, code: y = torch.sin(x) * z",
    'sin: "f32[8, 16]" = torch.ops.aten.sin.default(arg0_1);  arg0_1 = None',
    'mul: "f32[8, 16]" = torch.ops.aten.mul.Tensor(sin, arg1_1);  sin = None',
    'neg: "f32[8, 16]" = torch.ops.aten.neg.default(arg1_1);  arg1_1 = None',
    'add: "f32[8, 16]" = torch.ops.aten.add.Tensor(mul, neg);  mul = neg = None',
    "return (add,)",
)


def covers(difference: TextDifference) -> None:
    """Each side's lines appear exactly once, in order; moved rows point at each other."""
    for side, text in (("a", difference.a), ("b", difference.b)):
        numbers = [getattr(row, side) for row in difference.rows if getattr(row, side) is not None]
        assert numbers == list(range(1, len(text.lines) + 1 if text else 1))
    left = {(row.a, row.other) for row in difference.rows if row.other and row.a}
    right = {(row.other, row.b) for row in difference.rows if row.other and row.b}
    assert left == right


class TestGraphs:
    def test_the_same_text_is_the_same(self) -> None:
        difference = compare(PLAIN, PLAIN)
        assert difference.change is Change.SAME
        assert {row.change for row in difference.rows} == {Change.SAME}
        covers(difference)

    def test_other_names_are_no_difference(self) -> None:
        other = PLAIN
        for old, new in (("sin", "sin_7"), ("mul", "mul_3"), ("arg0_1", "primals_2")):
            other = (
                other.replace(f"{old}:", f"{new}:").replace(f"({old}", f"({new}").replace(f"  {old} =", f"  {new} =")
            )
        difference = compare(PLAIN, other)
        assert difference.change is Change.RENAMED
        assert difference.items == ()
        assert set(difference.renames) == {("sin", "sin_7"), ("mul", "mul_3"), ("arg0_1", "primals_2")}
        row = next(row for row in difference.rows if row.a == 4)
        assert [PLAIN.split("\n")[3][start:end] for start, end in row.parts_a] == ["sin", "arg0_1", "arg0_1"]

    def test_an_operator_is_no_name_of_a_node(self) -> None:
        a = graph('add: "f32[8]" = torch.ops.aten.add.Tensor(arg0_1, arg1_1)', "return (add,)")
        b = graph('add_1: "f32[8]" = torch.ops.aten.add.Tensor(arg0_1, arg1_1)', "return (add_1,)")
        assert compare(a, b).change is Change.RENAMED

    def test_folder_and_line_of_the_source_do_not_count(self) -> None:
        other = PLAIN.replace("/home/a/model.py:12", "/mnt/b/model.py:99")
        assert compare(PLAIN, other).change is Change.SAME

    def test_independent_operations_in_another_order_are_moved(self) -> None:
        lines = PLAIN.split("\n")
        lines.insert(3, lines.pop(5))
        difference = compare(PLAIN, "\n".join(lines))
        assert difference.change is Change.MOVED
        assert difference.items == ()
        covers(difference)

    def test_swapped_operands_are_a_change_though_the_words_are_alike(self) -> None:
        other = PLAIN.replace("add.Tensor(mul, neg)", "add.Tensor(neg, mul)")
        difference = compare(PLAIN, other)
        assert difference.change is Change.CHANGED
        assert [(item.a, item.what) for item in difference.items] == [("add", "uses mul → neg, neg → mul")]

    def test_a_new_operation_shifts_nothing_else(self) -> None:
        lines = PLAIN.split("\n")
        lines.insert(4, '        sin_1: "f32[8, 16]" = torch.ops.aten.sin.default(sin)')
        lines[5] = lines[5].replace("(sin,", "(sin_1,")
        difference = compare(PLAIN, "\n".join(lines))
        found = {(item.change, item.a, item.b) for item in difference.items}
        assert found == {(Change.ADDED, "", "sin_1"), (Change.CHANGED, "mul", "mul")}
        assert {row.a: row.b for row in difference.rows if row.a}[6] == 7

    def test_dynamic_shapes_keep_every_node_and_say_the_type(self) -> None:
        other = PLAIN.replace("[8, 16]", "[s77, 16]").replace('arg0_1: "f32', 'arg2_1: "Sym(s77)", arg0_1: "f32')
        difference = compare(PLAIN, other)
        what = {item.a: item.what for item in difference.items if item.change is Change.CHANGED}
        assert what["mul"] == "f32[8, 16] → f32[s77, 16]"
        assert [item.b for item in difference.items if item.change is Change.ADDED] == ["arg2_1"]

    def test_symbols_of_sizes_are_names(self) -> None:
        a = graph('neg: "f32[s77, s27]" = torch.ops.aten.neg.default(arg0_1)', "return (neg,)")
        same, other = a.replace("s77", "s1").replace("s27", "s2"), a.replace("s77, s27", "s77, s77")
        assert compare(a, same).change is Change.RENAMED
        assert compare(a, other).change is Change.CHANGED

    def test_equal_layers_stay_in_their_order(self) -> None:
        def layers(count: int, tail: str) -> str:
            body, last = [], "arg0_1"
            for number in range(count):
                name = tail if number == count // 2 else "silu"
                body += [
                    f'mm_{number}: "f32[8]" = torch.ops.aten.mm.default({last}, arg1_1)',
                    f'silu_{number}: "f32[8]" = torch.ops.aten.{name}.default(mm_{number})',
                ]
                last = f"silu_{number}"
            return graph(*body, f"return ({last},)")

        difference = compare(layers(20, "silu"), layers(20, "gelu"))
        assert [(item.change, item.a, item.b) for item in difference.items] == [(Change.CHANGED, "silu_10", "silu_10")]
        assert all(row.a == row.b for row in difference.rows)

    def test_an_argument_that_came_is_not_taken_for_its_neighbour(self) -> None:
        a = graph("add = l_x_ + l_y_", "return (add,)", inputs='l_x_: "f32[8]", l_y_: "f32[8]"')
        b = graph("add = l_x_ + l_w_", "return (add,)", inputs='l_w_: "f32[8]", l_z_: "f32[8]", l_x_: "f32[8]"')
        assert ("l_y_", "l_z_") not in compare(a, b).renames

    def test_what_a_graph_returns_is_said(self) -> None:
        difference = compare(PLAIN, PLAIN.replace("return (add,)", "return (add, neg)"))
        assert [item.what for item in difference.items] == ["returns also neg"]


KERNEL = """\
extern "C"  void  kernel(const float* in_ptr0,
                       float* out_ptr0)
{
    for(int64_t x0=static_cast<int64_t>(0L); x0<static_cast<int64_t>(256L); x0+=static_cast<int64_t>(16L))
    {
        auto tmp0 = at::vec::Vectorized<float>::loadu(in_ptr0 + static_cast<int64_t>(x0), static_cast<int64_t>(16));
        auto tmp1 = tmp0.neg();
        auto tmp2 = tmp1.exp();
        tmp2.store(out_ptr0 + static_cast<int64_t>(x0));
    }
}
"""


class TestOtherLanguages:
    def test_kernel_with_other_temporaries(self) -> None:
        other = KERNEL.replace("tmp2", "tmp12").replace("tmp1.", "tmp5.").replace("tmp1 ", "tmp5 ").replace("x0", "x1")
        difference = compare(KERNEL, other, Language.CPP)
        assert difference.change is Change.RENAMED
        assert ("x0", "x1") in difference.renames

    def test_kernel_with_another_operation(self) -> None:
        difference = compare(KERNEL, KERNEL.replace("tmp0.neg()", "tmp0.abs()"), Language.CPP)
        assert [(item.a, item.change) for item in difference.items] == [("tmp1", Change.CHANGED)]
        row = next(row for row in difference.rows if row.change is Change.CHANGED)
        assert [KERNEL.split("\n")[6][start:end] for start, end in row.parts_a] == ["neg"]

    def test_a_node_called_as_an_operation_is(self) -> None:
        """`exp` on one side is what `exp_1` is on the other; in the kernel both call the function `exp`."""
        names = (NameMeanings({}, {"exp": "node exp"}), NameMeanings({}, {"exp_1": "node exp"}))
        a = "// Source: [exp]\nauto tmp1 = tmp0.exp();\n"
        sides = (Text("a", Language.CPP, a), Text("b", Language.CPP, a.replace("[exp]", "[exp_1]")))
        difference = compare_texts("x", *sides, names=names).difference
        assert [row.change for row in difference.rows] == [Change.RENAMED, Change.SAME]

    def test_labels_and_places_of_constants_do_not_count(self) -> None:
        a = "kernel:\n        vmovups zmm0,ZMMWORD PTR [rip+0x1b16]\n.L1:\n        jne     .L1\n        ret\n"
        b = "kernel:\n        vmovups zmm0,ZMMWORD PTR [rip+0xadf]\n.L9:\n        jne     .L9\n        ret\n"
        assert compare(a, b, Language.ASM).change is Change.RENAMED
        assert compare(a, b.replace("zmm0", "zmm1"), Language.ASM).change is Change.CHANGED

    def test_offsets_of_bytecode_do_not_count(self) -> None:
        a = " 67           0 RESUME                   0\n              2 LOAD_FAST                0 (x)\n"
        b = " 80          10 RESUME                   0\n             12 LOAD_FAST                0 (x)\n"
        assert compare(a, b, Language.BYTECODE).change is Change.SAME

    def test_an_argument_of_bytecode_is_its_place_and_any_other_local_is_a_name(self) -> None:
        a = (
            "  2           2 LOAD_FAST                0 (x)\n"
            "              4 STORE_FAST               1 (y)\n"
            "\n"
            "  3           6 LOAD_FAST                1 (y)\n"
            "              8 LOAD_CONST               1 (2)\n"
            "             10 BINARY_OP                5 (*)\n"
        )
        assert compare(a, a.replace("(x)", "(z)"), Language.BYTECODE).change is Change.RENAMED
        assert compare(a, a.replace("0 (x)", "3 (x)"), Language.BYTECODE).change is Change.CHANGED
        assert compare(a, a.replace("1 (y)", "2 (out)"), Language.BYTECODE).change is Change.RENAMED
        assert compare(a, a.replace("1 (2)", "1 (3)"), Language.BYTECODE).change is Change.CHANGED
        assert compare(a, a.replace("5 (*)", "0 (+)"), Language.BYTECODE).change is Change.CHANGED

    def test_a_jump_elsewhere_is_a_change(self) -> None:
        a = (
            "  2           2 POP_JUMP_IF_FALSE        2 (to 8)\n"
            "              4 NOP\n"
            "        >>    6 POP_TOP\n"
            "        >>    8 RETURN_VALUE\n"
        )
        assert compare(a, a.replace("to 8", "to 6"), Language.BYTECODE).change is Change.CHANGED
        later = a.replace("8", "18").replace(" 6", "16")
        assert compare(a, later, Language.BYTECODE).change is Change.RENAMED

    def test_one_buffer_in_a_fused_and_in_an_unfused_block(self) -> None:
        part = "op0: SchedulerNode(ComputedBuffer)\nop0.outputs = [\n    buf0: ComputedBuffer\n]\n"
        fused = "op0_op1: FusedSchedulerNode(SchedulerNode)\nop0_op1.outputs = [\n    buf0: ComputedBuffer\n]\n"
        difference = compare(fused + "op0_op1.snodes[0] =\n" + part, part.replace("0", "7"), Language.IR)
        assert ("buf0", "buf7") in difference.renames
        covers(difference)

    def test_addresses_and_temporary_folders_do_not_count(self) -> None:
        a = "at 0x7f32aa10 /tmp/torchinductor_me/ab/cd.py\n"
        b = "at 0x55ffee00 /tmp/torchinductor_you/ab/cd.py\n"
        assert compare(a, b, Language.TEXT).change is Change.SAME
        assert compare("size 16\n", "size 32\n", Language.TEXT).change is Change.CHANGED

    @pytest.mark.parametrize("language", list(Language))
    def test_any_text_in_any_language(self, language: Language) -> None:
        """Rows always cover both texts, whatever they hold: here pieces of all the texts above, cut and mixed."""
        chance = random.Random(language.value)
        pieces = [
            *PLAIN.split("\n"),
            *KERNEL.split("\n"),
            "",
            "\x1b[2J",
            "x = = 1",
            "((((",
            '"',
            "buf0 = buf0",
            "%1 = %1",
        ]
        for _ in range(20):
            a, b = ("\n".join(chance.choices(pieces, k=chance.randint(0, 30))) for _ in range(2))
            covers(compare(a, b, language))


class TestSequences:
    def test_common_against_the_textbook(self) -> None:
        """On short sequences nothing is longer than what the quadratic table finds, and all pairs are true and rise."""
        chance = random.Random(7)
        for _ in range(200):
            a, b = (chance.choices("abcd", k=chance.randint(0, 12)) for _ in range(2))
            pairs = common(a, b)
            assert all(a[x] == b[y] for x, y in pairs)
            assert pairs == sorted(pairs)
            assert len({x for x, _ in pairs}) == len({y for _, y in pairs}) == len(pairs)
            assert all(y < w for (_, y), (_, w) in pairwise(pairs))
            assert len(pairs) <= _longest(a, b)

    def test_long_sequences_are_cut_at_what_is_unique(self) -> None:
        a = [f"line {number}" for number in range(3000)]
        b = [*a[:1000], "new", *a[1005:]]
        pairs = common(a, b)
        assert len(pairs) == 2995
        assert pairs[1000] == (1005, 1001)

    def test_rising(self) -> None:
        assert rising([(0, 5), (1, 1), (2, 2), (3, 0), (4, 3)]) == [(1, 1), (2, 2), (4, 3)]
        assert rising([]) == []

    def test_gaps(self) -> None:
        assert list(gaps([(1, 1), (2, 4)], 4, 5)) == [
            (range(0, 1), range(0, 1)),
            (range(2, 2), range(2, 4)),
            (range(3, 4), range(5, 5)),
        ]


def _longest(a: list[str], b: list[str]) -> int:
    row = [0] * (len(b) + 1)
    for x in a:
        before = row[:]
        for place, y in enumerate(b):
            row[place + 1] = before[place] + 1 if x == y else max(before[place + 1], row[place])
    return row[-1]


# --- the same names for other things ------------------------------------------------------------------------

P_AND_Q = NameMeanings({"arg0_1": "input p", "arg1_1": "input q"})
Q_AND_P = NameMeanings({"arg0_1": "input q", "arg1_1": "input p"})
CALLS = """def call(self, args):
    arg0_1, arg1_1 = args
    args.clear()
    cpp_fused_0({}, {}, buf0)
    del arg0_1
    del arg1_1
    return (buf0, )
"""


def of_exchanged(language: Language, a: str, b: str) -> TextDifference:
    """Two texts whose graph arguments come in another order, so that their names are exchanged."""
    first, second = (Text("t", language, text, "t") for text in (a, b))
    return compare_texts("x", first, second, names=(P_AND_Q, Q_AND_P)).difference


def test_arguments_that_are_taken_apart_in_another_order_have_moved() -> None:
    """What reads the same arguments is the same, also where it reads otherwise."""
    found = of_exchanged(Language.INDUCTOR, CALLS.format("arg0_1", "arg1_1"), CALLS.format("arg1_1", "arg0_1"))
    assert found.change is Change.MOVED
    assert [row.change for row in found.rows if row.a == 2] == [Change.MOVED]


@pytest.mark.parametrize("language", [Language.INDUCTOR, Language.FX])
def test_a_line_that_reads_the_same_and_means_another_thing_is_different_and_says_why(language: Language) -> None:
    graph = """class <lambda>(torch.nn.Module):
    def forward(self, arg0_1: "f32[4]", arg1_1: "f32[4]"):
        sub: "f32[4]" = torch.ops.aten.sub.Tensor(arg0_1, arg1_1)
        return (sub,)
"""
    text = graph if language is Language.FX else CALLS.format("arg0_1", "arg1_1")
    found = of_exchanged(language, text, text)
    assert found.change is Change.CHANGED
    lines = list(text_lines(found, Style(colour=False)))
    (said,) = (line for line in lines if line.endswith("  (the same words, of which names mean others)"))
    assert "arg0_1, arg1_1" in said
