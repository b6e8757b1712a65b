"""What the screen of a difference has done for it: plain data, which the screen carries out once the state is drawn."""

from __future__ import annotations

from enum import Enum

from inspector.tui.effects import Say
from inspector.tui.value import Value


class PutCursor(Value):  # of the list on a part
    key: str


class MoveChange(Value):  # to another difference of the text on screen, or beyond it
    by: int


DifferenceAct = Enum("DifferenceAct", "FOCUS CLOSE EXPORT HELP")
"""What takes no further word: FOCUS gives the keys to the list, or to what it lists, as the state says."""
DifferenceEffect = Say | PutCursor | MoveChange | DifferenceAct
