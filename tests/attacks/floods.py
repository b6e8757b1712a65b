"""Floods of every kind against a running `inspector serve`: it goes on serving, within its limits, without a traceback.

python tests/attacks/floods.py
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import aiohttp
import psutil

ROOT = Path(__file__).resolve().parents[2]
LOG = "tests/traces/recompile.log"
VIEWS = 4
PROMPT = 8.0
"""Seconds within which a page is answered, on a busy machine, whatever else goes on."""


class Door:
    """A running server."""

    def __init__(self, folder: Path) -> None:
        self.errors = folder / "err"
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "inspector",
                "serve",
                "--port",
                "0",
                "--views",
                str(VIEWS),
                "tests/traces/recompile.log",
            ],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "TMPDIR": str(folder)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self.errors.open("wb"),
            text=True,
        )
        self.urls: dict[str, str] = {}
        assert self.process.stdout is not None
        while len(self.urls) < 3:
            line = self.process.stdout.readline()
            assert line, self.errors.read_text()
            if found := re.search(r"http://[\w.:-]+/(present|class|view)\?token=[\w-]+", line):
                self.urls[found[1]] = found[0]
        self.host = re.match(r"http://([\w.:-]+)/", self.urls["class"])[1]  # type: ignore[index]
        self.me = psutil.Process(self.process.pid)

    def websocket(self, role: str) -> str:
        token = self.urls[role].partition("token=")[2]
        return f"http://{self.host}/t/{token}/ws/{role}?width=100&height=30"

    def screens(self) -> int:
        return len([child for child in self.me.children() if child.status() != psutil.STATUS_ZOMBIE])

    async def connect(self, client: aiohttp.ClientSession, role: str) -> aiohttp.ClientWebSocketResponse:
        return await client.ws_connect(self.websocket(role), headers={"Origin": f"http://{self.host}"}, max_msg_size=0)

    async def answers(self, client: aiohttp.ClientSession) -> float:
        """Seconds that a page takes."""
        begun = time.monotonic()
        async with client.get(self.urls["class"]) as response:
            assert response.status == 200
            await response.read()
        took = time.monotonic() - begun
        assert took < PROMPT, f"a page took {took:.1f} s"
        return took


async def half_open(door: Door, client: aiohttp.ClientSession) -> str:
    host, _, port = door.host.partition(":")
    made = [await asyncio.open_connection(host, int(port)) for _ in range(300)]
    for _, writer in made:
        writer.write(b"GET / HTTP/1.1\r\nHost: 127")
    took = await door.answers(client)
    begun = time.monotonic()
    async with asyncio.timeout(20):
        for reader, writer in made:
            with contextlib.suppress(ConnectionError):
                assert await reader.read() == b""
            writer.close()
    return f"300 half-open: a page in {took:.2f} s beside them, the last let go after {time.monotonic() - begun:.1f} s"


async def headers(door: Door, client: aiohttp.ClientSession) -> str:
    host, _, port = door.host.partition(":")
    for header in (
        b"X: " + b"a" * 2_000_000,
        b"".join(b"X%d: a\r\n" % number for number in range(100_000)),
        b"\x00\xff: \x00",
    ):
        reader, writer = await asyncio.open_connection(host, int(port))
        with contextlib.suppress(ConnectionError):
            writer.write(b"GET / HTTP/1.1\r\nHost: " + door.host.encode() + b"\r\n" + header + b"\r\n\r\n")
            await writer.drain()
            status = (await asyncio.wait_for(reader.read(100), 20)).split(b"\r\n")[0]
            assert status == b"" or b" 4" in status, status
        writer.close()
    return f"huge and broken headers: refused, a page in {await door.answers(client):.2f} s"


async def sizes(door: Door, client: aiohttp.ClientSession) -> str:
    browser = await door.connect(client, "present")
    await browser.receive(timeout=30)
    for number in range(1000):
        await browser.send_json(["resize", {"width": 60 + number % 140, "height": 20 + number % 40}])
    for wrong in (
        [],
        ["resize"],
        ["resize", {}],
        ["resize", {"width": "x", "height": -1}],
        {"a": 1},
        10**400,
        "x" * 100_000,
    ):
        with contextlib.suppress(ConnectionError, aiohttp.ClientError):
            await browser.send_json(wrong)
    took = await door.answers(client)
    await browser.close()
    return f"1,000 sizes at once and wrong ones: a page in {took:.2f} s"


async def slow(door: Door, client: aiohttp.ClientSession) -> str:
    presenter = await door.connect(client, "present")
    await presenter.receive(timeout=30)
    silent = [await door.connect(client, "class") for _ in range(100)]  # never read, never speak
    before = door.me.memory_info().rss
    for number in range(300):
        await presenter.send_json(["resize", {"width": 100 + number % 100, "height": 40}])
        with contextlib.suppress(TimeoutError):
            await presenter.receive(timeout=0.05)
    grown = (door.me.memory_info().rss - before) / 2**20
    took = await door.answers(client)
    assert grown < 300, f"{grown:.0f} MB more for readers that do not read"
    for browser in (*silent, presenter):
        await asyncio.wait_for(browser.close(), 30)
    return f"100 that neither read nor speak: {grown:.0f} MB more, a page in {took:.2f} s"


async def views(door: Door, client: aiohttp.ClientSession) -> str:
    shared, most, answers = 1, 0, {}

    async def view() -> None:
        try:
            browser = await door.connect(client, "view")
        except aiohttp.WSServerHandshakeError as error:
            answers[error.status] = answers.get(error.status, 0) + 1
            return
        answers[101] = answers.get(101, 0) + 1
        await browser.close()

    for _ in range(10):
        await asyncio.gather(*(view() for _ in range(8)))
        most = max(most, door.screens())
    assert most <= VIEWS + shared, f"{most} screens"
    return f"80 views opened and closed: {answers}, at most {most} screens"


async def flood(door: Door) -> None:
    timeout = aiohttp.ClientTimeout(total=60)
    for attack in (half_open, headers, sizes, slow, views):
        async with aiohttp.ClientSession(timeout=timeout, connector=aiohttp.TCPConnector(limit=0)) as client:
            print(await attack(door, client), flush=True)


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="floods-") as name:
        door = Door(Path(name))
        try:
            asyncio.run(flood(door))
            below = door.me.children(recursive=True)
            door.process.send_signal(signal.SIGTERM)
            code = door.process.wait(30)
            _, left = psutil.wait_procs(below, 5)
            said = door.errors.read_text()
            assert code == 0, f"exit code {code}"
            assert not left, f"{left} live"
            assert "Traceback" not in said, said[-3000:]
            assert all(line.startswith("inspector") for line in said.splitlines()), said[-3000:]
            print(f"five floods held; {len(said.splitlines())} lines on stderr")
        finally:
            if door.process.poll() is None:
                door.process.kill()
    return 0


if __name__ == "__main__":
    sys.exit(main())
