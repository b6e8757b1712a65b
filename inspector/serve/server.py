"""The web server: pages, files and WebSockets, each behind a token."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import string
from collections.abc import Awaitable, Callable
from html import escape
from importlib.resources import files
from pathlib import Path

import textual_serve
from aiohttp import WSMsgType, web
from textual_serve.download_manager import DownloadManager

from inspector.errors import EXIT_OK, UsageError
from inspector.serve.access import Access, Address, Role
from inspector.serve.app import PATIENCE, Screen, Size, bounded, parsed, with_token
from inspector.serve.shared import Shared

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_THEIRS = {
    "textual.js": "js/textual.js",
    "xterm.css": "css/xterm.css",
    "mono.ttf": "fonts/RobotoMono-VariableFont_wght.ttf",
    "mono-italic.ttf": "fonts/RobotoMono-Italic-VariableFont_wght.ttf",
}
"""What a page needs of textual-serve's own files; its template, which loads a font from elsewhere, is not used."""
_OURS = ("serve.js", "serve.css")
_TYPES = {".js": "text/javascript", ".css": "text/css", ".ttf": "font/ttf"}
_LARGEST = 1 << 20
"""Bytes of one message from a browser: a paste."""


def run(host: str, port: int, command: list[str], title: str, *, views: int, announce: Callable[[Access], None]) -> int:
    """See `inspector.serve.serve`."""
    logging.basicConfig(level=logging.WARNING, format="inspector serve: %(message)s")
    listening = _listen(host, port)
    access = Access(Address(host, listening.getsockname()[1]))
    return asyncio.run(_run(Server(access, command, title, views), listening, announce))


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        why = os.strerror(error.errno) if error.errno is not None else str(error)
        raise UsageError(
            f"{Address(host, port).authority()} cannot be listened on: {why}.",
            "Choose another with --port; 0 takes a free one.",
        ) from error


async def _run(server: Server, listening: socket.socket, announce: Callable[[Access], None]) -> int:
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    runner = web.AppRunner(server.app(), access_log=None, shutdown_timeout=PATIENCE + 2)
    await runner.setup()
    try:
        await web.SockSite(runner, listening).start()
        announce(server.access)
        await stop.wait()
    finally:
        await runner.cleanup()
    return EXIT_OK


