"""Why the worker ended, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from inspector.tui.words import short_log

if TYPE_CHECKING:
    from inspector.live import Outcome
    from inspector.tui.main import MainScreen

KINDS = {
    "failed": "The target failed",
    "crashed": "The worker crashed",
    "killed": "The worker was killed",
    "out_of_memory": "The worker ran out of memory",
    "hung": "The worker does not answer",
}
"""What happened, in words, by the outcome's kind."""


class FailureScreen(ModalScreen[None]):
    """Says which way the worker ended, with its message, a hint and the end of its log.

    What has arrived stays in the panes behind.

    Args:
        main: holds the capture; asked to compile again, or to leave.
        outcome: how the worker ended.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r,R", "retry", "Compile again"),
        Binding("t", "traceback", "Traceback or log"),
        Binding("y", "copy", "Copy"),
        Binding("escape,enter", "dismiss", "Look at what arrived"),
        Binding("q", "quit", "Quit"),
    ]
    DEFAULT_CSS = """
    FailureScreen { align: center middle; background: $background 60%; }
    FailureScreen > Vertical {
        width: 110; max-width: 94%; height: auto; max-height: 90%; background: $surface; padding: 1 2 0 2;
        border: round $error; border-title-color: $error; border-title-style: bold;
    }
    FailureScreen Static { width: 1fr; height: auto; }
    FailureScreen #hint { color: $accent; margin: 1 0 0 0; }
    FailureScreen VerticalScroll {
        height: auto; max-height: 16; margin: 1 0; background: $background; padding: 0 1; scrollbar-size-vertical: 1;
    }
    FailureScreen #keys { height: 1; }
    """

    def __init__(self, main: MainScreen, outcome: Outcome) -> None:
        super().__init__()
        self._main = main
        self._outcome = outcome
        self._traceback = outcome.traceback.strip("\n")
        self._log = short_log("\n".join(outcome.log_tail).strip("\n"))
        self._long = False

    def compose(self) -> ComposeResult:
        """Message, hint, the end of the log, keys."""
        kind = str(self._outcome.kind)
        with Vertical() as frame:
            frame.border_title = KINDS.get(kind, kind.replace("_", " "))
            yield Static(self._outcome.message, markup=False)
            if self._outcome.hint:
                yield Static(self._outcome.hint, id="hint", markup=False)
            with VerticalScroll() as box:
                box.display = bool(self._body())
                yield Static(self._body(), id="body", markup=False)
            yield Static(self._keys(), id="keys")

    def on_mount(self) -> None:
        """The end of a log is what matters."""
        self.query_one(VerticalScroll).scroll_end(animate=False)

    def _body(self) -> str:
        return self._traceback if self._long else self._log

    def _keys(self) -> Content:
        keys = [("r", "compile again"), ("Esc", "look at what arrived"), ("y", "copy"), ("q", "quit")]
        if self._traceback:
            keys.insert(1, ("t", "end of the log" if self._long else "traceback"))
        return Content("   ").join(Content.assemble((key, "bold $accent"), " ", words) for key, words in keys)

    def action_retry(self) -> None:
        """Compiles again in a new worker."""
        self.dismiss()
        self._main.begin()

    def action_traceback(self) -> None:
        """Shows the traceback instead of the log, or the other way round."""
        if self._traceback:
            self._long = not self._long
            self.query_one("#body", Static).update(self._body())
            self.query_one("#keys", Static).update(self._keys())
            box = self.query_one(VerticalScroll)
            box.display = bool(self._body())
            box.scroll_end(animate=False)

    def action_copy(self) -> None:
        """Copies all of it, for a bug report."""
        parts = (self._outcome.message, self._outcome.hint, self._traceback, self._log)
        self.app.copy_to_clipboard("\n\n".join(filter(None, parts)))
        self.app.notify("Message, traceback and log copied.", timeout=2)

    def action_quit(self) -> None:
        """Leaves, with the failure's exit code."""
        self._main.leave()
