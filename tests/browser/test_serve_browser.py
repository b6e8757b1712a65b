"""`inspector serve` in Debian's Chromium: three views of one log."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, WebSocket

from inspector.highlight.colors import LIGHT, Scheme

ROOT = Path(__file__).parents[2]
LOG = ROOT / "tests" / "traces" / "two_ops.log"


@pytest.fixture(scope="module")
def addresses() -> Iterator[list[str]]:
    """The presenter's, the class's and the private address of a running server."""
    process = subprocess.Popen(
        [sys.executable, "-m", "inspector", "serve", "--port", "0", str(LOG)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "NO_COLOR": "1"},
    )
    assert process.stdout is not None
    found: list[str] = []
    while len(found) < 3:
        line = process.stdout.readline()
        assert line, "the server ended"
        found += re.findall(r"http://\S+", line)
    yield found
    process.terminate()
    assert process.wait(30) == 0


class Visitor:
    """A browser of one's own: what its page asked for and complained about, and what its terminal was sent."""

    def __init__(self, browser: Browser, url: str, width: int, height: int) -> None:
        self.requests: list[str] = []
        self.errors: list[str] = []
        self.drawn = ""
        context = browser.new_context(viewport={"width": width, "height": height})
        self.page: Page = context.new_page()
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("websocket", self._listen)
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on(
            "console",
            lambda message: self.errors.append(message.text) if message.type in ("error", "warning") else None,
        )
        self.page.goto(url)

    def _listen(self, socket: WebSocket) -> None:
        self.requests.append(socket.url)
        socket.on("framereceived", self._frame)

    def _frame(self, data: bytes | str) -> None:
        self.drawn += data.decode() if isinstance(data, bytes) else ""

    def until(self, words: str) -> None:
        """Waits until something was drawn."""
        for _ in range(1200):
            if words in self.drawn:
                return
            self.page.wait_for_timeout(50)
        raise AssertionError(f"{words!r} was never drawn")


def background(scheme: Scheme) -> str:
    """How a terminal is told a theme's background."""
    red, green, blue = bytes.fromhex(scheme.background.removeprefix("#"))
    return f"48;2;{red};{green};{blue}"


def test_the_class_sees_what_the_presenter_does_and_changes_nothing(browser: Browser, addresses: list[str]) -> None:
    presenter = Visitor(browser, addresses[0], 1400, 900)
    presenter.until("compile id")
    looker = Visitor(browser, addresses[1], 1000, 700)
    looker.until("compile id")
    for key in ("t", "q", "Escape"):
        looker.page.keyboard.press(key)
    looker.page.mouse.click(300, 300)
    presenter.page.keyboard.press("Tab")
    presenter.page.wait_for_timeout(500)
    for visitor in (presenter, looker):
        assert background(LIGHT) not in visitor.drawn, "a key of the class reached the screen"
    before = looker.page.screenshot()
    presenter.page.keyboard.press("t")
    presenter.until(background(LIGHT))
    looker.until(background(LIGHT))
    looker.page.wait_for_timeout(300)
    assert looker.page.screenshot() != before, "the terminal shows what it was sent"
    private = Visitor(browser, addresses[2], 900, 600)
    private.until("compile id")
    assert background(LIGHT) not in private.drawn
    host = addresses[0].split("/")[2]
    for visitor in (presenter, looker, private):
        assert visitor.errors == []
        assert {url.split("/")[2] for url in visitor.requests if not url.startswith("data:")} == {host}
        visitor.page.context.close()


def test_without_a_token_there_is_no_page(browser: Browser, addresses: list[str]) -> None:
    page = browser.new_page()
    response = page.goto(addresses[0].partition("?")[0])
    assert response is not None
    assert response.status == 403
    assert "token" in page.inner_text("body")
    page.close()


def test_another_site_cannot_open_a_socket(browser: Browser, addresses: list[str]) -> None:
    page = browser.new_page()
    page.goto("data:text/html,<title>evil</title>")
    host, token = addresses[0].split("/")[2], addresses[0].partition("token=")[2]
    script = """url => new Promise(done => {
        const socket = new WebSocket(url);
        socket.onopen = () => done("open");
        socket.onerror = () => done("refused");
    })"""
    assert page.evaluate(script, f"ws://{host}/t/{token}/ws/present") == "refused"
    page.close()
