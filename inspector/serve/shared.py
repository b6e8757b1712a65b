"""The shared screen: one process that the presenter drives and a class looks on at."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable

from aiohttp import WSMsgType, web
from textual_serve.download_manager import DownloadManager

from inspector.serve.app import Resizing, Screen, Size, parsed, with_token

_PRELUDE = (b"\x1b[?1049h", b"\x1b[?25l")
"""What a terminal needs before it can be drawn on: the other buffer, no cursor. In small pieces: textual-serve's page
takes more than ten bytes at once for the first drawing."""
_QUEUE = 512
"""Pieces of drawing that may wait for one who looks on; one who falls further behind is drawn anew."""


class Watcher:
    """One browser that looks at the shared screen.

    A slow one must not hold up the others: each has a queue, and falls out of step rather than behind.

    Args:
        socket: the browser's.
    """

    def __init__(self, socket: web.WebSocketResponse) -> None:
        self.socket = socket
        self.ready = False
        """Whether its terminal has the shared screen's size: what is drawn before would be garbled."""
        self._waiting: asyncio.Queue[bytes | str] = asyncio.Queue(_QUEUE)

    def begin(self) -> None:
        """Makes its terminal fit to be drawn on."""
        for piece in _PRELUDE:
            self.put(piece)

    def put(self, piece: bytes | str) -> bool:
        """Sends a piece when its turn comes; returns False where too many wait, and drops them all."""
        try:
            self._waiting.put_nowait(piece)
        except asyncio.QueueFull:
            while not self._waiting.empty():
                self._waiting.get_nowait()
            self.ready = False
            return False
        return True

    async def pump(self) -> None:
        """Sends until the browser is gone."""
        try:
            while not self.socket.closed:
                piece = await self._waiting.get()
                await (self.socket.send_bytes(piece) if isinstance(piece, bytes) else self.socket.send_str(piece))
        except ConnectionError:  # it went while something was being sent; who reads from it finds out too
            return


class Shared:
    """The shared screen and everybody who looks at it.

    Args:
        command: what makes the screen.
        downloads: files that screens hand out.
        token: the presenter's, for the addresses of such files.
    """

    def __init__(self, command: list[str], downloads: DownloadManager, token: str) -> None:
        self._command = command
        self._token = token
        self._downloads = downloads
        self._screen: Screen | None = None
        self._size: Size = (80, 24)
        self._presenter: Watcher | None = None
        self._class: set[Watcher] = set()
        self._repaint: asyncio.TimerHandle | None = None
        self._resizing = Resizing(self._resize)
        self._repainting: set[asyncio.Task[None]] = set()

    # --- the presenter --------------------------------------------------------------------------------------

    async def present(self, socket: web.WebSocketResponse, size: Size) -> None:
        """Lets a browser drive the screen until it goes; whoever drove it before only watches.

        The screen outlives its presenter: a page that is loaded again goes on where it was.
        """
        before, me = self._presenter, Watcher(socket)
        self._presenter = me
        if before is not None:
            await before.socket.close(message=b"somebody else presents")
        me.ready = True
        me.begin()
        pump = asyncio.create_task(me.pump())
        try:
            await self._resize(size)
            screen = await self._running()
            await screen.repaint()
            async for message in socket:
                if message.type is WSMsgType.TEXT and self._presenter is me:
                    await self._hear(me, parsed(message.data))
        finally:
            pump.cancel()
            if self._presenter is me:
                self._presenter = None

    async def _hear(self, me: Watcher, message: object) -> None:
        screen = await self._running()
        match message:
            case ["resize", {"width": int(width), "height": int(height)}]:
                self._resizing.ask((width, height))
            case ["blur"]:
                pass  # the presenter reads notes in another window: what the class sees stays as it is
            case ["ping", value]:
                me.put(json.dumps(["pong", value]))
            case _:
                await screen.hear(message)

    async def _resize(self, size: Size) -> None:
        if size == self._size:
            return
        self._size = size
        for watcher in self._class:
            self._fit(watcher)
        if self._screen is not None:
            await self._screen.set_terminal_size(*size)

    async def _running(self) -> Screen:
        if self._screen is None:
            self._screen = Screen(
                self._command,
                write=self._draw,
                tell=self._tell_presenter,
                ended=self._over,
                downloads=self._downloads,
            )
            await self._screen.start(*self._size)
        return self._screen

    # --- the class ------------------------------------------------------------------------------------------

    async def watch(self, socket: web.WebSocketResponse) -> None:
        """Lets a browser look on until it goes. Of what it sends, only its being ready is listened to."""
        me = Watcher(socket)
        self._class.add(me)
        me.begin()
        self._fit(me)
        pump = asyncio.create_task(me.pump())
        try:
            async for message in socket:
                said = parsed(message.data) if message.type is WSMsgType.TEXT else None
                if said == ["ready", {"width": self._size[0], "height": self._size[1]}]:
                    me.ready = True
                    self._repaint_soon()
        finally:
            pump.cancel()
            self._class.discard(me)

    def _fit(self, watcher: Watcher) -> None:
        """Has a browser make its terminal as large as the screen."""
        watcher.ready = False
        watcher.put(json.dumps(["size", {"width": self._size[0], "height": self._size[1]}]))

    def _repaint_soon(self) -> None:
        """Once for a whole class that comes in at the same time."""
        if self._repaint is None:
            self._repaint = asyncio.get_running_loop().call_later(0.1, self._repaint_now)

    def _repaint_now(self) -> None:
        self._repaint = None
        if self._screen is not None:
            task = asyncio.ensure_future(self._screen.repaint())
            self._repainting.add(task)
            task.add_done_callback(self._repainting.discard)

    # --- what the screen does -------------------------------------------------------------------------------

    def _watchers(self) -> Iterable[Watcher]:
        return (*((self._presenter,) if self._presenter is not None else ()), *self._class)

    async def _draw(self, data: bytes) -> None:
        for watcher in self._watchers():
            if watcher.ready and not watcher.put(data):
                self._fit(watcher)
                if watcher is self._presenter:  # its terminal has the size anyway
                    watcher.ready = True
                    self._repaint_soon()

    async def _tell_presenter(self, message: str) -> None:
        if self._presenter is not None:
            self._presenter.put(with_token(message, self._token))

    async def _over(self) -> None:
        """The screen was left, or died: everybody is disconnected, and the next presenter starts a new one."""
        self._screen = None
        for watcher in tuple(self._watchers()):
            await watcher.socket.close(message=b"the screen was closed")

    async def close(self) -> None:
        """Ends the screen."""
        self._resizing.close()
        if self._screen is not None:
            await self._screen.stop()
