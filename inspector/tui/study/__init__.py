"""The screen of a study: its runs live, and the charts of its results. Textual comes with the first call."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inspector.study.runner import Plan
    from inspector.study.sources import OpenedResults


def run_plan(plan: Plan, title: str) -> tuple[int, str]:
    """Runs a plan while a person watches.

    Nothing of a run is left when this returns or raises; what was finished is in the plan's file.

    Args:
        plan: what to run.
        title: what to call it.

    Returns:
        The process's exit code and what is to be said on the terminal: 0 after a normal quit, 1 where runs failed, the
        error's own code where nothing could be run, 130 when it was interrupted.
    """
    from inspector.tui import _run
    from inspector.tui.study.app import StudyApp
    from inspector.tui.study.source import StudySource

    source = StudySource(plan)
    app = StudyApp(source, title=title)
    try:
        code = _run(app)
    finally:
        source.close()
    return code, app.last_words()


def run_results(opened: OpenedResults, title: str) -> int:
    """Shows finished results; returns the process's exit code."""
    from inspector.tui import _run
    from inspector.tui.study.app import StudyApp

    return _run(StudyApp(opened=opened, title=title))
