"""What the screen of a log has done for it: plain data, which the screen carries out once the state is drawn."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING, Any

from inspector.model.difference import TextDifference
from inspector.tui.choice import Choice
from inspector.tui.effects import Copy, FocusPart, Leave, Say
from inspector.tui.value import Value

if TYPE_CHECKING:
    from inspector.tui.desk.intents import Intent

ReadFor = Enum("ReadFor", "OPEN MORE DIFFERENCE RANKS WHY GUARDS TEXTS PIECES")
"""What is read for: to open a compile id, MORE of the one that is open, and what each of the others shows."""


class ReadLog(Value):  # reads compile ids, beside the screen
    want: ReadFor
    words: str
    """What is being done, for the header."""
    compile_ids: tuple[str, ...] = ()
    """Empty for what was logged outside any."""
    then: Intent | None = None
    """What to do in what is opened."""


class ShowRead(Value):  # what was read, on screen
    read: ReadLog
    result: object


class ShowSides(Value):  # how ranks differ, side by side
    title: str
    texts: tuple[TextDifference, ...]
    at: int


class PickFrom(Value):  # a list to choose from
    title: str
    choices: tuple[Choice, ...]
    current: str | None
    then: Callable[[str], Any]
    """The intent that a choice is."""


class AskFilter(Value):  # what to narrow rows down to
    needle: str
    conditions: bool
    """Whether conditions are known, as of compile ids, or a text alone."""


class Export(Value):  # a compile id, or the whole log
    compile_id: str | None


class CompareWith(Value):  # the same, with something else
    compile_id: str | None


class FocusRows(Value):  # gives the rows the keys, or the flame graph where that is what the view is about
    pass


LogAct = Enum("LogAct", "RETURN NOTES SAVE HELP PALETTE THEME")
"""What takes no further word: RETURN from a compile id, and the rest as `LogDo`."""
LogEffect = (Say | Copy | ReadLog | ShowRead | ShowSides | PickFrom | AskFilter | Export | CompareWith) | (
    FocusRows | FocusPart | Leave | LogAct
)
