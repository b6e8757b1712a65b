"""What lights up on the page, in a real browser, and that it is what Python would light."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pages import EXPRESSION, TRACES, Open, gated, lit, related, row, source, status

from inspector.bundle.page.packing import pack_links
from inspector.model.stage import Stage
from inspector.say.links import describe
from inspector.trace import read_capture


def test_it_opens_with_the_first_line_lit(open_page: Open) -> None:
    page = open_page(gated())
    assert page.title() == "/home/user/project/gated.py:build · inspector"
    assert page.locator(".pane:visible").count() == 3
    assert lit(page, 0) == {EXPRESSION}
    assert lit(page, 1) == related(gated(), Stage.ATEN, EXPRESSION) != set()
    assert lit(page, 2) == related(gated(), Stage.KERNEL, EXPRESSION) != set()
    assert page.locator(".pane .origin").all_inner_texts() == ["", "exact", "exact"]


def test_a_click_lights_what_belongs_to_the_column(open_page: Open) -> None:
    page, capture = open_page(gated()), gated()
    item = source(capture)
    col = item.lines[EXPRESSION - 1].index("silu")
    code = row(page, 0, EXPRESSION).locator("code")
    box = code.bounding_box()
    width = code.evaluate(
        "e => { const r = document.createRange(); r.selectNodeContents(e); return r.getBoundingClientRect().width }"
    )
    cell = width / len(item.lines[EXPRESSION - 1])
    page.mouse.click(box["x"] + (col + 0.8) * cell, box["y"] + 8)
    assert page.evaluate("location.hash") == f"#{item.id}:{EXPRESSION}:{col}"
    assert lit(page, 1) == related(capture, Stage.ATEN, EXPRESSION, col) != related(capture, Stage.ATEN, EXPRESSION)
    assert lit(page, 2) == related(capture, Stage.KERNEL, EXPRESSION, col)
    relatives = capture.index.relatives(item.id, EXPRESSION, col)
    for part in describe(relatives, item.id, capture.by_id).parts:
        assert part.words in status(page)


def test_the_pointer_lights_without_moving_anything(open_page: Open) -> None:
    page = open_page(gated())
    cursor = page.locator(".pane").nth(1).locator(".row.cursor .number").inner_text()
    before = page.evaluate("location.hash")
    line = max(related(gated(), Stage.ATEN, 19))
    row(page, 1, line).locator("code").hover(position={"x": 90, "y": 8})
    assert line in lit(page, 1)
    assert "ATen:" + str(line) in status(page)
    assert page.locator(".pane").nth(1).locator(".row.cursor .number").inner_text() == cursor
    assert page.evaluate("location.hash") == before
    page.mouse.move(5, 5)
    assert lit(page, 0) == {EXPRESSION}


def test_a_kept_place_stays_lit(open_page: Open) -> None:
    page = open_page(gated())
    row(page, 0, 19).locator("code").click(position={"x": 150, "y": 8})
    page.keyboard.press("p")
    row(page, 0, EXPRESSION).locator("code").click(position={"x": 90, "y": 8})
    assert "1 kept lit" in status(page)
    assert page.locator(".pane").nth(0).locator(".row.pinned .number").all_inner_texts() == ["19"]
    page.keyboard.press("x")
    assert page.locator(".row.pinned").count() == 0


SCRIPTS = Path(__file__).parents[2] / "inspector" / "bundle" / "page" / "js"
ASK = """
    const index = new LinkIndex(packed, new Set(listings));
    return questions.map(([artifact, line, col]) => {
      const found = index.relatives(artifact, line, col);
      const position = (packed) => [lineOf(packed), colOf(packed)];
      const spans = ({ start, end, rank }) => [...position(start), ...position(end), rank];
      const byArtifact = [...found.byArtifact].map(([name, relatives]) => [name, relatives.map(spans)]);
      return [Object.fromEntries(byArtifact), found.anchors.length, col === null ? index.group(artifact, line) : null];
    });
"""


@pytest.mark.parametrize("name", ["live_gated_train", "graph_break"])
def test_the_page_looks_links_up_as_python_does(browser: Any, name: str) -> None:
    capture = read_capture(TRACES / f"{name}.log")
    questions: list[tuple[str, int, int | None]] = []
    for item in capture.artifacts:
        for line, text in enumerate(item.lines, 1):
            questions.append((item.id, line, None))
            if line % 3 == 0:
                questions += [(item.id, line, col) for col in range(len(text) - len(text.lstrip()), len(text), 9)]
    answers = []
    for artifact, line, col in questions:
        found = capture.index.relatives(artifact, line, col)
        spans = {
            key: [[*relative.span.start, *relative.span.end, relative.origin.rank] for relative in relatives]
            for key, relatives in found.by_artifact.items()
        }
        group = capture.index.group(artifact, line) if col is None else None
        answers.append([spans, len(found.anchors), group])
    scripts = "\n".join((SCRIPTS / f"{part}.js").read_text(encoding="utf-8") for part in ("spans", "links"))
    page = browser.new_page()
    listings = [item.id for item in capture.artifacts if item.stage.is_listing]
    asked = [pack_links(capture.links), listings, questions]
    got = page.evaluate(f"([packed, listings, questions]) => {{ {scripts} {ASK} }}", asked)
    page.close()
    assert len(capture.links) > 3
    for question, wanted, answer in zip(questions, answers, got, strict=True):
        assert answer == wanted, question
