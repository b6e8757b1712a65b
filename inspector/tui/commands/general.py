"""The app as a whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.tui.commands.registry import command

if TYPE_CHECKING:
    from inspector.tui.main import MainScreen

GROUP = "General"


@command("ctrl+p", title="Command palette", group=GROUP, anywhere=True)
def palette(main: MainScreen) -> None:
    """Find any command by its name."""
    main.app.action_command_palette()


@command("question_mark", "f1", title="Help", group=GROUP)
def show_help(main: MainScreen) -> None:
    """List every key."""
    from inspector.tui.screens.help import HelpScreen

    main.push(HelpScreen())


@command("t", title="Light or dark", group=GROUP)
def theme(main: MainScreen) -> None:
    """Change between the dark and the light theme."""
    from inspector.tui.themes import other

    main.app.theme = other(main.app.theme)


@command("E", title="Export…", group=GROUP)
def export(main: MainScreen) -> None:
    """Write what is on screen as a bundle with its page for a browser, to hand it on."""
    from inspector.tui.screens.export import export_shown

    export_shown(main)


@command("exclamation_mark", title="What went wrong", group=GROUP, live=True)
def failure(main: MainScreen) -> None:
    """Show again why the worker ended."""
    main.show_failure()


@command("R", title="Compile again", group=GROUP, live=True)
def again(main: MainScreen) -> None:
    """Throw this capture away and make it anew in a new worker."""
    main.begin()


@command("q", title="Quit", group=GROUP)
def leave(main: MainScreen) -> None:
    """Leave; the worker and all that it started end at once."""
    main.leave()


@command("ctrl+c", "ctrl+q", title="Interrupt", group=GROUP, anywhere=True)
def interrupt(main: MainScreen) -> None:
    """Stop whatever is going on and leave, from any screen."""
    main.leave(interrupted=True)
