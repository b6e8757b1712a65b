"""The results behind the pages: sets, the report made of them, and which figure the last run belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from inspector.client.logs import sanitise
from inspector.model.study import StudyRun
from inspector.study.document import Report
from inspector.study.report import make_report, subject_of
from inspector.study.sources import OpenedResults, ResultSet, by_machine, machine_of
from inspector.study.words import environment_words
from inspector.tui.study.parts import StudyState


@dataclass(frozen=True)
class Results:
    """Finished results, or those of a plan under way as they grow."""

    sets: tuple[ResultSet, ...] = ()
    report: Report | None = None
    """None while there is no result."""
    own: str = ""
    """The set that a plan under way adds to; empty where there is none."""
    runs: Sequence[StudyRun] = ()
    """What a plan has finished."""

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


def finished(opened: OpenedResults | None) -> Results:
    """Results that are there already; none where there are none yet."""
    return Results(opened.sets, make_report(opened.sets, opened.notes)) if opened is not None else Results()


def grown(before: Results, path: Path, plan: StudyState) -> Results:
    """With what a plan has finished, made anew only when that is more."""
    if plan.runs is before.runs or not plan.runs:
        return before
    sets = tuple(by_machine(None, path, plan.runs))
    about = machine_of(plan.environment)
    own = next((item.name for item in sets if item.about == about), "")
    return Results(sets, make_report(sets, plan.notes), own, plan.runs)