class Server:
    """Everything behind one door.

    Args:
        access: where it listens, and who may come in.
        command: what makes a screen.
        title: what to call it.
        views: how many private views there may be at once.
    """

    def __init__(self, access: Access, command: list[str], title: str, views: int) -> None:
        self.access = access
        self._command = command
        self._title = title
        self._room = views
        self._downloads = DownloadManager()
        self._shared = Shared(command, self._downloads, access.presenter)
        self._sockets: set[web.WebSocketResponse] = set()
        page = files("inspector.serve") / "page"
        self._page = string.Template((page / "index.html").read_text(encoding="utf-8"))
        theirs = Path(textual_serve.__file__).parent / "static"
        self._files = {name: (theirs / path).read_bytes() for name, path in _THEIRS.items()}
        self._files |= {name: (page / name).read_bytes() for name in _OURS}

    def app(self) -> web.Application:
        """The aiohttp application."""
        app = web.Application(middlewares=[self._door], client_max_size=_LARGEST)
        # The token is part of every path that a stylesheet or textual-serve's script asks for by itself.
        app.router.add_get("/", self._home)
        app.router.add_get("/{role:present|class|view}", self._index)
        app.router.add_get("/t/{token}/ws/{role:present|class|view}", self._websocket)
        app.router.add_get("/t/{token}/{file:[a-z.-]+}", self._file)
        app.router.add_get("/t/{token}/download/{key}", self._download)
        app.on_shutdown.append(self._shut)
        return app

    # --- the door -------------------------------------------------------------------------------------------

    @web.middleware
    async def _door(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        websocket = request.headers.get("Upgrade", "").lower() == "websocket"
        why = self.access.refusal(request.headers, websocket=websocket)
        token = request.match_info.get("token") or request.query.get("token", "")
        role = Role(request.match_info["role"]) if "role" in request.match_info else None
        if not why and not (self.access.allows(role, token) if role is not None else self.access.knows(token)):
            why = "The token is missing or wrong: open the address that `inspector serve` printed."
        response: web.StreamResponse
        if why:
            response = web.Response(status=403, text=f"{why}\n")
        else:
            try:
                response = await handler(request)
            except web.HTTPException as error:
                response = web.Response(status=error.status, text=f"{error.reason}\n")
        if not response.prepared:
            self._protect(response, request.headers.get("Host", ""))
        return response

    @staticmethod
    def _protect(response: web.StreamResponse, host: str) -> None:
        """Nothing from elsewhere is loaded, nothing is told to elsewhere, no other page frames this one."""
        response.headers["Content-Security-Policy"] = (
            "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self'; "
            f"img-src 'self' data:; connect-src 'self' ws://{host}; base-uri 'none'; form-action 'none'; "
            "frame-ancestors 'none'"
        )
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.headers["Referrer-Policy"] = "no-referrer"
        response.headers["Cache-Control"] = "no-store"
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        response.headers["Cross-Origin-Resource-Policy"] = "same-origin"

    # --- pages and files ------------------------------------------------------------------------------------

    async def _home(self, request: web.Request) -> web.StreamResponse:
        token = request.query["token"]
        role = Role.PRESENT if self.access.allows(Role.PRESENT, token) else Role.CLASS
        raise web.HTTPForbidden(reason=f"Open /{role.value}?token=... instead.")

    async def _index(self, request: web.Request) -> web.StreamResponse:
        role = Role(request.match_info["role"])
        host, base = request.headers["Host"], f"/t/{request.query['token']}"
        size = request.query.get("fontsize", "")
        text = self._page.substitute(
            title=escape(self._title),
            role=role.value,
            base=escape(base),
            websocket=escape(f"ws://{host}{base}/ws/{role.value}"),
            font_size=size if size.isdecimal() and 6 <= int(size) <= 60 else "16",
        )
        return web.Response(text=text, content_type="text/html")

    async def _file(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["file"]
        if name not in self._files:
            raise web.HTTPNotFound
        return web.Response(body=self._files[name], content_type=_TYPES[Path(name).suffix], charset=_charset(name))

    async def _download(self, request: web.Request) -> web.StreamResponse:
        """A file that a screen hands out, a screenshot for instance; textual-serve's keys are random."""
        key = request.match_info["key"]
        try:
            found = await self._downloads.get_download_metadata(key)
        except KeyError:
            raise web.HTTPNotFound from None
        response = web.StreamResponse()
        name = "".join(
            letter for letter in found.file_name if letter.isascii() and (letter.isalnum() or letter in "-_.")
        )
        response.headers["Content-Type"] = "application/octet-stream"  # never a page of this origin
        response.headers["Content-Disposition"] = f'attachment; filename="{name or "download"}"'
        self._protect(response, request.headers["Host"])
        await response.prepare(request)
        async for chunk in self._downloads.download(key):
            await response.write(chunk)
        await response.write_eof()
        return response

    # --- screens --------------------------------------------------------------------------------------------

    async def _websocket(self, request: web.Request) -> web.StreamResponse:
        role = Role(request.match_info["role"])
        if role is Role.VIEW and self._room <= 0:
            raise web.HTTPServiceUnavailable(reason="There are as many private views as there may be.")
        websocket = web.WebSocketResponse(heartbeat=15, max_msg_size=_LARGEST)
        await websocket.prepare(request)
        self._sockets.add(websocket)
        size = _size(request)
        try:
            if role is Role.PRESENT:
                await self._shared.present(websocket, size)
            elif role is Role.CLASS:
                await self._shared.watch(websocket)
            else:
                await self._private(websocket, size, request.match_info["token"])
        finally:
            self._sockets.discard(websocket)
        return websocket

    async def _private(self, websocket: web.WebSocketResponse, size: Size, token: str) -> None:
        async def tell(text: str) -> None:
            await websocket.send_str(with_token(text, token))

        async def ended() -> None:
            await websocket.close(message=b"the screen was closed")

        screen = Screen(
            self._command, write=websocket.send_bytes, tell=tell, ended=ended, downloads=self._downloads, guest=True
        )
        self._room -= 1
        try:
            await screen.start(*size)
            async for message in websocket:
                if message.type is WSMsgType.TEXT:
                    said = parsed(message.data)
                    if isinstance(said, list) and said[:1] == ["ping"]:
                        await websocket.send_json(["pong", *said[1:]])
                    else:
                        await screen.hear(said)
        finally:
            self._room += 1
            await screen.stop()

    async def _shut(self, _app: web.Application) -> None:
        for websocket in tuple(self._sockets):
            await websocket.close(message=b"the server ended")
        await self._shared.close()


def _size(request: web.Request) -> Size:
    width, height = request.query.get("width", ""), request.query.get("height", "")
    return bounded((int(width), int(height))) if width.isdecimal() and height.isdecimal() else (80, 24)


def _charset(name: str) -> str | None:
    return None if name.endswith(".ttf") else "utf-8"
