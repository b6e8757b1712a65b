"""What can be wanted of several screens."""

from __future__ import annotations

from inspector.say.doc import Show
from inspector.tui.value import Value


class StepBy(Value):  # the next or the previous stage, view or page
    by: int


class FocusOn(Value):  # the next or the previous part of the screen has the keys
    by: int


class Resized(Value):  # the room that there is; cramped where nothing can be shown in it
    size: tuple[int, int]
    cramped: bool = False


class ShowEvidence(Value):  # what a finding rests on, by the verb that shows it
    show: Show
