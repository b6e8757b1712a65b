"""Getting about on the page: addresses, keys, pickers, search, and the panels below."""

from __future__ import annotations

import pytest
from pages import EXPRESSION, Open, active, gated, lit, status, told, until

from inspector.model.artifact import Artifact, Language
from inspector.model.capture import Capture, Compilation, CompileStatus
from inspector.model.stage import Stage


@pytest.mark.parametrize(
    ("address", "heading", "line"),
    [
        ("#0/0:aten:12", "AOT ATen graph", "12"),
        ("#0/0:aten:12:9", "AOT ATen graph", "12"),
        ("#source:gated.py:19", "Python source", "19"),
        ("#0/0:kernel:cpp_fused_add_mul_silu_tanh_0:20", "Kernel", "20"),
        ("#0/0:asm:cpp_fused_add_mul_silu_tanh_0", "Machine code", "1"),
        ("#0%2F0:dynamo:99999", "Dynamo FX graph", None),
    ],
)
def test_an_address_leads_to_its_place(open_page: Open, address: str, heading: str, line: str | None) -> None:
    page = open_page(gated(), address)
    assert active(page) == heading
    last = str(len(gated().find(Stage.DYNAMO)[0].lines))
    assert page.locator(".pane.active .row.cursor .number").inner_text() == (line or last)


@pytest.mark.parametrize("address", ["#nonsense", "#0/7:aten:3", "#%E0%A4%A", "#0/0:aten:1:2:3", "#"])
def test_an_address_of_nothing_opens_the_beginning(open_page: Open, address: str) -> None:
    assert lit(open_page(gated(), address), 0) == {EXPRESSION}


def test_back_leads_back_from_a_jump(open_page: Open) -> None:
    page = open_page(gated(), f"#source:gated.py:{EXPRESSION}")
    page.keyboard.press("Enter")
    assert active(page) == "AOT ATen graph"
    page.go_back()
    until(page, "document.querySelector('.pane.active select').value === 'source'")


def test_keys(open_page: Open) -> None:
    page = open_page(gated(), "#source:gated.py:5")
    cursor = page.locator(".pane.active .row.cursor .number")
    for keys, line in (("jj", "7"), ("k", "6"), ("G", "24"), ("g", "1")):
        for key in keys:
            page.keyboard.press(key)
        assert cursor.inner_text() == line
    page.keyboard.press("Tab")
    assert active(page) == "AOT ATen graph"
    page.keyboard.press("Shift+Tab")
    assert active(page) == "Python source"
    page.keyboard.press("3")
    assert active(page) == "Dynamo FX graph"
    page.keyboard.press("]")
    assert active(page) == "Pre-grad graph"
    page.keyboard.press("z")
    assert page.locator(".pane:visible").count() == 1
    page.keyboard.press("z")
    page.keyboard.press(":")
    page.keyboard.type("4")
    page.keyboard.press("Enter")
    assert cursor.inner_text() == "4"
    page.keyboard.press("?")
    assert "keep what is lit" in page.locator("dialog#help").inner_text()
    page.keyboard.press("Escape")
    assert page.locator("dialog[open]").count() == 0


def test_pickers_bring_another_text(open_page: Open) -> None:
    page = open_page(gated())
    page.locator(".pane select").first.select_option("bytecode")
    assert active(page) == "Bytecode"
    page.locator("#count").select_option("6")
    assert page.locator(".pane:visible").count() == 6
    page.locator("#count").select_option("1")
    assert page.locator(".pane:visible").count() == 1


def test_search_finds_in_every_stage(open_page: Open) -> None:
    page = open_page(gated())
    page.keyboard.press("/")
    page.keyboard.type("tanh")
    page.wait_for_selector(".result")
    stages = set(page.locator(".result b").all_inner_texts())
    assert {"Source", "Dynamo", "ATen", "Kernel"} <= stages
    lines = sum(line.lower().count("tanh") > 0 for item in (*gated().artifacts, *gated().others) for line in item.lines)
    assert page.locator("#panels .search p").inner_text() == f"{lines} lines"
    assert page.locator(".found").count() > 0
    page.locator(".result", has_text="torch.tanh(gate)").first.click()
    assert page.locator(".result.now").count() == 1
    first = page.evaluate("location.hash")
    page.locator("#panes .pane.active .code").focus()
    page.keyboard.press("n")
    assert page.evaluate("location.hash") != first
    page.locator("#find").fill("re:tmp\\d+ = ")
    until(page, "document.querySelectorAll('.result').length > 5")
    page.locator("#find").fill("re:(")
    page.wait_for_selector("#find.wrong")


