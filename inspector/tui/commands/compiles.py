"""One compile id among others: its guards, its difference from the one before it, the way back to the whole log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.tui.commands.registry import command

if TYPE_CHECKING:
    from inspector.tui.main import MainScreen

GROUP = "Log"


@command("d", title="Difference from the compile before", group=GROUP)
def difference(main: MainScreen) -> None:
    """Show what this recompile changed, side by side: graphs, code, guards."""
    from inspector.tui.screens.differing import differ_from_before

    differ_from_before(main)


@command("vertical_line", title="Compare with…", group=GROUP)
def compare(main: MainScreen) -> None:
    """Hold this against another compile id, a bundle or a log, or against itself compiled with other options."""
    from inspector.tui.compare.choosing import compare_with, held_of_capture

    if (held := held_of_capture(main)) is not None:
        compare_with(main, held)
    else:
        main.notify("Nothing has been compiled yet.", timeout=3)


@command("u", title="Guards as a tree", group=GROUP)
def guards(main: MainScreen) -> None:
    """Show how the guards of this compile id are checked, and which of them failed."""
    from inspector.tui.screens.guards import show_guards

    show_guards(main)


@command("A", title="Choose any text…", group=GROUP)
def any_text(main: MainScreen) -> None:
    """Pick any text of this compile id, also those that have no stage of their own."""
    from inspector.tui.screens.pickers import texts

    texts(main)


@command("escape", title="Back to the whole log", group=GROUP, of_log=True)
def back_to_log(main: MainScreen) -> None:
    """Leave this compile id and go back to all of them."""
    main.back_to_log()
