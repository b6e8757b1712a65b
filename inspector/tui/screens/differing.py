"""Where the terminal face has differences worked out; the comparing itself is in `inspector.compare`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, cast

from inspector.errors import InspectorError

if TYPE_CHECKING:
    from inspector.model.capture import Capture
    from inspector.model.difference import CompilationDifference, RankReport
    from inspector.model.overview import Overview
    from inspector.trace.log import TraceLog
    from inspector.tui.log.source import Log
    from inspector.tui.main import MainScreen


def compared(capture: Capture, before: str, after: str) -> CompilationDifference:
    """Two compile ids of one capture."""
    from inspector.compare import compare_compilations

    return compare_compilations(capture, before, capture, after)


def rank_report(log: Log, overview: Overview, tell: Callable[[str], object]) -> RankReport:
    """All ranks of a log.

    Args:
        overview: of the whole log.
        tell: told in words how far the reading has come; raises where nobody waits for it any more.
    """
    from inspector.trace.ranks import read_ranks

    return read_ranks(
        cast("TraceLog", log), overview, lambda rank, done, total: tell(f"reading {rank}: {done:,} of {total:,}")
    )


def differ_from_before(main: MainScreen) -> None:
    """Opens the difference of the compile id on screen from the one before it."""
    from inspector.tui.screens.difference import of_compilations

    session = main.session
    if session.compile_id is None:
        main.notify("Nothing has been compiled yet.", timeout=3)
        return
    if main.log_screen is not None:
        main.log_screen.opener.show_difference_of(session.compile_id)
        return
    from inspector.compare.captures import compiles_before

    before = compiles_before(session.capture).get(session.compile_id)
    if before is None:
        main.notify("Only a recompile has a compile before it to differ from.", timeout=4)
        return
    capture, after = session.capture, session.compile_id

    def show(found: CompilationDifference) -> None:
        main.push(of_compilations(found))

    def work() -> None:
        try:
            found = compared(capture, before, after)
        except InspectorError as error:
            main.notify(f"{error.message} {error.hint}".strip(), severity="error", timeout=8)
        else:
            main.app.call_from_thread(show, found)

    main.run_worker(work, thread=True, group="difference", exclusive=True)
