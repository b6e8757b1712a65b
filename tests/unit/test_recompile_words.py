"""Failed guards in torch's words, cut into what was expected and what came."""

from __future__ import annotations

import pytest

from inspector.model.call_values import CallValues
from inspector.model.capture import Capture, Compilation, CompileStatus, Frame, Recompile
from inspector.model.compile_row import CompileRow, GuardFailure
from inspector.model.guards import Guard
from inspector.model.overview import Overview
from inspector.model.overview_of import overview_of
from inspector.model.recompiles import NO_GUARD_FAILED, read_failure, whole_reasons, with_values
from inspector.model.shapes import Symbol
from inspector.say.compiles import failure_words


def test_a_reason_is_cut_up() -> None:
    words = "n == 3                                        # return x * n  # model.py:12 in forward"
    stack = '\nUser stack trace:\n  File "model.py", line 12, in forward\n    return x * n'
    found = read_failure(f"3/12: {words}{stack}")
    assert (found.text, found.against, found.source, found.what) == (words, "3/12", "n", "value")
    assert (found.expected, found.actual, found.place) == ("3", "", "model.py:12 in forward")
    assert found.stack == (Frame("model.py", 12, "forward", "return x * n"),)


def test_reasons_that_an_old_bundle_holds_in_pieces_are_whole_again() -> None:
    pieces = ("0/0: n == 3", "User stack trace:", '  File "model.py", line 12, in f', "    self.n += 1", "0/1: m == 2")
    assert whole_reasons(pieces) == ("\n".join(pieces[:4]), "0/1: m == 2")
    assert whole_reasons(("n == 3", "m == 2")) == ("n == 3", "m == 2"), "torch before 2.5 names no compile id"


@pytest.mark.parametrize("words", ["something that torch says tomorrow", ""])
def test_words_that_nobody_knows_are_kept(words: str) -> None:
    assert read_failure(f"0/0: {words}".strip()) in (GuardFailure(words, "0/0"), GuardFailure("0/0:"))


def test_what_torch_remarks_is_neither_place_nor_guard() -> None:
    found = read_failure("0/0: x.size()[0] != 8  # if n == 8:  # a.py:61 in f (_dynamo/tensor.py:26 in evaluate)")
    assert (found.expected, found.place, found.remark) == (
        "x.size()[0] != 8",
        "a.py:61 in f",
        "_dynamo/tensor.py:26 in evaluate",
    )


def nothing(compile_id: str) -> CallValues:
    return CallValues(())


def test_what_came_is_what_the_new_compile_guards_on() -> None:
    silent = read_failure("0/0: n == 3")
    told = read_failure("0/0: tensor 'x' dtype mismatch. expected Float, actual Double")
    size = read_failure("0/0: x.size()[0] == 8")
    new = CallValues((Guard("L['n'] == 4"), Guard("L['x'].size()[0] == 16"), Guard("len(L['xs']) == 2")))
    filled = with_values((silent, told, size), new, nothing)
    assert [item.actual for item in filled] == ["4", "Double", "16"]
    same = CallValues((Guard("L['n'] == 3"),))
    assert with_values((silent,), same, nothing) == (silent,), "the same value explains nothing"
    assert with_values((silent,), CallValues(()), nothing) == (silent,)


def test_what_came_is_what_torch_made_a_symbol_of() -> None:
    silent = read_failure("0/0: scale == 1.0")
    size = read_failure("0/0: x.size()[0] == 8")
    condition = read_failure("0/0: len(x) % 2 == 0")
    assert (silent.silent, size.silent, condition.silent) == (True, True, True)
    symbols = (Symbol("zf69", "2.0", "", "L['scale']"), Symbol("s77", "16", "", "L['x'].size()[0]"), Symbol("u0"))
    filled = with_values((silent, size), CallValues((), (), symbols), nothing)
    assert [(item.actual, item.silent) for item in filled] == [("2.0", False), ("16", False)]


def test_an_object_has_the_names_that_other_guards_know_it_by() -> None:
    """Of two ids alone nobody can tell what stands behind them."""
    failed = read_failure("0/0: ___check_obj_id(self.act, 11), type=<class 'function'>")
    old = CallValues((Guard("___check_obj_id(L['self'].act, 11), type=<class 'function'>"),))
    new = CallValues(
        (
            Guard("___check_obj_id(L['self'].act, 12), type=<class 'function'>"),
            Guard("___check_obj_id(G['F'].gelu, 12), type=<class 'function'>"),
        )
    )
    (filled,) = with_values((failed,), new, lambda _: old)
    assert (filled.expected, filled.actual) == ("function, id 11", "function, id 12: G['F'].gelu")


def test_a_part_of_a_condition_that_is_not_known_is_called_so() -> None:
    failed = read_failure("0/0: x.size()[0] + n > 3")
    new = CallValues((), (), (Symbol("s77", "1", "", "L['x'].size()[0]"),))
    (filled,) = with_values((failed,), new, nothing)
    assert filled.actual == "x.size()[0] = 1, n = not recorded"


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


def test_no_advice_is_said_of_guards_that_were_looked_at() -> None:
    """A forked process has the recompile alone: its parent has the compile whose guard failed."""
    (alone,) = overview_of(_forked(), advise=True).chains
    assert alone.advice is None


def _forked() -> Capture:
    reason = "0/0: tensor 'x' size mismatch at index 0. expected 8, actual 5"
    again = Compilation("0/1", CompileStatus.DONE, "f")
    return Capture(compilations=(again,), recompiles=(Recompile("0/1", "f", (reason,)),))
