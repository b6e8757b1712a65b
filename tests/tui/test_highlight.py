"""What the highlighters say of real forms of compiler output, at the column where it stands."""

from __future__ import annotations

import subprocess
import sys

import pytest

from inspector.highlight import Highlighter, Kind, Known, Token, paint
from inspector.highlight.highlighter import MAX_COLUMNS
from inspector.model.artifact import Language


def kind_at(language: Language, text: str, piece: str, line: int | None = None) -> Kind | None:
    """The kind of the token that covers the first character of `piece`; None for plain text."""
    lines = text.split("\n")
    index = line if line is not None else next(i for i, each in enumerate(lines) if piece in each)
    col = lines[index].index(piece)
    tokens = Highlighter(language, lines).line(index)
    return next((token.kind for token in tokens if token.start <= col < token.end), None)


FX = """class GraphModule(torch.nn.Module):
    def forward(self, L_x_: "f32[1, 8, 2048][16384, 2048, 1]cpu", s0: "Sym(s0)"):
        # File: /home/a.py:8 in forward, code: y = x.sin()
        add_1: "f32[1, 8]cpu" = torch.ops.aten.add.Tensor(mul, 1.5e-05);  mul = None
        cat = torch.cat(["plain text", x])
"""


@pytest.mark.parametrize(
    ("piece", "kind"),
    [
        ("class", Kind.KEYWORD),
        ("GraphModule", Kind.TYPE),
        ('"f32[1, 8, 2048]', Kind.SHAPE),
        ('"Sym(s0)"', Kind.SHAPE),
        ("# File", Kind.COMMENT),
        ("add_1", Kind.DEFINITION),
        ("torch.ops.aten.add.Tensor", Kind.FUNCTION),
        ("1.5e-05", Kind.NUMBER),
        (";  mul = None", Kind.COMMENT),
        ('"plain text"', Kind.STRING),
        ("mul,", None),
    ],
)
def test_fx_graph(piece: str, kind: Kind | None) -> None:
    assert kind_at(Language.FX, FX, piece) is kind


CPP = """#include <torch/csrc/inductor/cpp_prefix.h>
extern "C"  void  kernel(float* in_out_ptr0)
{
    #pragma omp parallel num_threads(2)
    /* a block
    comment */ auto tmp0 = at::vec::Vectorized<float>::loadu(in_ptr0 + static_cast<int64_t>(x0), 0x10);
    tmp1 = std::exp(2.5f); // done
}"""


@pytest.mark.parametrize(
    ("piece", "kind"),
    [
        ("#include", Kind.PREPROCESSOR),
        ("<torch", Kind.PREPROCESSOR),
        ("extern", Kind.KEYWORD),
        ("void", Kind.TYPE),
        ("kernel", Kind.FUNCTION),
        ("omp parallel", Kind.PREPROCESSOR),
        ("/* a", Kind.COMMENT),
        ("comment */", Kind.COMMENT),
        ("auto", Kind.KEYWORD),
        ("tmp0", Kind.DEFINITION),
        ("at::vec", Kind.TYPE),
        ("loadu", Kind.FUNCTION),
        ("static_cast", Kind.KEYWORD),
        ("0x10", Kind.NUMBER),
        ("std::exp", Kind.FUNCTION),
        ("2.5f", Kind.NUMBER),
        ("// done", Kind.COMMENT),
        ("in_ptr0", None),
    ],
)
def test_cpp(piece: str, kind: Kind | None) -> None:
    assert kind_at(Language.CPP, CPP, piece) is kind


ASM = """kernel:
    1180:\tvmovups zmm0,ZMMWORD PTR [rdi+rax*4]
    vfmadd213ps zmm1{k1}{z},zmm2,DWORD BCST [rip+0x10]
    jne    11f0 <kernel+0x90>
.L3:
    rep stos QWORD PTR es:[rdi],rax
    lea    r10,[rsp+0x8]
    mov    eax,0x20 ; why"""


@pytest.mark.parametrize(
    ("piece", "kind"),
    [
        ("kernel:", Kind.LABEL),
        ("1180", Kind.NUMBER),
        ("vmovups", Kind.MNEMONIC),
        ("zmm0", Kind.REGISTER),
        ("ZMMWORD PTR [rdi", Kind.MEMORY),
        ("zmm1{k1}{z}", Kind.REGISTER),
        ("[rsp+0x8]", Kind.MEMORY),
        ("DWORD BCST", Kind.MEMORY),
        ("<kernel+0x90>", Kind.LABEL),
        (".L3:", Kind.LABEL),
        ("rep stos", Kind.MNEMONIC),
        ("eax", Kind.REGISTER),
        ("0x20", Kind.NUMBER),
        ("; why", Kind.COMMENT),
    ],
)
def test_asm(piece: str, kind: Kind) -> None:
    assert kind_at(Language.ASM, ASM, piece) is kind


