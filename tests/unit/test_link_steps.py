"""No way through the links widens: what is known better than for a whole is reached over equal ends alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

import pytest

from inspector.bundle import read
from inspector.model.artifact import Span
from inspector.model.capture import Capture
from inspector.model.link import Link, LinkIndex, Origin
from inspector.model.stage import Stage
from inspector.trace import read_capture

ROOT = Path(__file__).parents[2]
PLACES = ["samples/llama-mlp.inspector", "tests/traces/live_gated_train.log", "tests/traces/live_branches_train.log"]


def reached(start: Iterable[Span], edges: dict[str, list[tuple[Span, Span]]], listings: set[str]) -> set[Span]:
    """What ways of links that are better than `kernel` lead to: each begins just where the one before has ended; in a
    listing, which is lines and no whole, at any line of it."""
    seen: set[Span] = set()
    pending = list(start)
    while pending:
        at = pending.pop()
        for begins, ends in edges[at.artifact]:
            same = (begins.start < at.end and at.start < begins.end) if at.artifact in listings else begins == at
            if same and ends not in seen:
                seen.add(ends)
                pending.append(ends)
    return seen


def widened(capture: Capture, index: LinkIndex) -> list[tuple[Span, Span]]:
    """Places, and relatives of theirs that are not known for a whole only and that no such way leads to."""
    listings = {item.id for item in capture.artifacts if item.stage.is_listing}
    down, up = defaultdict(list), defaultdict(list)
    for link in capture.links:
        if link.origin is not Origin.KERNEL:
            down[link.a.artifact].append((link.a, link.b))
            up[link.b.artifact].append((link.b, link.a))
    wrong = []
    asked = dict.fromkeys(span for link in capture.links for span in (link.a, link.b) if span.artifact not in listings)
    for span in asked:
        found = index.around(span)
        true = reached(found.anchors, down, listings) | reached(found.anchors, up, listings) | {*found.anchors}
        wrong += [
            (span, item.span) for item in found if item.origin is not Origin.KERNEL and item.span not in true
        ]  # fmt: skip
    return wrong


@pytest.mark.parametrize("place", PLACES)
def test_what_is_known_better_than_for_a_whole_is_reached_over_equal_ends(place: str) -> None:
    path = ROOT / place
    capture = read(path) if path.suffix == ".inspector" else read_capture(path)
    assert len(capture.links) > 20
    assert widened(capture, capture.index) == []


def test_the_judge_sees_a_way_that_widens() -> None:
    """A part of an operation leads to a statement, and so would the operation, were a listing made of its stage."""
    from inspector.model.artifact import Artifact, Language

    source, loops, kernel = (
        Artifact(name, stage, "0/0", None, Language.PYTHON, "a\nb\nc\n")
        for name, stage in (("one", Stage.DYNAMO), ("two", Stage.IR_PRE_FUSION), ("three", Stage.INDUCTOR))
    )
    whole, part = Span.of_lines("two", 1, 3), Span.of_lines("two", 2)
    links = (
        Link(Span.of_lines("one", 1), whole, Origin.EXACT),
        Link(part, Span.of_lines("three", 2), Origin.EXACT),
    )
    capture = Capture(artifacts=(source, loops, kernel), links=links)
    assert widened(capture, LinkIndex(links)) == []
    assert widened(capture, LinkIndex(links, {"two"}))
