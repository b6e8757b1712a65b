"""What Textual holds on to of widgets that are gone, let go: a screen that is open all day must not grow.

Places in Textual 8 that keep what nobody sees any more; none of them is asked for by what the widgets do themselves.
"""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING

from textual._styles_cache import StylesCache
from textual.message import Message

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.dom import DOMNode
    from textual.message_pump import MessagePump


def share_backgrounds() -> None:
    """Has Textual remember background styles by their colours alone.

    It remembers the last 1,024 by the colours *and* by what drew them, and so holds the drawn rows of as many widgets
    that were closed, 0.4 MB for each help that was open once.
    """
    cached = StylesCache.get_inner_outer
    if not hasattr(cached, "cache_info"):
        return  # done, or another Textual
    by_colours = lru_cache(maxsize=1024)(partial(cached.__wrapped__, None))  # its first argument goes unused
    StylesCache.get_inner_outer = lambda _, base, background: by_colours(base, background)  # type: ignore[method-assign, assignment]


def forget_watcher(watched: DOMNode, gone: DOMNode) -> None:
    """Takes a widget that goes off the list of those that watch another's fields.

    Textual drops it when such a field next changes, which for the app's theme may be never; a list of the app's would
    hold the widget and its whole dialog until then.
    """
    watchers: dict[str, list[tuple[DOMNode, object]]] = getattr(watched, "__watchers", {})
    for entries in watchers.values():
        entries[:] = [entry for entry in entries if entry[0] is not gone]


class _Nothing(Message, bubble=False, no_dispatch=True):
    """Takes the place of another message."""


def forget_senders(pumps: Iterable[MessagePump]) -> None:
    """Gives each widget a message of the app's own, that no other is its last one.

    A widget holds its last message until the next one comes, which for one that nothing happens to may be never; and a
    message holds its sender, which may be a dialog that was closed. Call it on the app, or that is held instead.
    """
    for pump in pumps:
        if pump.is_running:
            pump.post_message(_Nothing())
