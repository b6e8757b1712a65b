"""The numerics' panel: how far compiled results are from eager's and from float64's, and where that begins."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget

from inspector import protocol
from inspector.model.numerics import Numerics
from inspector.say import numerics as say
from inspector.say.doc import Tone
from inspector.say.names import place
from inspector.say.numerics import COLUMNS, ORDERS, key_of, node_of
from inspector.tui.panes.text import sanitised
from inspector.tui.profile.deviations import NODES, items_of
from inspector.tui.profile.measuring import Measuring, PanelLine, Warned, ends, keys
from inspector.tui.profile.standing import MeasuringProgress
from inspector.tui.profile.words import QUIET, invitation, state
from inspector.tui.widgets.outline import Outline

_TONES = {Tone.ERROR: "$error", Tone.WARNING: "$warning", Tone.GOOD: "$success"}
_LOOSEST, _STRICTEST = 1e9, 1e-9
"""Times the tolerance."""


class NumericsPanel(Measuring):
    """How exact the results are."""

    DEFAULT_CSS = "NumericsPanel > PanelLine { background: $background; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "measure", "Compare the results with eager and float64, or again", show=False),
        Binding("ctrl+up", "tolerate(1)", "Let ten times as much pass", show=False),
        Binding("ctrl+down", "tolerate(-1)", "Let a tenth as much pass", show=False),
        Binding("greater_than_sign", "sort(1)", "Sort nodes by the next column", show=False),
        Binding("less_than_sign", "sort(-1)", "Sort nodes by the previous column", show=False),
        Binding("n", "step(1)", "The next shape that was compared", show=False),
        Binding("N", "step(-1)", "The previous shape that was compared", show=False),
    ]

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._given: Numerics | None = None
        self._shown: Numerics | None = None
        self._shapes = (1, 1)
        self.standing = MeasuringProgress()
        self.times = 1.0
        """How many times the tolerance is let pass."""
        self.order = ""
        self._ready = False

    def compose(self) -> ComposeResult:
        """A row of words and the rows."""
        self.head, self.warned = PanelLine(id="numerics-head"), Warned(id="numerics-warned")
        self.rows = Outline(id="numerics-rows", empty=" ")
        yield self.head
        yield self.warned
        yield self.rows

    def on_mount(self) -> None:
        """Everything that was told before."""
        self._ready = True
        self._draw()
        self._go_to_first()
        if self.has_focus:
            self.rows.focus()

    @property
    def inner(self) -> Widget | None:
        """The rows."""
        return self.rows if self._ready else None

    def update_numerics(
        self, numerics: Numerics | None, standing: MeasuringProgress, shapes: tuple[int, int] = (1, 1)
    ) -> None:
        """Shows what was compared.

        Args:
            numerics: None where nothing was.
            standing: how far a newer comparison is.
            shapes: which one of how many this is, from 1.
        """
        if numerics is self._given and (standing, shapes) == (self.standing, self._shapes):
            return
        fresh = numerics is not self._given and numerics is not None
        if fresh and numerics is not None:
            self.times = numerics.times
        self._given, self.standing, self._shapes = numerics, standing, shapes
        if self._ready:
            self._draw()
            if fresh:
                self._go_to_first()

    def _go_to_first(self) -> None:
        if self._shown is not None and self._shown.nodes:
            first = self._shown.first
            self.rows.go(key_of(first) if first is not None else NODES)

    def on_resize(self) -> None:
        """The words at the right go where there is no room."""
        if self._ready:
            self._draw()

    def _draw(self) -> None:
        given = self._given
        self.warned.tell(self.standing, shown=given is not None)
        if given is None:
            self._shown = None
            hint = keys(("Space", "compares the results with eager's, and both with float64's"))
            offered = self.standing.live and not self.standing.busy
            said = invitation(self.standing)
            self.head.update(Content.assemble(said, "  ", hint) if offered else said)
            self.rows.update_items((), ())
            return
        self._shown = given if given.times == self.times else given.within(given.tolerance, self.times)
        hints = [("n", "shape")] if self._shapes[1] > 1 else []
        hints += [("< >", "sort"), ("+ −", "tolerance")] if given.nodes else []
        if self.standing.live and not self.standing.busy:
            hints.append(("Space", "again"))
        self.head.update(ends(self._words(self._shown), hints, self.size.width))
        items = items_of(self._shown, self.order, live=self.standing.live)
        self.rows.update_items(COLUMNS, items, sorted_by=self.order)

    def _words(self, shown: Numerics) -> Content:
        at, of = self._shapes
        of_many = f"  {at}/{of}" if of > 1 else ""
        parts = [Content.assemble(" ", (sanitised(shown.shape), "bold"), (of_many, QUIET))]
        if told := state(self.standing):
            parts.append(told)
        if self.standing.busy:
            return Content("  ").join(parts)
        if shown.nodes and (shown.first is not None or not shown.graphs_left):
            parts.append(self._verdict(shown))
        elif (row := say.verdict_row(shown)).text:
            parts.append(Content.styled(sanitised(row.text), f"bold {_TONES[row.tone]}"))
        else:  # a bundle that does not say how many elements were compared
            worst = max((item.compiled_eager.relative for item in shown.outputs), default=0.0)
            parts.append(Content.assemble(("at most ", QUIET), (f"{worst:.3g}", "bold"), (" relative to eager", QUIET)))
        return Content("  ").join(parts)

    def _verdict(self, shown: Numerics) -> Content:
        first = shown.first
        if not shown.nodes_compared:
            return Content.styled("no node has an element to compare", "bold $warning")
        if first is None:
            return Content.styled(f"every node is within {say.tolerance_words(shown)}", "bold $success")
        words = f"{sanitised(first.node)} is the first beyond {say.tolerance_words(shown)}"
        where = f"from {sanitised(place(first.source.file, first.source.line))}" if first.source is not None else ""
        return Content.assemble((words, "bold $error"), "  ", (where, "bold $primary"))

    # --- keys and mouse -------------------------------------------------------------------------------------

    def on_outline_moved(self, message: Outline.Moved) -> None:
        """Nobody else needs to know."""
        message.stop()

    def on_outline_title_clicked(self, message: Outline.TitleClicked) -> None:
        """Sorts by it."""
        message.stop()
        self.order = message.column if message.column in ORDERS else ""
        self._draw()

    def on_outline_chosen(self, message: Outline.Chosen) -> None:
        """Compares the nodes, or leads to a node's line."""
        message.stop()
        if message.item.key == NODES:
            self._ask(nodes=True)
        elif self._shown is not None and (node := node_of(self._shown, message.item.key)) is not None:
            self.post_message(self.Chosen(node))

    def action_measure(self) -> None:
        """Compares again what was compared."""
        self._ask(nodes=bool(self._given is not None and self._given.nodes))

    def _ask(self, *, nodes: bool) -> None:
        tolerance = self._given.tolerance if self._given is not None else None
        asked = protocol.RunProfile(numerics=True, tolerance=tolerance, nodes=nodes, times=False)
        self.post_message(self.Asked(asked))

    def action_tolerate(self, by: int) -> None:
        """Another tolerance for the nodes that are known."""
        wanted = float(f"{self.times * 10.0**by:.3g}")
        if _STRICTEST <= wanted <= _LOOSEST:
            self.times = wanted
            self._draw()
            self._go_to_first()

    def action_sort(self, by: int) -> None:
        """By another column."""
        self.order = ORDERS[(ORDERS.index(self.order) + by) % len(ORDERS)]
        self._draw()
