"""Finding places."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.tui.commands.registry import command

if TYPE_CHECKING:
    from inspector.tui.main import MainScreen

GROUP = "Find"


@command("slash", title="Find in this pane…", group=GROUP)
def find(main: MainScreen) -> None:
    """Find a text in this pane; n and N go on."""
    from inspector.tui.screens.prompts import FindPrompt

    if (pane := main.view.pane) is not None:
        main.push(FindPrompt(pane))


@command("ctrl+f", "F", title="Find everywhere…", group=GROUP)
def find_everywhere(main: MainScreen) -> None:
    """Find a text in every stage, kernel, source file and other text of the log."""
    from inspector.tui.screens.everywhere import open_search

    open_search(main)


@command("colon", "ctrl+g", title="Go to line…", group=GROUP)
def go_to_line(main: MainScreen) -> None:
    """Go to a line by its number."""
    from inspector.tui.screens.prompts import LinePrompt

    if (pane := main.view.pane) is not None and pane.artifact is not None:
        main.push(LinePrompt(pane))
