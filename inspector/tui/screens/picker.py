"""A list to pick from: type to narrow it down, arrows and enter to choose."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.fuzzy import Matcher
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from inspector.tui.choice import Choice
from inspector.tui.dialog import ListDialog, OptionRows, brief, lit
from inspector.tui.widgets.entry import Entry


class Picker(ListDialog[str | None]):
    """Returns the key of the choice, or None.

    Args:
        title: what is picked.
        choices: in the order to list them.
        current: key of the choice that stands now.
        placeholder: stands in the field while it is empty.
    """

    DEFAULT_CSS = """
    Picker { align: center middle; background: $background 60%; }
    Picker > Vertical {
        width: 84; max-width: 94%; height: auto; max-height: 80%;
        background: $surface; border: round $primary; padding: 0 1;
    }
    Picker Static { height: 1; color: $text-muted; text-align: right; }
    Picker Input, Picker Input:focus {
        border: none; height: 1; padding: 0; background: $surface; margin: 0 0 1 0;
    }
    Picker OptionList {
        border: none; height: auto; max-height: 24; background: $surface; padding: 0; scrollbar-size-vertical: 1;
    }
    """

    def __init__(
        self,
        title: str,
        choices: Sequence[Choice],
        current: str | None = None,
        placeholder: str = "type to narrow down",
    ) -> None:
        super().__init__()
        self._title = title
        self._choices = tuple(
            Choice(item.key, brief(item.label), brief(item.detail), brief(item.below)) for item in choices
        )
        self._current = current
        self._placeholder = placeholder
        self._query = ""

    def typed(self, text: str) -> Choice | None:  # noqa: ARG002 (for those that take more than what they list)
        """What the typed text itself stands for; nothing here. One without a key, which only says why the text is
        no choice, is shown where the list has nothing either."""
        return None

    def compose(self) -> ComposeResult:
        """A field to type in, over the list."""
        with Vertical() as frame:
            frame.border_title = Content(self._title)
            closing: dict[str, Callable[[], object]] = {"enter": self._choose_highlighted, "escape": self.dismiss}
            yield Entry(closing=closing, placeholder=self._placeholder, id="filter")
            yield OptionRows()
            yield Static("↑↓ move · Enter choose · Esc close")

    def on_mount(self) -> None:
        """Lists everything, on the current choice."""
        self._fill("")
        keys = [choice.key for choice in self._choices]
        if self._current in keys:
            self.query_one(OptionList).highlighted = keys.index(self._current)

    def _fill(self, query: str) -> None:
        self._query = query
        options = self.query_one(OptionList)
        options.clear_options()
        matcher = Matcher(query)
        found = [
            (matcher.match(f"{choice.label} {choice.detail} {choice.below}") if query else 1.0, choice)
            for choice in self._choices
        ]
        if query:
            found = sorted((item for item in found if item[0] > 0), key=lambda item: -item[0])
            own = self.typed(query)
            if own is not None and (own.key or not found):
                found = [(1.0, own), *(item for item in found if item[1].key != own.key)]
        options.add_options(Option(self._prompt(choice, matcher, query), id=choice.key) for _, choice in found)
        if found:
            options.highlighted = 0

    def _prompt(self, choice: Choice, matcher: Matcher, query: str) -> Content:
        label = lit(choice.label, matcher) if query else Content(choice.label)
        mark = "▸ " if choice.key == self._current else "  "
        first = Content.assemble((mark, "$accent"), label.stylize("bold"), "  ", (choice.detail, "$foreground 60%"))
        if not choice.below:
            return first
        return Content.assemble(first, "\n    ", (choice.below, "$warning"))

    @on(Input.Changed)
    def _narrow(self, event: Input.Changed) -> None:
        self._fill(event.value.strip())

    def _choose_highlighted(self) -> None:
        if (query := self.query_one(Entry).value.strip()) != self._query:
            self._fill(query)  # typed faster than it was looked for
        option = self.query_one(OptionList).highlighted_option
        if option is not None and option.id:
            self.dismiss(option.id)

    @on(OptionList.OptionSelected)
    def _choose(self, event: OptionList.OptionSelected) -> None:
        if event.option.id:
            self.dismiss(event.option.id)
