"""Find a text in every stage, kernel and source file and in all that was logged beside them, and go there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from inspector.model.artifact import Artifact, Position
from inspector.model.stage import Stage
from inspector.say.gutter import WIDTH, Tag, tag
from inspector.say.names import place
from inspector.say.units import plural
from inspector.tui.dialog import ListDialog, OptionRows
from inspector.tui.widgets.entry import Entry

if TYPE_CHECKING:
    from inspector.model.capture import Capture
    from inspector.price import TextPrices

_NAME = 30
"""Characters of a text's name."""
MOST = 500
"""Hits listed; more are only counted as `500+`."""


@dataclass(frozen=True)
class Hit:
    """One line that holds the text."""

    artifact: Artifact
    position: Position
    length: int


def search(capture: Capture, text: str, compile_id: str | None) -> Iterator[Hit]:
    """The lines that hold `text`: the compile id on screen and the sources first, what is beside the stages last.

    Small letters match both cases, a capital letter only itself.
    """
    if not text:
        return
    exact = text != text.lower()
    for artifact in sorted((*capture.artifacts, *capture.others), key=lambda item: _far(item, compile_id)):
        whole = artifact.text if exact else artifact.text.lower()
        at = whole.find(text)
        line, counted = 1, 0
        while at >= 0:
            line += whole.count("\n", counted, at)
            counted = at
            start = whole.rfind("\n", 0, at) + 1
            yield Hit(artifact, Position(line, at - start), len(text))
            end = whole.find("\n", at)
            at = whole.find(text, end) if end >= 0 else -1


def _far(artifact: Artifact, compile_id: str | None) -> tuple[bool, bool]:
    """What to sort by so that what is close to the compile id on screen comes first."""
    return artifact.stage is Stage.OTHER, artifact.compile_id not in (None, compile_id)


class Everywhere(ListDialog[Hit | None]):
    """Lists the hits while one types; returns the chosen one.

    Args:
        capture: where to search.
        compile_id: whose hits come first.
        text: to begin with.
        prices: what the lines cost; with it the dearest hits come first.
    """

    DEFAULT_CSS = """
    Everywhere { align: center middle; background: $background 60%; }
    Everywhere > Vertical {
        width: 130; max-width: 94%; height: 80%; background: $surface; border: round $primary; padding: 0 1;
    }
    Everywhere Input, Everywhere Input:focus {
        border: none; height: 1; padding: 0; background: $surface; margin: 0 0 1 0;
    }
    Everywhere OptionList {
        border: none; height: 1fr; background: $surface; padding: 0; scrollbar-size-vertical: 1;
        text-wrap: nowrap; text-overflow: ellipsis;
    }
    Everywhere Static { height: 1; color: $text-muted; text-align: right; }
    """

    def __init__(
        self, capture: Capture, compile_id: str | None, text: str = "", prices: TextPrices | None = None
    ) -> None:
        super().__init__()
        self._capture = capture
        self._compile_id = compile_id
        self._text = text
        self._prices = prices
        self._searched: str | None = None
        self._hits: list[Hit] = []

    def compose(self) -> ComposeResult:
        """A field to type in, over the list."""
        with Vertical() as frame:
            frame.border_title = "Find everywhere"
            closing: dict[str, Callable[[], object]] = {"enter": self._go_highlighted, "escape": self.dismiss}
            yield Entry(
                self._text, closing=closing, placeholder="a text, in any stage, kernel, source file or other text"
            )
            yield OptionRows()
            yield Static("↑↓ move · Enter go there · Esc close", id="count")

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        if self.is_current:
            self._find(event.value)

    def _find(self, text: str) -> None:
        self._searched = text
        self._hits = []
        more = False
        for hit in search(self._capture, text, self._compile_id):
            if len(self._hits) == MOST:
                more = True
                break
            self._hits.append(hit)
        tags = {hit: self._tag(hit) for hit in self._hits}
        self._hits.sort(key=lambda hit: -found.share if (found := tags[hit]) is not None else 0.0)
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options(Option(self._prompt(hit, tags[hit]), id=str(index)) for index, hit in enumerate(self._hits))
        if self._hits:
            options.highlighted = 0
        count = f"{MOST}+ lines" if more else plural(len(self._hits), "line", "lines")
        first = " · dearest first" if any(tags.values()) else ""
        self.query_one("#count", Static).update(f"{count}{first} · ↑↓ move · Enter go there · Esc close")

    def _tag(self, hit: Hit) -> Tag | None:
        prices = self._prices.of(hit.artifact) if self._prices is not None else None
        cost = prices.of(hit.position.line) if prices is not None else None
        return tag(cost, prices.price) if prices is not None and cost is not None else None

    def _prompt(self, hit: Hit, cost: Tag | None) -> Content:
        words = f"{cost.words if cost is not None else '':>{WIDTH}}  " if self._prices is not None else ""
        return Content.assemble((words, "bold" if cost is not None and cost.sure else ""), _prompt(hit))

    def _go_highlighted(self) -> None:
        if (text := self.query_one(Entry).value) != self._searched:
            self._find(text)  # typed faster than it was looked for
        highlighted = self.query_one(OptionList).highlighted
        if highlighted is not None and self._hits:
            self.dismiss(self._hits[highlighted])

    @on(OptionList.OptionSelected)
    def _go(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(self._hits[event.option_index])


def _shortened(name: str) -> str:
    """A name's beginning and end, which tell torch's long ones apart."""
    return name if len(name) <= _NAME else f"{name[: _NAME // 2]}…{name[-_NAME // 2 + 1 :]}"


def _prompt(hit: Hit) -> Content:
    artifact, position = hit.artifact, hit.position
    text = artifact.lines[position.line - 1]
    indent = len(text) - len(text.lstrip())
    begin = max(indent, position.col - 50)
    before, found = text[begin : position.col], text[position.col : position.col + hit.length]
    after = text[position.col + hit.length : position.col + hit.length + 120]
    of_source = artifact.stage is Stage.SOURCE
    name = place(artifact.path or artifact.id, position.line) if of_source else f"{position.line}"
    what = _shortened(artifact.variant) if artifact.stage is Stage.OTHER else artifact.stage.short
    where = f"{artifact.compile_id or ''} {what}".strip()
    return Content.assemble(
        (f"{where:<16} ", "bold $primary"),
        (f"{name:>6}  ", "$foreground 60%"),
        before,
        (found, "bold $accent"),
        after,
    )
