"""No false "identical" and no false "different": any one edit of a recorded text, and any renaming of names.

The edits and the names are found here by patterns of their own, not by the reader that is tried.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from inspector.bundle import read
from inspector.compare.texts import compare_texts, text_of
from inspector.model.artifact import Artifact, Language
from inspector.model.difference import Change, Text
from inspector.model.stage import Stage
from inspector.trace import read_capture

ROOT = Path(__file__).parent.parent.parent
RECORDED = ("live_gated", "live_branches_train", "live_softmax_cuda", "train", "recompile", "symbols", "graph_break")


@cache
def texts() -> tuple[Artifact, ...]:
    captures = [read_capture(ROOT / "tests" / "traces" / f"{name}.log") for name in RECORDED]
    captures.append(read(ROOT / "samples" / "llama-mlp.inspector"))
    found = {item.text: item for capture in captures for item in capture.artifacts if 3 < len(item.lines) < 600}
    return tuple(found.values())


def of(stage: Stage) -> tuple[Artifact, ...]:
    return tuple(item for item in texts() if item.stage is stage)


STAGES = sorted({item.stage for item in texts()}, key=lambda stage: stage.order)
few = settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)


def verdict(artifact: Artifact, text: str) -> Change:
    other = Text(artifact.id, artifact.language, text, artifact.id)
    return compare_texts("x", text_of(artifact), other, stage=artifact.stage).difference.change


# --- edits --------------------------------------------------------------------------------------------------

COMMENTS = {Language.CPP: "//", Language.PTX: "//", Language.LLVM: None, Language.ASM: None, Language.IR: None}
NUMBER = re.compile(r"(?<![\w.%$#@-])\d+(?:\.\d+)?(?![\w.])")
TYPES = {
    "f32": "f16", "float32": "float16", "float": "double", "fp32": "fp16", "i32": "i64", "int64_t": "int32_t",
    "i64": "i32", "b32": "b64", "f64": "f32", "float16": "bfloat16", "int64": "int32",
}  # fmt: skip
TYPE = re.compile(rf"(?<![A-Za-z0-9])({'|'.join(TYPES)})(?![A-Za-z0-9])")
OPERATORS: dict[Language, re.Pattern[str]] = {
    Language.FX: re.compile(r"(?<=aten\.)\w+|(?<=_nn\.)\w+|(?<=torch\.)[a-z]+(?=\()|(?<=\w )[-+*/](?= \w)"),
    Language.IR: re.compile(r"(?<=ops\.)\w+|(?<=extern_kernels\.)\w+"),
    Language.CPP: re.compile(r"(?<=tmp\d\.)[a-z]\w*|(?<=tmp\d )[-+*/](?= )|(?<=std::)(?:exp|abs|log)\w*"),
    Language.TRITON: re.compile(r"(?<=tl\.)[a-z]\w+|(?<=libdevice\.)\w+|(?<=tmp\d )[-+*/](?= )"),
    Language.INDUCTOR: re.compile(r"(?<=extern_kernels\.)\w+(?=\()|(?<=tmp\d\.)[a-z]\w*|(?<=tl\.)[a-z]\w+"),
    Language.LLVM: re.compile(r"(?<== )(?:arith|tt|math)\.\w+|(?<== )(?:add|shl|or|fmul|fsub|and|icmp)\b"),
    Language.PTX: re.compile(r"(?m)^\s+(?:@!?%?\w+ )?[A-Za-z][\w.]+(?= )"),
    Language.ASM: re.compile(r"(?m)^\s+[a-z]\w+(?= )"),
    Language.BYTECODE: re.compile(r"\b(?:LOAD|BINARY|CALL|COMPARE|POP)_?[A-Z_]*\b|(?<=\()[-+*>](?=\))"),
    Language.PYTHON: re.compile(r"(?<=\.)[a-z]+(?=\()|(?<= )[-+*/](?= )"),
}
REGISTERS = re.compile(r"\b(?:zmm|ymm|xmm)\d+\b|\br\d+\b|\bR\d+\b")


def code(artifact: Artifact) -> Iterator[tuple[int, str]]:
    """The offset and the code of each line, without comments and what only lets names go."""
    at = 0
    sign = COMMENTS.get(artifact.language, "#")
    for line in artifact.text.split("\n"):
        shown = line.partition(sign)[0] if sign else line
        if artifact.language is Language.BYTECODE:  # offsets and numbers of names are numbering
            shown = re.sub(r"^[\s>\d]*(?=[A-Z])|(?<=[A-Z])\s+\d+(?= \()", lambda match: " " * len(match[0]), shown)
        if artifact.language is Language.ASM:
            shown = re.sub(r"\[rip.*", "", shown)
        yield at, re.sub(r";\s+(?:\w+ = )+None\s*$", "", shown)
        at += len(line) + 1


def spots(artifact: Artifact, pattern: re.Pattern[str]) -> list[tuple[int, int]]:
    """Where a pattern is found in code."""
    return [(at + m.start(), at + m.end()) for at, line in code(artifact) for m in pattern.finditer(line)]


def other_number(text: str) -> str:
    return f"{text}1" if text[0] != "9" else f"1{text}"


def other_operator(text: str) -> str:
    if text in "+-*/>":
        return {"+": "-", "-": "+", "*": "/", "/": "*", ">": "<"}[text]
    return f"{text}x"


def stem(name: str) -> str:
    """`cos` of `cos_1`: two loads of one value and what is made of them can be exchanged without any change."""
    return re.sub(r"_\d+$", "", name)


EDITS: dict[str, Callable[[Artifact], list[tuple[int, int, str]]]] = {
    "constant": lambda a: [(s, e, other_number(a.text[s:e])) for s, e in spots(a, NUMBER)],
    "dtype": lambda a: [(s, e, TYPES[a.text[s:e]]) for s, e in spots(a, TYPE)],
    "operator": lambda a: [
        (s, e, other_operator(a.text[s:e]))
        for s, e in (spots(a, OPERATORS[a.language]) if a.language in OPERATORS else [])
    ],
    "arguments": lambda a: [
        (at + m.start(), at + m.end(), f"{m[1]}{m[4]}{m[3]}{m[2]}{m[5]}")
        for at, line in code(a)
        for m in re.finditer(r"([(,] ?)([\w.]+)(, )([\w.]+)([,)])", line)
        if m[2] != m[4] and not (a.language is Language.IR and stem(m[2]) == stem(m[4]))
    ],
    "registers": lambda a: [
        (s, e, a.text[s:e] + "0") for s, e in (spots(a, REGISTERS) if a.stage in (Stage.ASM, Stage.SASS) else [])
    ],
}


LACKING = {
    "arguments": {"asm", "bytecode", "dynamo", "ttgir", "ttir"},
    "dtype": {"asm", "bytecode", "sass", "source"},
    "registers": {stage.value for stage in STAGES} - {"asm", "sass"},
}
"""What the recorded texts of these stages have none of."""


def editable(stage: Stage, kind: str) -> list[tuple[Artifact, list[tuple[int, int, str]]]]:
    """The recorded texts of a stage that have something of the kind, each with the edits of it."""
    return [(item, edits) for item in of(stage) if (edits := EDITS[kind](item))]


KINDS = [(stage, kind) for stage in STAGES for kind in EDITS if editable(stage, kind)]


def test_each_stage_is_edited_in_all_that_its_texts_have() -> None:
    for kind in EDITS:
        assert {stage.value for stage in STAGES} - {s.value for s, k in KINDS if k == kind} == LACKING.get(kind, set())


@pytest.mark.parametrize(("stage", "kind"), KINDS)
def test_one_edit_is_always_different(stage: Stage, kind: str) -> None:
    tried = editable(stage, kind)

    @few
    @given(st.data())
    def run(data: st.DataObject) -> None:
        artifact, edits = data.draw(st.sampled_from(tried))
        start, end, new = data.draw(st.sampled_from(edits))
        edited = f"{artifact.text[:start]}{new}{artifact.text[end:]}"
        assert verdict(artifact, edited) is Change.CHANGED, (artifact.id, artifact.text[start - 60 : end + 60], new)

    run()


# --- renamings ----------------------------------------------------------------------------------------------

NAMES: dict[Language, re.Pattern[str]] = {
    Language.FX: re.compile(r"(?m)^ +([a-z]\w*?_\d+)(?=:| =)"),
    Language.IR: re.compile(r"(?m)^ +([a-z]\w*) = (?:ops|self)\.|\b((?:buf|op)\d+)\b"),
    Language.CPP: re.compile(r"\b((?:tmp|x|in_ptr|out_ptr|in_out_ptr)\d+)\b"),
    Language.TRITON: re.compile(r"\b((?:tmp|in_ptr|out_ptr)\d+)\b"),
    Language.INDUCTOR: re.compile(r"\b((?:tmp|buf|in_ptr|out_ptr)\d+)\b"),
    Language.LLVM: re.compile(r"(%\w+)(?= = )"),
    Language.PTX: re.compile(r"(%rd?\d+)\b"),
    Language.ASM: re.compile(r"(?m)^(\.L\d+):"),
    Language.BYTECODE: re.compile(r"_FAST +\d+ \((\w+)\)"),
}


def renamed(artifact: Artifact, names: dict[str, str]) -> str:
    """The text with every place of these names exchanged; not where the word is an attribute or a keyword."""
    before, after = (r"(?<![\w.%])", r"(?!\w)") if artifact.language is not Language.ASM else ("", r"(?!\d)")
    if artifact.language in (Language.LLVM, Language.PTX):
        before, after = "", r"(?![\w.])"
    if artifact.language is Language.IR:  # `op0_op1`, `buf0_layout`
        after = r"(?![A-Za-z0-9])(?!_\d)"
    word = re.compile(
        before + "(" + "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True)) + ")" + after
    )
    if artifact.language is Language.BYTECODE:
        word = re.compile(r"(?<=\()(" + "|".join(map(re.escape, names)) + r")(?=\)$)", re.MULTILINE)
        lines = artifact.text.split("\n")
        return "\n".join(word.sub(lambda m: names[m[1]], line) if "_FAST" in line else line for line in lines)
    return word.sub(lambda match: names[match[1]], artifact.text)


NAMED = [stage for stage in STAGES if stage is not Stage.SASS and any(item.language in NAMES for item in of(stage))]
"""SASS as it is recorded has no label."""


@pytest.mark.parametrize("stage", NAMED)
def test_a_renaming_is_always_identical_up_to_names(stage: Stage) -> None:
    tried = []
    for item in of(stage):
        pattern = NAMES.get(item.language)
        found = [name for match in pattern.finditer(item.text) for name in match.groups() if name] if pattern else []
        if found:
            tried.append((item, list(dict.fromkeys(found))))
    assert tried

    @few
    @given(st.data())
    def run(data: st.DataObject) -> None:
        artifact, names = data.draw(st.sampled_from(tried))
        chosen = data.draw(st.lists(st.sampled_from(names), min_size=1, unique=True))
        numbers = data.draw(st.permutations(range(9000, 9000 + len(chosen))))
        new = {name: f"{re.sub(r'[0-9]+$', '', name)}{number}" for name, number in zip(chosen, numbers, strict=True)}
        text = renamed(artifact, new)
        assume(text != artifact.text)
        assert verdict(artifact, text) is Change.RENAMED, (artifact.id, new)

    run()
