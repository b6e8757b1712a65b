"""The words of a difference: the same on the command line, the page and the screen, and nothing left out silently."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path

import pytest

from inspector.bundle.diff_page import render_difference
from inspector.cli.diff_text import capture_lines
from inspector.cli.terminal import Style
from inspector.compare import compare_captures
from inspector.compare.captures import compilation_of
from inspector.model.capture import Capture, CompileStatus
from inspector.model.difference import CaptureDifference, Change, LatencyChange
from inspector.model.request import CaptureRequest
from inspector.say.difference import events_section
from inspector.say.difference_times import latency_words
from inspector.say.doc import Row, Values
from inspector.say.findings import LEFT_AND_RIGHT, SIGNS, cut, heaviest
from inspector.say.recompiles import fate_words
from inspector.trace import read_capture
from inspector.tui.compare.overview import overview

TRACES = Path(__file__).parent.parent / "traces"


def recorded(a: str, b: str) -> CaptureDifference:
    first, second = (read_capture(TRACES / f"{name}.log") for name in (a, b))
    return compare_captures(first, second, (a, b))


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", text)


def printed(difference: CaptureDifference) -> str:
    return plain(" ".join(capture_lines(difference, Style(False), every=True)))


class _Text(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.said: list[str] = []
        self.feed(page)

    def handle_data(self, data: str) -> None:
        self.said.append(data)


def on_page(difference: CaptureDifference) -> str:
    return plain(" ".join(_Text(render_difference(difference)).said))


@pytest.mark.parametrize(("a", "b"), [("two_ops", "warm"), ("live_gated", "live_gated_train")])
def test_three_faces_say_one_thing_in_the_same_words(a: str, b: str) -> None:
    difference = recorded(a, b)
    shown = [row for section in overview(difference) for row in section.rows]
    faces = printed(difference), on_page(difference)
    verdicts = [row.text for row in shown if re.match(r"[=≠≈↕+−·?] ", row.text) and len(row.text) < 120]
    assert len(verdicts) >= 8
    for text in verdicts:
        words = plain(text.partition(" ")[2]).replace("on the left", "in A").replace("on the right", "in B")
        if "  " not in text:  # one that counts what a pair of compile ids holds is the screen's own
            assert all(words in face for face in faces), words


def test_a_latency_of_one_side_is_not_called_chance() -> None:
    one = LatencyChange("batch 1", None, None)
    assert latency_words(one)[0] == "A was not timed."
    assert latency_words(one, LEFT_AND_RIGHT)[0] == "The left side was not timed."
    for face in (printed, on_page):
        said = face(CaptureDifference("a", "b", Change.SAME, latency=(one,)))
        assert "A was not timed." in said
        assert "chance" not in said


def test_an_option_that_nobody_set_is_not_one_that_was_not_recorded() -> None:
    asked = Capture(request=CaptureRequest(target="softmax"))
    dynamic = replace(asked, request=CaptureRequest(target="softmax", dynamic=True))
    assert re.search(r"dynamic not set true", printed(compare_captures(asked, dynamic, ("a", "b"))))
    assert re.search(r"dynamic not recorded true", printed(compare_captures(Capture(), dynamic, ("a", "b"))))


def test_what_is_cut_is_what_differs_least_and_its_number_is_said() -> None:
    rows = [Row(f"same {at}", change=Change.SAME) for at in range(3)] + [
        Row("other", change=Change.CHANGED),
        Row("why", depth=1),
    ]
    assert [row.text for row in cut(rows, 2)] == ["same 0", "other", "why", "… 2 more"]
    assert list(cut(rows, 4)) == rows
    table = [Values(str(at), (), weight=at) for at in (3, 1, 2)]
    assert [item.name for item in heaviest(table, 2)] == ["3", "2"]


# --- recompiles ---------------------------------------------------------------------------------------------


@cache
def log(name: str) -> Capture:
    return read_capture(TRACES / f"{name}.log")


def of_pair(whole: Capture, a: str, b: str) -> CaptureDifference:
    """What `diff LOG A B` compares."""
    sides = compilation_of(whole, a), compilation_of(whole, b)
    return compare_captures(*sides, (a, b), pairs=[(a, b)], timed=False)


def events(difference: CaptureDifference) -> list[str]:
    return [
        " ".join(filter(None, (row.change and SIGNS[row.change].sign, row.label, row.text)))
        for row in events_section(difference).rows
    ]


@pytest.mark.parametrize(
    ("name", "a", "b", "rows"),
    [
        (
            "recompile",
            "0/1",
            "0/2",
            [
                "− only in A x size at index 1: 16, now 32 (guard of 0/0)",
                "+ only in B x dtype: Float, now Double (guard of 0/1)",
                "+ only in B x dtype: Float, now Double (guard of 0/0)",
            ],
        ),
        (
            "chains",
            "0/1",
            "0/2",
            [
                "− only in A above size at index 0: 2, now 1 (guard of 0/0)",
                "+ only in B above size at index 0: 2, now 3 (guard of 0/0)",
                "+ only in B above size at index 0: 1, now 3 (guard of 0/1)",
            ],
        ),
        (
            "chains",
            "2/1",
            "2/2",
            [
                "= on both sides parts length: 1, now 2 → 3 (guard of 2/0)",
                "+ only in B parts length: 2, now 3 (guard of 2/1)",
            ],
        ),
        (
            "chains",
            "14/1",
            "14/2",
            [
                "= on both sides self.act identity: builtin_function_or_method, id 140515685755584, now "
                "builtin_function_or_method, id 140515685693408 → not recorded (guard of 14/0)",
                "+ only in B self.act identity: builtin_function_or_method, id 140515685693408, what came is not "
                "recorded (guard of 14/1)",
            ],
        ),
    ],
)
def test_two_recompiles_are_two_and_each_has_its_reasons(name: str, a: str, b: str, rows: list[str]) -> None:
    difference = of_pair(log(name), a, b)
    function = difference.compilations[0].function
    assert events(difference) == [f"≠ recompile of {function} on both sides, not for the same", *rows]
    assert difference.recompiles == ()  # neither came nor went
    assert difference.change is Change.CHANGED
    for face in (printed, on_page):
        assert f"recompile of {function} on both sides, not for the same" in face(difference)


def test_a_recompile_beside_a_first_compile_or_another_functions_is_one_sides_alone() -> None:
    (change, item), *more = of_pair(log("chains"), "2/1", "2/0").recompiles
    assert (change, item.compile_id, more) == (Change.REMOVED, "2/1", [])
    for a, b in (("0/1", "2/1"), ("4/1", "14/2")):  # torch does not name the function of the last, which it refused
        assert [row[:11] for row in events(of_pair(log("chains"), a, b))] == ["− only in A", "+ only in B"]


def test_the_same_reasons_in_another_order_are_the_same() -> None:
    whole = log("chains")
    turned = tuple(replace(item, reasons=item.reasons[::-1]) for item in whole.recompiles)
    assert any(len(item.reasons) > 1 for item in turned)
    difference = compare_captures(whole, replace(whole, recompiles=turned), ("a", "b"), timed=False)
    assert (difference.recompiles, events(difference), difference.change) == ((), [], Change.SAME)


def test_a_recompile_without_reasons_has_none_recorded() -> None:
    whole = log("recompile")
    mute = tuple(replace(item, reasons=() if item.compile_id == "0/1" else item.reasons) for item in whole.recompiles)
    said = events(of_pair(replace(whole, recompiles=mute), "0/1", "0/2"))
    assert said[1] == "why is not recorded in A"
    assert [row[:11] for row in said[2:]] == ["+ only in B"] * 2


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (CompileStatus.DONE, "compiled"),
        (CompileStatus.FAILED, "tried and failed"),
        (CompileStatus.EAGER, "tried and given up"),
        (CompileStatus.EMPTY, "tried and found to have nothing to compile"),
        (CompileStatus.REFUSED, "tried and refused"),
        (CompileStatus.EXPORTED, "exported"),
        (CompileStatus.LIVE, "begun and is unfinished"),
        (CompileStatus.UNKNOWN, "begun, with no end recorded"),
    ],
)
def test_what_became_of_a_recompile_is_said(status: CompileStatus, words: str) -> None:
    whole = log("recompile")
    made = tuple(replace(item, status=status) if item.compile_id == "0/1" else item for item in whole.compilations)
    capture = replace(whole, compilations=made)
    for face in (printed, on_page):
        assert f"Why 0/1 was {words}: a guard of 0/0 did not hold" in face(of_pair(capture, "0/0", "0/1"))
    several = compare_captures(capture, capture, ("a", "a"), pairs=[("0/0", "0/1"), ("0/0", "0/0")], timed=False)
    named = f"recompile of f{'' if status is CompileStatus.DONE else f', {words}'}: x size at index 1: 16, now 32"
    assert named in events(several)


def test_every_status_has_its_words() -> None:
    assert len({fate_words(status) for status in CompileStatus}) == len(CompileStatus)


def test_a_refused_recompile_is_told_as_recompiles_tells_it() -> None:
    """`recompiles` prints the second line below the chain of 14/0."""
    said = printed(of_pair(log("chains"), "14/0", "14/2"))
    assert "Why 14/2 was tried and refused: a guard of 14/0 did not hold" in said
    assert "14/2: not compiled, recompile_limit of 2 exceeded: from here on, forward runs eager" in said
    assert "14/2 was compiled" not in said
