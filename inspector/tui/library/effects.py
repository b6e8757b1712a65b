"""What the first screen has done for it: plain data, which it carries out once the state is drawn."""

from __future__ import annotations

from enum import Enum

from inspector.model.library import KeptCapture
from inspector.tui.effects import Leave, Say
from inspector.tui.value import Value


class OpenKept(Value):  # show this capture
    name: str


class CompileTarget(Value):  # compile this one of the gallery
    name: str


class CompareKept(Value):  # show how these two differ
    before: str
    after: str


Choice = OpenKept | CompileTarget | CompareKept
"""What the app is left for; it comes back afterwards."""


class AskLibraryFilter(Value):  # a row to type in
    needle: str


class AskTags(Value):  # which tags are to come and go
    item: KeptCapture


class AskRemove(Value):  # whether it is really to go
    item: KeptCapture


class ChangeTags(Value):
    name: str
    add: tuple[str, ...]
    remove: tuple[str, ...]


class RemoveKept(Value):
    name: str


LibraryAct = Enum("LibraryAct", "READ HELP PALETTE THEME")
LibraryEffect = (
    Say
    | Leave
    | OpenKept
    | CompileTarget
    | CompareKept
    | AskLibraryFilter
    | AskTags
    | AskRemove
    | ChangeTags
    | RemoveKept
    | LibraryAct
)
