"""What a person can tell the screen of a log to do; the bindings, the help and the palette are made from this table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.tui.commands.registry import Command, Table

if TYPE_CHECKING:
    from inspector.tui.log.screen import LogScreen

LOG_COMMANDS: Table[LogScreen] = Table(("Views", "Compile ids", "Rows", "General"))
"""The commands of the screen of a log."""

command = LOG_COMMANDS.command

VIEWS = (
    ("compiles", "Compiles", "Every compile id: by the user's code, with status, time, breaks, recompiles and caches."),
    ("time", "Time", "Where the time went, as a flame graph and as a table."),
    ("breaks", "Graph breaks", "The graph breaks, each reason once, with every place."),
    ("recompiles", "Recompiles", "Each function that was compiled again, with the guard that failed."),
    ("ranks", "Ranks", "All ranks in one view, and where they part."),
    ("records", "Records", "Files, records by kind, and the damage with its byte offsets."),
)
"""Name, title and one sentence of each view, in the order of their keys."""


def _view(name: str, title: str, words: str, key: str) -> None:
    def run(screen: LogScreen) -> None:
        screen.arrangement.show_view(name)

    LOG_COMMANDS.add(Command(f"view_{name}", (key,), title, words, "Views", run))


for _number, (_name, _title, _words) in enumerate(VIEWS, 1):
    _view(_name, _title, _words, str(_number))


@command("right_square_bracket", title="Next view", group="Views")
def next_view(screen: LogScreen) -> None:
    """Show the next view."""
    screen.arrangement.step_view(1)


@command("left_square_bracket", title="Previous view", group="Views")
def previous_view(screen: LogScreen) -> None:
    """Show the previous view."""
    screen.arrangement.step_view(-1)


@command("tab", title="Next part", group="Views")
def next_part(screen: LogScreen) -> None:
    """Move to the next part of the screen: rows, details, flame graph."""
    screen.arrangement.focus_step(1)


@command("shift+tab", title="Previous part", group="Views")
def previous_part(screen: LogScreen) -> None:
    """Move to the previous part of the screen."""
    screen.arrangement.focus_step(-1)


@command("D", title="Details", group="Views")
def details(screen: LogScreen) -> None:
    """Show or hide what is known of the row under the cursor."""
    screen.arrangement.toggle_details()


@command("P", title="Flame graph", group="Views")
def flame(screen: LogScreen) -> None:
    """Show or hide the flame graph below."""
    screen.arrangement.toggle_flame()


@command("d", title="Difference from the compile before", group="Compile ids")
def difference(screen: LogScreen) -> None:
    """Show what a recompile changed, or how ranks differ, side by side."""
    screen.show_difference()


@command("vertical_line", title="Compare with…", group="Compile ids")
def compare(screen: LogScreen) -> None:
    """Hold this compile id against another, or this log against another log or a bundle."""
    from inspector.tui.compare.choosing import compare_with, held_of_row

    if (held := held_of_row(screen)) is not None:
        compare_with(screen, held)
    else:
        screen.notify("The log is still being read.", timeout=3)


@command("u", title="Guards as a tree", group="Compile ids")
def guards(screen: LogScreen) -> None:
    """Show how the guards of this compile id are checked, and which of them failed."""
    screen.show_guards()


@command("A", title="All texts", group="Compile ids")
def texts(screen: LogScreen) -> None:
    """Browse every text of this compile id, also those that have no stage of their own."""
    screen.show_texts()


@command("E", title="Export…", group="Compile ids")
def export(screen: LogScreen) -> None:
    """Write this compile id as a bundle with its page for a browser; in rows that are none, the whole log."""
    from inspector.tui.screens.export import export_row

    export_row(screen)


@command("M", title="All notes…", group="Compile ids")
def list_notes(screen: LogScreen) -> None:
    """List what was noted at any compile id, and go to one."""
    from inspector.tui.log.noted import list_notes as show

    show(screen)


@command("ctrl+s", title="Save the notes…", group="Compile ids")
def save_notes(screen: LogScreen) -> None:
    """Save the notes as a bundle of the compile ids that have some."""
    from inspector.tui.saving import save

    if screen.notebook.notes:
        save(screen, screen.notebook)
    else:
        screen.notify("There are no notes to save: a writes one at a compile id, E exports one.", timeout=4)


@command("slash", title="Filter…", group="Rows")
def narrow(screen: LogScreen) -> None:
    """Show only rows with these words, or with status:failed, cache:miss, time>1, breaks>0."""
    screen.ask_filter()


@command("escape", title="Show everything again", group="Rows")
def widen(screen: LogScreen) -> None:
    """Forget what rows were narrowed down to."""
    screen.set_filter("")


@command("s", title="Sort by the next column", group="Rows")
def sort(screen: LogScreen) -> None:
    """Sort by time, breaks, recompiles, status, cache, name, and then in the log's own order again."""
    screen.sort_next()


@command("v", title="Tree or table", group="Rows")
def flat(screen: LogScreen) -> None:
    """Show compile ids as a tree by the user's code or as a table; the flame graph by compile id or by phase."""
    screen.toggle_flat()


@command("y", title="Copy the row", group="Rows")
def copy(screen: LogScreen) -> None:
    """Copy the row under the cursor to the clipboard."""
    screen.copy_row()


@command("ctrl+p", title="Command palette", group="General", anywhere=True)
def palette(screen: LogScreen) -> None:
    """Find any command by its name."""
    screen.app.action_command_palette()


@command("question_mark", "f1", title="Help", group="General")
def show_help(screen: LogScreen) -> None:
    """List every key."""
    screen.show_help()


@command("t", title="Light or dark", group="General")
def theme(screen: LogScreen) -> None:
    """Change between the dark and the light theme."""
    from inspector.tui.themes import other

    screen.app.theme = other(screen.app.theme)


@command("q", title="Quit", group="General")
def leave(screen: LogScreen) -> None:
    """Leave."""
    screen.leave()


@command("ctrl+c", "ctrl+q", title="Interrupt", group="General", anywhere=True)
def interrupt(screen: LogScreen) -> None:
    """Stop reading and leave, from any screen."""
    screen.leave(interrupted=True)
