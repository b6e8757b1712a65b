"""What a person can want of the first screen, and what arrives there: one value each, for `after`."""

from __future__ import annotations

from enum import Enum

from inspector.model.library import KeptCapture
from inspector.tui.intents import Resized
from inspector.tui.value import Value

LibraryDo = Enum("LibraryDo", "FILTER COMPARE TAG REMOVE READ HELP PALETTE THEME LEAVE INTERRUPT")
"""What takes no further word; the table of commands says what each is."""


class OnRow(Value):  # the cursor came to this row
    key: str


class ChooseRow(Value):  # open the capture, compile the target
    key: str


class FilterRows(Value):  # what the rows are narrowed down to
    needle: str


class GaveTags(Value):  # tags to add, and with `-` in front to take away
    name: str
    words: str


class SureToRemove(Value):  # the person has said so
    name: str


class HasKept(Value):  # what the library holds, and what was said meanwhile
    kept: tuple[KeptCapture, ...]
    words: str = ""


class WentWrong(Value):  # the library cannot be read or changed
    words: str


LibraryIntent = LibraryDo | OnRow | ChooseRow | FilterRows | GaveTags | SureToRemove | HasKept | WentWrong | Resized
