"""What the word at the cursor means."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.tui.commands.registry import command

if TYPE_CHECKING:
    from inspector.tui.main import MainScreen


@command("e", title="Explain", group="Links")
def explain(main: MainScreen) -> None:
    """Say what the word at the cursor means: an operator, a construct, a vector call, an instruction."""
    from inspector.tui.screens.explain import explain_cursor

    explain_cursor(main)
