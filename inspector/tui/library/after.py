"""The first screen after what a person wants, or after what the library has said: one pure function."""

from __future__ import annotations

from dataclasses import replace

from inspector.errors import EXIT_INTERRUPTED, EXIT_OK
from inspector.tui.effects import Leave, Say, with_effect
from inspector.tui.guests import FOR_GUESTS, guest
from inspector.tui.intents import Resized
from inspector.tui.library import intents as want
from inspector.tui.library.effects import (
    AskLibraryFilter,
    AskRemove,
    AskTags,
    ChangeTags,
    CompareKept,
    CompileTarget,
    LibraryAct,
    OpenKept,
    RemoveKept,
)
from inspector.tui.library.intents import LibraryDo, LibraryIntent
from inspector.tui.library.state import LibraryDesk

_ACTS = {
    LibraryDo.READ: LibraryAct.READ,
    LibraryDo.HELP: LibraryAct.HELP,
    LibraryDo.PALETTE: LibraryAct.PALETTE,
    LibraryDo.THEME: LibraryAct.THEME,
}


def after(desk: LibraryDesk, intent: LibraryIntent) -> LibraryDesk:  # noqa: PLR0911 (a case each)
    """The next state; what is to be said and done stands in its `effects`, behind what was there."""
    match intent:
        case LibraryDo():
            return _do(desk, intent)
        case want.OnRow(key):
            return replace(desk, at=key)
        case want.ChooseRow(key):
            return _choose(desk, key)
        case want.FilterRows(needle):
            return replace(desk, needle=needle)
        case want.GaveTags(name, words):
            given = words.replace(",", " ").split()
            add = tuple(word.removeprefix("+") for word in given if not word.startswith("-"))
            remove = tuple(word[1:] for word in given if word.startswith("-"))
            return with_effect(desk, ChangeTags(name, add, remove)) if given else desk
        case want.SureToRemove(name):
            return with_effect(desk, RemoveKept(name))
        case want.HasKept(kept, words):
            desk = replace(desk, kept=kept, trouble="", marked=desk.marked if _has(kept, desk.marked) else "")
            return with_effect(desk, Say(words, timeout=5)) if words else desk
        case want.WentWrong(words):
            desk = with_effect(desk, Say(words, severity="error", timeout=8))
            return replace(desk, trouble=words) if desk.kept is None else desk
        case Resized(size):
            return replace(desk, size=size)


def _has(kept: tuple[object, ...], name: str) -> bool:
    return any(getattr(item, "id", None) == name for item in kept)


def _do(desk: LibraryDesk, do: LibraryDo) -> LibraryDesk:  # noqa: PLR0911 (a case each)
    item = desk.capture(desk.at)
    match do:
        case LibraryDo.LEAVE:
            return with_effect(desk, Leave(EXIT_OK))
        case LibraryDo.INTERRUPT:
            return with_effect(desk, Leave(EXIT_INTERRUPTED))
        case LibraryDo.FILTER:
            return with_effect(desk, AskLibraryFilter(desk.needle))
        case LibraryDo.COMPARE | LibraryDo.TAG | LibraryDo.REMOVE if item is None:
            return with_effect(desk, Say("That is done to a capture: none is under the cursor.", severity="warning"))
        case LibraryDo.TAG | LibraryDo.REMOVE if guest():
            return with_effect(desk, Say(FOR_GUESTS, severity="warning", timeout=5))
        case LibraryDo.COMPARE if item is not None:
            if item.problem:
                return with_effect(desk, Say(item.problem, severity="warning", timeout=5))
            if desk.marked in ("", item.id):
                return replace(desk, marked="" if desk.marked else item.id)
            return with_effect(desk, CompareKept(desk.marked, item.id))
        case LibraryDo.TAG if item is not None:
            return with_effect(desk, AskTags(item))
        case LibraryDo.REMOVE if item is not None:
            return with_effect(desk, AskRemove(item))
        case _:
            return with_effect(desk, _ACTS[do])


def _choose(desk: LibraryDesk, key: str) -> LibraryDesk:
    if (item := desk.capture(key)) is not None:
        if item.problem:
            return with_effect(desk, Say(item.problem, severity="error", timeout=8))
        return with_effect(desk, OpenKept(key))
    return with_effect(desk, CompileTarget(key)) if desk.target(key) is not None else desk
