"""What Textual holds on to of widgets that are gone, let go: a screen that is open all day must not grow.

Two places in Textual 8 keep what nobody sees any more; neither is asked for by what the widgets do themselves.
"""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING

from textual._styles_cache import StylesCache

if TYPE_CHECKING:
    from textual.dom import DOMNode


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
