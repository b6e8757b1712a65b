"""The words of a difference: the same on the command line, the page and the screen, and nothing left out silently."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from inspector.bundle.diff_page import render_difference
from inspector.cli.diff_text import capture_lines
from inspector.cli.terminal import Style
from inspector.compare import compare_captures
from inspector.model.capture import Capture
from inspector.model.difference import CaptureDifference, Change, LatencyChange
from inspector.model.request import CaptureRequest
from inspector.say.difference import latency_words
from inspector.say.findings import LEFT_AND_RIGHT, Finding, Values, cut, heaviest
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
    rows = [Finding(f"same {at}", Change.SAME) for at in range(3)] + [
        Finding("other", Change.CHANGED),
        Finding("why", depth=1),
    ]
    assert [row.text for row in cut(rows, 2)] == ["same 0", "other", "why", "… 2 more"]
    assert list(cut(rows, 4)) == rows
    table = [Values(str(at), (), weight=at) for at in (3, 1, 2)]
    assert [item.name for item in heaviest(table, 2)] == ["3", "2"]
