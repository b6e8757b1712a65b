"""Why runs failed, or why a plan cannot go on: each with its way out and the end of its log."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from inspector.client.logs import sanitise
from inspector.errors import InspectorError
from inspector.study.words import title
from inspector.tui.dialog import Dialog
from inspector.tui.screens.failure import without_ours
from inspector.tui.study.parts import StudyState
from inspector.tui.words import short_log


class FailuresScreen(Dialog[None]):
    """Lists what went wrong; any of escape, enter, q and ! closes it.

    Args:
        state: of the plan.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,enter,q,exclamation_mark", "dismiss", "Close")]
    DEFAULT_CSS = """
    FailuresScreen { align: center middle; background: $background 60%; }
    FailuresScreen > VerticalScroll {
        width: 110; max-width: 94%; height: auto; max-height: 90%; background: $surface;
        border: round $error; padding: 0 1; scrollbar-size-vertical: 1;
    }
    FailuresScreen Static { height: auto; }
    """

    def __init__(self, state: StudyState) -> None:
        super().__init__()
        self._state = state

    def compose(self) -> ComposeResult:
        """What stopped the plan first, then each failed run."""
        parts: list[Content] = []
        error = self._state.error
        if error is not None:
            parts.append(_told("", error))
        parts += [_told(title(row.request), row.error) for row in self._state.failed if row.error is not None]
        with VerticalScroll() as frame:
            frame.border_title = "What went wrong"
            frame.border_subtitle = "Esc closes · R tries again"
            yield Static(Content("\n\n").join(parts))


def _told(name: str, error: InspectorError) -> Content:
    lines = [Content.styled(sanitise(name), "bold $error")] if name else []
    lines.append(Content.styled(sanitise(error.message), "bold"))
    if error.hint:
        lines.append(Content(sanitise(error.hint)))
    if error.detail:
        lines.append(Content.styled(short_log(sanitise(without_ours(error.detail))).rstrip(), "$foreground 60%"))
    return Content("\n").join(lines)
