"""Why it is as it is: graph breaks, recompiles, guards, metrics, environment, notes."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from inspector.model.capture import Capture
from inspector.model.kernel import KernelFacts, KernelKey
from inspector.notes.layout import RowPiece, rows
from inspector.say.capture import capture_sections
from inspector.say.doc import Compile, Line, Row, Section, Show, Tone
from inspector.say.kernels import facts_of
from inspector.tui.panes.palette import Palette
from inspector.tui.panes.text import sanitised
from inspector.tui.widgets.glyphs import glyphs
from inspector.tui.widgets.looks import look_style
from inspector.tui.widgets.themed import palette_of
from inspector.tui.widgets.tones import tone_style
from inspector.tui.words import wrapped

_INDENT = 2
_LONGEST = 4_000
"""Characters of one row that are shown; a metric may hold a whole configuration."""
_MOST = 300
"""Rows of one section; a log may hold thousands of guards on shapes."""
_FOLDED_AT_FIRST = frozenset(
    {"guards", "environment", "inputs", "shapes", "collectives", "estimates", "executions", "pgo", "stack"}
)


@dataclass(frozen=True)
class _Line:
    """One row of the screen."""

    section: Section
    text: str
    label: str = ""
    row: Row | None = None
    """None for a heading."""
    pieces: tuple[RowPiece, ...] = ()
    """In place of the text, where that is Markdown."""


class Details(ScrollView, can_focus=True):
    """Sections that fold; a row that names a place or a compile id goes there with enter."""

    DEFAULT_CSS = """
    Details { overflow-x: hidden; overflow-y: auto; scrollbar-size-vertical: 1; background: $background; }
    """
    ALLOW_SELECT = False
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", "Up", show=False, id="details.up"),
        Binding("down,j", "move(1)", "Down", show=False, id="details.down"),
        Binding("pageup,ctrl+u", "page(-1)", "Page up", show=False, id="details.page_up"),
        Binding("pagedown,ctrl+d", "page(1)", "Page down", show=False, id="details.page_down"),
        Binding("home,g", "move(-1000000)", "Top", show=False, id="details.top"),
        Binding("end,G", "move(1000000)", "Bottom", show=False, id="details.bottom"),
        Binding("enter", "choose", "Fold, or go there", show=False, id="details.choose"),
        Binding("left,h", "fold(True)", "Fold", show=False, id="details.fold"),
        Binding("right,l", "fold(False)", "Unfold", show=False, id="details.unfold"),
    ]

    @dataclass
    class PlaceChosen(Message):
        """A row that names a source line was chosen."""

        details: Details
        file: str
        line: int

        @property
        def control(self) -> Details:
            """The panel."""
            return self.details

    @dataclass
    class CompileIdChosen(Message):
        """A row that names a compile id was chosen."""

        details: Details
        compile_id: str

        @property
        def control(self) -> Details:
            """The panel."""
            return self.details

    @dataclass
    class ShowChosen(Message):
        """A row that names what shows it was chosen."""

        details: Details
        show: Show

        @property
        def control(self) -> Details:
            """The panel."""
            return self.details

    def __init__(
        self, *, folded: Collection[str] = _FOLDED_AT_FIRST, id: str | None = None, classes: str | None = None
    ) -> None:
        super().__init__(id=id, classes=classes)
        self._sections: tuple[Section, ...] = ()
        self._folded = set(folded)
        self._lines: list[_Line] = []
        self._cursor = 0
        self._facts: KernelFacts | None = None
        self._capture: Capture | None = None
        self._made_from: tuple[object, ...] = ()
        self._of_capture: tuple[Section, ...] = ()
        self._facts_made_from: tuple[int, ...] = ()

    def update_capture(
        self,
        capture: Capture,
        compile_id: str | None = None,
        kernel: KernelKey | None = None,
        first: Section | None = None,
    ) -> None:
        """Shows a capture, one of its compile ids (None: the first) and one kernel; folds and cursor stay.

        Args:
            first: what stands above it all.
        """
        made_from = (id(capture), compile_id, kernel)
        if made_from != self._made_from:
            self._capture = capture  # held, so that its id stays its own
            facts = self._facts_of(capture, kernel)
            self._made_from, self._of_capture = made_from, capture_sections(capture, compile_id, kernel, facts)
        self.update_sections((*((first,) if first is not None else ()), *self._of_capture))

    def update_sections(self, made: tuple[Section, ...]) -> None:
        """Shows sections, whatever they are of; folds and cursor stay."""
        if made != self._sections:
            self._sections = made
            self._lay_out()

    def _facts_of(self, capture: Capture, kernel: KernelKey | None) -> KernelFacts | None:
        """The kernel's facts, worked out anew only when its texts or the links are others."""
        if kernel is None:
            return None
        made_from = (*map(id, capture.kernels.get(kernel, ())), id(capture.links))
        if made_from != self._facts_made_from:
            self._facts_made_from = made_from
            self._facts = facts_of(capture, kernel)
        return self._facts

    def show_section(self, name: str) -> None:
        """Unfolds a section and brings it to the top; `say.capture` has the names."""
        self._folded.discard(name)
        self._lay_out()
        index = next((i for i, line in enumerate(self._lines) if line.row is None and line.section.name == name), None)
        if index is not None:
            self._cursor = index
            self.scroll_to(y=index, animate=False, force=True)
            self.refresh()

    def _lay_out(self) -> None:
        here = self._lines[self._cursor] if self._cursor < len(self._lines) else None
        width = max(20, self.size.width - 4)
        self._lines = [line for section in self._sections for line in self._section(section, width)]
        if here is not None:
            same = (
                i
                for i, line in enumerate(self._lines)
                if line.section.name == here.section.name and line.row == here.row
            )
            self._cursor = next(same, self._cursor)
        self._cursor = max(0, min(self._cursor, len(self._lines) - 1))
        self.virtual_size = Size(0, len(self._lines))
        self.refresh()

    def _section(self, section: Section, width: int) -> Iterator[_Line]:
        yield _Line(section, section.title)
        if section.name in self._folded:
            return
        most = len(section.rows) if section.count is not None else _MOST
        shown = section.first(most).rows or (Row(section.empty, Tone.QUIET),)
        column = min(22, max((len(row.label) for row in shown), default=0))
        for row in shown:
            lead = _INDENT * row.depth + (column + 2 if column and row.label else 0)
            if row.markdown:
                yield from (_Line(section, "", "", row, pieces) for pieces in rows(row.text, width - lead) if pieces)
                continue
            text = sanitised(row.text[:_LONGEST].replace("\n", " ⏎ "))
            pieces = wrapped(text, max(16, width - lead)) or [""]
            for number, piece in enumerate(pieces):
                label = sanitised(row.label)[:column].ljust(column + 2) if row.label and column else ""
                yield _Line(section, piece, label if number == 0 else " " * len(label), row)

    # --- keys and mouse -------------------------------------------------------------------------------------

    def action_move(self, by: int) -> None:
        """Moves the cursor by rows."""
        before, self._cursor = self._cursor, max(0, min(self._cursor + by, len(self._lines) - 1))
        top, height, width = self.scroll_offset.y, self.size.height, self.size.width
        if not top <= self._cursor < top + height:
            self.scroll_to(
                y=self._cursor if self._cursor < top else self._cursor - height + 1, animate=False, force=True
            )
        for row in (before, self._cursor):
            self.refresh(Region(0, row - self.scroll_offset.y, width, 1))

    def action_page(self, by: int) -> None:
        """Moves the cursor by screenfuls."""
        self.action_move(by * max(1, self.size.height - 1))

    def action_fold(self, folded: bool) -> None:
        """Folds or unfolds the section that the cursor is in."""
        if self._lines:
            name = self._lines[self._cursor].section.name
            (self._folded.add if folded else self._folded.discard)(name)
            self._cursor = next(
                i for i, line in enumerate(self._lines) if line.section.name == name and line.row is None
            )
            self._lay_out()

    def action_choose(self) -> None:
        """On a heading: folds or unfolds. On a row that leads somewhere: goes there."""
        if not self._lines:
            return
        line = self._lines[self._cursor]
        if line.row is None:
            self.action_fold(line.section.name not in self._folded)
            return
        match line.row.to:
            case Line(file, number):
                self.post_message(self.PlaceChosen(self, file, number))
            case Compile(compile_id):
                self.post_message(self.CompileIdChosen(self, compile_id))
            case Show():
                self.post_message(self.ShowChosen(self, line.row.to))

    def on_click(self, event: events.Click) -> None:
        """As enter on that row."""
        index = event.y + self.scroll_offset.y
        if index < len(self._lines):
            event.stop()
            self.action_move(index - self._cursor)
            self.action_choose()

    def on_resize(self) -> None:
        """Rows wrap at another width."""
        self._lay_out()

    def on_focus(self) -> None:
        """The cursor shows."""
        self.refresh()

    def on_blur(self) -> None:
        """The cursor hides."""
        self.refresh()

    # --- drawing --------------------------------------------------------------------------------------------

    def render_line(self, y: int) -> Strip:
        """A heading or a row."""
        palette, width = palette_of(self), self.size.width
        index = y + self.scroll_offset.y
        if index >= len(self._lines):
            return Strip.blank(width, palette.text())
        line = self._lines[index]
        segments = self._heading(line, palette) if line.row is None else self._body(line, line.row, palette)
        strip = Strip(segments).adjust_cell_length(width, palette.text())
        if not self.has_focus or index != self._cursor:
            return strip
        laid = Style(reverse=True) if palette.ansi else Style(bgcolor=palette.cursor_line.rich_color)
        return Strip([Segment(text, (style or Style()) + laid) for text, style, _ in strip], width)

    def _heading(self, line: _Line, palette: Palette) -> list[Segment]:
        section = line.section
        folded = section.name in self._folded
        alarm = section.alarming and bool(section.count)
        strong = palette.plain(palette.warning if alarm else palette.accent, bold=True)
        segments = [
            Segment(f"{glyphs().closed if folded else glyphs().opened} ", palette.plain(palette.foreground, dim=0.4)),
            Segment(line.text, strong),
        ]
        if section.count is not None:
            segments.append(Segment(f" {section.count}", palette.plain(palette.foreground, dim=0.4, bold=alarm)))
        return segments

    def _body(self, line: _Line, row: Row, palette: Palette) -> list[Segment]:
        style = tone_style(palette, row.tone)
        if row.to is not None:
            style += Style(underline=True)
        return [
            Segment("  " + " " * _INDENT * row.depth, palette.text()),
            Segment(line.label, palette.plain(palette.foreground, dim=0.45)),
            *(Segment(sanitised(piece.text), look_style(palette, piece.look, row.tone)) for piece in line.pieces),
            Segment(line.text, style),
        ]
