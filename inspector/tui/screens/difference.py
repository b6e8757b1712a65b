"""A difference on a screen of its own: its parts on the left, the chosen one side by side."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.containers import Horizontal

from inspector.model.difference import CaptureDifference, CompilationDifference
from inspector.tui.compare.parts import Part, capture_parts, compilation_parts
from inspector.tui.dialog import ClosesOnce
from inspector.tui.keys import shown_key
from inspector.tui.screens.difference_list import columns, folded_first, item_of, only_different
from inspector.tui.screens.difference_title import DifferenceTitle
from inspector.tui.status import StatusLine
from inspector.tui.widgets.details import Details
from inspector.tui.widgets.difference import DifferenceView
from inspector.tui.widgets.outline import Outline

_WIDE = 130
"""Columns from which on the list of parts stands beside what it lists; in fewer, one hides the other."""
_ALL = 1_000_000
"""More rows than there are."""
_ROOMY = 180
"""Columns from which on the list has room for verdicts, while it has the focus; texts need the room themselves."""


def of_captures(difference: CaptureDifference, *, alone: bool = False) -> DifferenceScreen:
    """The screen of two captures.

    Args:
        difference: of the two.
        alone: whether it is the only screen there is, which escape does not close.
    """
    names = difference.title_a, difference.title_b
    return DifferenceScreen(names, "", capture_parts(difference), 0, difference=difference, alone=alone, listed=True)


def of_compilations(found: CompilationDifference) -> DifferenceScreen:
    """The screen of two compile ids."""
    names = found.a or "–", found.b or "–"
    whole = CaptureDifference(*names, found.change, compilations=(found,))
    return DifferenceScreen(names, found.function, compilation_parts(found), difference=whole)


class DifferenceScreen(ClosesOnce[None]):
    """Shows how two things differ, part by part.

    Args:
        names: what is held against what; one name for what has more than two sides.
        about: more words about it.
        parts: in the order to list them.
        at: place of the one to begin with; None for the first text that differs.
        difference: what the parts are of, to be handed on; None where it is no difference of captures.
        alone: whether it is the only screen there is.
        listed: whether to begin with the list, where there is no room for it beside the parts.
    """

    AUTO_FOCUS = ""  # what to begin with depends on what there is room for
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right_square_bracket", "step(1)", "Next part", show=False),
        Binding("left_square_bracket", "step(-1)", "Previous part", show=False),
        Binding("n", "change(1)", "Next difference, in this part or a later one", show=False),
        Binding("N,p", "change(-1)", "Previous difference", show=False),
        Binding("f", "different", "List only what differs, or everything", show=False),
        Binding("tab", "switch", "To the list, and back to what it lists", show=False, priority=True),
        Binding("E", "export", "Write the difference as a page for a browser", show=False),
        Binding("t", "app.other_theme", "Light or dark", show=False),
        Binding("question_mark,f1", "keys", "Help", show=False),
        Binding("escape", "back", "Back", show=False),
        Binding("q,d", "dismiss", "Close", show=False),
    ]
    CSS = """
    DifferenceScreen #all { height: 1fr; }
    DifferenceScreen #parts { width: 44; border-right: solid $foreground 15%; }
    DifferenceScreen.-roomy #parts { width: 68; }
    DifferenceScreen #body { width: 1fr; height: 1fr; }
    DifferenceScreen #body > * { width: 1fr; height: 1fr; }
    DifferenceScreen #body Details { padding: 0 0 0 1; }
    DifferenceScreen.-narrow #parts { display: none; width: 1fr; border-right: none; }
    DifferenceScreen.-narrow.-listing #parts { display: block; }
    DifferenceScreen.-narrow.-listing #body { display: none; }
    """

    def __init__(
        self,
        names: Sequence[str],
        about: str,
        parts: Sequence[Part],
        at: int | None = None,
        *,
        difference: CaptureDifference | None = None,
        alone: bool = False,
        listed: bool = False,
    ) -> None:
        super().__init__()
        self._names = tuple(names)
        self._about = about
        self._every = self._parts = tuple(parts)
        first = next((number for number, part in enumerate(parts) if not part.alike and part.text is not None), 0)
        self._part = self._every[first if at is None else at]
        self._difference = difference
        self._alone = alone
        self._from_list = listed

    # --- building up ----------------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """The list of parts, and room for one."""
        self.top = DifferenceTitle(self._names, self._about)
        self.list = Outline(id="parts")
        self.texts = DifferenceView(names=self._names if len(self._names) == 2 else ())
        self.table = Outline(id="table")
        self.details = Details(folded=())
        self.status = StatusLine()
        yield self.top
        yield Horizontal(self.list, Horizontal(self.texts, self.table, self.details, id="body"), id="all")
        yield self.status

    def on_mount(self) -> None:
        """The first part."""
        self._fit()
        self.set_class(self._from_list, "-listing")
        self._list()
        self.list.fold(folded_first(self._parts))
        self.list.go(self._part.key)
        self._show(self._part)
        if self._from_list:
            self.list.focus()

    def on_resize(self) -> None:
        """The list beside the parts only where there is room."""
        self._fit()

    def _fit(self) -> None:
        width = self.app.size.width
        self.set_class(width < _WIDE or len(self._every) == 1, "-narrow")
        self.set_class(width >= _ROOMY and self.list.has_focus, "-roomy")

    def _list(self) -> None:
        self.list.update_items(columns(), [item_of(part) for part in self._parts])

    @property
    def part(self) -> Part:
        """What is on screen."""
        return self._part

    # --- drawing --------------------------------------------------------------------------------------------

    def _show(self, part: Part, *, last: bool = False) -> None:
        """Puts a part on screen; of a text its first change, or the last."""
        self._part = part
        self.top.show(part)
        self.texts.display = part.text is not None
        self.table.display = part.table is not None
        self.details.display = part.text is None and part.table is None
        if part.text is not None:
            self.texts.show(part.text, last=last, each=part.listed)
        elif part.table is not None:
            self.table.update_items(part.table.columns, part.table.items)
            self.table.action_move(-len(part.table.items))
        else:
            self.details.update_sections(part.sections)
            self.details.action_move(-_ALL)
        if not self.list.has_focus:
            self.set_focus(self._content)
        self._draw_status()

    @property
    def _content(self) -> DifferenceView | Outline | Details:
        return self.texts if self.texts.display else self.table if self.table.display else self.details

    def _draw_status(self) -> None:
        part, many = self._part, len(self._every) > 1
        place = f"{self._parts.index(part) + 1}/{len(self._parts)} " if many and part in self._parts else ""
        words = []
        if part.text is not None:
            words.append(self.texts.place)
        elif part.table is not None and self.table.has_focus and (row := self.table.current) is not None:
            words.append("  ".join(filter(None, (cell.text for cell in row.cells[1:3]))))
            if row.key in part.table.leads:
                words.append("Enter shows the code")
        if self.list.has_focus:
            words.append("Enter shows it · f only what differs")
        words.append("n N differences")
        if many:
            words.append("Tab list" if not self.list.has_focus else "[ ] parts")
        if not self._alone or (self.has_class("-narrow") and not self.list.has_focus):
            words.append("Esc back")
        if part.text is not None:
            words.append("Space everything · u columns")
        if self._difference is not None:
            words.append("E page")
        self.status.update_words(f"{place}{part.title}", " · ".join(filter(None, words)))

    # --- messages of widgets --------------------------------------------------------------------------------

    def on_difference_view_moved(self) -> None:
        """Another change is on screen."""
        self._draw_status()

    def on_difference_view_beyond(self, message: DifferenceView.Beyond) -> None:
        """This text has no further change: another part may."""
        self._next(message.by)

    def on_descendant_focus(self) -> None:
        """The bottom line is about what has the focus."""
        self._fit()
        self._draw_status()

    def on_outline_moved(self, message: Outline.Moved) -> None:
        """Another part was chosen, or another row of a table."""
        if message.outline is self.table:
            self._draw_status()
        elif message.item.key != self._part.key:
            self._show(self._by_key(message.item.key))

    def on_outline_chosen(self, message: Outline.Chosen) -> None:
        """Enter goes to what the list names, or from a kernel to its code."""
        if message.outline is self.list:
            self.action_switch()
        elif self._part.table is not None:
            self._go(self._part.table.leads[message.item.key])

    def on_details_compile_id_chosen(self, message: Details.CompileIdChosen) -> None:
        """The overview names a pair of compile ids."""
        self._go(message.compile_id)

    # --- moving ---------------------------------------------------------------------------------------------

    def _by_key(self, key: str) -> Part:
        return next(part for part in self._every if part.key == key)

    def _go(self, key: str, *, last: bool = False) -> None:
        """Goes to a part, also to one that the list leaves out now."""
        part = self._by_key(key)
        if part not in self._parts:
            self.action_different()
        if part is not self._part:
            self._show(part, last=last)
        self.list.go(key)

    def action_step(self, by: int) -> None:
        """The next or the previous part."""
        at = self._parts.index(self._part) + by
        if 0 <= at < len(self._parts):
            self._go(self._parts[at].key)

    def action_change(self, by: int) -> None:
        """The next or the previous difference; from the list, that is where one goes on reading."""
        if self.list.has_focus:
            self.action_switch()
        if self._part.text is not None:
            self.texts.action_change(by)
        else:
            self._next(by)

    def _next(self, by: int) -> None:
        at = self._parts.index(self._part)
        ahead = self._parts[at + 1 :] if by > 0 else self._parts[:at][::-1]
        part = next((part for part in ahead if part.text is not None and not part.alike), None)
        if part is not None:
            self._go(part.key, last=by < 0)
        else:
            self.notify("That was the last difference." if by > 0 else "That was the first difference.", timeout=2)

    def action_different(self) -> None:
        """Lists only what differs, or everything again."""
        filtered = len(self._parts) < len(self._every)
        parts = self._every if filtered else only_different(self._every)
        if not parts:
            self.notify("Nothing that was compared differs.", timeout=3)
            return
        self._parts = parts
        self._list()
        if self._part not in self._parts:
            self._go(self._parts[0].key)
        self._draw_status()

    def action_switch(self) -> None:
        """Between the list and what it lists."""
        to_list = not self.list.has_focus and len(self._every) > 1
        self.set_class(to_list, "-listing")
        self.set_focus(self.list if to_list else self._content)

    def action_back(self) -> None:
        """To the list where the person came from there; else to the screen below."""
        if self.has_class("-narrow") and not self.has_class("-listing") and self._from_list:
            self.action_switch()
        elif not self._alone:
            self.dismiss()

    # --- the rest -------------------------------------------------------------------------------------------

    def action_export(self) -> None:
        """Asks where to write the page."""
        from inspector.tui.compare.export import PagePrompt

        if self._difference is None:
            self.notify("Only a difference of two captures or compile ids becomes a page.", timeout=4)
        else:
            self.app.push_screen(PagePrompt(self._difference))

    def action_keys(self) -> None:
        """Lists every key."""
        from inspector.tui.screens.help import HelpScreen, sections_of

        groups = {"Difference": self.BINDINGS, "In the texts": DifferenceView.BINDINGS, "In the list": Outline.BINDINGS}
        self.app.push_screen(HelpScreen(sections_of(groups)))

    def palette(self) -> Iterable[SystemCommand]:
        """What the command palette offers: every key of this screen, and every part."""
        for binding in self.BINDINGS:
            if isinstance(binding, Binding) and not binding.action.startswith("app."):
                keys = "  ".join(shown_key(key) for key in binding.key.split(","))
                yield SystemCommand(binding.description, keys, partial(self.run_action, binding.action))
        for part in self._every:
            yield SystemCommand(f"Part: {part.title}", part.mark.words, partial(self._go, part.key))
