"""What a person types, told from what a terminal pastes without saying so.

Most terminals mark what is pasted, and Textual makes one event of that. Others, and tmux when it is told to, send it as
if it had been typed: thousands of keys in a few milliseconds. Taken as keys, they would run whatever commands they
spell, and each of them would have a field look for what stands in it by then. So keys are held for the moment that the
others of the same burst take to arrive; a key by itself waits for nothing but the end of the queue.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from textual import events

_FEWEST = 32
"""Keys that make a burst."""
_FASTEST = 500
"""Keys a second that nobody types, and no key that is held down repeats at."""
_ENTER = {"enter": "\n", "tab": "\t"}


class Typing:
    """Holds keys back until it is known what they are.

    Args:
        later: calls back once everything that waits by now has been dealt with.
        deliver: takes an event to where it belongs.
    """

    def __init__(
        self,
        later: Callable[[Callable[[], Awaitable[None]]], object],
        deliver: Callable[[events.Event], Awaitable[None]],
    ) -> None:
        self._later = later
        self._deliver = deliver
        self._held: list[events.Key] = []
        self._seen = 0
        self._pasted = float("-inf")
        """When the last key of the last burst came."""

    def hold(self, key: events.Key) -> None:
        """Takes a key, in order."""
        self._held.append(key)
        if len(self._held) == 1:
            self._seen = 0
            self._later(self._look)

    async def _look(self) -> None:
        """Waits on while more of a burst arrives."""
        if self._seen < len(self._held) and _is_burst(self._held):
            self._seen = len(self._held)
            self._later(self._look)
        else:
            await self.release()

    async def release(self) -> None:
        """Delivers what is held: as one paste where it came as nobody types, else key by key."""
        held, self._held = self._held, []
        rest = bool(held) and held[0].time - self._pasted < 1 / _FASTEST
        if not rest and (len(held) < _FEWEST or not _is_burst(held)):
            for key in held:
                await self._deliver(key)
            return
        self._pasted = held[-1].time
        closing: list[events.Key] = []
        while held and _text(held[-1]) in ("", "\n"):  # Enter behind a text sends it off, as it would by hand
            closing.insert(0, held.pop())
        if text := "".join(map(_text, held)):
            await self._deliver(events.Paste(text))
        for key in closing:
            await self._deliver(key)


def _is_burst(keys: list[events.Key]) -> bool:
    """Whether keys came faster than anybody types."""
    return len(keys) > 1 and (keys[-1].time - keys[0].time) * _FASTEST < len(keys)


def _text(key: events.Key) -> str:
    return _ENTER.get(key.key) or (key.character or "" if key.is_printable else "")