INDUCTOR = """cpp_fused_mul_0 = async_compile.cpp_pybinding(['float*'], r'''
#include <cpp_prefix.h>
void kernel(float* p) { int it_s = 1; } // it's fine
''')
triton_poi_0 = async_compile.triton('triton_poi_0', '''
@triton.jit
def triton_poi_0(in_ptr0, XBLOCK : tl.constexpr):
    tmp0 = tl.load(in_ptr0 + (x0), None)
''', device_str='cuda')
def call(args):
    \"\"\"Not ''' a kernel,
    int x = 1;\"\"\"
    return buf0"""


@pytest.mark.parametrize(
    ("piece", "kind"),
    [
        ("cpp_pybinding", Kind.FUNCTION),
        ("r'''", Kind.STRING),
        ("#include", Kind.PREPROCESSOR),
        ("int it_s", Kind.TYPE),
        ("// it's", Kind.COMMENT),
        ("''')", Kind.STRING),
        ("@triton.jit", Kind.PREPROCESSOR),
        ("tl.constexpr", Kind.TYPE),
        ("None)", Kind.CONSTANT),
        ("'cuda'", Kind.STRING),
        ("int x = 1", Kind.STRING),
        ("return", Kind.KEYWORD),
    ],
)
def test_kernels_inside_inductor_code(piece: str, kind: Kind) -> None:
    assert kind_at(Language.INDUCTOR, INDUCTOR, piece) is kind


@pytest.mark.parametrize(
    ("language", "text", "piece", "kind"),
    [
        (Language.BYTECODE, "  7           0 LOAD_FAST                0 (x)", "7", Kind.LABEL),
        (Language.BYTECODE, "  7           0 LOAD_FAST                0 (x)", "LOAD_FAST", Kind.MNEMONIC),
        (Language.BYTECODE, "  7           0 LOAD_FAST                0 (x)", "(x)", Kind.STRING),
        (Language.IR, "op3: SchedulerNode(ComputedBuffer)", "op3", Kind.LABEL),
        (Language.IR, "        load = ops.load('buf2', get_index)", "ops.load", Kind.FUNCTION),
        (Language.LLVM, "  %3 = fadd float %1, %2 ; sum", "%3", Kind.DEFINITION),
        (Language.LLVM, "  %3 = fadd float %1, %2 ; sum", "fadd", Kind.KEYWORD),
        (Language.LLVM, "  %c = arith.constant 256 : i32 loc(#loc1)", "arith.constant", Kind.FUNCTION),
        (Language.LLVM, "  %c = arith.constant 256 : i32 loc(#loc1)", "256", Kind.NUMBER),
        (Language.LLVM, "  tt.store %1, %2 : tensor<64x!tt.ptr<f32>>", "!tt.ptr", Kind.TYPE),
        (Language.LLVM, "  tt.store %1, %2 : tensor<64x!tt.ptr<f32>>", "tensor", Kind.TYPE),
        (Language.LLVM, "entry:  ; preds = %0", "entry:", Kind.LABEL),
        (Language.PTX, "\tld.global.f32 \t%f1, [%rd4];", "ld.global.f32", Kind.MNEMONIC),
        (Language.PTX, "\tld.global.f32 \t%f1, [%rd4];", "[%rd4]", Kind.MEMORY),
        (Language.PTX, "\t.param .u32 start_address", "start_address", None),
        (Language.PTX, "\tld.global.f32 \t%f1, [%rd4];", "%f1", Kind.REGISTER),
        (Language.PTX, "     @!P3 USHF.R.S32.HI UR4, URZ, 0x1f, URZ ;", "USHF.R.S32.HI", Kind.MNEMONIC),
        (Language.PTX, "          ISETP.GE.AND P3, PT, R0, 0x1, !PT ;", "!PT", Kind.REGISTER),
        (Language.PTX, "          S2R R14, SR_TID.X ;", "SR_TID.X", Kind.REGISTER),
        (Language.TRITON, "    tmp0 = tl.load(in_ptr0 + (x0), None)", "tmp0", Kind.DEFINITION),
        (Language.PYTHON, "x = f'it''s' + 1j  # s", "1j", Kind.NUMBER),
        (Language.PYTHON, "@functools.cache", ".cache", Kind.PREPROCESSOR),
        (Language.PYTHON, "return a@b", "b", None),
        (Language.JSON, '{"key": [1, true]}', '"key"', Kind.DEFINITION),
        (Language.TEXT, "return 1", "return", None),
    ],
)
def test_other_languages(language: Language, text: str, piece: str, kind: Kind | None) -> None:
    assert kind_at(language, text, piece) is kind


@pytest.mark.parametrize(
    ("language", "line", "piece", "kind"),
    [
        (Language.CPP, "it's `odd` @ int x", "int", Kind.TYPE),
        (Language.CPP, "it's `odd` @ int x", "'s", None),
        (Language.PYTHON, "$ ? return 1", "return", Kind.KEYWORD),
        (Language.PYTHON, "$ ? return 1", "$", None),
        (Language.JSON, '  "cut off', "cut", None),
    ],
)
def test_what_a_lexer_cannot_read_is_plain_and_does_not_hide_the_rest(
    language: Language, line: str, piece: str, kind: Kind | None
) -> None:
    assert kind_at(language, line, piece) is kind


