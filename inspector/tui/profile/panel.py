"""The profile's panel: eager and compiled side by side, or the roofline."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widget import Widget

from inspector import protocol
from inspector.model.profile import Profile
from inspector.model.roofline import Roofline, roofline
from inspector.say.profile import OWN, SORTS, columns_of, items_of, key_of, no_limit, side_of
from inspector.tui.profile import words
from inspector.tui.profile.chart import LEGEND, RooflineChart, legend
from inspector.tui.profile.measuring import Measuring, PanelLine, Warned, ends, fits, keys
from inspector.tui.profile.plot import marks
from inspector.tui.profile.standing import MeasuringProgress
from inspector.tui.widgets.outline import Outline

SIDES = ("eager", "compiled")
BESIDE = 116
"""Columns from which on both sides stand side by side."""


class Rows(Outline):
    """The rows of one side: nothing to fold, so left and right go to the other side."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "other(-1)", "Eager", show=False),
        Binding("right,l", "other(1)", "Compiled", show=False),
    ]

    def action_other(self, by: int) -> None:
        """To the side on the left or on the right."""
        panel = next(item for item in self.ancestors if isinstance(item, ProfilePanel))
        panel.show_side(SIDES[max(0, by)])


class ProfilePanel(Measuring):
    """Where a call's time goes, and how near each part is to the machine's limit."""

    DEFAULT_CSS = """
    ProfilePanel > PanelLine { background: $background; }
    ProfilePanel Vertical { width: 1fr; height: 1fr; }
    ProfilePanel #legend { width: 36%; min-width: 38; max-width: 76; margin: 0 0 0 1; }
    ProfilePanel.-beside #compiled-side { margin: 0 0 0 1; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "measure", "Profile eager and compiled, or again", show=False),
        Binding("v", "view", "Tables, or the roofline", show=False),
        Binding("greater_than_sign", "sort(1)", "Sort by the next column", show=False),
        Binding("less_than_sign", "sort(-1)", "Sort by the previous column", show=False),
        Binding("n", "step(1)", "The next shape that was profiled", show=False),
        Binding("N", "step(-1)", "The previous shape that was profiled", show=False),
        Binding("r", "ceilings", "Measure this machine's ceilings anew, then profile", show=False),
    ]

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._profile: Profile | None = None
        self._shapes = (1, 1)
        self._roofline: Roofline | None = None
        self.standing = MeasuringProgress()
        self.side = "eager"
        """The one that has the keys, and is shown where there is room for one."""
        self.picture = False
        """Whether the roofline is shown in place of the tables."""
        self.sort = OWN
        self._ready = False
        self._cut = False
        """Whether the verdict has no room in the first row."""

    def compose(self) -> ComposeResult:
        """The tables and the picture; one of them is out of sight."""
        self.head, self.both = PanelLine(id="profile-head"), PanelLine(id="profile-both")
        self.warned = Warned(id="profile-warned")
        self.about, self.foot = PanelLine(id="profile-row"), PanelLine(id="profile-foot")
        self.tables = {name: Rows(id=f"rows-{name}", empty=" ") for name in SIDES}
        self.titles = {name: PanelLine() for name in SIDES}
        self.chart = RooflineChart(id="roofline")
        self.legend = Outline(id="legend", empty=" ")
        yield self.head
        yield self.warned
        yield self.both
        with Horizontal(id="tables"):
            for name in SIDES:
                yield Vertical(self.titles[name], self.tables[name], id=f"{name}-side")
        yield Horizontal(self.chart, self.legend, id="picture")
        yield self.about
        yield self.foot

    def on_mount(self) -> None:
        """Everything that was told before."""
        self._ready = True
        self._draw()
        if self.has_focus and self.inner is not None:
            self.inner.focus()

    def update_profile(
        self, profile: Profile | None, standing: MeasuringProgress, shapes: tuple[int, int] = (1, 1)
    ) -> None:
        """Shows a profile.

        Args:
            profile: None where there is none.
            standing: how far a newer one is.
            shapes: which one of how many this is, from 1.
        """
        if (profile is self._profile) and (standing, shapes) == (self.standing, self._shapes):
            return
        if profile is not self._profile:
            self._roofline = roofline(profile) if profile is not None else None
        self._profile, self.standing, self._shapes = profile, standing, shapes
        if self._ready:
            self._draw()

    @property
    def inner(self) -> Widget | None:
        """The table or the legend that is on screen."""
        if not self._ready:
            return None
        return self.legend if self.picture else self.tables[self.side]

    @property
    def beside(self) -> bool:
        """Whether there is room for both sides."""
        return self.size.width >= BESIDE

    # --- drawing --------------------------------------------------------------------------------------------

    def on_resize(self) -> None:
        """Another width may have room for both sides."""
        if self._ready:
            self._draw()

    def _draw(self) -> None:
        profile = self._profile
        shown = profile is not None
        self.set_class(self.beside, "-beside")
        self.query_one("#tables").set_class(self.picture, "-hidden")
        self.query_one("#picture").set_class(not (self.picture and shown), "-hidden")
        self.both.set_class(self.beside or self.picture or not shown, "-hidden")
        self.about.set_class(not shown, "-hidden")
        self.warned.tell(self.standing, shown=shown)
        for name in SIDES:
            self.query_one(f"#{name}-side").set_class(not self.beside and name != self.side, "-hidden")
            self.titles[name].set_class(not self.beside or not shown, "-hidden")
        if profile is None:
            self._draw_invitation()
        else:
            self._draw_profile(profile)

    def _draw_invitation(self) -> None:
        hints = keys(("Space", "profiles eager and compiled: some 4 s, and the machine's ceilings once"))
        offered = self.standing.live and not self.standing.busy
        said = words.invitation(self.standing)
        self.head.update(Content.assemble(said, "  ", hints) if offered else said)
        for table in self.tables.values():
            table.update_items((), ())
        self.foot.set_class(True, "-hidden")

    def _draw_profile(self, profile: Profile) -> None:
        hints = [("n", "shape")] if self._shapes[1] > 1 else []
        if not self.picture:
            hints += [("< >", "sort")] if self.beside else [("< >", "sort"), ("← →", "sides")]
        if self.standing.live and not self.standing.busy:
            hints.append(("Space", "again"))
        hints.append(("v", "tables" if self.picture else "roofline"))
        head = words.head(profile, self.standing, self._shapes)
        self._cut = not fits(head, hints, self.size.width)
        if self._cut:
            head = words.head(profile, self.standing, self._shapes, whole=False)
        self.head.update(ends(head, hints, self.size.width))
        if self.picture:
            self._draw_picture(profile)
            return
        columns = columns_of(profile)
        for name, table in self.tables.items():
            self.titles[name].update(words.side_words(profile, name))
            if self.beside or name == self.side:
                table.update_items(columns, items_of(profile, name, self.sort), sorted_by=self.sort)
        self.both.update(words.sides_words(profile, self.side))
        self._draw_row(profile)
        self._draw_foot(words.foot(profile, verdict=self._cut), profile)

    def _draw_row(self, profile: Profile) -> None:
        """The row under the cursor in full: its name is often longer than its column."""
        item = self.tables[self.side].current
        rows = side_of(profile, self.side).rows
        row = next((row for row in rows if item is not None and key_of(row) == item.key), None)
        self.about.update(words.row_words(row, profile, self.side) if row is not None else Content(""))

    def _draw_foot(self, content: Content | None, profile: Profile) -> None:
        self.foot.set_class(content is None, "-hidden")
        if content is None:
            return
        hint = ("r", "measures them" if profile.ceilings is None else "measures them anew")
        offered = self.standing.live and (self.picture or not profile.disturbed)
        self.foot.update(ends(content, [hint] if offered else [], self.size.width))

    def _draw_picture(self, profile: Profile) -> None:
        if self._roofline is None:
            self.chart.update_roofline(None)
            self.legend.update_items((), (), empty=no_limit(profile) or "No part's operations are known.")
            self._draw_foot(words.foot(profile), profile)
            return
        self.legend.update_items(LEGEND, legend(self._roofline))
        letter = self._letter()
        self.chart.update_roofline(self._roofline, letter)
        dot = marks(self._roofline.dots).get(letter)
        if dot is not None:
            self.about.update(words.row_words(dot.row, profile, dot.side, letter))
        self._draw_foot(words.ceiling_words(profile.ceilings), profile)

    def _letter(self) -> str:
        """The letter of the part under the legend's cursor."""
        item = self.legend.current
        return item.cells[0].text if item is not None else ""

    # --- keys and mouse -------------------------------------------------------------------------------------

    def on_outline_moved(self, message: Outline.Moved) -> None:
        """Another part of the picture stands out."""
        message.stop()
        if self._profile is None:
            return
        if self.picture and message.outline is self.legend:
            self._draw_picture(self._profile)
        elif not self.picture:
            self._draw_row(self._profile)

    def on_outline_title_clicked(self, message: Outline.TitleClicked) -> None:
        """Sorts by it."""
        message.stop()
        if message.column in SORTS:
            self.sort = message.column
            self._draw()

    def on_outline_chosen(self, message: Outline.Chosen) -> None:
        """Leads on to the row's text."""
        message.stop()
        if self._profile is None:
            return
        key = message.item.key
        side = next((name for name, table in self.tables.items() if table is message.outline), "")
        if message.outline is self.legend:
            side, _, key = key.partition(":")
        row = next((row for row in side_of(self._profile, side).rows if key_of(row) == key), None)
        if row is not None:
            self.post_message(self.Chosen(row))

    def on_descendant_focus(self) -> None:
        """A click on a table makes its side the one that has the keys."""
        self.side = next((name for name, table in self.tables.items() if table.has_focus), self.side)
        if self._profile is not None and not self.picture:
            self._draw_row(self._profile)

    def show_side(self, name: str) -> None:
        """Goes to one side."""
        self.side = name
        self._draw()
        self.tables[name].focus()

    def action_measure(self) -> None:
        """Profiles."""
        self.post_message(self.Asked(protocol.RunProfile()))

    def action_ceilings(self) -> None:
        """Measures the machine too."""
        self.post_message(self.Asked(protocol.RunProfile(ceilings=True)))

    def action_view(self) -> None:
        """The tables, or the picture."""
        self.picture = not self.picture
        self._draw()
        if self.inner is not None:
            self.inner.focus()

    def action_sort(self, by: int) -> None:
        """By another column."""
        known = [column.title for column in columns_of(self._profile) if not column.hidden] if self._profile else []
        sorts = [title for title in SORTS if title in known]
        if sorts:
            at = sorts.index(self.sort) if self.sort in sorts else 0
            self.sort = sorts[(at + by) % len(sorts)]
            self._draw()
