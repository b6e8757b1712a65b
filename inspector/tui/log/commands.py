"""What a person can tell the screen of a log; the bindings, the help and the palette are made from this table."""

from __future__ import annotations

from collections.abc import Callable

from inspector.say.doc import Item
from inspector.tui.commands import Command, CommandTable, command
from inspector.tui.intents import FocusOn, StepBy
from inspector.tui.log.intents import AtRow, LogDo, LogDoes, Narrow, OfRow, ShowView
from inspector.tui.log.parts import VIEWS


def _of_row(does: OfRow) -> Callable[[Item | None], AtRow]:
    return lambda row: AtRow(does, row)


def _view(number: int, name: str, title: str, words: str) -> Command[LogDoes]:
    return command(f"view_{name}", str(number), "Views", ShowView(name), title, words)


# fmt: off
LOG_COMMANDS: CommandTable[LogDoes] = CommandTable(
    ("Views", "Compile ids", "Rows", "General"),
    (
        *(_view(number, *view) for number, view in enumerate(VIEWS, 1)),
        command("next_view", "right_square_bracket", "Views", StepBy(1), "Next view", "Show the next view."),
        command("previous_view", "left_square_bracket", "Views", StepBy(-1), "Previous view",
                "Show the previous view."),
        command("next_part", "tab", "Views", FocusOn(1), "Next part",
                "Move to the next part of the screen: rows, details, flame graph."),
        command("previous_part", "shift+tab", "Views", FocusOn(-1), "Previous part",
                "Move to the previous part of the screen."),
        command("details", "D", "Views", LogDo.DETAILS, "Details",
                "Show or hide what is known of the row under the cursor."),
        command("why", "W", "Views", LogDo.WHY, "Why: what costs most, and what to do",
                "Show what is found in this log, worst first; Enter leads to what each finding rests on."),
        command("flame", "P", "Views", LogDo.FLAME, "Flame graph", "Show or hide the flame graph below."),
        command("difference", "d", "Compile ids", _of_row(OfRow.DIFFERENCE), "Difference from the compile before",
                "Show what a recompile changed, or how ranks differ, side by side."),
        command("compare", "vertical_line", "Compile ids", _of_row(OfRow.COMPARE), "Compare with…",
                "Hold this compile id against another, or this log against another log or a bundle."),
        command("guards", "u", "Compile ids", _of_row(OfRow.GUARDS), "Guards as a tree",
                "Show how the guards of this compile id are checked, and which of them failed."),
        command("texts", "A", "Compile ids", _of_row(OfRow.TEXTS), "All texts",
                "Browse every text of this compile id, also those that have no stage of their own."),
        command("export", "E", "Compile ids", _of_row(OfRow.EXPORT), "Export…",
                "Write this compile id as a bundle with its page for a browser; in rows that are none, the whole log."),
        command("list_notes", "M", "Compile ids", LogDo.NOTES, "All notes…",
                "List what was noted at any compile id, and go to one."),
        command("save_notes", "ctrl+s", "Compile ids", LogDo.SAVE, "Save the notes…",
                "Save the notes as a bundle of the compile ids that have some."),
        command("narrow", "slash", "Rows", LogDo.FILTER, "Filter…",
                "Show only rows with these words, or with status:failed, cache:miss, time>1, breaks>0."),
        command("widen", "escape", "Rows", Narrow(""), "Show everything again",
                "Forget what rows were narrowed down to."),
        command("sort", "s", "Rows", LogDo.SORT, "Sort by the next column",
                "Sort by time, breaks, recompiles, status, cache, name, and then in the log's own order again."),
        command("flat", "v", "Rows", LogDo.FLAT, "Tree or table",
                "Show compile ids as a tree by the user's code or as a table; "
                "the flame graph by compile id or by phase."),
        command("copy", "y", "Rows", _of_row(OfRow.COPY), "Copy the row",
                "Copy the row under the cursor to the clipboard."),
        command("palette", "ctrl+p", "General", LogDo.PALETTE, "Command palette",
                "Find any command by its name.", anywhere=True),
        command("show_help", "question_mark f1", "General", LogDo.HELP, "Help", "List every key."),
        command("theme", "t", "General", LogDo.THEME, "Light or dark",
                "Change between the dark and the light theme."),
        command("leave", "q", "General", LogDo.LEAVE, "Quit", "Leave."),
        command("interrupt", "ctrl+c ctrl+q", "General", LogDo.INTERRUPT, "Interrupt",
                "Stop reading and leave, from any screen.", anywhere=True),
    ),
)
# fmt: on
