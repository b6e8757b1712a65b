"""The field of a dialog."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from textual import events
from textual.widgets import Input


class Entry(Input):
    """A field whose closing keys take effect at once, however fast one types.

    Keys are sent to the field as they are pressed. A binding runs only after its key has bubbled up to the app, and
    what was typed behind it has reached the field by then: `/name⏎q` would look for "nameq". So the keys that close the
    dialog are dealt with here, and what comes after them is handed to the screen below.

    Args:
        value: what stands in it at first.
        closing: key → what it does; that dismisses the dialog, or leaves it open.
        placeholder: shown while it is empty.
        id: as in Textual.
    """

    def __init__(
        self,
        value: str = "",
        *,
        closing: Mapping[str, Callable[[], object]],
        placeholder: str = "",
        id: str | None = None,
    ) -> None:
        super().__init__(value, placeholder=placeholder, id=id)
        self.cursor_blink = False
        self._closing_keys = closing

    def take(self, event: events.Key) -> bool:
        """Types a character, or closes with a closing key; says whether the key was one of those."""
        if event.key in self._closing_keys:
            self._closing_keys[event.key]()
        elif event.is_printable and event.character is not None:
            self.replace(event.character, *self.selection)
        else:
            return False
        return True

    async def _on_key(self, event: events.Key) -> None:
        taken = True
        if self.screen.is_current:
            taken = self.take(event)
        else:
            self.app.post_message(events.Key(event.key, event.character))
        if taken:
            event.stop()
            event.prevent_default()
