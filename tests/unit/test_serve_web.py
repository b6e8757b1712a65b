"""The server with real sockets; its screens are a small program that writes down what it is told."""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import aiohttp
import psutil
import pytest

from inspector.serve import Address, Door, Role
from inspector.serve.server import Server

PATIENCE = 60.0
"""Seconds for what a busy machine does late."""

SCREEN = """
import json, os, sys
def draw(text):
    data = text.encode()
    os.write(1, b"D" + len(data).to_bytes(4, "big") + data)
os.write(1, b"__GANGLION__\\n")
draw(f"begins at {os.environ['COLUMNS']}x{os.environ['ROWS']}; guest {os.environ['INSPECTOR_GUEST']};")
while head := sys.stdin.buffer.read(5):
    data = sys.stdin.buffer.read(int.from_bytes(head[1:], "big"))
    said = data.decode() if head[:1] == b"D" else json.loads(data)
    draw(f"heard {json.dumps(said, sort_keys=True)};")
    if said == {"type": "quit"} or said == "q":
        break
"""


class Served:
    """A running server, and a client that says what a test wants it to say."""

    def __init__(self, access: Door, client: aiohttp.ClientSession) -> None:
        self.access = access
        self.client = client
        self.base = f"http://{access.address.authority()}"

    async def status(self, path: str, **headers: str) -> int:
        async with self.client.get(f"{self.base}{path}", headers=headers) as response:
            return response.status

    async def connect(self, role: Role, token: str, **headers: str) -> aiohttp.ClientWebSocketResponse:
        headers = {"Origin": self.base, **headers}
        url = f"{self.base}/t/{token}/ws/{role}?width=100&height=30"
        return await self.client.ws_connect(url, headers=headers)

    async def present(self) -> aiohttp.ClientWebSocketResponse:
        return await self.connect(Role.PRESENT, self.access.presenter)

    async def watch(self) -> aiohttp.ClientWebSocketResponse:
        return await self.connect(Role.CLASS, self.access.audience)


@asynccontextmanager
async def served(tmp_path: Path, *, views: int = 1, host: str = "127.0.0.1") -> AsyncIterator[Served]:
    program = tmp_path / "screen.py"
    program.write_text(SCREEN)
    listening = socket.create_server(("127.0.0.1", 0))
    access = Door(Address(host, listening.getsockname()[1], ("lecture.example",)))
    server = Server(access, [sys.executable, str(program)], "<b>title</b>", views)
    async with server.listening(listening, patience=1.0), aiohttp.ClientSession() as client:
        yield Served(access, client)


async def until(browser: aiohttp.ClientWebSocketResponse, *words: str) -> str:
    """Reads what is drawn or told until all of these words were in it."""
    seen = ""
    while not all(word in seen for word in words):
        message = await browser.receive(timeout=PATIENCE)
        assert message.type in (aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT), f"{message}, after {seen!r}"
        seen += message.data.decode() if isinstance(message.data, bytes) else message.data
    return seen


async def test_without_the_token_everything_is_refused(tmp_path: Path) -> None:
    async with served(tmp_path) as it:
        token = it.access.audience
        for path in ("/", "/class", "/view", "/present", "/nowhere", "/static/js/textual.js"):
            assert await it.status(path) == 403, path
            assert await it.status(f"{path}?token=wrong") == 403, path
        for path in ("textual.js", "mono.ttf", "ws/class", "ws/present", "download/0", "..%2f..%2fserver.py"):
            assert await it.status(f"/t/wrong/{path}") == 403, path
        assert await it.status(f"/present?token={token}") == 403
        assert await it.status(f"/class?token={token}") == 200
        assert await it.status(f"/class?token={it.access.presenter}") == 200


async def test_websockets_are_refused_without_token_or_of_another_site(tmp_path: Path) -> None:
    async with served(tmp_path) as it:
        audience, presenter = it.access.audience, it.access.presenter
        for role, token, headers in (
            (Role.CLASS, "wrong", {}),
            (Role.PRESENT, audience, {}),
            (Role.VIEW, presenter, {"Origin": "http://evil.example"}),
            (Role.VIEW, presenter, {"Origin": "null"}),
            (Role.VIEW, presenter, {"Host": "evil.example", "Origin": "http://evil.example"}),
        ):
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await it.connect(role, token, **headers)
            assert refused.value.status == 403
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:  # no browser comes without an Origin
            await it.client.ws_connect(f"{it.base}/t/{presenter}/ws/class")
        assert refused.value.status == 403


