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
    assert "slow <img src=x onerror=alert(1)> a (javascript:alert(1)) ␛[31m" in panel.inner_text()
    assert panel.locator("article.fact li").first.inner_text().startswith("computes ")
    panel.locator("article:not(.fact) a").click()
    assert panel.locator("summary").first.inner_text().startswith("Notes here")
    assert panel.locator("article").first.get_attribute("class") == "written"


MARKDOWN = """# Why **slow**?
See `tmp0` and [the paper](https://example.org/a), not [this](javascript:alert(1)) nor ![p](http://e.org/p.png).

3. one
   - inner

| kernel | time |
|---|---|
| `k0` | 12 µs |

```python
<script>alert(1)</script>
```
"""


def with_markdown() -> Capture:
    notes, _ = added((), Span.of_lines(source(gated()).id, EXPRESSION), MARKDOWN)
    return replace(gated(), annotations=notes)


def test_markdown_is_drawn_and_only_safe_addresses_lead_anywhere(open_page: Open) -> None:
    page = open_page(with_markdown(), f"#source:gated.py:{EXPRESSION}")
    page.keyboard.press("M")
    note = page.locator(".panel.notes:visible article:not(.fact)")
    assert note.locator("h4 strong").inner_text() == "slow"
    assert note.locator("p > code").inner_text() == "tmp0"
    assert note.locator("ol").get_attribute("start") == "3"
    assert note.locator("ol > li > ul > li").inner_text() == "inner"
    assert note.locator("table tr").all_inner_texts() == ["kernel\ttime", "k0\t12 µs"]
    assert note.locator("pre").inner_text() == "<script>alert(1)</script>"
    links = note.locator("div a")
    assert [link.get_attribute("href") for link in links.all()] == ["https://example.org/a", "http://e.org/p.png"]
    assert {link.get_attribute("rel") for link in links.all()} == {"noopener noreferrer"}
    assert links.first.get_attribute("title") == "https://example.org/a"
    told = links.first.evaluate("(e) => getComputedStyle(e, '::after').content + e.dataset.host")
    assert told.endswith("example.org")
    assert "this (javascript:alert(1))" in note.inner_text()
    assert note.locator("script, img, b").count() == 0


def test_a_note_shows_at_the_kernel_and_leads_back(open_page: Open) -> None:
    page = open_page(with_markdown(), f"#source:gated.py:{EXPRESSION}")
    kernel = page.locator(".pane").nth(2).locator(".row:has(.number[data-note=related]) code").first
    kernel.click()
    assert "● Why slow?" in status(page)
    page.get_by_role("tab", name="Notes").click()
    here = page.locator(".panel.notes details").first
    assert "Notes here" in here.locator("summary").inner_text()
    here.locator("article:not(.fact) > p > a").click()
    assert page.locator(".pane.active .row.cursor .number").inner_text() == str(EXPRESSION)


def test_notes_are_printed_once(open_page: Open) -> None:
    page = open_page(with_markdown(), media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.keyboard.press("M")
    assert page.locator("h4:visible").all_inner_texts() == ["Why slow?"]
    assert page.locator("#paper article").count() == 3


def test_a_page_without_any_note_has_no_panel_for_them(open_page: Open) -> None:
    page = open_page(Capture(artifacts=gated().find(Stage.SOURCE)))
    assert page.get_by_role("tab", name="Notes").count() == 0
