"""The web server: pages, files and WebSockets, each behind a token."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import socket
import string
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from html import escape
from importlib.resources import files
from pathlib import Path

import textual_serve
from aiohttp import WSMsgType, web
from textual_serve.download_manager import DownloadManager

from inspector.errors import EXIT_OK, UsageError
from inspector.serve.access import Address, Door, Role
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
_IDLE = 10.0
"""Seconds in which a connection has to ask for something."""
_SILENT = 100
"""Connections that may keep silent at once; a class of that many comes in at the same time."""
_DIGITS = 4


class _OneLine(logging.Formatter):
    """What goes wrong is a line for whoever serves, whatever library tells it."""

    def format(self, record: logging.LogRecord) -> str:
        """The message and the error, without a traceback."""
        words = record.getMessage().partition("\n")[0]
        error = record.exc_info[1] if record.exc_info else None
        cause = f" ({type(error).__name__}: {' '.join(str(error).split())})" if error is not None else ""
        return f"inspector serve: {words}{cause}"


def run(
    host: str,
    port: int,
    command: list[str],
    title: str,
    *,
    views: int,
    called: tuple[str, ...],
    announce: Callable[[Door], None],
) -> int:
    """See `inspector.serve.serve`."""
    handler = logging.StreamHandler()
    handler.setFormatter(_OneLine())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    listening = _listen(host, port)
    access = Door(Address(host, listening.getsockname()[1], called))
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


async def _run(server: Server, listening: socket.socket, announce: Callable[[Door], None]) -> int:
    stop = asyncio.Event()
    for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    async with server.listening(listening):
        announce(server.access)
        await stop.wait()
    return EXIT_OK


class Server:
    """Everything behind one door.

    Args:
        access: where it listens, and who may come in.
        command: what makes a screen.
        title: what to call it.
        views: how many private views there may be at once.
    """

    def __init__(self, access: Door, command: list[str], title: str, views: int) -> None:
        self.access = access
        self._command = command
        self._title = title
        self._room = views
        self._downloads = DownloadManager()
        self._shared = Shared(command, self._downloads, access.presenter)
        self._sockets: set[web.WebSocketResponse] = set()
        self._silent: dict[asyncio.BaseProtocol, asyncio.TimerHandle] = {}
        """Connections that have not asked for anything yet, and when they are closed for it."""
        page = files("inspector.serve") / "page"
        self._page = string.Template((page / "index.html").read_text(encoding="utf-8"))
        theirs = Path(textual_serve.__file__).parent / "static"
        self._files = {name: (theirs / path).read_bytes() for name, path in _THEIRS.items()}
        self._files |= {name: (page / name).read_bytes() for name in _OURS}

    @asynccontextmanager
    async def listening(self, socket: socket.socket, *, patience: float = PATIENCE + 2) -> AsyncIterator[None]:
        """Serves on a socket that listens, until the block is left.

        Args:
            socket: the socket.
            patience: seconds that open connections get to end.
        """
        runner = web.AppRunner(self.app(), access_log=None, shutdown_timeout=patience, keepalive_timeout=_IDLE)
        await runner.setup()
        make = runner.server
        assert make is not None
        try:
            listener = await asyncio.get_running_loop().create_server(lambda: self._met(make()), sock=socket)
            async with listener:
                yield
        finally:
            await runner.cleanup()

    def _met(self, connection: asyncio.BaseProtocol) -> asyncio.BaseProtocol:
        """A new connection: it has to ask for something soon; of too many that do not, the first are disconnected."""
        if len(self._silent) >= _SILENT:
            self._let_go(next(iter(self._silent)))
        self._silent[connection] = asyncio.get_running_loop().call_later(_IDLE, self._let_go, connection)
        return connection

    def _let_go(self, connection: asyncio.BaseProtocol) -> None:
        self._silent.pop(connection).cancel()
        transport = getattr(connection, "transport", None)
        if transport is not None:
            transport.abort()

    def app(self) -> web.Application:
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
        if (timer := self._silent.pop(request.protocol, None)) is not None:
            timer.cancel()
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
            self._protect(response, request)
        return response

    def _host(self, request: web.Request) -> str:
        """What this server is called in a request, in its own words: a header is never repeated."""
        return self.access.address.asked_for(request.headers.get("Host", "")) or self.access.address.authority()

    def _protect(self, response: web.StreamResponse, request: web.Request) -> None:
        """Nothing from elsewhere is loaded, nothing is told to elsewhere, no other page frames this one."""
        host = self._host(request)
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
        host, base = self._host(request), f"/t/{request.query['token']}"
        size = request.query.get("fontsize", "")
        text = self._page.substitute(
            title=escape(self._title),
            role=role.value,
            base=escape(base),
            websocket=escape(f"ws://{host}{base}/ws/{role.value}"),
            font_size=str(_number(size, 6, 60, 16)),
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
        self._protect(response, request)
        await response.prepare(request)
        async for chunk in self._downloads.download(key):
            await response.write(chunk)
        await response.write_eof()
        return response

    # --- screens --------------------------------------------------------------------------------------------

    async def _websocket(self, request: web.Request) -> web.StreamResponse:
        role = Role(request.match_info["role"])
        if role is Role.VIEW:
            if self._room <= 0:
                raise web.HTTPServiceUnavailable(reason="There are as many private views as there may be.")
            self._room -= 1  # from before anything is waited for, until the view's process has ended
        try:
            return await self._talk(request, role)
        finally:
            if role is Role.VIEW:
                self._room += 1

    async def _talk(self, request: web.Request, role: Role) -> web.WebSocketResponse:
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
            await screen.stop()

    async def _shut(self, _app: web.Application) -> None:
        for websocket in tuple(self._sockets):
            await websocket.close(message=b"the server ended")
        await self._shared.close()


def _size(request: web.Request) -> Size:
    return bounded(
        (_number(request.query.get("width", ""), 0, 9999, 80), _number(request.query.get("height", ""), 0, 9999, 24))
    )


def _number(text: str, low: int, high: int, otherwise: int) -> int:
    """A small number that a browser sends; Python refuses to read one of 5,000 digits."""
    number = int(text) if text.isdecimal() and len(text) <= _DIGITS else otherwise
    return number if low <= number <= high else otherwise


def _charset(name: str) -> str | None:
    return None if name.endswith(".ttf") else "utf-8"
