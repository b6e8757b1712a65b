"""The price's panel: what modules, expressions, calls and parts take of a whole call, eager beside it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget

from inspector import protocol
from inspector.model.flame import FlameNode
from inspector.model.price import Cost, Price
from inspector.price import TextPrices, flame_of, rows_by, stacks
from inspector.say import price as say
from inspector.say.flame import flame_words
from inspector.say.units import seconds
from inspector.tui.panes.text import sanitised
from inspector.tui.profile.measuring import Measuring, PanelLine, Warned, ends, keys
from inspector.tui.profile.standing import MeasuringProgress
from inspector.tui.profile.words import QUIET, invitation, state
from inspector.tui.widgets.flame import FlameGraph
from inspector.tui.widgets.outline import Outline

FLAME = "flame graph"
VIEWS = ("module", "expression", "kernel", "statement", "part", FLAME)
"""What the rows can be, in the order that a key takes them; the last one has bars in place of rows."""
SORTS = {"text": "", "time": "time", "own": "by itself"}
"""How rows are sorted, with the title of the column."""


class PricePanel(Measuring):
    """What a call costs, and where; all of it has a row."""

    DEFAULT_CSS = "PricePanel > PanelLine { background: $background; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "measure", "Price, or price again", show=False),
        Binding("v", "view", "Rows by module, expression, call, statement, part, or a flame graph", show=False),
        Binding("greater_than_sign", "sort(1)", "Sort by the next column", show=False),
        Binding("less_than_sign", "sort(-1)", "Sort by the previous column", show=False),
        Binding("n", "step(1)", "The next shape that was priced", show=False),
        Binding("N", "step(-1)", "The previous shape that was priced", show=False),
    ]

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._price: Price | None = None
        self._joined: TextPrices | None = None
        self._shapes = (1, 1)
        self._rows: dict[str, Cost] = {}
        """Key of an item → its row."""
        self.standing = MeasuringProgress()
        self.view = VIEWS[0]
        self.sort = "time"
        self._ready = False

    def compose(self) -> ComposeResult:
        """A row of words, the rows, the row under the cursor in full, and what is wrong with the numbers."""
        self.head, self.warned = PanelLine(id="price-head"), Warned(id="price-warned")
        self.rows = Outline(id="price-rows", empty=" ")
        self.flame = FlameGraph(id="price-flame")
        self.about, self.foot = PanelLine(id="price-row"), PanelLine(id="price-foot")
        yield self.head
        yield self.warned
        yield self.rows
        yield self.flame
        yield self.about
        yield self.foot

    def on_mount(self) -> None:
        """Everything that was told before."""
        self._ready = True
        self._draw()
        if self.has_focus and self.inner is not None:
            self.inner.focus()

    @property
    def inner(self) -> Widget | None:
        """The rows, or the bars."""
        if not self._ready:
            return None
        return self.flame if self.view == FLAME else self.rows

    def update_price(
        self,
        price: Price | None,
        joined: TextPrices | None,
        standing: MeasuringProgress,
        shapes: tuple[int, int] = (1, 1),
    ) -> None:
        """Shows a price.

        Args:
            price: None where nothing was priced.
            joined: it, joined with the capture's links; None while that is being done.
            standing: how far a newer one is.
            shapes: which one of how many this is, from 1.
        """
        if price is self._price and joined is self._joined and (standing, shapes) == (self.standing, self._shapes):
            return
        self._price, self._joined, self.standing, self._shapes = price, joined, standing, shapes
        if self._ready:
            self._draw()

    def on_resize(self) -> None:
        """The words at the right go where there is no room."""
        if self._ready:
            self._draw()

    def _draw(self) -> None:
        price = self._price
        self.warned.tell(self.standing, shown=price is not None)
        self.about.set_class(price is None, "-hidden")
        self.foot.set_class(price is None, "-hidden")
        drawn = price is not None and self._joined is not None and self.view == FLAME
        self.flame.set_class(not drawn, "-hidden")
        self.rows.set_class(drawn, "-hidden")
        if price is None:
            hint = keys(("Space", "prices eager and compiled: some 6 s; the race pauses meanwhile"))
            offered = self.standing.live and not self.standing.busy
            said = invitation(self.standing)
            self.head.update(Content.assemble(said, "  ", hint) if offered else said)
            self.rows.update_items((), ())
            return
        hints = [("n", "shape")] if self._shapes[1] > 1 else []
        if self.view == FLAME:
            hints += [("Enter", "widens"), ("o", "its text"), ("v", f"by {VIEWS[0]}")]
        else:
            following = VIEWS[VIEWS.index(self.view) + 1]
            hints += [("< >", "sort"), ("v", f"{'' if following == FLAME else 'by '}{following}")]
        if self.standing.live and not self.standing.busy:
            hints.append(("Space", "again"))
        self.head.update(ends(self._words(price), hints, self.size.width))
        self._draw_rows(price)
        doubt = say.doubt_words(price)
        told = Content.styled(f" {sanitised(doubt)}", "$warning") if doubt else None
        self.foot.update(told or Content.styled(f" {sanitised(say.sum_words(price))}", QUIET))

    def _words(self, price: Price) -> Content:
        at, of = self._shapes
        parts = [Content.assemble(" ", (sanitised(price.shape), "bold"), (f"  {at}/{of}" if of > 1 else "", QUIET))]
        if told := state(self.standing):
            parts.append(told)
        if not self.standing.busy:
            parts.append(
                Content.assemble(
                    (seconds(price.seconds), "bold"),
                    (f" a call, {'within what' if self.view == FLAME else f'by {self.view}'}", QUIET),
                )
            )
        return Content("  ").join(parts)

    def _draw_rows(self, price: Price) -> None:
        if self._joined is None:
            self.rows.update_items((), (), empty="The price is being joined with the links…")
            return
        joined = self._joined.joined
        if self.view == FLAME:
            self.flame.update_flame(flame_of(stacks(joined), "a call"))
            self._draw_bar(self.flame.nodes)
            return
        found = rows_by(joined, self.view)
        rows = say.nested(found, self.sort)
        items = [
            say.item(row, number, depth, price)
            for number, (row, depth) in enumerate(zip(rows, say.depths(rows), strict=True))
        ]
        items += [
            say.left_item(left, words, price, number)
            for number, (left, words) in enumerate(say.left(joined, self.view, found))
        ]
        self._rows = {str(number): row for number, row in enumerate(rows)}
        columns = say.columns(self.view, rows)
        self.rows.update_items(columns, items, sorted_by=SORTS[self.sort], empty=say.nothing(self.view))
        self._draw_row()

    def _draw_row(self) -> None:
        """The row under the cursor in full."""
        item, price = self.rows.current, self._price
        row = self._rows.get(item.key) if item is not None else None
        if row is None or price is None:
            words = item.cells[0].text.strip("()") if item is not None else ""
            self.about.update(Content.styled(f" {sanitised(words)}", QUIET))
            return
        style = "bold" if row.span is None else "bold $primary"
        label = sanitised(row.label or "the outermost module")
        self.about.update(Content.assemble(" ", (label, style), (f"  {sanitised(say.cost_words(row, price))}", QUIET)))

    def _draw_bar(self, nodes: Sequence[FlameNode]) -> None:
        """The bar under the cursor in full."""
        style = "bold" if nodes[-1].span is None else "bold $primary"
        words = flame_words(nodes, "a call")
        self.about.update(Content.assemble(" ", (sanitised(nodes[-1].name), style), (f"  {sanitised(words)}", QUIET)))

    # --- keys and mouse -------------------------------------------------------------------------------------

    def on_flame_graph_moved(self, message: FlameGraph.Moved) -> None:
        """Another bar is told in full."""
        message.stop()
        self._draw_bar(message.nodes)

    def on_flame_graph_text_lacking(self) -> None:
        """That the bar stands for no text."""
        self.about.update(Content.styled(" This bar stands for no place in a text.", QUIET))

    def on_flame_graph_opened(self, message: FlameGraph.Opened) -> None:
        """Leads on to the bar's text."""
        message.stop()
        self.post_message(self.Chosen(message.span))

    def on_outline_moved(self, message: Outline.Moved) -> None:
        """Another row is told in full."""
        message.stop()
        self._draw_row()

    def on_outline_title_clicked(self, message: Outline.TitleClicked) -> None:
        """Sorts by it."""
        message.stop()
        wanted = next((name for name, title in SORTS.items() if title == message.column), None)
        if wanted is not None:
            self.sort = wanted
            self._draw()

    def on_outline_chosen(self, message: Outline.Chosen) -> None:
        """Leads on to the row's text."""
        message.stop()
        if (row := self._rows.get(message.item.key)) is not None:
            self.post_message(self.Chosen(row))

    def action_measure(self) -> None:
        """Prices."""
        self.post_message(self.Asked(protocol.RunProfile(seconds=6.0, times=False, price=True)))

    def action_view(self) -> None:
        """Rows of another kind."""
        focused = self.inner is not None and self.inner.has_focus
        self.view = VIEWS[(VIEWS.index(self.view) + 1) % len(VIEWS)]
        self._draw()
        if focused and self.inner is not None:
            self.inner.focus()

    def action_sort(self, by: int) -> None:
        """By another column."""
        sorts = list(SORTS)
        self.sort = sorts[(sorts.index(self.sort) + by) % len(sorts)]
        self._draw()