def test_panels_tell_what_is_known(open_page: Open) -> None:
    page = open_page(told())
    details = page.locator("#panels .details")
    for words in ("call to print", "Do not print.", "no provenance in this log", "2.13.0", "mode: cold"):
        assert words in details.inner_text() or page.locator("details", has_text=words).count()
    page.keyboard.press("P")
    assert page.locator(".phase:not(.head) .name").all_inner_texts() == ["dynamo", "inductor"]
    assert page.locator(".phase:not(.head) .took").all_inner_texts() == ["1.25 s", "not ended"]
    page.keyboard.press("T")
    assert (
        "Speed-up 2.000× (95 % interval 2.000 to 2.000, within this start): 2.00× faster."
        in page.locator(".latency").inner_text()
    )
    assert "1e-06 absolute, nan relative" in page.locator(".latency").inner_text()
    assert page.locator("svg path.dots").count() == 2


def test_a_compile_id_brings_its_own(open_page: Open) -> None:
    page = open_page(told())
    page.locator("#compilation").select_option("0/1")
    details = page.locator("#panels .details").inner_text()
    assert "it broke" in details
    assert "L['x'].size()[0] == 1" in details
    assert "# 0/1" in page.locator("#panes").inner_text()
    page.keyboard.press("P")
    assert page.locator(".phase:not(.head) .name").all_inner_texts() == ["again"]


def test_a_frame_leads_to_its_line(open_page: Open) -> None:
    page = open_page(told(), "#0/0:aten:1")
    page.locator(".frame a").first.click()
    until(page, "location.hash === '#source:model.py:2'")
    assert page.locator(".pane.active .row.cursor .number").inner_text() == "2"


def test_links_bring_the_kernel_that_they_lead_to(open_page: Open) -> None:
    page = open_page(told(), "#source:model.py:2")
    assert "void two() {}" in page.locator(".pane").nth(2).inner_text()
    assert page.locator(".pane .origin").all_inner_texts() == ["", "exact", "kernel"]
    assert "1 kernel by whole kernel" in status(page)


def several() -> Capture:
    """Two pieces of one compile id; each has three lines."""
    texts = {"0/0:aten": "def first(x):\n    y = x.exp()\n    return y\n", "0/0:aten:1": "a = 1\nb = 2\nc = 3\n"}
    made = (Artifact(name, Stage.ATEN, "0/0", None, Language.FX, text) for name, text in texts.items())
    return Capture(artifacts=tuple(made), compilations=(Compilation("0/0", CompileStatus.DONE),))


@pytest.mark.parametrize(
    ("address", "text"),
    [
        ("#0/0:aten:1:3", "c = 3"),
        ("#0/0:aten:0:1:3", "def first(x):"),
        ("#0/0:aten:2:4", "y = x.exp()"),
        ("#0/0:aten:1:2:4", "b = 2"),
    ],
)
def test_an_address_is_of_the_piece_that_it_names(open_page: Open, address: str, text: str) -> None:
    page = open_page(several(), address)
    assert text in page.locator(".pane.active .row.cursor").inner_text()


def test_a_click_in_the_first_piece_is_not_spelled_like_one_in_another(open_page: Open) -> None:
    page = open_page(several(), "#0/0:aten:0:2:4")
    box = page.locator(".pane.active .row code").first.bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 40, box["y"] + 8)
    address = page.evaluate("location.hash")
    assert address.startswith("#0/0:aten:0:1:"), address
    assert "def first" in open_page(several(), address).locator(".pane.active .row.cursor").inner_text()
