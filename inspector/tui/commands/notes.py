"""Notes on places, and saving them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.tui.commands.registry import command

if TYPE_CHECKING:
    from inspector.tui.main import MainScreen

GROUP = "Notes"


@command("a", title="Note on this…", group=GROUP)
def add_note(main: MainScreen) -> None:
    """Write a note on the selection, else on what the cursor is on; it shows at all that is linked to it."""
    main.noter.add()


@command("i", title="Edit a note here…", group=GROUP)
def edit_note(main: MainScreen) -> None:
    """Change a note that shows at the cursor; an empty text removes it."""
    main.noter.edit()


@command("X", title="Remove a note here", group=GROUP)
def remove_note(main: MainScreen) -> None:
    """Remove a note that shows at the cursor."""
    main.noter.remove()


@command("M", title="All notes…", group=GROUP)
def list_notes(main: MainScreen) -> None:
    """List every note, those too that are written from the facts, and go to one."""
    main.noter.list()


@command("ctrl+s", title="Save as a bundle…", group=GROUP)
def save_bundle(main: MainScreen) -> None:
    """Save the notes in the bundle that is open; of a live capture or a log, make a bundle with its page."""
    from inspector.tui.saving import save

    save(main, main.notebook)
