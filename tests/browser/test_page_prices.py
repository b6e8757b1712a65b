"""What each line costs, on the page: the column, the dearest places, the panel; finished words alone."""

from __future__ import annotations

import os
from dataclasses import replace

from pages import Open, row, status, until
from prices import dear, sample

from inspector.model.capture import Capture


def priced() -> Capture:
    return replace(sample(), prices=(dear(),))


def test_the_column_stands_beside_the_lines_and_goes_with_its_key(open_page: Open) -> None:
    page = open_page(priced())
    if folder := os.environ.get("INSPECTOR_PICTURES"):
        page.keyboard.press("R")
        page.screenshot(path=f"{folder}/page-prices.png")
    cost = row(page, 0, 164).locator(".cost")
    assert cost.inner_text().strip() == "90 %"
    assert "heat4" in cost.get_attribute("class")
    assert "9.00 s of 10.0 s, clocked: mm 80 %" in cost.get_attribute("title")
    graph = page.locator(".pane:visible").nth(1)
    tags = [text.strip() for text in graph.locator(".cost").all_inner_texts()]
    assert "±6.3 %" in tags and "≤1.0 %" in tags and "" in tags
    assert graph.locator(".costs").inner_text() == "% of 10.0 s"
    page.keyboard.press("$")
    assert page.locator(".cost").count() == 0
    assert graph.locator(".costs").inner_text() == ""
    page.keyboard.press("$")
    assert row(page, 0, 164).locator(".cost").inner_text().strip() == "90 %"


def test_the_dearest_places_are_one_key_away_and_told_below(open_page: Open) -> None:
    page = open_page(priced())
    page.locator(".pane:visible .code").first.focus()
    page.keyboard.press("b")
    assert "self.gate_proj(x): 30 % of a call, 3.00 s of 10.0 s, clocked" in status(page)
    page.keyboard.press("b")
    assert "self.up_proj(x): 30 %" in status(page)
    page.keyboard.press("B")
    assert "self.gate_proj(x): 30 %" in status(page)


def test_the_panel_accounts_for_the_whole_call_and_leads_to_expressions(open_page: Open) -> None:
    page = open_page(priced())
    page.keyboard.press("R")
    panel = page.locator(".panel.price")
    modules = panel.locator("details[data-by=module] tbody tr")
    words = [text.replace("\n", " ").replace("\t", " ") for text in modules.all_inner_texts()]
    assert any("gate_proj" in text and "30.0 %" in text and "4.00 s" in text for text in words), "eager beside it"
    assert any(text.strip().startswith("(belongs to no module") and "10.0 %" in text for text in words)
    assert "the parts add up to 10.0 s of 10.0 s by the clock" in panel.inner_text()
    panel.locator("details[data-by=expression] summary").click()
    panel.get_by_role("link", name="self.up_proj(x)", exact=True).click()
    until(page, "document.querySelector('#status').innerText.includes('self.up_proj(x): 30')")


def test_a_capture_without_a_price_has_neither_column_nor_panel(open_page: Open) -> None:
    page = open_page(sample())
    assert page.locator(".cost").count() == 0
    assert not page.get_by_role("tab", name="Price").is_visible()
    page.keyboard.press("$")
    assert "holds no price" in status(page)
