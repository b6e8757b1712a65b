"""The command palette: the whole table of commands, what can be shown, and the focused pane's own keys."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

from textual.app import SystemCommand
from textual.binding import Binding
from textual.screen import Screen

from inspector.say.kernels import kernel_words
from inspector.tui.commands import COMMANDS
from inspector.tui.keys import shown_key

if TYPE_CHECKING:
    from inspector.tui.log.screen import LogScreen
    from inspector.tui.main import MainScreen
    from inspector.tui.panes.code import CodePane

_MOST_IDS = 500
"""Compile ids of a log that the palette names; the filter finds the others."""


def system_commands(main: MainScreen) -> Iterable[SystemCommand]:
    """Every command there is, with its key."""
    yield from main.more_commands()
    for entry in COMMANDS.values():
        offered = (main.session.live or not entry.live) and (main.log_screen is not None or not entry.of_log)
        if entry.name != "palette" and not entry.name.startswith("stage_") and offered:
            keys = "  ".join(shown_key(key) for key in entry.keys)
            yield SystemCommand(entry.title, f"{entry.help}  {keys}".strip(), partial(entry.run, main))
    pane = main.view.pane
    if pane is not None:
        yield from _pane_commands(pane)
    for stage in main.session.stages():
        yield SystemCommand(f"Stage: {stage.heading}", "Show this stage.", partial(main.view.choose, stage))
    for compilation in main.session.capture.compilations:
        words = f"{compilation.function} · {compilation.status}"
        yield SystemCommand(
            f"Compile id: {compilation.compile_id}", words, partial(main.view.show_compile_id, compilation.compile_id)
        )
    for key in main.session.kernels():
        title = f"Kernel: {kernel_words(main.session.capture, key)}"
        yield SystemCommand(title, "Show this kernel.", partial(main.view.show_kernel, key))
    for artifact in main.session.sources():
        yield SystemCommand(
            f"File: {artifact.id.partition(':')[2]}", artifact.path or "", partial(main.view.show_artifact, artifact)
        )
    yield from of_any_screen(main)


def log_commands(screen: LogScreen) -> Iterable[SystemCommand]:
    """Every command of a log's screen, with its key, and every compile id."""
    from inspector.tui.log.commands import LOG_COMMANDS

    for entry in LOG_COMMANDS.values():
        if entry.name != "palette":
            keys = "  ".join(shown_key(key) for key in entry.keys)
            yield SystemCommand(entry.title, f"{entry.help}  {keys}".strip(), partial(entry.run, screen))
    for row in screen.views.state.overview.rows[:_MOST_IDS]:
        words = f"{row.function} · {row.status}"
        yield SystemCommand(f"Compile id: {row.compile_id}", words, partial(screen.opener.open, row.compile_id))
    yield from of_any_screen(screen)


def of_any_screen(screen: Screen[Any]) -> Iterable[SystemCommand]:
    """What is offered wherever one is: themes, and a picture of the screen."""
    for name in sorted(screen.app.available_themes):
        yield SystemCommand(f"Theme: {name}", "Change the colours.", partial(setattr, screen.app, "theme", name))
    yield SystemCommand("Save a picture", "Save the screen as an SVG file.", screen.app.action_screenshot)


def _pane_commands(pane: CodePane) -> Iterable[SystemCommand]:
    for binding in pane.BINDINGS:
        if isinstance(binding, Binding) and binding.description:
            keys = "  ".join(shown_key(key) for key in binding.key.split(","))
            yield SystemCommand(
                binding.description.capitalize(), f"In this pane.  {keys}", _runner(pane, binding.action)
            )


def _runner(pane: CodePane, action: str) -> Callable[[], object]:
    return lambda: pane.run_worker(pane.run_action(action))
