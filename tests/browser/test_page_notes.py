"""Notes on the page: marked at their place and its relatives, listed, told of in the status line, and never markup."""

from __future__ import annotations

from dataclasses import replace

from pages import EXPRESSION, Open, gated, related, source, status

from inspector.model.artifact import Span
from inspector.model.capture import Capture
from inspector.model.stage import Stage
from inspector.notes import added

HOSTILE = "slow <img src=x onerror=alert(1)> [a](javascript:alert(1)) \x1b[31m"


def noted() -> Capture:
    notes, _ = added((), Span.of_lines(source(gated()).id, EXPRESSION), HOSTILE, author="<b>Me</b>")
    return replace(gated(), annotations=notes)


def test_a_note_is_marked_where_it_stands_and_at_what_belongs_to_it(open_page: Open) -> None:
    page = open_page(noted(), f"#source:gated.py:{EXPRESSION}")
    own = page.locator(".pane").nth(0).locator(".number[data-note=own]")
    assert own.all_inner_texts() == [str(EXPRESSION)]
    aten = page.locator(".pane").nth(1).locator(".number[data-note=related]")
    assert {int(number) for number in aten.all_inner_texts()} == related(noted(), Stage.ATEN, EXPRESSION)
    assert "● slow <img" in status(page)


def test_the_panel_lists_what_shows_here_first(open_page: Open) -> None:
    page = open_page(noted(), "#source:gated.py:1")
    page.get_by_role("tab", name="Notes").click()
    panel = page.locator(".panel.notes")
    assert panel.locator("summary").all_inner_texts() == ["Notes 3"]
    assert panel.locator("img, b").count() == 0
    assert "<b>Me</b>" in panel.inner_text()
    assert "<img src=x onerror=alert(1)>" in panel.inner_text()
    assert "\n- computes `" in panel.locator("article.fact").first.inner_text()
    panel.locator("article:not(.fact) a").click()
    assert panel.locator("summary").first.inner_text().startswith("Notes here")
    assert panel.locator("article").first.get_attribute("class") == "written"


def test_a_page_without_any_note_has_no_panel_for_them(open_page: Open) -> None:
    page = open_page(Capture(artifacts=gated().find(Stage.SOURCE)))
    assert page.get_by_role("tab", name="Notes").count() == 0
