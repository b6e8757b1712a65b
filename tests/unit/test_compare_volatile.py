"""What is left out of a comparison as volatile: never what a program wrote itself, and never which object is meant."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from inspector.compare import compare_compilations
from inspector.compare.guards import compare_guards
from inspector.compare.texts import compare_texts
from inspector.compare.volatile import steady
from inspector.model.artifact import Language
from inspector.model.capture import Capture, Guard
from inspector.model.difference import Text
from inspector.model.guard_words import split_comment
from inspector.trace import read_capture

TRACES = Path(__file__).parent.parent / "traces"
few = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)

DIGEST = "c" + "q7yjh3rf2xtuc2darrgflcqtvnsighjcadqatx2yzbgi5ouwkjh"
LOOKS_VOLATILE = st.one_of(
    st.builds("0x{:012x}".format, st.integers(0, 2**48)),
    st.builds("<object at 0x{:012x}>".format, st.integers(0, 2**48)),
    st.builds("/tmp/{}/weights.pt".format, st.text("abc", min_size=1)),
    st.builds("/tmp/torchinductor_root/{}/{}.py".format, st.text("abc", min_size=1), st.just(DIGEST)),
    st.builds("{0}{1}".format, st.sampled_from("abc"), st.just(DIGEST)),
    st.builds("{:032x}".format, st.integers(2**100, 2**128 - 1)),
    st.builds("__compiled_fn_{}".format, st.integers(0, 99)),
    st.builds("___check_obj_id(x, {})".format, st.integers(10**6, 10**12)),
    st.builds("# AOT ID: {}".format, st.integers(0, 9)),
    st.builds("# File: /{}/a.py:3 in f".format, st.text("abc", min_size=1)),
    st.builds('File "/tmp/{}/a.py"'.format, st.text("abc", min_size=1)),
)
"""Text of a program's own that looks like what differs between runs without meaning anything."""
STRINGS = st.lists(st.one_of(LOOKS_VOLATILE, st.text("'\"\\# a/0x", max_size=4)), min_size=1, max_size=3).map("".join)


@few
@given(STRINGS, STRINGS, st.booleans())
def test_guards_for_two_strings_are_two(one: str, other: str, one_process: bool) -> None:
    assume(one != other)
    a, b = (Guard(f"L['name'] == {text!r}", "EQUALS_MATCH", "L['name']") for text in (one, other))
    (change,) = compare_guards([a], [b], one_process=one_process)
    assert (change.a, change.b) == (a, b)


@few
@given(STRINGS, STRINGS)
def test_graphs_with_two_strings_are_two(one: str, other: str) -> None:
    assume(one != other)
    texts = [
        "class GraphModule(torch.nn.Module):\n"
        '    def forward(self, x: "f32[4]"):\n'
        f'        named: "f32[4]" = torch.ops.mine.load.default(x, {text!r})\n'
        "        return (named,)\n"
        for text in (one, other)
    ]
    a, b = (Text("t", Language.FX, text, "t") for text in texts)
    assert not compare_texts("x", a, b).difference.change.alike


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("return s0//tmp1//2", "return s0//tmp2//2"),
        (
            "x = convolutionwithaverylongnameandnodigitinitatalla(y)",
            "x = convolutionwithaverylongnameandnodigitinitatallb(y)",
        ),
    ],
)
def test_what_only_resembles_a_folder_or_a_digest_counts(one: str, other: str) -> None:
    assert steady(one) != steady(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ('#include "/tmp/run_a/3x/cabc.h"', '#include "/tmp/run_b/9y/cabc.h"'),
        ("# kernel path: /tmp/torchinductor_me/aa/x.py", "# kernel path: /tmp/torchinductor_you/bb/x.py"),
        ('.file\t1 "/tmp/a/k.py"', '.file\t1 "/tmp/b/k.py"'),
        ("LOAD_GLOBAL 3 (__compiled_fn_1)", "LOAD_GLOBAL 3 (__compiled_fn_5_1b9d6bcd_bbfd_4b2d_9b5d_ab8dfbbd4bed)"),
        (
            '(<code object f at 0x7f0012345678, file "/tmp/a/job.py")',
            '(<code object f at 0x7f00aaaaaaaa, file "/tmp/b/job.py")',
        ),
        ("# AOT ID: ['0_inference']", "# AOT ID: ['3_inference']"),
        ("        # File: /a/m.py:3 in f, code: y", "        # File: /b/m.py:7 in f, code: y"),
    ],
)
def test_what_every_run_names_anew_does_not_count(one: str, other: str) -> None:
    assert steady(one) == steady(other)


