"""The commands, by what they are about; importing this fills the table."""

from inspector.tui.commands import explain, general, panels, panes, race, search, stages
from inspector.tui.commands.registry import COMMANDS, Command

__all__ = ["COMMANDS", "Command", "explain", "general", "panels", "panes", "race", "search", "stages"]
