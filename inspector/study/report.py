"""From sets of results to one report."""

from __future__ import annotations

from collections.abc import Sequence

from inspector.model.study import CureRun, StudyRun
from inspector.study.comparison import comparison
from inspector.study.document import Report, ReportSection, ReportTable
from inspector.study.other_reports import cures_sections, layers_sections, other_values
from inspector.study.shapes_report import shapes_sections, shapes_values
from inspector.study.sources import ResultSet
from inspector.study.spot_report import spot_sections, spot_subject, spot_values


def make_report(sets: Sequence[ResultSet], notes: Sequence[str] = ()) -> Report:
    """Tables, figures and numbers of all sets, and their comparison where there are several."""
    sections = [_overview(sets)]
    for item in sets:
        sections += spot_sections(item)
        sections += shapes_sections(item)
        sections += layers_sections(item)
        sections += cures_sections(item)
    sections += comparison(list(sets))
    values = [value for item in sets for value in (*spot_values(item), *shapes_values(item), *other_values(item))]
    return Report("When does torch.compile pay?", tuple(sections), tuple(values), tuple(notes))


def subject_of(results: ResultSet, run: StudyRun) -> str:
    """Which of several figures of one kind shows a run of a set; empty where there is no such choice."""
    return run.result.target if isinstance(run.result, CureRun) else spot_subject(results, run)


def _overview(sets: Sequence[ResultSet]) -> ReportSection:
    body = tuple((item.name, item.about, str(len(item.runs))) for item in sets)
    return ReportSection(
        "Results", (), (ReportTable("Results", ("name", "machine", "runs"), body, 2),), topic="results"
    )
