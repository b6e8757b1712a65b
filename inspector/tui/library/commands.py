"""What a person can tell the first screen; the bindings, the help and the palette are made of this table."""

from __future__ import annotations

from inspector.tui.commands import CommandTable, command
from inspector.tui.library.intents import FilterRows, LibraryDo, LibraryIntent

# fmt: off
LIBRARY_COMMANDS: CommandTable[LibraryIntent] = CommandTable(
    ("Captures", "Rows", "General"),
    (
        command("compare", "vertical_line", "Captures", LibraryDo.COMPARE, "Compare with…",
                "Mark this capture; on another one then, show how the two differ by meaning."),
        command("tag", "at", "Captures", LibraryDo.TAG, "Tags…",
                "Add tags to this capture, and take away those with a minus in front."),
        command("remove", "X", "Captures", LibraryDo.REMOVE, "Remove from the library…",
                "Remove this capture from the library, once that is confirmed."),
        command("read", "ctrl+r", "Captures", LibraryDo.READ, "Read the library again",
                "Look again at what the library holds: another process may have kept something."),
        command("narrow", "slash", "Rows", LibraryDo.FILTER, "Filter…",
                "List only what has these words in any name: target, kernel, operator, machine, torch, tag."),
        command("widen", "escape", "Rows", FilterRows(""), "Show everything again",
                "Undo the filter."),
        command("palette", "ctrl+p", "General", LibraryDo.PALETTE, "Command palette",
                "Find any command by its name.", anywhere=True),
        command("show_help", "question_mark f1", "General", LibraryDo.HELP, "Help", "List every key."),
        command("theme", "t", "General", LibraryDo.THEME, "Light or dark",
                "Change between the dark and the light theme."),
        command("leave", "q", "General", LibraryDo.LEAVE, "Quit", "Leave."),
        command("interrupt", "ctrl+c ctrl+q", "General", LibraryDo.INTERRUPT, "Interrupt",
                "Leave at once, from any screen.", anywhere=True),
    ),
)
# fmt: on
