"""A search as a report, for a file."""

from __future__ import annotations

from inspector.model.tune import Tuning
from inspector.say import tune as say
from inspector.say.start import title
from inspector.study.document import Report, ReportSection, ReportTable, ReportValue


def tune_report(tuning: Tuning) -> Report:
    """What was tried, what pays, why, and the lines."""
    rows = tuple(tuple(cell.text for cell in item.cells) for item in say.items(tuning))
    table = ReportTable("What was tried", tuple(column.title for column in say.COLUMNS), rows, len(say.COLUMNS))
    left = tuple((item.factor, item.why) for item in tuning.left_out)
    taken = tuple((trial.candidate.name, trial.candidate.why) for trial in tuning.trials if trial.candidate.why)
    sections = [
        ReportSection("Verdict", tuple(row.text for row in say.verdict(tuning)), topic="verdict"),
        ReportSection("What was tried", (), (table,), topic="candidates"),
        ReportSection(
            "Why these",
            (),
            (
                ReportTable("Taken", ("setting", "because"), taken, 2),
                ReportTable("Left out", ("factor", "because"), left, 2),
            ),
            topic="choice",
        ),
    ]
    for trial in tuning.finalists:
        words = tuple("  " * row.depth + (f"{row.label}: " if row.label else "") + row.text for row in say.why(trial))
        sections.append(ReportSection(f"What {trial.candidate.name} changes", words, topic="why"))
    if tuning.lines:
        check = (f"Tried: {tuning.check.words}.",) if tuning.check is not None else ()
        sections.append(ReportSection(say.lines_title(tuning), (*tuning.lines, *check), topic="lines"))
    notes = tuple(row.text for row in say.notes(tuning))
    return Report(f"Tuning {title(tuning.capture)}", tuple(sections), _values(tuning), notes)


def _values(tuning: Tuning) -> tuple[ReportValue, ...]:
    """Every finalist's ratio in full precision."""
    found = []
    for trial in tuning.finalists:
        standing = trial.standing
        assert standing is not None
        ratios = [race.ratio for race in trial.starts]
        labels = {"setting": trial.candidate.name, "trusted": standing.trusted}
        found.append(
            ReportValue(
                str(tuning.capture.environment.get("cpu") or ""),
                "tune",
                labels,
                "time of a call, with over without",
                standing.ratio,
                min(ratios),
                max(ratios),
                standing.interval,
                len(ratios),
                "×",
            )
        )
    return tuple(found)
