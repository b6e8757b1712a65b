"""A table of commands: names, keys, words, and what each of them does, said once.

The bindings, the help screen and the command palette of a screen are all made from its table, so that none of them
can say something that another does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

from textual.binding import Binding, BindingType

from inspector.tui.keys import shown_key

_PRIORITY = ("tab", "shift+tab")
"""Keys that Textual's own screen binds too."""
A = TypeVar("A")
"""What commands do: a function of their screen, or an intent."""


@dataclass(frozen=True)
class Command(Generic[A]):
    """One thing a person can tell a screen to do."""

    name: str
    keys: tuple[str, ...]
    """Textual's names for keys; empty for a command that only the palette offers."""
    title: str
    help: str
    """One sentence."""
    group: str
    does: A
    anywhere: bool = False
    """Whether the key also works while a dialog is open."""
    live: bool = False
    """Whether it needs a worker: not offered for an opened bundle."""
    of_log: bool = False
    """Whether it needs a log that the capture is one compile id of: not offered for a capture of its own."""

    @property
    def shown_keys(self) -> str:
        """Its keys as a person knows them."""
        return "  ".join(shown_key(key) for key in self.keys)


def command(  # noqa: PLR0917 (a row of the table)
    name: str, keys: str, group: str, does: A, title: str, words: str, **when: bool
) -> Command[A]:
    """A row of a table; its keys with blanks between them."""
    return Command(name, tuple(keys.split()), title, words, group, does, **when)


class CommandTable(dict[str, Command[A]]):
    """The commands of one screen by name, in the order that help shows them.

    Args:
        groups: what commands are about, in the order that help shows it.
        entries: the first of them.
    """

    def __init__(self, groups: tuple[str, ...], entries: Iterable[Command[A]] = ()) -> None:
        super().__init__()
        self.groups = groups
        for entry in entries:
            self.add(entry)

    def add(self, entry: Command[A]) -> None:
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

    def offered(self, *, live: bool = True, of_log: bool = True) -> Iterator[Command[A]]:
        """What the palette lists: all that makes sense now, but itself and what a number chooses, which has a name."""
        for entry in self.values():
            named = entry.name != "palette" and not entry.name.startswith(("stage_", "page_"))
            if named and (live or not entry.live) and (of_log or not entry.of_log):
                yield entry
