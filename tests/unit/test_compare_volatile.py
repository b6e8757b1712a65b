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
from inspector.compare.volatile import steady, steady_guard
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
    """Any word, number or comparison, of any guard; of two processes the numbers of objects are no edit.

    Nor is the number that Dynamo counts up at the end of a global of its own.
    """
    guard = data.draw(st.sampled_from(guards()))
    one_process = data.draw(st.booleans())
    code = split_comment(guard.code).code
    words = [match for match in WORD.finditer(code) if one_process or not re.fullmatch(r"\d{6,}", match[0])]
    words = [match for match in words if not re.fullmatch(r"__builtins_dict___\d+", match[0])]
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
    assert change.what == "140069954514720 → 140069954436160"


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


def test_a_number_that_dynamo_counts_up_in_a_globals_name_is_no_difference() -> None:
    """Each compile has a `__builtins_dict___N` of its own; what is shown is the name as it was stored."""
    capture = recorded("chains")
    (only,) = compare_compilations(capture, "2/0", capture, "2/1").guards
    assert (only.b and only.b.kind, only.what) == ("LENGTH_CHECK", "1 → 2")
    asked = [guard for item in capture.compilations[6:8] for guard in item.guards if guard.kind == "ID_MATCH"]
    assert [guard.source for guard in asked] == ["G['__builtins_dict___12']['len']", "G['__builtins_dict___14']['len']"]


BUILT_IN = "___check_obj_id(G['__builtins_dict___{}']['{}'], {}), type=<class 'builtin_function_or_method'>"


@pytest.mark.parametrize(
    ("other", "what"),
    [
        ((14, "len", 140515694384099), "140515694384032 → 140515694384099"),
        ((14, "max", 140515694384032), None),
    ],
)
def test_below_such_a_global_another_object_or_key_is_a_difference(
    other: tuple[int, str, int], what: str | None
) -> None:
    names = ((12, "len", 140515694384032), other)
    a, b = (
        Guard(BUILT_IN.format(*item), "ID_MATCH", "G['__builtins_dict___{}']['{}']".format(*item)) for item in names
    )
    changes = compare_guards([a], [b], one_process=True)
    assert {change.a for change in changes} | {change.b for change in changes} >= {a, b}
    if what is not None:
        (change,) = changes
        assert change.what == what


OF_OBJECT = "G['__dict_key_{}_c{}']() is not None"


@pytest.mark.parametrize(
    ("a", "b", "one_process", "alike"),
    [
        (OF_OBJECT.format(140515694384032, 3), OF_OBJECT.format(140515694384032, 4), True, True),
        (OF_OBJECT.format(140515694384032, 3), OF_OBJECT.format(140515694384099, 4), True, False),
        (OF_OBJECT.format(140515694384032, 3), OF_OBJECT.format(140515694384099, 4), False, True),
        ("G['cache_12'] == 1", "G['cache_14'] == 1", False, False),
        ("G['__builtins_dict__mine_12'] == 1", "G['__builtins_dict__mine_14'] == 1", False, False),
        ("""L['x'] == "G['__builtins_dict___12']\"""", """L['x'] == "G['__builtins_dict___14']\"""", False, False),
    ],
)
def test_names_of_globals(a: str, b: str, one_process: bool, alike: bool) -> None:
    """A global named for an object is the object's; a user's global, and what stands in a text, is compared whole."""
    assert (steady_guard(a, one_process=one_process) == steady_guard(b, one_process=one_process)) is alike


def test_the_number_of_a_resumed_functions_global_is_no_difference() -> None:
    assert steady("  LOAD_GLOBAL 3 (__resume_at_120_26)") == steady("  LOAD_GLOBAL 3 (__resume_at_120_7)")
    assert steady("  LOAD_GLOBAL 3 (__resume_at_120_26)") != steady("  LOAD_GLOBAL 3 (__resume_at_98_26)")


def test_the_address_of_a_frozen_constant_is_no_difference_and_its_shape_is_one() -> None:
    line = "_frozen_param1 = None  # device(type='cpu') torch.float32 (512,) (1,) 7f42202a16d0"
    assert steady(line) == steady(line.replace("7f42202a16d0", "7ff6f5ab1130"))
    assert steady(line) != steady(line.replace("(512,)", "(513,)"))
    assert steady(line) != steady(line.replace("_param1", "_param2"))
    meant = line.replace("_frozen_param1", "⟨constant 1⟩")  # a comparison puts meanings for names
    assert steady(meant) == steady(meant.replace("7f42202a16d0", "7ff6f5ab1130"))
