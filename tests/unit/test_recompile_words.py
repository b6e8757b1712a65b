"""Failed guards in torch's words, cut into what was expected and what came."""

from __future__ import annotations

import pytest

from inspector.cli.overview_text import failure_words
from inspector.model.capture import CompileStatus
from inspector.model.compile_row import CompileRow, GuardFailure
from inspector.model.guards import Guard
from inspector.model.overview import Overview
from inspector.model.recompiles import NO_GUARD_FAILED, read_failure, with_actual_values
from inspector.model.shapes import Symbol

# From torch 2.5 to 2.13: `recompile_reasons` records and TORCH_LOGS=recompiles.
WORDS = [
    (
        "0/0: tensor 'x' size mismatch at index 1. expected 16, actual 32",
        GuardFailure("", "0/0", "x", "size at index 1", "16", "32"),
    ),
    (
        "3/12: tensor 'L['x']' stride mismatch at index 0. expected 8, actual 4",
        GuardFailure("", "3/12", "L['x']", "stride at index 0", "8", "4"),
    ),
    (
        "0/1: tensor 'x' dtype mismatch. expected Float, actual Double",
        GuardFailure("", "0/1", "x", "dtype", "Float", "Double"),
    ),
    ("0/0: tensor 'x' rank mismatch. expected 2, actual 3", GuardFailure("", "0/0", "x", "rank", "2", "3")),
    (
        "0/0: tensor 'x' requires_grad mismatch. expected requires_grad=0",
        GuardFailure("", "0/0", "x", "requires_grad", "0", "1"),
    ),
    (
        "0/0: tensor 'x' Tensor device index mismatch. Expected device index to be 0, actual 1",
        GuardFailure("", "0/0", "x", "device index", "0", "1"),
    ),
    (
        "0/0: tensor 'x' dispatch key set mismatch. expected DispatchKeySet(CPU, AutogradCPU), "
        "actual DispatchKeySet(CPU, AutogradCPU, ADInplaceOrView)",
        GuardFailure(
            "",
            "0/0",
            "x",
            "dispatch key set",
            "DispatchKeySet(CPU, AutogradCPU)",
            "DispatchKeySet(CPU, AutogradCPU, ADInplaceOrView)",
        ),
    ),
    (
        "0/0: n == 3                                        # return x * n  # model.py:12 in forward",
        GuardFailure("", "0/0", "n", "value", "3", "", "model.py:12 in forward"),
    ),
    ("0/0: self.mode == 'fast'", GuardFailure("", "0/0", "self.mode", "value", "'fast'")),
    ("0/0: x is None", GuardFailure("", "0/0", "x", "value", "None")),
    ("0/0: len(xs) == 2", GuardFailure("", "0/0", "xs", "length", "2")),
    (
        "0/0: ___check_type_id(x, 94110912), type=<class 'int'>",
        GuardFailure("", "0/0", "x", "type", "<class 'int'>"),
    ),
    ("0/0: ___check_obj_id(self.act, 7601)", GuardFailure("", "0/0", "self.act", "identity", "")),
    ("0/0: x.size()[0] == 8", GuardFailure("", "0/0", "x", "size at index 0", "8")),
    ("0/0: 2 <= x.size()[0] <= 10", GuardFailure("", "0/0", "x", "condition", "2 <= x.size()[0] <= 10")),
    (
        "0/0: x.size()[0] == y.size()[1]",
        GuardFailure("", "0/0", "x", "condition", "x.size()[0] == y.size()[1]"),
    ),
    ("0/0: GLOBAL_STATE changed: grad_mode ", GuardFailure("", "0/0", "", "global state: grad_mode")),
    (
        "tensor 'x' size mismatch at index 0. expected 2, actual 3",
        GuardFailure("", "", "x", "size at index 0", "2", "3"),
    ),
    ("!1/0/0: x == 1", GuardFailure("", "!1/0/0", "x", "value", "1")),
    ("0/0: something that torch says tomorrow", GuardFailure("", "0/0")),
    ("", GuardFailure("")),
]


