"""The top row: what the log is, and how far it is read."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget

from inspector.say import units
from inspector.say.compiles import totals_words
from inspector.say.units import plural
from inspector.tui.log.parts import LogState
from inspector.tui.widgets.glyphs import glyphs
from inspector.tui.widgets.state import StageState

_BAR = 18
"""Cells of the bar of progress."""
_QUIET = "$foreground 60%"


class LogHeader(Widget):
    """One row: the log's name and sums on the left, how far it is read on the right."""

    DEFAULT_CSS = """
    LogHeader { dock: top; height: 1; background: $panel; color: $foreground; }
    """

    def __init__(self, title: str) -> None:
        super().__init__(id="header")
        self._title = title
        self._state = LogState()
        self._busy = ""

    def update_state(self, state: LogState, busy: str) -> None:
        """Draws anew.

        Args:
            state: what is known.
            busy: what else is being done just now, in words; empty for nothing.
        """
        self._state, self._busy = state, busy
        self.refresh()

    def render(self) -> Content:
        """The row; words on the left give way."""
        width = self.size.width
        right = Content.assemble(*self._right(width), " ")
        room = max(0, width - right.cell_length)
        words = totals_words(self._state.overview.totals) if self._state.overview.rows else ""
        ranks = len({source.rank for source in self._state.sources if source.rank is not None})
        parts: list[tuple[str, str] | str] = [(" ◆  ", "$primary"), (self._title, "bold"), "  "]
        if ranks > 1:
            parts += [(plural(ranks, "rank", "ranks"), "bold $primary"), "  "]
        left = Content.assemble(*parts, (words, _QUIET)).truncate(max(0, room - 1), ellipsis=True)
        return Content.assemble(left, " " * (room - left.cell_length), right)

    def _right(self, width: int) -> list[tuple[str, str] | str]:
        state = self._state
        if self._busy:
            return [(f"{glyphs().spinner[0]} {self._busy}", "bold $primary")]
        if state.error is not None:
            return [(f"{glyphs().states[StageState.FAILED]} cannot be read further", "bold $error")]
        damage: list[tuple[str, str] | str] = []
        if state.bad:
            damage = [(plural(len(state.bad), "damaged record", "damaged records"), "bold $error"), "  "]
        count = plural(state.records, "record", "records")
        if not state.indexed:
            return [*damage, *_progress(state, width), (f"  {count}", "bold")]
        if state.followed:
            spinner = glyphs().spinner
            return [
                *damage,
                (f"{spinner[state.records % len(spinner)]} following", "bold $primary"),
                (f"  {count}", _QUIET),
            ]
        done = f"{glyphs().states[StageState.DONE]} {count}"
        return [*damage, (done, "bold $success" if not state.bad else "bold")]


def _progress(state: LogState, width: int) -> list[tuple[str, str] | str]:
    """A bar where the size is known, the bytes so far where it is not."""
    done, total = state.progress.done, state.progress.total
    if not total:
        return [(f"{glyphs().spinner[0]} indexing {done / 2**20:,.0f} MiB", "bold $primary")]
    share = min(1.0, done / total)
    cells = _BAR if width >= 100 else _BAR // 2
    full, rest = int(share * cells), round((share * cells) % 1 * 8)
    eighths = glyphs().bar
    body = (eighths[8] * full + (eighths[rest].strip() if rest else ""))[:cells]
    blank = "·" * (cells - len(body))
    size = f" of {total / 2**20:,.0f} MiB" if width >= 120 else ""
    return [
        ("indexing ", "bold $primary"),
        (body, "$primary"),
        (blank, "$foreground 25%"),
        (f" {units.share(share):>5}{size}", "bold $primary"),
    ]
