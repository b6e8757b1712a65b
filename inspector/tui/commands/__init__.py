"""The commands of the main screen, by what they are about; importing this fills the table."""

from inspector.tui.commands import compiles, explain, general, notes, panels, panes, race, search, stages
from inspector.tui.commands.registry import COMMANDS, Command

__all__ = [
    "COMMANDS",
    "Command",
    "compiles",
    "explain",
    "general",
    "notes",
    "panels",
    "panes",
    "race",
    "search",
    "stages",
]
