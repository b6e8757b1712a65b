"""The results behind the pages: sets, the report made of them, and which figure the last run belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from inspector.client.logs import sanitise
from inspector.model.study import StudyRun
from inspector.study.document import Report
from inspector.study.report import make_report, subject_of
from inspector.study.sources import Opened, ResultSet, by_machine, machine_of
from inspector.study.words import environment_words
from inspector.tui.study.state import StudyState


class Results:
    """Finished results, or those of a plan under way as they grow; made anew only when there are more.

    Args:
        opened: finished ones; None for none yet.
    """

    def __init__(self, opened: Opened | None = None) -> None:
        self.sets: tuple[ResultSet, ...] = opened.sets if opened is not None else ()
        self.report: Report | None = make_report(opened.sets, opened.notes) if opened is not None else None
        """None while there is no result."""
        self.own = ""
        """The set that a plan under way adds to; empty where there is none."""
        self._runs: Sequence[StudyRun] = ()

    def update(self, path: Path, state: StudyState) -> bool:
        """Takes what a plan has finished; says whether that is more than before."""
        if state.runs is self._runs or not state.runs:
            return False
        self._runs = state.runs
        self.sets = tuple(by_machine(None, path, state.runs))
        self.report = make_report(self.sets, state.notes)
        about = machine_of(state.environment)
        self.own = next((item.name for item in self.sets if item.about == about), "")
        return True

    def subject(self, run: StudyRun) -> str:
        """Which of several figures shows a run; empty where there is no such choice."""
        results = next((item for item in self.sets if run in item.runs), None)
        return subject_of(results, run) if results is not None else ""

    def environment(self, name: str) -> str:
        """Where the results of a set were made, in a line; of every set, where none has this name."""
        found = next((item for item in self.sets if item.name == name), None)
        if found is None or not found.runs:
            return sanitise(" | ".join(f"{item.name}: {item.about}" for item in self.sets))
        words = environment_words(found.runs[-1].environment)
        return f"{found.name}: {words}" if len(self.sets) > 1 else words
