"""Every command of the app in one table: its key, its words, and what it does.

The bindings, the help screen and the command palette are all made from this table, so that none of them can
say something that another does not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inspector.tui.main import MainScreen


@dataclass(frozen=True)
class Command:
    """One thing a person can tell the app to do."""

    name: str
    keys: tuple[str, ...]
    """Textual's names for keys; empty for a command that only the palette offers."""
    title: str
    help: str
    """One sentence."""
    group: str
    run: Callable[[MainScreen], None]
    anywhere: bool = False
    """Whether the key also works while a dialog is open."""
    live: bool = False
    """Whether it needs a worker: not offered for an opened bundle."""


GROUPS = ("Stages", "Panes", "Links", "Find", "Panels", "Latency", "General")
"""What commands are about, in the order that help shows it."""

COMMANDS: dict[str, Command] = {}
"""By name, in the order that help shows them."""

Run = Callable[["MainScreen"], None]


def command(*keys: str, title: str, group: str, anywhere: bool = False, live: bool = False) -> Callable[[Run], Run]:
    """Enters the decorated function into the table; its docstring is its help.

    Raises:
        ValueError: the name or one of the keys is taken.
    """

    def enter(run: Run) -> Run:
        name = run.__name__
        add(Command(name, keys, title, (run.__doc__ or "").strip(), group, run, anywhere, live))
        return run

    return enter


def add(entry: Command) -> None:
    """Enters one command into the table.

    Raises:
        ValueError: the name or one of the keys is taken, the help is missing, or there is no such group.
    """
    if entry.name in COMMANDS or not entry.help or entry.group not in GROUPS:
        raise ValueError(f"command {entry.name!r} is there already, or has no help or no known group")
    taken = {key: other.name for other in COMMANDS.values() for key in other.keys}
    for key in entry.keys:
        if key in taken:
            raise ValueError(f"key {key!r} of {entry.name!r} is taken by {taken[key]!r}")
    COMMANDS[entry.name] = entry
