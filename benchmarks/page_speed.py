"""How large the page of a capture is, and how soon it can be used in Chromium.

    python benchmarks/page_speed.py BUNDLE…

For a whole model: `inspector capture llama-1b -o llama-1b`, or with narrow layers, which have as many lines:
`inspector capture --model llama,num_hidden_layers=16,hidden_size=512,intermediate_size=2048,num_attention_heads=8,\
num_key_value_heads=2,head_dim=64,vocab_size=1000 --seq 8 -o llama-16`. Prints a Markdown table of medians.
"""

from __future__ import annotations

import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import sync_playwright

from inspector.bundle import read
from inspector.bundle.page import render

RUNS = 5


def main() -> None:
    print("| bundle | lines | links | made in | page | usable after | key to lit panes |")
    print("|---|---|---|---|---|---|---|")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        for name in sys.argv[1:]:
            capture = read(Path(name))
            began = time.perf_counter()
            page_text = render(capture)
            made = time.perf_counter() - began
            file = Path(folder) / "index.html"
            file.write_text(page_text, encoding="utf-8")
            ready, lit = [], []
            for _ in range(RUNS):
                page = browser.new_page(viewport={"width": 1500, "height": 900})
                began = time.perf_counter()
                page.goto(file.as_uri())
                page.wait_for_selector("html[data-ready]", state="attached")
                page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
                ready.append(time.perf_counter() - began)
                page.locator(".pane .code").first.focus()
                lit += [page.evaluate(KEY) for _ in range(20)]
                page.close()
            lines, size = sum(len(item.lines) for item in capture.artifacts), len(page_text) / 1e6
            print(
                f"| {Path(name).name} | {lines:,} | {len(capture.links):,} | {made:.2f} s | {size:.2f} MB "
                f"| {statistics.median(ready):.2f} s | {statistics.median(lit):.1f} ms |"
            )
        browser.close()


KEY = """() => {
  const began = performance.now();
  document.activeElement.dispatchEvent(new KeyboardEvent("keydown", { key: "j", bubbles: true }));
  document.body.getBoundingClientRect();
  return performance.now() - began;
}"""


if __name__ == "__main__":
    main()
