"""What the screen of a study says in words: below a page, in place of one, in its tabs and its bottom row.

No Textual here.
"""

from __future__ import annotations

from inspector.client.logs import sanitise
from inspector.study.document import Report, ReportSection
from inspector.tui.choice import Tab
from inspector.tui.study import pages
from inspector.tui.study.layout import TABLE
from inspector.tui.study.pages import PagePlace
from inspector.tui.study.parts import PlanState, RunState, StudyState


def below(report: Report | None, section: ReportSection | None, place: PagePlace, face: str) -> list[str]:
    """The sentences below a page: what its figure and its results say, then how to read them.

    Args:
        face: what the page shows of it, `CHART`, `TABLE` or `BOTH`.
    """
    if section is None or report is None:
        return []
    figure, _, _ = pages.figure_at(section, place)
    shown = [figure.says, *section.text] if figure is not None else [*section.text]
    shown += [figure.note] if figure is not None and face != TABLE else []
    shown += [table.note for table in section.tables] if face == TABLE or figure is None else []
    shown += report.notes if section.topic == "results" else ()
    return [sanitise(line) for line in shown if line]


def tabs(report: Report | None) -> tuple[Tab, ...]:
    """The row of pages."""
    topics = pages.topics(report) if report is not None else ()
    return tuple(
        Tab(topic, pages.TITLES[topic], str(number) if number <= pages.PAGES else "")
        for number, topic in enumerate(topics, 1)
    )


def empty(state: StudyState | None) -> str:
    """In place of a chart, while there is none."""
    if state is None:
        return "There is no figure."
    match state.plan:
        case PlanState.ESTIMATING:
            return f"Estimating the memory that the largest run needs: {sanitise(state.phase)}…"
        case PlanState.BROKEN if state.error is not None:
            return sanitise(state.error.message)
        case PlanState.STOPPED:
            return "Stopped before the first result. Ctrl+R goes on."
        case PlanState.ENDED:
            return "No run was finished. ! says why."
        case _:
            return "The charts begin with the first finished run."


def keys(state: StudyState | None, *, table: bool | None, subjects: int, sets: int) -> str:
    """The keys that lead on from here.

    Args:
        state: of the plan; None where results are only shown.
        table: whether a table is in sight; None where the page has a chart or a table alone.
        subjects: how many figures the page has.
        sets: how many sets of results there are.
    """
    shown = ["] next"]
    shown += [] if table is None else ["v chart or table" if table else "v table"]
    shown += [f") next of {subjects}"] if subjects > 1 else []
    shown += ["n next machine"] if sets > 1 else []
    shown += ["E report"]
    if state is not None and state.under_way:
        shown = ["Space goes on" if state.waits else "Space pauses", "S stops", *shown]
    elif state is not None and state.count(RunState.TO_COME, RunState.FAILED):
        why = ["! says why"] if state.failed or state.error is not None else []
        shown = [*why, "Ctrl+R goes on", *shown]
    return " · ".join(shown)
