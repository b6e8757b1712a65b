"""What the row under the cursor of a log is handed on as: written somewhere, or held against something else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.tui.compare.choosing import Held, choices_of
from inspector.tui.saving import annotated
from inspector.tui.screens.export import ExportPrompt

if TYPE_CHECKING:
    from inspector.tui.log.screen import LogScreen


def export_row(screen: LogScreen) -> None:
    """Asks where to write the compile id under the cursor; the whole log where there is none."""
    compile_id = screen.views.compile_id(screen.outline.current)
    log, notebook = screen.source.log, screen.notebook
    if not screen.views.state.indexed:
        screen.notify("The log is still being read.", timeout=3)
    elif compile_id is None:
        screen.push(ExportPrompt(screen.heading, lambda: annotated(log.capture(), notebook), "the whole log"))
    else:
        name = f"{screen.heading.removesuffix('.log')}-{compile_id}"
        screen.push(ExportPrompt(name, lambda: annotated(log.capture((compile_id,)), notebook), compile_id))


def held_of_row(screen: LogScreen) -> Held | None:
    """The compile id under the cursor of a log, or the whole log; None while it is still being read."""
    if not screen.views.state.indexed:
        return None
    source, compile_id = screen.source, screen.views.compile_id(screen.outline.current)
    if compile_id is None:
        return Held(screen.heading, source.log.capture)
    others = choices_of(screen.views.state.overview.rows)
    return Held(
        f"{screen.heading} {compile_id}",
        lambda: source.capture((compile_id,)),
        compile_id,
        others,
        source.capture,
        part=True,
    )
