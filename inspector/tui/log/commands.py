"""What a person can tell the screen of a log to do; the bindings, the help and the palette are made from this table."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from inspector.tui.commands import Command, Table

if TYPE_CHECKING:
    from inspector.tui.log.screen import LogScreen

Does = Callable[["LogScreen"], object]

VIEWS = (
    ("compiles", "Compiles", "Every compile id: by the user's code, with status, time, breaks, recompiles and caches."),
    ("time", "Time", "Where the time went, as a flame graph and as a table."),
    ("breaks", "Graph breaks", "The graph breaks, each reason once, with every place."),
    ("recompiles", "Recompiles", "Each function that was compiled again, with the guard that failed."),
    ("ranks", "Ranks", "All ranks in one view, and where they part."),
    ("records", "Records", "Files, records by kind, and the damage with its byte offsets."),
)
"""Name, title and one sentence of each view, in the order of their keys."""


def _compare(screen: LogScreen) -> None:
    from inspector.tui.compare.choosing import compare_with
    from inspector.tui.log.handing import held_of_row

    if (held := held_of_row(screen)) is not None:
        compare_with(screen, held)
    else:
        screen.notify("The log is still being read.", timeout=3)


def _export(screen: LogScreen) -> None:
    from inspector.tui.log.handing import export_row

    export_row(screen)


def _list_notes(screen: LogScreen) -> None:
    from inspector.tui.log.noted import list_notes as show

    show(screen)


def _save_notes(screen: LogScreen) -> None:
    from inspector.tui.saving import save

    if screen.notebook.notes:
        save(screen)
    else:
        screen.notify("There are no notes to save: a writes one at a compile id, E exports one.", timeout=4)


def _theme(screen: LogScreen) -> None:
    from inspector.tui.themes import other

    screen.app.theme = other(screen.app.theme)


def _row(  # noqa: PLR0917 (a row of the table)
    name: str, keys: str, group: str, does: Does, title: str, words: str, **when: bool
) -> Command[Does]:
    return Command(name, tuple(keys.split()), title, words, group, does, **when)


def _view(number: int, name: str, title: str, words: str) -> Command[Does]:
    return _row(f"view_{name}", str(number), "Views", lambda screen: screen.arrangement.show_view(name), title, words)


# fmt: off
LOG_COMMANDS: Table[Does] = Table(
    ("Views", "Compile ids", "Rows", "General"),
    (
        *(_view(number, *view) for number, view in enumerate(VIEWS, 1)),
        _row("next_view", "right_square_bracket", "Views", lambda screen: screen.arrangement.step_view(1), "Next view",
             "Show the next view."),
        _row("previous_view", "left_square_bracket", "Views", lambda screen: screen.arrangement.step_view(-1),
             "Previous view",
             "Show the previous view."),
        _row("next_part", "tab", "Views", lambda screen: screen.arrangement.focus_step(1), "Next part",
             "Move to the next part of the screen: rows, details, flame graph."),
        _row("previous_part", "shift+tab", "Views", lambda screen: screen.arrangement.focus_step(-1), "Previous part",
             "Move to the previous part of the screen."),
        _row("details", "D", "Views", lambda screen: screen.arrangement.toggle_details(), "Details",
             "Show or hide what is known of the row under the cursor."),
        _row("flame", "P", "Views", lambda screen: screen.arrangement.toggle_flame(), "Flame graph",
             "Show or hide the flame graph below."),
        _row("difference", "d", "Compile ids", lambda screen: screen.show_difference(),
             "Difference from the compile before",
             "Show what a recompile changed, or how ranks differ, side by side."),
        _row("compare", "vertical_line", "Compile ids", _compare, "Compare with…",
             "Hold this compile id against another, or this log against another log or a bundle."),
        _row("guards", "u", "Compile ids", lambda screen: screen.show_guards(), "Guards as a tree",
             "Show how the guards of this compile id are checked, and which of them failed."),
        _row("texts", "A", "Compile ids", lambda screen: screen.show_texts(), "All texts",
             "Browse every text of this compile id, also those that have no stage of their own."),
        _row("export", "E", "Compile ids", _export, "Export…",
             "Write this compile id as a bundle with its page for a browser; in rows that are none, the whole log."),
        _row("list_notes", "M", "Compile ids", _list_notes, "All notes…",
             "List what was noted at any compile id, and go to one."),
        _row("save_notes", "ctrl+s", "Compile ids", _save_notes, "Save the notes…",
             "Save the notes as a bundle of the compile ids that have some."),
        _row("narrow", "slash", "Rows", lambda screen: screen.ask_filter(), "Filter…",
             "Show only rows with these words, or with status:failed, cache:miss, time>1, breaks>0."),
        _row("widen", "escape", "Rows", lambda screen: screen.set_filter(""), "Show everything again",
             "Forget what rows were narrowed down to."),
        _row("sort", "s", "Rows", lambda screen: screen.sort_next(), "Sort by the next column",
             "Sort by time, breaks, recompiles, status, cache, name, and then in the log's own order again."),
        _row("flat", "v", "Rows", lambda screen: screen.toggle_flat(), "Tree or table",
             "Show compile ids as a tree by the user's code or as a table; the flame graph by compile id or by phase."),
        _row("copy", "y", "Rows", lambda screen: screen.copy_row(), "Copy the row",
             "Copy the row under the cursor to the clipboard."),
        _row("palette", "ctrl+p", "General", lambda screen: screen.app.action_command_palette(), "Command palette",
             "Find any command by its name.", anywhere=True),
        _row("show_help", "question_mark f1", "General", lambda screen: screen.show_help(), "Help", "List every key."),
        _row("theme", "t", "General", _theme, "Light or dark", "Change between the dark and the light theme."),
        _row("leave", "q", "General", lambda screen: screen.leave(), "Quit", "Leave."),
        _row("interrupt", "ctrl+c ctrl+q", "General", lambda screen: screen.leave(interrupted=True), "Interrupt",
             "Stop reading and leave, from any screen.", anywhere=True),
    ),
)
# fmt: on
