"""The panes as such: focus, zoom, pin, links."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.tui.commands.registry import command

if TYPE_CHECKING:
    from inspector.tui.main import MainScreen

GROUP = "Panes"


@command("tab", title="Next pane", group=GROUP)
def next_pane(main: MainScreen) -> None:
    """Move to the next pane, then to the panels below."""
    main.view.focus_step(1)


@command("shift+tab", title="Previous pane", group=GROUP)
def previous_pane(main: MainScreen) -> None:
    """Move to the previous pane."""
    main.view.focus_step(-1)


@command("z", title="Zoom", group=GROUP)
def zoom(main: MainScreen) -> None:
    """Give this pane the whole screen, or take it back."""
    main.view.toggle_zoom()


@command("asterisk", title="Pin", group=GROUP)
def pin(main: MainScreen) -> None:
    """Keep this pane on its text, whatever links and pickers do."""
    main.view.toggle_pin()


@command("Y", title="Copy all", group=GROUP)
def copy_all(main: MainScreen) -> None:
    """Copy the whole text of this pane to the clipboard."""
    main.view.copy_all()


@command("o", "enter", title="Jump along the link", group="Links")
def jump(main: MainScreen) -> None:
    """Go to what this line became, or came from."""
    main.jumper.jump()


@command("ctrl+o", title="Jump back", group="Links")
def jump_back(main: MainScreen) -> None:
    """Return to where the last jump began."""
    main.jumper.back()


@command("p", title="Keep lit", group="Links")
def keep_lit(main: MainScreen) -> None:
    """Keep what belongs to this line lit while the cursor moves on; the same again lets it go."""
    main.linker.toggle_pin()


@command("x", title="Let go of what is kept lit", group="Links")
def let_go(main: MainScreen) -> None:
    """Keep nothing lit but what belongs to the cursor's line."""
    main.linker.clear_pins()


@command("v", title="Links scroll on/off", group="Links")
def toggle_scrolling(main: MainScreen) -> None:
    """Whether a move scrolls the other panes along."""
    main.linker.scrolls = not main.linker.scrolls
    main.notify("Links scroll the other panes." if main.linker.scrolls else "The other panes stay where they are.")
