"""What a person can want of the screen of a study, and what arrives there: one value each, for `after`."""

from __future__ import annotations

from enum import Enum

from inspector.study.updates import Update
from inspector.tui.intents import FocusOn, Resized, StepBy
from inspector.tui.study.parts import PlanEnded
from inspector.tui.value import Value

StudyDo = Enum(
    "StudyDo",
    "FACE FOLLOW SHOW_PLAN PAUSE STOP AGAIN FAILURES EXPORT HELP PALETTE THEME LEAVE INTERRUPT",
)
"""What takes no further word; the table of commands says what each is."""


class ShowPage(Value):  # the page with this place in the row of names, 0 for the first
    number: int


class ShowTopic(Value):  # the page about this
    topic: str


class StepSubject(Value):  # another figure of the page
    by: int


class StepSet(Value):  # another set of results
    by: int


class ShowRun(Value):  # the figure of a run of the plan, or why it failed
    number: int


class PlanSaid(Value):  # what the plan has said
    updates: tuple[Update | PlanEnded, ...]


StudyIntent = StudyDo | ShowPage | ShowTopic | StepBy | StepSubject | StepSet | ShowRun | FocusOn | Resized | PlanSaid
