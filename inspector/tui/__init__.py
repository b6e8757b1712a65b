"""The terminal face: shows Captures, routes messages. Importing it costs nothing; Textual comes with the first call."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inspector.lessons.lesson import Lesson
    from inspector.model.capture import Capture
    from inspector.model.request import CaptureRequest
    from inspector.trace.log import TraceLog
    from inspector.tui.app import InspectorApp
    from inspector.tui.source import LiveSource
    from inspector.work.comparison import Comparison


def run_live(request: CaptureRequest, *, watches: bool = False) -> int:
    """Compiles what was asked for while a person looks on; returns the process's exit code.

    Args:
        request: what to compile.
        watches: whether it is compiled anew at each save of its files.

    0 after a normal quit, the failure's own code when the target failed, 130 when the compile was interrupted.
    Nothing of the worker is left when this returns or raises.
    """
    from inspector.tui.app import InspectorApp
    from inspector.tui.settings import settings_file
    from inspector.tui.source import LiveSource

    source = LiveSource(request, watches=watches)
    return _run_live(source, InspectorApp(source, title=request.title, settings=settings_file()))


def run_lesson(lesson: Lesson) -> int:
    """Teaches a lesson over live captures; returns the process's exit code, as `run_live` does."""
    from inspector.tui.app import InspectorApp
    from inspector.tui.settings import settings_file
    from inspector.tui.source import LiveSource

    source = LiveSource(lesson.request)
    return _run_live(source, InspectorApp(source, lesson=lesson, title=lesson.title, settings=settings_file()))


def _run_live(source: LiveSource, app: InspectorApp) -> int:
    try:
        code = _run(app)
    finally:
        source.close()
    if words := last_words(app):
        sys.stderr.write(f"{words}\n")
    return code


def last_words(app: InspectorApp) -> str:
    """What stays on the terminal after the app has gone: the failure in one line, empty where nothing failed."""
    outcome = app.main.desk.outcome if app.main is not None and app.main.desk.failed else None
    if outcome is None:
        return ""
    words = f"{outcome.message} {outcome.hint}"
    return f"inspector: {' '.join(words.split())}"


def run_capture(capture: Capture, title: str, place: Path | None = None) -> int:
    """Shows a finished capture, without torch; returns the process's exit code.

    Args:
        capture: as read from a bundle or a log.
        title: what to call it, its file's name for instance.
        place: the bundle that it is from, which notes are saved in; None for none.
    """
    from inspector.tui.app import InspectorApp
    from inspector.tui.settings import settings_file

    return _run(InspectorApp(capture=capture, title=title, place=place, settings=settings_file()))


def run_log(log: TraceLog, title: str, *, follow: bool = False) -> int:
    """Shows a log of any size, from its first screen on while it is still being indexed; returns the exit code.

    Args:
        log: as opened; nothing of it need be indexed yet. It belongs to the app until this returns.
        title: what to call it: its file's or folder's name.
        follow: whether more of it is still being written.
    """
    from inspector.tui.app import InspectorApp
    from inspector.tui.log.source import LogSource
    from inspector.tui.settings import settings_file

    source = LogSource(log, follow=follow, stored=_folder_of_code(log))
    try:
        return _run(InspectorApp(log=source, title=title, settings=settings_file()))
    finally:
        source.close()


def _folder_of_code(log: TraceLog) -> Path | None:
    """The folder of compiled code that a log was made of; None where it is a log."""
    from inspector.trace.files import Input, input_at

    path = log.path
    return path if path is not None and path.is_dir() and input_at(path) is Input.STORED else None


def run_difference(comparison: Comparison) -> int:
    """Reads or compiles both sides of a comparison while a person watches, and shows how they differ.

    Nothing of a worker is left when this returns or raises.

    Raises:
        InspectorError: a side cannot be read, or did not compile.
    """
    from inspector.tui.compare.app import DifferenceApp

    app = DifferenceApp(comparison)
    try:
        code = _run(app)
    finally:
        app.close()
    if app.failure is not None:
        raise app.failure
    return code


def _run(app: InspectorApp) -> int:
    """Runs the app on the terminal, which is stdout's: Textual would draw on stderr, also where that is a file.

    What ended it by a mistake is said in one line once the terminal has been given back, with that one's exit code.
    """
    stderr = sys.__stderr__
    if stderr is not None and not stderr.isatty():
        sys.__stderr__ = sys.__stdout__  # type: ignore[misc]
    from inspector.tui.stopping import ended_by_signals

    try:
        with ended_by_signals(app):
            code = app.run()
    except Exception as error:  # noqa: BLE001 (the terminal itself failed: the notes are kept all the same)
        app.rescue(error)
        code = None
    finally:
        sys.__stderr__ = stderr  # type: ignore[misc]
    if app.ending is not None:
        with suppress(OSError):  # the terminal was closed
            sys.stderr.write(f"{app.ending.words}\n")
        return app.ending.exit_code
    return code if code is not None else app.return_code or 0