async def test_the_page_loads_nothing_from_elsewhere(tmp_path: Path) -> None:
    async with served(tmp_path) as it:
        async with it.client.get(it.access.url(Role.CLASS)) as response:
            page, policy = await response.text(), response.headers["Content-Security-Policy"]
            assert response.headers["Referrer-Policy"] == "no-referrer"
        assert "default-src 'none'" in policy
        assert f"connect-src 'self' ws://{it.access.address.authority()};" in policy
        assert "&lt;b&gt;title" in page
        assert "<b>title" not in page
        assert "https:" not in page
        base = f"/t/{it.access.audience}"
        for name in ("textual.js", "xterm.css", "serve.js", "serve.css", "mono.ttf", "mono-italic.ttf"):
            assert await it.status(f"{base}/{name}") == 200, name
        assert await it.status(f"{base}/server.py") == 404
        assert await it.status(f"{base}/download/unknown") == 404


async def test_the_class_follows_and_drives_nothing(tmp_path: Path) -> None:
    async with served(tmp_path) as it:
        presenter = await it.present()
        await until(presenter, "begins at 100x30; guest 0;")
        looker = await it.watch()
        assert '["size", {"width": 100, "height": 30}]' in await until(looker, '"size"')
        await looker.send_json(["stdin", "from the class"])
        await looker.send_json(["resize", {"width": 5, "height": 5}])
        await looker.send_str("no JSON")
        await looker.send_json(["ready", {"width": 100, "height": 30}])
        await until(looker, 'heard {"type": "focus"};')  # drawn anew for who has just come
        await presenter.send_json(["stdin", "from the presenter"])
        await until(looker, "from the presenter")
        seen = await until(presenter, "from the presenter")
        assert "from the class" not in seen
        assert '"width": 5' not in seen


async def test_the_class_is_told_of_another_size_and_sees_nothing_garbled(tmp_path: Path) -> None:
    async with served(tmp_path) as it:
        presenter = await it.present()
        looker = await it.watch()
        await until(looker, '"size"')
        await presenter.send_json(["resize", {"width": 120, "height": 40}])
        assert "heard" not in await until(looker, '["size", {"width": 120, "height": 40}]')
        await looker.send_json(["ready", {"width": 100, "height": 30}])  # the old size: too late
        await looker.send_json(["ready", {"width": 120, "height": 40}])
        await until(looker, 'heard {"type": "focus"};')


async def test_the_shared_screen_outlives_its_presenter(tmp_path: Path) -> None:
    async with served(tmp_path) as it:
        first = await it.present()
        await until(first, "begins")
        second = await it.present()
        assert (await first.receive(timeout=PATIENCE)).type is not aiohttp.WSMsgType.ERROR
        seen = await until(second, 'heard {"type": "focus"};')
        assert "begins" not in seen, "the same process goes on"
        await second.send_json(["blur"])
        await second.send_json(["stdin", "q"])
        while (await second.receive(timeout=PATIENCE)).type is aiohttp.WSMsgType.BINARY:
            pass
        assert second.closed
        third = await it.present()
        await until(third, "begins")
    assert psutil.Process().children() == [], "the server takes its screens with it"


async def test_a_screen_that_does_not_leave_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inspector.serve.app.PATIENCE", 0.2)
    async with served(tmp_path) as it:
        (tmp_path / "screen.py").write_text(SCREEN.replace('said == {"type": "quit"}', "False"))
        view = await it.connect(Role.VIEW, it.access.audience)
        await until(view, "begins")
    assert psutil.Process().children() == []


async def test_private_views_have_a_process_each_and_are_counted(tmp_path: Path) -> None:
    async with served(tmp_path, views=1) as it:
        view = await it.connect(Role.VIEW, it.access.audience)
        await view.send_json(["stdin", "mine"])
        await until(view, "begins at 100x30; guest 1;", 'heard "mine";')
        with pytest.raises(aiohttp.WSServerHandshakeError) as full:
            await it.connect(Role.VIEW, it.access.audience)
        assert full.value.status == 503
        await view.send_json(["resize", {"width": 10**9, "height": -3}])
        await until(view, json.dumps({"height": 2, "type": "resize", "width": 1000}))
        await view.close()
        again = await freed(it)
        await until(again, "begins")
        assert len(psutil.Process().children()) == 1, "that of the view which was closed has ended"


