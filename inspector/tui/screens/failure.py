"""Why the worker ended, and what to do about it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from inspector.say.doc import OURS
from inspector.tui.dialog import Dialog
from inspector.tui.words import short_log

if TYPE_CHECKING:
    from inspector.live import Outcome

KINDS = {
    "failed": "The target failed",
    "crashed": "The worker crashed",
    "killed": "The worker was killed",
    "out_of_memory": "The worker ran out of memory",
    "hung": "The worker does not answer",
}
"""What happened, in words, by the outcome's kind."""
_MOST_ROWS = 24
"""Rows of a log that are shown at once, where there is room for more."""
_ROOMY = 70
"""Columns of a terminal below which the keys stand closer together."""
_FRAME_ROWS = 5
"""Border, padding, and the empty rows around the log."""
_REPORT = re.compile(r"^(?:Fatal Python error|Traceback \(most recent|(?:Current thread|Thread) 0x)", re.MULTILINE)
"""Where a traceback begins, or what Python writes when it dies of a signal."""
_FRAME = re.compile(r'^  File "(.*?)", line \d+')


def without_ours(text: str) -> str:
    """A log or a traceback without the frames that only led to the person's code: the worker's own, and `runpy`'s."""

    def kept() -> Iterator[str]:
        ours = False
        for line in text.split("\n"):
            if frame := _FRAME.match(line):
                ours = OURS.search(frame[1]) is not None
            elif not line.startswith("    "):  # the frame's text, and the marks below it, are indented further
                ours = False
            if not ours:
                yield line

    return "\n".join(kept())


class _Scrolled(VerticalScroll):
    """Goes where it should once more when its height is another: what is not laid out yet cannot be scrolled to."""

    def __init__(self, scroll: Callable[[], None]) -> None:
        super().__init__()
        self._go = scroll

    def on_resize(self) -> None:
        self.call_after_refresh(self._go)


class FailureScreen(Dialog[str | None]):
    """Says which way the worker ended, with its message, a hint and the end of its log.

    What has arrived stays in the panes behind.

    Returns `again`, `leave`, or None to look at what has arrived.

    Args:
        outcome: how the worker ended.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+r", "dismiss('again')", "Compile again"),
        Binding("v", "traceback", "Traceback or log"),
        Binding("y", "copy", "Copy"),
        Binding("escape,enter", "dismiss", "Look at what arrived"),
        Binding("q", "dismiss('leave')", "Quit"),
    ]
    DEFAULT_CSS = """
    FailureScreen { align: center middle; background: $background 60%; }
    FailureScreen > Vertical {
        width: 110; max-width: 96%; height: auto; max-height: 90%; background: $surface; padding: 1 2 0 2;
        border: round $error; border-title-color: $error; border-title-style: bold;
        border-subtitle-color: $foreground; border-subtitle-align: left;
    }
    FailureScreen Static { width: 1fr; height: auto; }
    FailureScreen #hint { color: $accent; margin: 1 0 0 0; }
    FailureScreen VerticalScroll {
        height: auto; margin: 1 0; background: $background; padding: 0 1; scrollbar-size-vertical: 1;
    }
    """

    def __init__(self, outcome: Outcome) -> None:
        super().__init__()
        self._outcome = outcome
        self._traceback = without_ours(outcome.traceback.strip("\n"))
        self._log = without_ours(short_log("\n".join(outcome.log_tail).strip("\n")))
        self._long = False

    def compose(self) -> ComposeResult:
        """Message, hint, the end of the log, keys."""
        kind = str(self._outcome.kind)
        with Vertical() as frame:
            frame.border_title = Content(KINDS.get(kind, kind.replace("_", " ")))
            yield Static(self._outcome.message, markup=False)
            if self._outcome.hint:
                yield Static(self._outcome.hint, id="hint", markup=False)
            with _Scrolled(self._scroll) as box:
                box.display = bool(self._body())
                yield Static(self._body(), id="body", markup=False)
            frame.border_subtitle = self._keys()

    def on_resize(self) -> None:
        """The log gets the room that message and hint leave."""
        self.call_after_refresh(self._fit)

    def _fit(self) -> None:
        words = sum(item.outer_size.height for item in self.query("FailureScreen > Vertical > Static"))
        hint = 1 if self._outcome.hint else 0
        self.query_one(VerticalScroll).styles.max_height = max(
            3, min(_MOST_ROWS, self.size.height * 9 // 10 - words - hint - _FRAME_ROWS)
        )
        self.call_after_refresh(self._scroll)

    def _scroll(self) -> None:
        """To where Python says what it was doing, else to the end: that is what matters in a log."""
        box = self.query_one(VerticalScroll)
        report = _REPORT.search(self._body())
        if report is None:
            box.scroll_end(animate=False)
            return
        above = self._body()[: report.start()].split("\n")[:-1]
        width = max(1, self.query_one("#body").size.width)
        box.scroll_to(y=sum(max(1, -(-cell_len(line) // width)) for line in above), animate=False)

    def _body(self) -> str:
        return self._traceback if self._long else self._log

    def _keys(self) -> Content:
        keys = [("^r", "compile again"), ("Esc", "look"), ("y", "copy"), ("q", "quit")]
        if self._traceback:
            keys.insert(1, ("v", "log" if self._long else "traceback"))
        between = "  " if self.app.size.width >= _ROOMY else " "
        return Content(between).join(Content.assemble((key, "bold $accent"), " ", words) for key, words in keys)

    def action_traceback(self) -> None:
        """Shows the traceback instead of the log, or the other way round."""
        if self._traceback:
            self._long = not self._long
            self.query_one("#body", Static).update(self._body())
            self.query_one(Vertical).border_subtitle = self._keys()
            self.query_one(VerticalScroll).display = bool(self._body())
            self.call_after_refresh(self._scroll)

    def action_copy(self) -> None:
        """Copies all of it, for a bug report."""
        outcome = self._outcome
        parts = (outcome.message, outcome.hint, outcome.traceback.strip("\n"), "\n".join(outcome.log_tail).strip("\n"))
        self.app.copy_to_clipboard("\n\n".join(filter(None, parts)))
        self.app.notify("Message, traceback and log copied.", timeout=2)
