"""Which rows a person wants to see, and in which order."""

from __future__ import annotations

import pytest

from inspector.errors import UsageError
from inspector.model.cache import CacheLookup
from inspector.model.capture import CompileStatus
from inspector.model.compile_row import CompileRow, CompileTimes, GuardFailure, Warmth
from inspector.model.frame import Frame
from inspector.model.selection import SortKey, plain_words, selected

ROWS = (
    CompileRow(
        "0/0",
        CompileStatus.DONE,
        "forward",
        Frame("/app/model.py", 12, "forward"),
        times=CompileTimes(2.0, backward=3.0),
    ),
    CompileRow(
        "0/1",
        CompileStatus.DONE,
        "forward",
        Frame("/app/model.py", 12, "forward"),
        times=CompileTimes(4.0),
        recompiles=1,
        failures=(GuardFailure("tensor 'mask' size mismatch at index 1. expected 8, actual 9"),),
        caches=(CacheLookup("0/1", "fx_graph", "miss"),),
        warmth=Warmth.COLD,
    ),
    CompileRow("rank1/0/0", CompileStatus.FAILED, "loss", error="Unsupported: print", breaks=2, guards=70),
    CompileRow("rank1/1/0", CompileStatus.LIVE, "", caches=(CacheLookup("rank1/1/0", "fx_graph", "hit"),)),
)


@pytest.mark.parametrize(
    "needle, expected",
    [
        ("", ["0/0", "0/1", "rank1/0/0", "rank1/1/0"]),
        ("forward", ["0/0", "0/1"]),
        ("FORWARD mask", ["0/1"]),
        ("model.py:12", ["0/0", "0/1"]),
        ("unsupported", ["rank1/0/0"]),
        ("rank1", ["rank1/0/0", "rank1/1/0"]),
        ("status:failed", ["rank1/0/0"]),
        ("cache:miss cold", ["0/1"]),
        ("time>4", ["0/0"]),
        ("time>=4", ["0/0", "0/1"]),
        ("time<1", []),
        ("guards<100", ["rank1/0/0"]),
        ("time=4.0", ["0/1"]),
        ("recompiles>0", ["0/1"]),
        ("breaks>1 guards>=70", ["rank1/0/0"]),
        ("id:0/1", ["0/1"]),
        ("status:fail", ["rank1/0/0"]),
        ("size=[1,", []),
        ("colour:red", []),
    ],
)
def test_words_and_conditions(needle: str, expected: list[str]) -> None:
    assert [row.compile_id for row in selected(ROWS, needle)] == expected


@pytest.mark.parametrize(
    "sort, expected",
    [
        (SortKey.STARTED, ["0/0", "0/1", "rank1/0/0", "rank1/1/0"]),
        (SortKey.TIME, ["0/0", "0/1", "rank1/0/0", "rank1/1/0"]),
        (SortKey.BREAKS, ["rank1/0/0", "0/0", "0/1", "rank1/1/0"]),
        (SortKey.RECOMPILES, ["0/1", "0/0", "rank1/0/0", "rank1/1/0"]),
        (SortKey.STATUS, ["rank1/0/0", "rank1/1/0", "0/0", "0/1"]),
        (SortKey.CACHE, ["rank1/1/0", "0/1", "0/0", "rank1/0/0"]),
        (SortKey.FUNCTION, ["rank1/1/0", "0/0", "0/1", "rank1/0/0"]),
    ],
)
def test_orders(sort: SortKey, expected: list[str]) -> None:
    assert [row.compile_id for row in selected(ROWS, sort=sort)] == expected
    assert [row.compile_id for row in selected(ROWS, sort=sort, reverse=True)] == expected[::-1]


def test_every_order_works() -> None:
    for sort in SortKey:
        assert len(selected(ROWS, sort=sort)) == len(ROWS)


def test_the_word_to_light_up_is_the_first_that_is_no_condition() -> None:
    assert plain_words("time>1 status:done forward mask") == "forward"
    assert plain_words("model.py:12") == "model.py:12"
    assert plain_words("time>1") == ""


@pytest.mark.parametrize(
    ("needle", "said"),
    [
        ("tme>1", "There is no 'tme' to put a condition on, as in 'tme>1'. Did you mean time?"),
        ("forward breks>=1", "Did you mean breaks?"),
        ("speed>3", "Conditions are about time, breaks,"),
        ("time>1s", "'1s' in 'time>1s' is no number."),
        ("time>", "'' in 'time>' is no number."),
        ("sttus:failed", "Did you mean status?"),
        ("status:faild", "Did you mean status:failed?"),
        ("status:9", "There are "),
    ],
)
def test_what_is_meant_as_a_condition_and_is_none_is_refused(needle: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        selected(ROWS, needle)
    assert said in str(caught.value)
    assert caught.value.exit_code == 2