# --- guards -------------------------------------------------------------------------------------------------


@cache
def recorded(name: str) -> Capture:
    return read_capture(TRACES / f"{name}.log")


@cache
def guards() -> tuple[Guard, ...]:
    """Guards of every kind that torch 2.13 has, each once."""
    found = [
        guard for name in ("guard_kinds", "chains") for item in recorded(name).compilations for guard in item.guards
    ]
    return tuple({(guard.kind, guard.code): guard for guard in found}.values())


WORD = re.compile(r"[A-Za-z_]\w*|\d+(?:\.\d+)?|==|!=|<=|>=| is not | is | in ")


@settings(few, max_examples=150)
@given(st.data())
def test_one_edit_of_a_guard_is_always_different(data: st.DataObject) -> None:
    """Any word, number or comparison, of any guard; of two processes the numbers of objects are no edit."""
    guard = data.draw(st.sampled_from(guards()))
    one_process = data.draw(st.booleans())
    code = split_comment(guard.code).code
    words = [match for match in WORD.finditer(code) if one_process or not re.fullmatch(r"\d{6,}", match[0])]
    assume(words)
    word = data.draw(st.sampled_from(words))
    other = (
        f"{word[0]}9" if word[0][-1].isalnum() or word[0][-1] == "_" else " is 9 " if " " in word[0] else f"{word[0]}~"
    )
    edited = replace(guard, code=code[: word.start()] + other + code[word.end() :])
    changes = compare_guards([guard], [edited], one_process=one_process)
    assert {change.a for change in changes} | {change.b for change in changes} >= {guard, edited}
    assert not compare_guards([guard], [guard], one_process=one_process)


def identity(number: int) -> Guard:
    code = f"___check_obj_id(L['self'].act, {number}), type=<class 'builtin_function_or_method'>"
    return Guard(code, "ID_MATCH", "L['self'].act")


def test_which_object_a_guard_asks_for_counts_within_a_process() -> None:
    """Two functions of C's are of one type: only the number tells `relu` from `tanh`."""
    (change,) = compare_guards([identity(140069954514720)], [identity(140069954436160)], one_process=True)
    assert "140069954514720" in change.what and "140069954436160" in change.what


def of_identities(a: tuple[int, str], b: tuple[int, str]) -> tuple[Capture, str, str]:
    """Two compile ids of a log that have nothing but one guard each, and the logs that they say they are of."""
    whole = recorded("recompile")
    first, second = whole.compilations[:2]
    made = [replace(item, guards=(identity(number),), log=log) for item, (number, log) in ((first, a), (second, b))]
    return replace(whole, compilations=tuple(made)), first.compile_id, second.compile_id


def test_of_one_log_another_object_is_a_difference_and_of_two_it_is_not_compared() -> None:
    capture, one, other = of_identities((1234567, "a.log"), (7654321, "a.log"))
    pair = compare_compilations(capture, one, capture, other)
    assert (len(pair.guards), pair.guards_compared, pair.identities) == (1, 1, 0)
    capture, one, other = of_identities((1234567, "a.log"), (7654321, "b.log"))
    pair = compare_compilations(capture, one, capture, other)
    assert (len(pair.guards), pair.guards_compared, pair.identities) == (0, 0, 1)
