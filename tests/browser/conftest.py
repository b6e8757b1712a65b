"""Debian's Chromium, driven by Playwright: pages that ask for nothing, and tell of every error."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from pages import Open
from playwright.sync_api import Browser, Page, sync_playwright

from inspector.bundle.page import render
from inspector.model.capture import Capture

NAMES = ("chromium", "chromium-browser", "google-chrome")
SIZE = {"width": 1500, "height": 900}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One browser for a module's tests; a later module may run an event loop of its own."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    assert found is not None, "these tests drive Chromium: install it (`apt install chromium`)"
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def open_page(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Opens a capture's page from disk; afterwards nothing may have been asked for and nothing have gone wrong."""
    context = browser.new_context(viewport=SIZE, color_scheme="dark")
    requests: list[str] = []
    errors: list[str] = []

    def open_it(capture: Capture, address: str = "", **options: str) -> Page:
        file = tmp_path / "index.html"
        file.write_text(render(capture), encoding="utf-8")
        page = context.new_page()
        if options:
            page.emulate_media(**options)  # type: ignore[arg-type]
        page.on("request", lambda request: requests.append(request.url))
        page.on(
            "console", lambda message: errors.append(message.text) if message.type in ("error", "warning") else None
        )
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(file.as_uri() + address)
        page.wait_for_selector("html[data-ready]", state="attached")
        return page

    yield open_it
    context.close()
    assert errors == []
    assert {url.partition("#")[0] for url in requests} <= {(tmp_path / "index.html").as_uri()}
