"""The tables of explanations: every word that real captures hold is in them, and each entry is worth reading."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from inspector.explain import explain, kinds, nearest, word_at
from inspector.model.artifact import Artifact, Language
from inspector.model.stage import Stage
from inspector.trace import read_capture

TRACES = sorted((Path(__file__).parents[1] / "traces").glob("*.log"))


@pytest.fixture(scope="module")
def artifacts() -> list[Artifact]:
    return [artifact for trace in TRACES for artifact in read_capture(trace).artifacts]


def words(artifacts: list[Artifact], pattern: str, *languages: Language) -> set[tuple[str, Language]]:
    found = re.compile(pattern, re.MULTILINE)
    return {
        (match, artifact.language)
        for artifact in artifacts
        if artifact.language in languages
        for match in found.findall(artifact.text)
    }


WORDS = {
    "instructions": (r"^ +((?:lock |rep |cs |data16 )*[a-z][a-z0-9]*)\b", (Language.ASM,), 20),
    "ATen operators": (r"torch\.ops\.(?!cases\.)\w+\.\w+(?:\.\w+)?", (Language.FX, Language.INDUCTOR), 10),
    "at::vec calls": (r"at::vec::\w+(?:<[\w, ]+>)?(?:::\w+)?", (Language.CPP, Language.INDUCTOR), 5),
    "methods of vectors": (r"\btmp\d+\.(\w+)\(", (Language.CPP,), 3),
    "pragmas": (r"^ *(#pragma .*)$", (Language.CPP,), 1),
    "bytecode": (r"^ +\d* *(?:>> )?\d+ ([A-Z][A-Z_0-9]+)", (Language.BYTECODE,), 15),
    "SASS": (r"^ +(?:@!?\w+ )?([A-Z][A-Z0-9.]+)\b", (Language.PTX,), 25),
    "PTX": (r"^ +(?:@!?%\w+ )?([a-z][a-z0-9.:]*)\b.*;$", (Language.PTX,), 20),
    "operations of MLIR": (r"\b((?:ttg?|arith|math|scf|cf)\.[a-z_]+)\b", (Language.LLVM,), 20),
    "calls in the output code": (
        r"\b(reinterpret_tensor|assert_size_stride|empty_strided_\w+|extern_kernels\.\w+|cpp_fused_\w+)\b",
        (Language.INDUCTOR,),
        5,
    ),
}


@pytest.mark.parametrize("what", WORDS)
def test_every_word_of_recorded_captures_is_explained(artifacts: list[Artifact], what: str) -> None:
    pattern, languages, least = WORDS[what]
    found = words(artifacts, pattern, *languages)
    assert len(found) >= least, "the traces hold such words"
    missing = {word for word, language in found if not explain(word, language)}
    assert missing == set()


def test_every_entry_says_something_and_where_it_is_from() -> None:
    for kind, entries in kinds().items():
        for word, about in entries.items():
            found = {entry.kind: entry for entry in explain(word)}
            assert found, word
            assert len(about) > 7, word
            assert about.rstrip().endswith((".", "…", ")")), about
            if kind in found:
                assert found[kind].source.name
                assert found[kind].source.url.startswith("https://"), word
                assert "{" not in found[kind].source.url


@pytest.mark.parametrize(
    "text, kind, word",
    [
        ("torch.ops.aten.mm.default", "aten", "mm"),
        ("aten.add.Tensor", "aten", "add"),
        ("aten::permute", "aten", "permute"),
        ("at::vec::Vectorized<float>::loadu", "vec", "loadu"),
        ("at::vec::vec_reduce_all<float, 1>", "vec", "vec_reduce_all"),
        ("#pragma  omp  for", "openmp", "#pragma omp for"),
        ("#pragma omp parallel num_threads(8)", "openmp", "#pragma omp parallel num_threads(8)"),
        ("lock cmpxchg", "x86", "cmpxchg"),
        ("VDIVPS", "x86", "vdivps"),
        ("zmm3", "x86", "zmm3"),
        ("LOAD_FAST", "bytecode", "LOAD_FAST"),
        ("reinterpret_tensor", "inductor", "reinterpret_tensor"),
        ("cpp_fused__unsafe_view_mul_silu_5", "inductor", "cpp_fused__unsafe_view_mul_silu_5"),
        ("extern_kernels.addmm", "inductor", "extern_kernels.addmm"),
        ("Sleef_expf16_u10", "cpp", "Sleef_expf16_u10"),
        ("tl.load", "triton", "tl.load"),
        ("ops.load", "ir", "ops.load"),
    ],
)
def test_words_are_known_as_they_stand_in_a_capture(text: str, kind: str, word: str) -> None:
    assert (kind, word) in {(entry.kind, entry.word) for entry in explain(text)}


def test_the_language_decides_between_two_meanings() -> None:
    assert {entry.kind for entry in explain("add")} >= {"aten", "x86"}
    assert [entry.kind for entry in explain("add", Language.ASM)] == ["x86"]
    assert [entry.kind for entry in explain("add", Language.FX)] == ["aten"]
    assert [entry.kind for entry in explain("exp", Language.CPP)] == ["vec"]


@pytest.mark.parametrize("word", ["", "no_such_word", "::", "<>", "torch.ops.aten.no_such_op.default", "#pragma", "()"])
def test_unknown_words_have_no_entry(word: str) -> None:
    assert explain(word) == ()


def test_near_words_are_offered() -> None:
    assert nearest("vdivpz")[0] in ("vdivps", "vdivpd")
    assert "reinterpret_tensor" in nearest("reinterpret_tensors")
    assert nearest("qqqqqqqqqq") == ()


@pytest.mark.parametrize(
    "line, at, language, word",
    [
        ("        vdivps  zmm0,zmm1,zmm2", 0, Language.ASM, "vdivps"),
        ("        vdivps  zmm0,zmm1,zmm2", 17, Language.ASM, "zmm0"),
        ("        lock cmpxchg DWORD PTR [rdi],eax", 9, Language.ASM, "lock cmpxchg"),
        ("    #pragma omp  for collapse(2)", 0, Language.CPP, "#pragma omp for collapse(2)"),
        ("auto tmp2 = tmp1.exp();", 6, Language.CPP, "tmp2"),
        ("auto tmp2 = tmp1.exp();", 13, Language.CPP, "tmp1"),
        ("auto tmp2 = tmp1.exp();", 18, Language.CPP, "exp"),
        ("auto tmp0 = at::vec::Vectorized<float>::loadu(p)", 20, Language.CPP, "at::vec::Vectorized<float>::loadu"),
        ("    mm: \"f32[8]\" = torch.ops.aten.mm.default(a, b)", 30, Language.FX, "torch.ops.aten.mm.default"),
        ("    buf0 = empty_strided_cpu((8, ), (1, ))", 0, Language.INDUCTOR, "buf0"),
        ("    buf0 = empty_strided_cpu((8, ), (1, ))", 9, Language.INDUCTOR, "empty_strided_cpu"),
        ("", 0, Language.CPP, ""),
        ("   }", 2, Language.CPP, ""),
        ("x", 99, Language.CPP, ""),
    ],
)  # fmt: skip
def test_the_word_at_a_cursor(line: str, at: int, language: Language, word: str) -> None:
    assert word_at(line, at, language) == word


def places(artifacts: list[Artifact]) -> Iterator[tuple[Artifact, str, int]]:
    for artifact in artifacts:
        if artifact.stage in (Stage.KERNEL, Stage.ASM, Stage.INDUCTOR):
            for line in artifact.lines:
                for col in range(0, len(line), 7):
                    yield artifact, line, col


def test_no_cursor_position_makes_it_stumble(artifacts: list[Artifact]) -> None:
    for artifact, line, col in places(artifacts):
        word = word_at(line, col, artifact.language)
        assert word == "" or " ".join(line.split()).find(word) >= 0
        explain(word, artifact.language)


@pytest.mark.parametrize(
    ("line", "col", "language", "word"),
    [
        ("     @P0 STS [R6], R7 ;", 0, Language.PTX, "STS"),
        ("          LDG.E.64 R2, desc[UR6][R6.64] ;", 12, Language.PTX, "LDG.E.64"),
        ("    @%p1 ld.global.v2.b32 { %r1, %r2 }, [ %rd1 + 0 ];", 6, Language.PTX, "ld.global.v2.b32"),
        ("    %tmp0_7 = tt.load %tmp0_5, %cst : tensor<1xf32>", 4, Language.LLVM, "tt.load"),
        ('    %tmp6 = "tt.reduce"(%tmp5) <{axis = 1 : i32}> ({', 0, Language.LLVM, "tt.reduce"),
        ("    tt.store %1, %tmp15 : tensor<1x!tt.ptr<f32>>", 5, Language.LLVM, "tt.store"),
    ],
)
def test_what_the_gpu_runs_is_found_at_the_left_of_its_line(line: str, col: int, language: Language, word: str) -> None:
    assert word_at(line, col, language) == word
    assert len(explain(word, language)) == 1
