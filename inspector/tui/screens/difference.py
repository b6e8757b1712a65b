"""A difference on a screen of its own: its parts on the left, the chosen one side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.screen import Screen
from textual.widget import Widget

from inspector.model.difference import Change, CompilationDifference, TextDifference
from inspector.tui.screens.difference_words import summary
from inspector.tui.status import StatusLine
from inspector.tui.widgets.cells import Cell, Column, Item
from inspector.tui.widgets.details import Details
from inspector.tui.widgets.difference import DifferenceView
from inspector.tui.widgets.diffrows import words
from inspector.tui.widgets.outline import Outline
from inspector.tui.widgets.rowtypes import Section
from inspector.tui.widgets.tones import Tone

_WIDE = 130
"""Columns from which on the list of parts stands beside the texts."""
_TONES = {
    Change.SAME: Tone.QUIET,
    Change.RENAMED: Tone.GOOD,
    Change.MOVED: Tone.NAME,
    Change.CHANGED: Tone.WARNING,
    Change.REMOVED: Tone.ERROR,
    Change.ADDED: Tone.GOOD,
}
_SIGNS = {
    Change.SAME: "=",
    Change.RENAMED: "≈",
    Change.MOVED: "↕",
    Change.CHANGED: "≠",
    Change.REMOVED: "−",
    Change.ADDED: "+",
}


@dataclass(frozen=True)
class Part:
    """One thing that is compared: a text, or all that is no text."""

    title: str
    change: Change
    text: TextDifference | None = None
    sections: tuple[Section, ...] = ()

    @property
    def count(self) -> str:
        """How much differs, in a few cells."""
        if self.text is None or self.change.alike:
            return ""
        return str(len(self.text.items) or sum(not row.change.alike for row in self.text.rows))


def text_parts(texts: Sequence[TextDifference]) -> tuple[Part, ...]:
    """The parts of what consists of texts alone, named after what is held against what."""
    return tuple(Part(_sides(text), text.change, text) for text in texts)


def _sides(text: TextDifference) -> str:
    """`rank 0 ↔ rank 1` of `rank 0 · collectives` and `rank 1 · collectives`."""
    names = [side.label.partition(" · ")[0] for side in (text.a, text.b) if side is not None]
    return " ↔ ".join(names) or text.title


def parts_of(difference: CompilationDifference) -> tuple[Part, ...]:
    """The parts of two compilations: what is no text first, then the texts, then the kernels."""
    return tuple(_parts(difference))


def _parts(difference: CompilationDifference) -> Iterator[Part]:
    yield Part("Summary", difference.change, None, summary(difference))
    for text in difference.texts:
        yield Part(text.stage.heading if text.stage is not None else text.title, text.change, text)
    for kernel in difference.kernels:
        for text in kernel.texts:
            yield Part(text.title, text.change, text)


class Title(Widget):
    """The top row: what is held against what, and the verdict."""

    DEFAULT_CSS = "Title { dock: top; height: 1; background: $panel; color: $foreground; }"

    def __init__(self, title: str, about: str) -> None:
        super().__init__()
        self._title = title
        self._about = about
        self._part: Part | None = None

    def show(self, part: Part) -> None:
        """Another part is on screen."""
        self._part = part
        self.refresh()

    def render(self) -> Content:
        """The row."""
        left = Content.assemble(" ◆  " if True else "", (self._title, "bold"), "  ", (self._about, "$foreground 60%"))
        if self._part is None:
            return left
        tone = "$success" if self._part.change.alike else "$warning"
        right = Content.assemble((self._part.title, "bold"), "  ", (words(self._part.change), f"bold {tone}"), " ")
        room = max(0, self.size.width - right.cell_length)
        left = left.truncate(max(0, room - 1), ellipsis=True)
        return Content.assemble(left, " " * (room - left.cell_length), right)


class DifferenceScreen(Screen[None]):
    """Shows how two things differ, part by part.

    Args:
        title: what is held against what.
        about: more words about it.
        parts: in the order to list them.
        at: the one to begin with; None for the first that differs.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,d", "dismiss", "Close", show=False),
        Binding("right_square_bracket", "step(1)", "Next part", show=False),
        Binding("left_square_bracket", "step(-1)", "Previous part", show=False),
        Binding("tab", "switch", "Parts or texts", show=False, priority=True),
        Binding("question_mark,f1", "keys", "Help", show=False),
        Binding("t", "app.other_theme", "Light or dark", show=False),
    ]
    CSS = """
    DifferenceScreen Horizontal { height: 1fr; }
    DifferenceScreen #parts { width: 44; border-right: solid $foreground 15%; }
    DifferenceScreen DifferenceView, DifferenceScreen Details { width: 1fr; }
    DifferenceScreen.-narrow #parts { display: none; }
    """

    def __init__(self, title: str, about: str, parts: Sequence[Part], at: int | None = None) -> None:
        super().__init__()
        self._title = title
        self._about = about
        self._parts = tuple(parts)
        first = next((number for number, part in enumerate(self._parts) if not part.change.alike and part.text), 0)
        self._at = first if at is None else at

    def compose(self) -> ComposeResult:
        """The list of parts, and room for one."""
        self.top = Title(self._title, self._about)
        self.list = Outline(id="parts")
        self.texts = DifferenceView()
        self.details = Details(folded=())
        self.status = StatusLine()
        yield self.top
        yield Horizontal(self.list, self.texts, self.details)
        yield self.status

    def on_mount(self) -> None:
        """The first part that differs."""
        columns = (Column("part", 16, grow=1), Column("changes", 7, right=True))
        items = [
            Item(str(number), (Cell(f"{_SIGNS[part.change]} {part.title}", _TONES[part.change]), Cell(part.count)))
            for number, part in enumerate(self._parts)
        ]
        self.list.update_items(columns, items)
        self.list.go(str(self._at))
        self._show(self._at)

    def on_resize(self) -> None:
        """The list only where there is room."""
        self.set_class(self.app.size.width < _WIDE or len(self._parts) == 1, "-narrow")

    def _show(self, at: int) -> None:
        self._at = at
        part = self._parts[at]
        self.top.show(part)
        self.texts.display = part.text is not None
        self.details.display = part.text is None
        if part.text is not None:
            self.texts.show(part.text)
        else:
            self.details.update_sections(part.sections)
        if not self.list.has_focus:
            (self.texts if part.text is not None else self.details).focus()
        self._draw_status()

    def _draw_status(self) -> None:
        part = self._parts[self._at]
        of = f"{self._at + 1}/{len(self._parts)}" if len(self._parts) > 1 else ""
        keys = "n N next change · Space everything · u columns" if part.text is not None else ""
        if len(self._parts) > 1:
            keys = f"[ ] parts · {keys}".removesuffix(" · ")
        place = self.texts.place if part.text is not None else ""
        self.status.update_words(f"{of} {part.title}".strip(), " · ".join(filter(None, (place, keys, "Esc back"))))

    def on_difference_view_moved(self) -> None:
        """Another change is on screen."""
        self._draw_status()

    def on_outline_moved(self, message: Outline.Moved) -> None:
        """Another part was chosen."""
        if (number := int(message.item.key)) != self._at:
            self._show(number)

    def on_outline_chosen(self) -> None:
        """Enter goes to the texts."""
        self.action_switch()

    def action_step(self, by: int) -> None:
        """The next or the previous part."""
        self.list.go(str(max(0, min(self._at + by, len(self._parts) - 1))))

    def action_switch(self) -> None:
        """Between the list and what it lists."""
        shown = self.texts if self.texts.display else self.details
        target = self.list if self.list.display and not self.list.has_focus else shown
        target.focus()

    def action_keys(self) -> None:
        """Lists every key."""
        from inspector.tui.screens.help import HelpScreen, sections_of

        groups = {"Difference": self.BINDINGS, "In the texts": DifferenceView.BINDINGS, "In the list": Outline.BINDINGS}
        self.app.push_screen(HelpScreen(sections_of(groups)))
