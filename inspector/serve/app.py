"""One running screen: a process that draws for a browser, as textual-serve starts and speaks with it."""

from __future__ import annotations

import asyncio
import json
import logging
import shlex
from collections.abc import Awaitable, Callable

from textual_serve.app_service import AppService
from textual_serve.download_manager import DownloadManager

LOG = logging.getLogger("inspector.serve")
PATIENCE = 8.0
"""Seconds that a screen gets to leave before it is killed: it ends its own worker meanwhile."""
_SETTLE = 0.05
"""Seconds for which sizes are gathered: a window that is dragged larger sends one after the other."""

Size = tuple[int, int]
"""Columns and rows."""


class Resizing:
    """Sizes that a browser asks for: of many that come at once, the last one counts.

    Args:
        act: gives the screen its size.
    """

    def __init__(self, act: Callable[[Size], Awaitable[object]]) -> None:
        self._act = act
        self._last: Size = (0, 0)
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Future[object] | None = None

    def ask(self, size: Size) -> None:
        """Gives the screen this size in a moment, unless another is asked for meanwhile."""
        self._last = bounded(size)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(_SETTLE, self._settle)

    def _settle(self) -> None:
        self._timer = None
        self._task = asyncio.ensure_future(self._act(self._last))

    def close(self) -> None:
        """The screen ends: it gets no more sizes."""
        if self._timer is not None:
            self._timer.cancel()


class Screen(AppService):
    """A process with a screen.

    Args:
        command: a program and its arguments.
        write: takes what the screen draws.
        tell: takes messages for the browser, JSON.
        ended: called once, when the process has ended.
        downloads: files that screens hand out.
        guest: whether it is somebody else's: then it writes no file on this machine.
    """

    def __init__(
        self,
        command: list[str],
        *,
        write: Callable[[bytes], Awaitable[None]],
        tell: Callable[[str], Awaitable[None]],
        ended: Callable[[], Awaitable[None]],
        downloads: DownloadManager,
        guest: bool = False,
    ) -> None:
        super().__init__(
            f"exec {shlex.join(command)}",
            write_bytes=write,
            write_str=tell,
            close=_nothing,
            download_manager=downloads,
        )
        self._ended = ended
        self._resizing = Resizing(lambda size: self.set_terminal_size(*size))
        self._guest = guest

    def _build_environment(self, width: int = 80, height: int = 24) -> dict[str, str]:
        """As textual-serve has it, in a terminal that can do what a browser's can."""
        environment: dict[str, str] = super()._build_environment(width=width, height=height)
        plain = {name: value for name, value in environment.items() if name not in ("NO_COLOR", "TEXTUAL_LOG")}
        return plain | {
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "PYTHONUTF8": "1",
            "INSPECTOR_GUEST": str(int(self._guest)),
        }

    async def run(self) -> None:
        """Passes on what the process draws until it ends."""
        try:
            await super().run()
        finally:
            await self._ended()

    async def stop(self) -> None:
        """Ends the process; it is killed where it does not leave by itself."""
        self._resizing.close()
        process = self._process
        if process is None:
            return
        stopping = asyncio.create_task(super().stop())
        try:
            async with asyncio.timeout(PATIENCE):
                await asyncio.wait({stopping})  # has been asked to; its browser may be gone before it is
                await process.wait()
        except TimeoutError:
            LOG.warning("a screen did not leave within %s s and is killed", PATIENCE)
        finally:
            if process.returncode is None:
                process.kill()
            stopping.cancel()
            await asyncio.gather(stopping, process.wait(), return_exceptions=True)

    async def repaint(self) -> None:
        """Has all of the screen drawn anew: for somebody who has just come."""
        await self.focus()

    async def hear(self, message: object) -> bool:
        """Takes one message of textual-serve's page; returns whether it was one."""
        match message:
            case ["stdin", str(data)]:
                await self.send_bytes(data.encode("utf-8", "replace"))
            case ["resize", {"width": int(width), "height": int(height)}]:
                self._resizing.ask((width, height))
            case ["focus"]:
                await self.focus()
            case ["blur"]:
                await self.blur()
            case _:
                return False
        return True


def bounded(size: Size) -> Size:
    """A size that a screen can have, whatever a browser says."""
    return min(max(size[0], 2), 1000), min(max(size[1], 2), 500)


def parsed(text: str) -> object:
    """A browser's message; None where it is no JSON."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def with_token(text: str, token: str) -> str:
    """A screen's message for the browser; a download's address gets the token that its page has."""
    match parsed(text):
        case ["deliver_file_start", str(key)]:
            return json.dumps(["open_url", {"url": f"/t/{token}/download/{key}", "new_tab": True}])
        case _:
            return text


async def _nothing() -> None:
    """The process says that it ends; its output ends a moment later, and that is what counts."""