@pytest.mark.parametrize("words, expected", WORDS)
def test_a_reason_is_cut_up(words: str, expected: GuardFailure) -> None:
    found = read_failure(words)
    assert found == GuardFailure(
        found.text,
        expected.against,
        expected.source,
        expected.what,
        expected.expected,
        expected.actual,
        expected.place,
    )
    assert found.text in words and not found.text.startswith("0/0:"), "torch's own words are kept"


def test_the_user_stack_below_a_reason_is_not_part_of_it() -> None:
    found = read_failure('0/0: n == 3\nUser stack trace:\n  File "model.py", line 12, in forward\n    return x * n')
    assert (found.text, found.source, found.expected) == ("n == 3", "n", "3")


def test_what_came_is_what_the_new_compile_guards_on() -> None:
    silent = read_failure("0/0: n == 3")
    told = read_failure("0/0: tensor 'x' dtype mismatch. expected Float, actual Double")
    size = read_failure("0/0: x.size()[0] == 8")
    guards = (Guard("L['n'] == 4"), Guard("L['x'].size()[0] == 16"), Guard("len(L['xs']) == 2"))
    filled = with_actual_values((silent, told, size), guards)
    assert [item.actual for item in filled] == ["4", "Double", "16"]
    assert with_actual_values((silent,), (Guard("L['n'] == 3"),)) == (silent,), "the same value explains nothing"
    assert with_actual_values((silent,), ()) == (silent,)


def test_what_came_is_what_torch_made_a_symbol_of() -> None:
    silent = read_failure("0/0: scale == 1.0")
    size = read_failure("0/0: x.size()[0] == 8")
    assert (silent.silent, size.silent, read_failure("0/0: len(x) % 2 == 0").silent) == (True, True, False)
    symbols = (Symbol("zf69", "2.0", "", "L['scale']"), Symbol("s77", "16", "", "L['x'].size()[0]"), Symbol("u0"))
    filled = with_actual_values((silent, size), (), symbols)
    assert [(item.actual, item.silent) for item in filled] == [("2.0", False), ("16", False)]


def test_a_frame_that_two_threads_compiled() -> None:
    found = read_failure(
        "2/0: Unexpected recompilation: runtime guards failed even though they passed during recompilation-reason "
        "analysis. Please open an issue with a minimal repro: https://github.com/pytorch/pytorch"
    )
    assert (found.against, found.what, found.expected, found.silent) == ("2/0", NO_GUARD_FAILED, "", False)
    assert failure_words(found) == NO_GUARD_FAILED


def rows(*ids: str) -> tuple[CompileRow, ...]:
    failure = read_failure("0/0: tensor 'x' size mismatch at index 0. expected 2, actual 3")
    return tuple(
        CompileRow(
            compile_id,
            CompileStatus.DONE,
            function="f",
            recompiles=int(compile_id.partition("~")[0].rpartition("/")[2]),
            failures=(failure,) if not compile_id.partition("~")[0].endswith("/0") else (),
        )
        for compile_id in ids
    )


def test_chains_are_per_function_process_and_reset() -> None:
    ids = ("0/0", "0/1", "1/0", "rank1/0/0", "rank1/0/1", "rank1/0/2", "0/0~2", "0/1~2", "!1/0/0", "!1/0/1")
    overview = Overview(rows(*ids))
    chains = {chain.frame: [row.compile_id for row in chain.rows] for chain in overview.chains}
    assert chains == {
        "rank1/0": ["rank1/0/0", "rank1/0/1", "rank1/0/2"],
        "0": ["0/0", "0/1"],
        "0~2": ["0/0~2", "0/1~2"],
        "!1/0": ["!1/0/0", "!1/0/1"],
    }
    assert overview.chains[0].frame == "rank1/0", "the longest first"
    assert overview.chains[0].culprits == (("x", "size at index 0", 2),)
    assert overview.processes == ("", "rank1")
    assert overview.totals.recompiles == 5
