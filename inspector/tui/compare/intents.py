"""What a person can want of the screen of a difference: one value each, for `after`."""

from __future__ import annotations

from enum import Enum

from inspector.tui.intents import Resized, StepBy
from inspector.tui.value import Value

DifferenceDo = Enum("DifferenceDo", "DIFFERENT SWITCH BACK EXPORT HELP")
"""What takes no further word: only what is DIFFERENT, or everything; SWITCH between the list and what it lists."""


class ShowPart(Value):  # a part, also one that the list leaves out now
    key: str
    chosen: bool = False
    """Whether it was chosen in the list, whose cursor is there already."""


class StepChange(Value):  # the next or the previous difference, in this part or another
    by: int


class NextText(Value):  # this text has no further one
    by: int


class InList(Value):  # whether the list has the keys
    in_list: bool


DifferenceIntent = DifferenceDo | ShowPart | StepBy | StepChange | NextText | InList | Resized