async def freed(it: Served) -> aiohttp.ClientWebSocketResponse:
    """A view, once the server has heard that the process of the one before has ended."""
    end = time.monotonic() + PATIENCE
    while True:
        try:
            return await it.connect(Role.VIEW, it.access.audience)
        except aiohttp.WSServerHandshakeError as error:
            assert error.status == 503 and time.monotonic() < end, error
        await asyncio.sleep(0.05)


# --- browsers that mean no good -------------------------------------------------------------------------------


async def test_a_host_header_is_never_repeated(tmp_path: Path) -> None:
    async with served(tmp_path, host="0.0.0.0") as door:
        port = door.access.address.port
        base, path = f"http://127.0.0.1:{port}", f"/class?token={door.access.audience}"
        for host, status in (
            (f"127.0.0.1:{port}", 200),
            (f"LECTURE.example:{port}", 200),
            (f"evil.example:{port}", 403),
            (f"x; script-src *:{port}", 403),
            (f'"><script>:{port}', 403),
        ):
            async with door.client.get(base + path, headers={"Host": host}) as response:
                assert response.status == status, host
                policy, text = response.headers["Content-Security-Policy"], await response.text()
            for bad in ("evil", "script-src *", "<script>", "LECTURE"):
                assert bad not in policy + text


@pytest.mark.parametrize("size", ["9" * 5000, "-1", "1e3", "٣", "", "61"])
async def test_a_font_of_any_size(tmp_path: Path, size: str) -> None:
    async with served(tmp_path) as door:
        query = {"token": door.access.audience, "fontsize": size}
        async with door.client.get(f"{door.base}/class", params=query) as response:
            assert response.status == 200
            assert 'data-font-size="16"' in await response.text()


async def test_of_many_sizes_at_once_the_screen_gets_the_last(tmp_path: Path) -> None:
    async with served(tmp_path) as door:
        browser = await door.present()
        await until(browser, "begins at 100x30")
        for width in range(100, 1000):
            await browser.send_json(["resize", {"width": width, "height": 40}])
        drawn = await until(browser, json.dumps({"height": 40, "type": "resize", "width": 999}))
        assert drawn.count("resize") < 100, "each costs the screen a drawing"


async def test_who_connects_and_says_nothing_is_let_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("inspector.serve.server._IDLE", 0.3)
    monkeypatch.setattr("inspector.serve.server._SILENT", 20)
    async with served(tmp_path) as door:
        port = door.access.address.port
        half_open = [await asyncio.open_connection("127.0.0.1", port) for _ in range(40)]
        for _, writer in half_open:
            writer.write(b"GET / HTTP/1.1\r\nHost: 127")
        assert await door.status(f"/class?token={door.access.audience}") == 200, "others are not kept out by them"
        async with asyncio.timeout(10):
            for reader, writer in half_open:
                with suppress(ConnectionError):
                    assert await reader.read() == b""
                writer.close()


async def test_views_opened_and_closed_in_a_row_are_never_more_than_there_may_be(tmp_path: Path) -> None:
    def screens() -> int:
        return len([child for child in psutil.Process().children(recursive=True) if child.status() != "zombie"])

    async with served(tmp_path, views=2) as door:
        (tmp_path / "screen.py").write_text(f"{SCREEN}\nimport time; time.sleep(0.5)  # it leaves slowly\n")

        async def view() -> int:
            try:
                browser = await door.connect(Role.VIEW, door.access.audience)
            except aiohttp.WSServerHandshakeError as error:
                return error.status
            await browser.close()
            return 101

        before, most, answers = screens(), 0, []
        for _ in range(6):
            answers += await asyncio.gather(*(view() for _ in range(6)))
            most = max(most, screens() - before)
        assert {101, 503} == set(answers)
        assert most <= 2


async def test_what_goes_wrong_is_one_line(capfd: pytest.CaptureFixture[str]) -> None:
    import logging

    from inspector.serve.server import _OneLine

    try:
        raise ValueError("a message\nover lines")
    except ValueError:
        record = logging.LogRecord("aiohttp.server", logging.ERROR, "", 0, "Error handling request", (), sys.exc_info())
    assert _OneLine().format(record) == "inspector serve: Error handling request (ValueError: a message over lines)"
