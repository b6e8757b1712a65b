"""The first screen: the captures that were kept, and the targets that can be compiled. Textual comes with the call."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.errors import EXIT_INTERRUPTED, InspectorError

if TYPE_CHECKING:
    from inspector.tui.library.effects import Choice


def run_first() -> int:
    """Shows the first screen, and again after each thing that was chosen on it; returns the exit code."""
    at, words = "", ""
    while True:
        code, choice = run_library(at, words)
        if choice is None:
            return code
        at, words = _key(choice), ""
        try:
            if _carry_out(choice) == EXIT_INTERRUPTED:
                return EXIT_INTERRUPTED
        except InspectorError as error:
            words = f"{error.message} {error.hint}".strip()


def _key(choice: Choice) -> str:
    from inspector.tui.library.effects import CompareKept

    return choice.after if isinstance(choice, CompareKept) else choice.name


def _carry_out(choice: Choice) -> int:
    from inspector.library import Library
    from inspector.tui import run_capture, run_difference, run_live
    from inspector.tui.library.effects import CompareKept, OpenKept

    if isinstance(choice, OpenKept):
        from inspector.bundle import read

        library = Library()
        item = library.find(choice.name)
        return run_capture(read(library.path(item)), item.facts.title, library.path(item))
    if isinstance(choice, CompareKept):
        from inspector.work.comparison import Comparison, Side

        library = Library()
        before, after = (library.find(name) for name in (choice.before, choice.after))
        a, b = (Side(f"{item.facts.title} {item.id}", path=str(library.path(item))) for item in (before, after))
        return run_difference(Comparison(a, b))
    from inspector.client.toolchain import require_compiler
    from inspector.model.request import CaptureRequest

    require_compiler()
    return run_live(CaptureRequest(target=choice.name))


def run_library(at: str = "", words: str = "") -> tuple[int, Choice | None]:
    """Shows it until something is chosen; returns the exit code, and what was chosen, None where it was left.

    Args:
        at: the row that the cursor is on at first.
        words: what went wrong with what was chosen before.
    """
    from inspector.tui import _run
    from inspector.tui.library.app import LibraryApp

    app = LibraryApp(at, words)
    code = _run(app)
    return code, app.choice
