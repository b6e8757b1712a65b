"""What became of something, as a sign, a colour and words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from inspector.model.difference import Change, KernelChange
from inspector.say.doc import Tone
from inspector.tui.widgets.diffrows import words
from inspector.tui.widgets.glyphs import glyphs


class Mark(NamedTuple):
    """How one row of a list says what became of it."""

    sign: str
    tone: Tone
    words: str


_SIGNS = {
    Change.SAME: ("=", "=", Tone.QUIET),
    Change.ABSENT: ("?", "?", Tone.WARNING),
    Change.UNRECORDED: ("·", ".", Tone.QUIET),
    Change.RENAMED: ("≈", "~", Tone.GOOD),
    Change.MOVED: ("↕", "^", Tone.NAME),
    Change.CHANGED: ("≠", "!", Tone.WARNING),
    Change.REMOVED: ("−", "-", Tone.ERROR),
    Change.ADDED: ("+", "+", Tone.GOOD),
}
"""Sign, its ASCII stand-in, and colour."""


def mark_of(change: Change) -> Mark:
    """The mark of a text, a compile id or a whole."""
    sign, plain, tone = _SIGNS[change]
    return Mark(plain if glyphs().ascii else sign, tone, words(change))


def kernel_mark(change: KernelChange, a: Sequence[str], b: Sequence[str]) -> Mark:
    """The mark of kernels: split ones say into how many, merged ones from how many."""
    alike = {KernelChange.SAME: Change.SAME, KernelChange.RENAMED: Change.RENAMED}
    once = {**alike, KernelChange.REMOVED: Change.REMOVED, KernelChange.ADDED: Change.ADDED}
    mark = mark_of(once.get(change, Change.CHANGED))
    several = {
        KernelChange.SPLIT: f"split into {len(b)}",
        KernelChange.MERGED: f"merged from {len(a)}",
        KernelChange.REGROUPED: f"regrouped, {len(a)} into {len(b)}",
    }
    return mark._replace(words=several.get(change, mark.words))
