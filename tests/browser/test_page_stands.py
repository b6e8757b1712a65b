"""What the page must stand: long texts, hostile ones, narrow windows, paper; and that it stays readable."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hostile_bundle import hostile
from pages import Open, gated, huge, lit, seen, status, told, until

from inspector.bundle import read, write
from inspector.bundle.page import render
from inspector.model.annotation import Annotation
from inspector.model.artifact import Artifact, Language, Span
from inspector.model.capture import Capture, Compilation, CompileStatus, Frame, GraphBreak, Note, Phase
from inspector.model.fusion import KernelFusion
from inspector.model.latency import LatencyRun
from inspector.model.link import Link, Origin
from inspector.model.request import CaptureRequest
from inspector.model.stage import Stage


def test_only_the_rows_in_sight_are_in_the_document(open_page: Open) -> None:
    page = open_page(huge(100_000), "#0/0:aten:1")
    assert page.locator(".row").count() < 300
    page.keyboard.press("G")
    assert page.locator(".pane.active .row.cursor .number").inner_text() == "100000"
    assert page.locator(".row").count() < 300
    page.keyboard.press("/")
    page.keyboard.type("tmp77777 =")
    page.wait_for_selector(".result")
    page.keyboard.press("Enter")
    until(page, "location.hash.startsWith('#0/0:aten:77777')")


NASTY = "</script><script>window.taken = 1</script><img src=x onerror='window.taken=1'>\u202e\x1b[31m{{policy}}\u2028"


def test_nothing_hostile_becomes_markup(open_page: Open) -> None:
    source_text = f"# {NASTY}\nx = '{NASTY}'\ny = '\ud800𝔘nicode'\n"
    frame = Frame(NASTY, 1, NASTY, NASTY)
    capture = Capture(
        request=CaptureRequest(NASTY),
        target={"name": NASTY, "summary": NASTY, NASTY: NASTY},
        environment={"torch": NASTY},
        artifacts=(
            Artifact(f"source:{NASTY}", Stage.SOURCE, None, None, Language.PYTHON, source_text, NASTY),
            Artifact(f"0/0:kernel:{NASTY}", Stage.KERNEL, "0/0", NASTY, Language.CPP, f"// {NASTY}\n"),
            Artifact("0/0:kernel:b", Stage.KERNEL, "0/0", "b", Language.CPP, "b"),
        ),
        links=(Link(Span.of_lines(f"source:{NASTY}", 2), Span.of_lines(f"0/0:kernel:{NASTY}", 1), Origin.EXACT),),
        compilations=(Compilation("0/0", CompileStatus.FAILED, NASTY, frame, kernels=(NASTY,), error=NASTY),),
        graph_breaks=(GraphBreak("0/0", NASTY, NASTY, (NASTY,), (frame,)),),
        phases=(Phase(NASTY, 0, 1, 0, "0/0"),),
        latency=(LatencyRun(NASTY, (1.0,), (2.0,)),),
        notes=(Note(NASTY, NASTY),),
    )
    page = open_page(capture)
    for key in "DPLS":
        page.keyboard.press(key)
    page.keyboard.press("/")
    page.keyboard.type("taken")
    page.wait_for_selector(".result")
    page.keyboard.press("Enter")
    page.locator("#panes .code").first.focus()
    page.keyboard.press("D")
    assert page.evaluate("window.taken") is None
    assert page.locator("img").count() == 0
    assert page.locator("script").count() == 2
    shown = page.locator("body").inner_text()
    assert "<img src=x onerror='window.taken=1'>\ufffd␛[31m{{policy}}\ufffd" in shown
    assert "\u202e" not in shown
    assert "\x1b" not in shown
    assert page.locator(".row", has_text="𝔘nicode").locator("code").inner_text().strip() == "y = '\ufffd𝔘nicode'"


@pytest.mark.parametrize("name", ["evil", "evil.inspector"])
def test_an_evil_bundle_is_harmless_on_the_page(open_page: Open, tmp_path: Path, name: str) -> None:
    page = open_page(read(write(hostile(), tmp_path / name)))
    for key in "DPLSC":
        page.keyboard.press(key)
        for summary in page.locator(".panel:visible summary").all():
            summary.evaluate("(e) => { e.parentNode.open = true }")
    page.locator("#compilation").select_option("0/1")
    page.locator("#count").select_option("6")
    page.wait_for_timeout(50)
    assert page.evaluate("window.taken") is None
    assert page.locator("img").count() == 0
    assert page.locator("script").count() == 2
    # An address in a note leads there, and shows where that is; nothing else leads out of the page.
    away = page.locator("a:not([href^='#'])")
    assert away.count() == page.locator(".written a[rel='noopener noreferrer']").count() > 0
    told = away.evaluate_all("found => found.map((e) => [e.href, `${e.textContent} ${e.dataset.host}`])")
    assert all(href.startswith("http://evil.example") and "evil.example" in shows for href, shows in told)
    shown = page.locator("body").inner_text()
    assert "owned" in shown
    assert not set(shown) & set("\x1b\x07\x9b\u202e\u2066\x08")


@pytest.mark.parametrize("name", ["__proto__", "constructor", "toString", "hasOwnProperty"])
def test_names_that_every_object_of_javascript_has_are_names(open_page: Open, tmp_path: Path, name: str) -> None:
    kernel = Artifact(name, Stage.KERNEL, "0/0", name, Language.CPP, "void first();\nvoid second();\n")
    graph = Artifact("0/0:aten", Stage.ATEN, "0/0", None, Language.FX, "exp = exp(x)\nneg = neg(x)\n")
    capture = Capture(
        artifacts=(graph, kernel),
        links=(Link(Span.of_lines(graph.id, 2), Span.of_lines(name, 2), Origin.EXACT),),
        compilations=(
            Compilation("0/0", CompileStatus.DONE, name, kernels=(name,), metrics={name: name}),
            Compilation(name, CompileStatus.DONE, name),
        ),
        fusions=(KernelFusion("0/0", name, ("neg",), 1, unit=name),),
        annotations=(Annotation(name, f"about `{name}`", Span.of_lines(name, 2)),),
    )
    page = open_page(read(write(capture, tmp_path / "b")), "#0/0:aten:2")
    assert "1 statement" in status(page)
    assert f"about {name}" in status(page)
    assert f"Fusion of {name}" in page.locator("body").inner_text()
    page.get_by_role("tab", name="Notes").click()
    assert page.locator(".panel.notes article").first.inner_text().split() == [f"{name}:2", "about", name]
    page.locator("#compilation").select_option(name)
    assert page.locator("#compilation").input_value() == name


def test_an_empty_capture_says_so(open_page: Open) -> None:
    page = open_page(Capture())
    assert status(page) == "No link of this input is recorded."
    assert page.locator(".pane:visible").count() == 0


LOW_CONTRAST = """() => {
  const luminance = ([r, g, b]) => [r, g, b].map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const rgb = (...layers) => {
    for (const color of layers) { canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1); }
    return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map((v) => v / 255);
  };
  const base = getComputedStyle(document.body).backgroundColor;
  const found = [];
  for (const row of document.querySelectorAll(".canvas > .row")) {
    for (const piece of row.querySelectorAll("code, code span")) {
      const style = getComputedStyle(piece);
      const behind = luminance(rgb(base, getComputedStyle(row).backgroundColor, style.backgroundColor));
      const front = luminance(rgb(base, style.color));
      const [high, low] = [Math.max(front, behind) + 0.05, Math.min(front, behind) + 0.05];
      const where = `${row.className}: ${piece.className} ${piece.textContent}`;
      if (piece.textContent.trim()) found.push([high / low, where]);
    }
  }
  return found.filter(([ratio]) => ratio < 4.5).sort((a, b) => a[0] - b[0]);
}"""


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_every_token_can_be_read(open_page: Open, scheme: str) -> None:
    page = open_page(gated(), color_scheme=scheme)
    page.locator("#count").select_option("6")
    low: dict[str, float] = {}

    def look() -> None:
        for ratio, where in page.evaluate(LOW_CONTRAST):
            low[where] = round(ratio, 2)

    for line in (17, 18, 19, 20):
        page.evaluate(f"location.hash = '#source:gated.py:{line}'")
        until(page, f"document.querySelector('.pane.active .row.cursor .number')?.textContent === '{line}'")
        look()
    page.keyboard.press("p")
    page.keyboard.press("j")
    look()
    numbers = page.locator(".pane.active .row .number")
    numbers.nth(3).click()
    numbers.nth(9).click(modifiers=["Shift"])
    assert page.locator(".row.picked").count() == 7
    look()
    page.locator("#find").fill("re:[a-z_0-9]+")
    page.wait_for_selector(".found")
    look()
    assert low == {}


def test_nothing_is_wider_than_the_window(open_page: Open) -> None:
    page = open_page(replace(gated(), request=CaptureRequest("long" * 200)))
    for width in (1500, 700, 400):
        page.set_viewport_size({"width": width, "height": 700})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        widths = page.evaluate("[...document.querySelectorAll('body > *')].map((e) => e.getBoundingClientRect().right)")
        assert max(widths) <= width


def test_the_place_stays_in_sight(open_page: Open) -> None:
    page = open_page(huge(3_000), "#0/0:aten:2501")
    for count in ("6", "2", "1", "3"):
        page.locator("#count").select_option(count)
        page.wait_for_timeout(100)
        shown = range(page.locator(".pane:visible").count())
        assert count == "1" or 2501 in set().union(*(seen(page, index) for index in shown))
    page.locator("#panels .size").click()
    page.wait_for_timeout(100)
    assert 2501 in seen(page, 1) & lit(page, 1)


def test_light_and_dark(open_page: Open) -> None:
    page = open_page(gated())
    color = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(color)
    page.keyboard.press("t")
    light = page.evaluate(color)
    page.keyboard.press("t")
    assert page.evaluate(color) == dark != light


def test_paper_holds_the_whole_texts(open_page: Open) -> None:
    page = open_page(huge(400))
    assert page.locator("#paper .row").count() == 0
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("#paper .row").count() == 450
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("#paper .row").count() == 0
    assert page.pdf().count(b"/Type /Page\n") > 3


def test_on_paper_nothing_lies_over_anything(open_page: Open) -> None:
    page = open_page(gated())
    page.keyboard.press("m")  # the panels as tall as they can be on a screen
    for summary in page.locator(".details summary").all():
        summary.evaluate("(e) => { e.parentNode.open = true }")
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    boxes = page.locator("#top, #panels, #paper section").evaluate_all(
        "found => found.map((e) => [e.getBoundingClientRect().top, e.getBoundingClientRect().top + e.scrollHeight])"
    )
    assert len(boxes) == 6  # the notes, three panes
    for (_, end), (begin, _) in pairwise(boxes):
        assert begin >= end - 1


def test_the_policy_lets_no_other_script_run(browser: Any, tmp_path: Path) -> None:
    file = tmp_path / "index.html"
    file.write_text(render(told()), encoding="utf-8")
    page = browser.new_page()
    page.goto(file.as_uri())
    page.wait_for_selector("html[data-ready]", state="attached")
    refused = page.evaluate(
        """() => {
          const script = document.createElement("script");
          try {
            script.textContent = "window.taken = 1";
            document.body.append(script);
          } catch (error) {
            return error.name;
          }
          return window.taken ? "ran" : "did not run";
        }"""
    )
    assert refused in ("TypeError", "did not run")
    fetched = page.evaluate("fetch('https://example.invalid/').then(() => 'fetched', () => 'refused')")
    assert fetched == "refused"
    page.close()
