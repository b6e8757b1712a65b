"""Every key, read from the bindings that are in force."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.widgets import Static

from inspector.tui.commands import CommandTable
from inspector.tui.dialog import Dialog
from inspector.tui.keys import shown_key
from inspector.tui.words import wrapped

Line = tuple[str, str]
"""Keys, and what they do."""


def sections(table: CommandTable[Any], widgets: Mapping[str, Iterable[BindingType]]) -> dict[str, list[Line]]:
    """What help lists, by group: a table of commands, then the keys of widgets.

    Args:
        table: the screen's commands.
        widgets: heading → the bindings of a widget.
    """
    result: dict[str, list[Line]] = {group: [] for group in table.groups}
    numbers: list[str] = []
    for entry in table.values():
        if entry.name.startswith("stage_"):
            numbers.extend(shown_key(key) for key in entry.keys)
        elif entry.keys:
            result[entry.group].append((entry.shown_keys, entry.help))
    if numbers:
        result["Stages"].insert(0, (" ".join(numbers), "Show the stage with this number in the strip."))
    result |= sections_of(widgets)
    return {heading: lines for heading, lines in result.items() if lines}


def sections_of(widgets: Mapping[str, Iterable[BindingType]]) -> dict[str, list[Line]]:
    """The keys of widgets or dialogs, by heading."""
    return {heading: list(_widget_keys(bindings)) for heading, bindings in widgets.items()}


def _widget_keys(bindings: Iterable[BindingType]) -> Iterator[Line]:
    by_words: dict[str, list[str]] = {}
    for binding in bindings:
        made = binding if isinstance(binding, Binding) else Binding(*binding)
        by_words.setdefault(made.description, []).extend(shown_key(key) for key in made.key.split(","))
    for words, keys in by_words.items():
        yield "  ".join(keys), words


_COLUMN = 88
"""Cells of one column of help; two stand side by side where both fit."""
_KEYS = 24
_FRAME = 7
"""Border, padding and scrollbar, left and right."""


class HelpScreen(Dialog[None]):
    """Lists every key; any of escape, q, ? and F1 closes it.

    Args:
        lines: as `sections` gives them.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q,question_mark,f1", "dismiss", "Close"),
    ]
    DEFAULT_CSS = """
    HelpScreen { align: center middle; background: $background 60%; }
    HelpScreen > VerticalScroll {
        width: auto; max-width: 98%; height: auto; max-height: 94%; background: $surface;
        border: round $primary; padding: 0 2; scrollbar-size-vertical: 1;
    }
    HelpScreen Horizontal { width: auto; height: auto; }
    HelpScreen Static { height: auto; }
    """

    def __init__(self, lines: Mapping[str, list[Line]]) -> None:
        super().__init__()
        self._lines = lines

    def compose(self) -> ComposeResult:
        """One or two columns that scroll."""
        width = self.app.size.width
        column = min(_COLUMN, width * 98 // 100 - _FRAME)
        groups = [_section(group, lines, column) for group, lines in self._lines.items()]
        columns: list[list[Content]] = [groups]
        if width >= 2 * _COLUMN + 10:
            heights = list(accumulate(group.plain.count("\n") + 2 for group in groups))
            half = next(index for index, height in enumerate(heights, 1) if height >= heights[-1] // 2)
            columns = [groups[:half], groups[half:]]
        with VerticalScroll() as frame:
            frame.border_title = "Keys"
            frame.border_subtitle = "Esc closes · Ctrl+P finds any command by name"
            with Horizontal():
                for items in columns:
                    text = Static(Content("\n\n").join(items))
                    text.styles.width = column
                    yield text


def _section(group: str, lines: list[Line], width: int) -> Content:
    parts = [Content.styled(group, "bold $primary")]
    for keys, words in lines:
        between = " " if len(keys) <= _KEYS else f"\n{' ' * (_KEYS + 3)}"
        told = f"\n{' ' * (_KEYS + 3)}".join(wrapped(words, width - _KEYS - 4))
        parts.append(Content.assemble("  ", (f"{keys:<{_KEYS}}", "bold $accent"), between, told))
    return Content("\n").join(parts)
