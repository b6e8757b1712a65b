"""Every command of the app in one table: its key, its words, and what it does.

The bindings, the help screen and the command palette are all made from this table, so that none of them can
say something that another does not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

from textual.binding import Binding, BindingType

from inspector.docstrings import docstring

if TYPE_CHECKING:
    from inspector.tui.main import MainScreen

_PRIORITY = ("tab", "shift+tab")
"""Keys that Textual's own screen binds too."""
S = TypeVar("S")
"""The screen that commands are about."""


@dataclass(frozen=True)
class Command(Generic[S]):
    """One thing a person can tell the app to do."""

    name: str
    keys: tuple[str, ...]
    """Textual's names for keys; empty for a command that only the palette offers."""
    title: str
    help: str
    """One sentence."""
    group: str
    run: Callable[[S], None]
    anywhere: bool = False
    """Whether the key also works while a dialog is open."""
    live: bool = False
    """Whether it needs a worker: not offered for an opened bundle."""
    of_log: bool = False
    """Whether it needs a log that the capture is one compile id of: not offered for a capture of its own."""


class Table(dict[str, Command[S]]):
    """The commands of one screen by name, in the order that help shows them.

    Args:
        groups: what commands are about, in the order that help shows it.
    """

    def __init__(self, groups: tuple[str, ...]) -> None:
        super().__init__()
        self.groups = groups

    def command(
        self, *keys: str, title: str, group: str, anywhere: bool = False, live: bool = False, of_log: bool = False
    ) -> Callable[[Callable[[S], None]], Callable[[S], None]]:
        """Enters the decorated function into the table; its docstring is its help.

        Raises:
            ValueError: the name or one of the keys is taken.
        """

        def enter(run: Callable[[S], None]) -> Callable[[S], None]:
            words = docstring(run).strip()
            self.add(Command(run.__name__, keys, title, words, group, run, anywhere, live, of_log))
            return run

        return enter

    def add(self, entry: Command[S]) -> None:
        """Enters one command into the table.

        Raises:
            ValueError: the name or one of the keys is taken, the help is missing, or there is no such group.
        """
        if entry.name in self or not entry.help or entry.group not in self.groups:
            raise ValueError(f"command {entry.name!r} is there already, or has no help or no known group")
        taken = {key: other.name for other in self.values() for key in other.keys}
        for key in entry.keys:
            if key in taken:
                raise ValueError(f"key {key!r} of {entry.name!r} is taken by {taken[key]!r}")
        self[entry.name] = entry

    def bindings(self, prefix: str = "") -> list[BindingType]:
        """The keys of a screen whose `action_command` carries out what a name says.

        Args:
            prefix: of the ids, by which a person's own key map tells the screens apart.
        """
        return [
            Binding(
                ",".join(entry.keys),
                f"command('{entry.name}')",
                entry.title,
                show=False,
                priority=any(key in _PRIORITY for key in entry.keys),
                id=f"{prefix}{entry.name}",
            )
            for entry in self.values()
            if entry.keys and not entry.anywhere
        ]


COMMANDS: Table[MainScreen] = Table(
    ("Stages", "Panes", "Links", "Notes", "Find", "Panels", "Latency", "Log", "General")
)
"""Those of the main screen."""

command = COMMANDS.command
add = COMMANDS.add
