"""The screen of a difference after what a person wants: one pure function."""

from __future__ import annotations

from dataclasses import replace

from inspector.tui.compare.effects import DifferenceAct, MoveChange, PutCursor
from inspector.tui.compare.intents import DifferenceDo, DifferenceIntent, InList, NextText, ShowPart, StepChange
from inspector.tui.compare.list import only_different
from inspector.tui.compare.state import DifferenceDesk
from inspector.tui.effects import Say, with_effect
from inspector.tui.intents import Resized, StepBy


def after(desk: DifferenceDesk, intent: DifferenceIntent) -> DifferenceDesk:  # noqa: PLR0911, PLR0912 (a case each)
    """The next state; what is to be said and done stands in its `effects`, behind what was there."""
    match intent:
        case ShowPart(key, chosen):
            return replace(desk, key=key, last=False) if chosen else _go(desk, key)
        case StepBy(by):
            at = desk.parts.index(desk.part) + by
            return _go(desk, desk.parts[at].key) if 0 <= at < len(desk.parts) else desk
        case StepChange(by):
            if desk.in_list:  # what it lists is where one goes on reading
                desk = _switched(desk)
            return with_effect(desk, MoveChange(by)) if desk.part.text is not None else _next(desk, by)
        case NextText(by):
            return _next(desk, by)
        case InList(in_list):
            return replace(desk, in_list=in_list)
        case Resized((width, _)):
            return replace(desk, width=width)
        case DifferenceDo.DIFFERENT:
            return _different(desk)
        case DifferenceDo.SWITCH:
            return _switched(desk)
        case DifferenceDo.BACK:
            if desk.narrow and not desk.listing and desk.from_list:
                return _switched(desk)
            return desk if desk.alone else with_effect(desk, DifferenceAct.CLOSE)
        case DifferenceDo.EXPORT if desk.difference is None:
            words = "Only a difference of two captures or compile ids becomes a page."
            return with_effect(desk, Say(words, timeout=4))
        case DifferenceDo.EXPORT:
            return with_effect(desk, DifferenceAct.EXPORT)
        case _:
            return with_effect(desk, DifferenceAct.HELP)


def _go(desk: DifferenceDesk, key: str, *, last: bool = False) -> DifferenceDesk:
    """To a part, also to one that the list leaves out now."""
    only = desk.only and desk.by_key(key) in desk.parts
    return with_effect(replace(desk, key=key, only=only, last=last), PutCursor(key))


def _next(desk: DifferenceDesk, by: int) -> DifferenceDesk:
    """The next or the previous text that differs; back to the last change of it."""
    at = desk.parts.index(desk.part)
    ahead = desk.parts[at + 1 :] if by > 0 else desk.parts[:at][::-1]
    part = next((part for part in ahead if part.text is not None and not part.alike), None)
    if part is not None:
        return _go(desk, part.key, last=by < 0)
    return with_effect(desk, Say(f"That was the {'last' if by > 0 else 'first'} difference.", timeout=2))


def _different(desk: DifferenceDesk) -> DifferenceDesk:
    if not desk.only and not only_different(desk.every):
        return with_effect(desk, Say("Nothing that was compared differs."))
    desk = replace(desk, only=not desk.only)
    return desk if desk.part in desk.parts else _go(desk, desk.parts[0].key)


def _switched(desk: DifferenceDesk) -> DifferenceDesk:
    """Between the list and what it lists."""
    to_list = not desk.in_list and len(desk.every) > 1
    return with_effect(replace(desk, listing=to_list, in_list=to_list), DifferenceAct.FOCUS)