def test_an_unclosed_string_ends_with_its_line() -> None:
    text = "x = 'open\nreturn"
    assert kind_at(Language.PYTHON, text, "'open") is Kind.STRING
    assert kind_at(Language.PYTHON, text, "return") is Kind.KEYWORD


def test_code_around_an_embedded_kernel_is_not_part_of_its_string() -> None:
    assert kind_at(Language.INDUCTOR, INDUCTOR, "device_str") is None
    assert kind_at(Language.INDUCTOR, INDUCTOR, "async_compile.cpp") is None


def test_tokens_begin_at_their_text_and_neighbours_of_one_kind_are_one() -> None:
    line = "  1180:\tret"
    assert Highlighter(Language.ASM, [line]).line(0) == (Token(2, 7, Kind.NUMBER), Token(8, 11, Kind.MNEMONIC))
    line = r"x = 'a\n%s'"
    assert Highlighter(Language.PYTHON, [line]).line(0)[1:] == (Token(4, len(line), Kind.STRING),)


def test_pygments_is_imported_with_the_first_coloured_line_and_no_more_of_it_than_that_line_needs() -> None:
    code = """
import sys
from inspector.highlight import Highlighter
from inspector.model.artifact import Language
loaded = lambda: {name for name in sys.modules if name.startswith("pygments")}
Highlighter(Language.TEXT, ["x"]).line(0)
fx = Highlighter(Language.FX, ["x = 1"])
assert not loaded(), loaded()
fx.line(0)
assert "pygments.lexers.python" in loaded()
assert not loaded() & {"pygments.lexers.c_cpp", "pygments.lexers.asm", "pygments.lexers.data"}, loaded()
"""
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_triple_quote_in_a_comment_or_a_string_begins_nothing() -> None:
    text = "x = \"'''\"  # ''' not one\ny = 1 # '''\nreturn"
    assert kind_at(Language.PYTHON, text, "return") is Kind.KEYWORD


@pytest.mark.parametrize("language", list(Language))
def test_tokens_are_ordered_disjoint_and_inside_the_line(language: Language) -> None:
    lines = f"{FX}\n{CPP}\n{ASM}\n{INDUCTOR}\n\tá 漢字 \x1b[31m '''".split("\n")
    highlighter = Highlighter(language, lines)
    for index, line in enumerate(lines):
        place = 0
        for token in highlighter.line(index):
            assert place <= token.start < token.end <= len(line)
            place = token.end


def test_regions_are_right_wherever_one_begins_to_look() -> None:
    lines = ["def f():", '    """doc'] + [f"    word {i}" for i in range(3000)] + ['    """', "    return 1"]
    backwards = Highlighter(Language.PYTHON, lines)
    assert [token.kind for token in backwards.line(len(lines) - 1)] == [Kind.KEYWORD, Kind.NUMBER]
    assert backwards.line(1500) == (Token(0, len(lines[1500]), Kind.STRING),)
    assert backwards.line(0)[0].kind is Kind.KEYWORD


class Counting(list[str]):
    """Counts the lines that are read."""

    read = 0

    def __getitem__(self, index):  # type: ignore[no-untyped-def]
        self.read += len(range(*index.indices(len(self)))) if isinstance(index, slice) else 1
        return super().__getitem__(index)


def test_the_first_screen_of_a_long_text_reads_only_its_beginning() -> None:
    lines = Counting(["x = 1  # '''"] * 100_000)
    highlighter = Highlighter(Language.PYTHON, lines)
    for index in range(50):
        highlighter.line(index)
    assert lines.read < 1_000


def test_a_very_long_line_is_plain_beyond_a_limit() -> None:
    tokens = Highlighter(Language.PYTHON, ["1, " * 500_000]).line(0)
    assert tokens and tokens[-1].end <= MAX_COLUMNS


def test_no_such_line() -> None:
    with pytest.raises(IndexError):
        Highlighter(Language.PYTHON, ["a"]).line(1)


def test_paint_keeps_the_text_and_resets_every_colour() -> None:
    line = "return 1  # one"
    painted = paint(line, Highlighter(Language.PYTHON, [line]).line(0))
    assert painted == "\x1b[35mreturn\x1b[0m \x1b[33m1\x1b[0m  \x1b[2m# one\x1b[0m"


def test_texts_that_share_what_is_known_have_the_tokens_that_they_have_alone() -> None:
    known: Known = {}
    texts = ["x = 'a'  # if", '"""', "x = 'a'  # if", '"""', "if (x) { return 1; }"]
    for language in Language:
        together, alone = Highlighter(language, texts, known), Highlighter(language, texts)
        for index in range(len(texts)):
            assert together.line(index) == alone.line(index)
    assert known
