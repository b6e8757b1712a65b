"""The screen in a browser: one class view that follows the presenter, and private views beside it.

aiohttp and textual-serve are imported by the first call, not by importing this.
"""

from __future__ import annotations

from collections.abc import Callable

from inspector.serve.access import Address, Door, Role

__all__ = ["Address", "Door", "Role", "serve"]


def serve(
    host: str,
    port: int,
    command: list[str],
    title: str,
    *,
    views: int,
    called: tuple[str, ...] = (),
    announce: Callable[[Door], None],
) -> int:
    """Serves until Ctrl-C or SIGTERM; returns the process's exit code.

    Args:
        host: the address to listen on.
        port: the port; 0 takes a free one.
        command: what makes the screen, a program and its arguments; each view is a process of its own.
        title: what to call it in the browser.
        views: how many private views there may be at once.
        called: names of this machine that a browser may use beside its addresses.
        announce: called with who may come in, once somebody can.

    Raises:
        UsageError: the address or the port cannot be had.
    """
    from inspector.serve.server import run

    return run(host, port, command, title, views=views, called=called, announce=announce)
