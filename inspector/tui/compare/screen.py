"""A difference on a screen of its own: its parts on the left, the chosen one side by side.

Keys and messages become intents, `after` makes the next state of them, and that is drawn.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult, SystemCommand
from textual.binding import Binding, BindingType
from textual.containers import Horizontal

from inspector.model.difference import CaptureDifference, CompilationDifference
from inspector.tui import effects
from inspector.tui.compare.after import after
from inspector.tui.compare.effects import DifferenceAct, DifferenceEffect, MoveChange, PutCursor
from inspector.tui.compare.intents import DifferenceDo, DifferenceIntent, InList, NextText, ShowPart, StepChange
from inspector.tui.compare.list import columns, folded_first, item_of
from inspector.tui.compare.parts import DifferencePart, capture_parts, compilation_parts
from inspector.tui.compare.passes import PassParts
from inspector.tui.compare.state import DifferenceDesk
from inspector.tui.compare.title import DifferenceTitle
from inspector.tui.dialog import ClosesOnce
from inspector.tui.effects import Say
from inspector.tui.intents import Resized, StepBy
from inspector.tui.keys import shown_key
from inspector.tui.status import StatusLine
from inspector.tui.widgets.details import Details
from inspector.tui.widgets.difference import DifferenceView
from inspector.tui.widgets.outline import Outline

_ALL = 1_000_000
"""More rows than there are."""


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
    return DifferenceScreen(names, found.function, compilation_parts(found), 0, difference=whole)


def of_passes(found: PassParts) -> DifferenceScreen:
    """The screen of what each pass did to a graph."""
    return DifferenceScreen(("before", "after"), f"the passes of {found.compile_id}", found.parts)


def of_result(found: CompilationDifference | PassParts) -> DifferenceScreen:
    """The screen of what was worked out."""
    return of_compilations(found) if isinstance(found, CompilationDifference) else of_passes(found)


class DifferenceScreen(ClosesOnce[None]):
    """Shows how two things differ, part by part.

    Args:
        names: what is held against what; one name for what has more than two sides.
        about: more words about it.
        parts: in the order to list them.
        at: place of the one to begin with; None for the first text that differs.
        difference: what the parts are of, to be shared; None where it is no difference of captures.
        alone: whether it is the only screen there is.
        listed: whether to begin with the list, where there is no room for it beside the parts.
    """

    AUTO_FOCUS = ""  # what to begin with depends on what there is room for
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right_square_bracket", "step(1)", "Next part", show=False),
        Binding("left_square_bracket", "step(-1)", "Previous part", show=False),
        Binding("n", "change(1)", "Next difference, in this part or a later one", show=False),
        Binding("N", "change(-1)", "Previous difference", show=False),
        Binding("x", "do('DIFFERENT')", "List only what differs, or everything", show=False),
        Binding("tab", "do('SWITCH')", "To the list, and back to what it lists", show=False, priority=True),
        Binding("E", "do('EXPORT')", "Write the difference as a page for a browser", show=False),
        Binding("t", "app.other_theme", "Light or dark", show=False),
        Binding("question_mark,f1", "do('HELP')", "Help", show=False),
        Binding("escape", "do('BACK')", "Back", show=False),
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
        parts: Sequence[DifferencePart],
        at: int | None = None,
        *,
        difference: CaptureDifference | None = None,
        alone: bool = False,
        listed: bool = False,
    ) -> None:
        super().__init__()
        first = next((number for number, part in enumerate(parts) if not part.alike and part.text is not None), 0)
        self.desk: DifferenceDesk = DifferenceDesk(
            tuple(names),
            about,
            tuple(parts),
            parts[first if at is None else at].key,
            difference,
            alone,
            from_list=listed,
            listing=listed,
            in_list=listed,
        )
        self._drawn: DifferencePart | None = None
        """The part on screen."""
        self._listed: tuple[DifferencePart, ...] = ()

    # --- building up ----------------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """The list of parts, and room for one."""
        names = self.desk.names
        self.top = DifferenceTitle(names, self.desk.about)
        self.list = Outline(id="parts")
        self.texts = DifferenceView(names=names if len(names) == 2 else ())
        self.table = Outline(id="table")
        self.details = Details(folded=())
        self.status = StatusLine()
        yield self.top
        yield Horizontal(self.list, Horizontal(self.texts, self.table, self.details, id="body"), id="all")
        yield self.status

    def on_mount(self) -> None:
        """The first part."""
        self.on_resize()
        self.list.fold(folded_first(self.desk.parts))
        self.list.go(self.desk.key)
        if self.desk.in_list:
            self.list.focus()

    # --- a turn ---------------------------------------------------------------------------------------------

    def turn(self, intent: DifferenceIntent) -> None:
        """Makes the next state, draws it once, and does what it asks for."""
        made = after(self.desk, intent)
        self.desk = replace(made, effects=())
        self._draw()
        for effect in made.effects:
            self._carry_out(effect)

    def _carry_out(self, effect: DifferenceEffect) -> None:
        match effect:
            case Say():
                effects.carry_out(self, effect)
            case PutCursor(key):
                self.list.go(key)
            case MoveChange(by):
                self.texts.action_change(by)
            case DifferenceAct.FOCUS:
                self.set_focus(self.list if self.desk.in_list else self._content)
            case DifferenceAct.CLOSE:
                self.dismiss()
            case DifferenceAct.EXPORT if self.desk.difference is not None:
                from inspector.tui.compare.export import PagePrompt

                self.app.push_screen(PagePrompt(self.desk.difference))
            case DifferenceAct.HELP:
                self._help()

    # --- drawing --------------------------------------------------------------------------------------------

    def _draw(self) -> None:
        """Draws what changed."""
        desk = self.desk
        self.set_class(desk.narrow, "-narrow")
        self.set_class(desk.roomy, "-roomy")
        self.set_class(desk.listing, "-listing")
        if desk.parts != self._listed:
            self._listed = desk.parts
            self.list.update_items(columns(), [item_of(part) for part in desk.parts])
        if desk.part is not self._drawn:
            self._show(desk.part)
        self._draw_status()

    def _show(self, part: DifferencePart) -> None:
        """Puts a part on screen; of a text its first change, or the last."""
        self._drawn = part
        self.top.show(part)
        self.texts.display = part.text is not None
        self.table.display = part.table is not None
        self.details.display = part.text is None and part.table is None
        if part.text is not None:
            self.texts.show(part.text, last=self.desk.last, each=part.listed)
        elif part.table is not None:
            self.table.update_items(part.table.columns, part.table.items)
            self.table.action_move(-len(part.table.items))
        else:
            self.details.update_sections(part.sections)
            self.details.action_move(-_ALL)
        if not self.desk.in_list:
            self.set_focus(self._content)

    @property
    def _content(self) -> DifferenceView | Outline | Details:
        return self.texts if self.texts.display else self.table if self.table.display else self.details

    def _draw_status(self) -> None:
        row = self.table.current if self.table.has_focus else None
        self.status.update_words(*self.desk.status(self.texts.place if self.texts.display else "", row))

    # --- messages of widgets --------------------------------------------------------------------------------

    def on_resize(self) -> None:
        """The list beside the parts only where there is room."""
        self.turn(Resized((self.app.size.width, self.app.size.height)))

    def on_difference_view_moved(self) -> None:
        """Another change is on screen."""
        self._draw_status()

    def on_difference_view_past_end(self, message: DifferenceView.PastEnd) -> None:
        """This text has no further change: another part may."""
        self.turn(NextText(message.by))

    def on_descendant_focus(self) -> None:
        """The bottom line is about what has the focus."""
        self.turn(InList(self.list.has_focus))

    def on_outline_moved(self, message: Outline.Moved) -> None:
        """Another part was chosen, or another row of a table."""
        if message.outline is self.table:
            self._draw_status()
        elif message.item.key != self.desk.key:
            self.turn(ShowPart(message.item.key, chosen=True))

    def on_outline_chosen(self, message: Outline.Chosen) -> None:
        """Enter goes to what the list names, or from a kernel to its code."""
        table = self.desk.part.table
        if message.outline is self.list:
            self.turn(DifferenceDo.SWITCH)
        elif table is not None:
            self.turn(ShowPart(table.leads[message.item.key]))

    def on_details_compile_id_chosen(self, message: Details.CompileIdChosen) -> None:
        """The overview names a pair of compile ids."""
        self.turn(ShowPart(message.compile_id))

    def action_step(self, by: int) -> None:
        """The next or the previous part."""
        self.turn(StepBy(by))

    def action_change(self, by: int) -> None:
        """The next or the previous difference."""
        self.turn(StepChange(by))

    def action_do(self, name: str) -> None:
        """What takes no further word."""
        self.turn(DifferenceDo[name])

    # --- the rest -------------------------------------------------------------------------------------------

    def _help(self) -> None:
        from inspector.tui.screens.help import HelpScreen, sections_of

        groups = {"Difference": self.BINDINGS, "In the texts": DifferenceView.BINDINGS, "In the list": Outline.BINDINGS}
        self.app.push_screen(HelpScreen(sections_of(groups)))

    def palette(self) -> Iterable[SystemCommand]:
        """What the command palette offers: every key of this screen, and every part."""
        for binding in self.BINDINGS:
            if isinstance(binding, Binding) and not binding.action.startswith("app."):
                keys = "  ".join(shown_key(key) for key in binding.key.split(","))
                yield SystemCommand(binding.description, keys, partial(self.run_action, binding.action))
        for part in self.desk.every:
            yield SystemCommand(f"Part: {part.title}", part.mark.words, partial(self.turn, ShowPart(part.key)))
