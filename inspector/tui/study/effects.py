"""What the screen of a study has done for it: plain data, which the screen carries out once the state is drawn."""

from __future__ import annotations

from enum import Enum

from inspector.study.document import Report
from inspector.tui.effects import FocusPart, Leave, Say
from inspector.tui.study.parts import StudyState
from inspector.tui.value import Value


class ShowFailures(Value):  # why runs failed, or why the plan cannot go on
    plan: StudyState


class ExportReport(Value):  # asks where to write the report
    report: Report


StudyAct = Enum("StudyAct", "BEGIN PAUSE GO_ON STOP HELP PALETTE THEME")
"""What takes no further word: the first four of the plan."""
StudyEffect = Say | FocusPart | Leave | ShowFailures | ExportReport | StudyAct
