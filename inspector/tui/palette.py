"""The command palette: the whole table of commands, what can be shown, and the focused pane's own keys."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

from textual.app import SystemCommand
from textual.binding import Binding

from inspector.tui.commands import COMMANDS
from inspector.tui.keys import shown_key

if TYPE_CHECKING:
    from inspector.tui.main import MainScreen
    from inspector.tui.panes.code import CodePane


def system_commands(main: MainScreen) -> Iterable[SystemCommand]:
    """Every command there is, with its key."""
    for entry in COMMANDS.values():
        if entry.name != "palette" and not entry.name.startswith("stage_") and (main.session.live or not entry.live):
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
    for kernel in main.session.kernels():
        yield SystemCommand(f"Kernel: {kernel}", "Show this kernel.", partial(main.view.show_kernel, kernel))
    for artifact in main.session.sources():
        yield SystemCommand(
            f"File: {artifact.id.partition(':')[2]}", artifact.path or "", partial(main.view.show_artifact, artifact)
        )
    for name in sorted(main.app.available_themes):
        yield SystemCommand(f"Theme: {name}", "Change the colours.", partial(setattr, main.app, "theme", name))
    yield SystemCommand("Save a picture", "Save the screen as an SVG file.", main.app.action_screenshot)


def _pane_commands(pane: CodePane) -> Iterable[SystemCommand]:
    for binding in pane.BINDINGS:
        if isinstance(binding, Binding) and binding.description:
            keys = "  ".join(shown_key(key) for key in binding.key.split(","))
            yield SystemCommand(
                binding.description.capitalize(), f"In this pane.  {keys}", _runner(pane, binding.action)
            )


def _runner(pane: CodePane, action: str) -> Callable[[], object]:
    return lambda: pane.run_worker(pane.run_action(action))
