"""The app before and around the main screen: the first paint, the keys that always work, the exit code.

The first frame is drawn by one small widget, before anything slow is even imported. What stands on it looks
like the main screen, which takes its place as soon as its code is loaded. The worker is started by the main
screen, after that.
"""

from __future__ import annotations

import asyncio
import os
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual import events
from textual.app import App, ComposeResult, SystemCommand
from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.drivers._writer_thread import WriterThread
from textual.filter import LineFilter
from textual.message import Message

from inspector.tui.letting_go import forget_senders, share_backgrounds
from inspector.tui.notebook import Notebook
from inspector.tui.pasting import Typing
from inspector.tui.printable import Printable
from inspector.tui.skeleton import Skeleton
from inspector.tui.task import Task, TaskFailed, Tasks
from inspector.tui.themes import DARK, LIGHT

if TYPE_CHECKING:
    from textual.dom import DOMNode
    from textual.notifications import SeverityLevel
    from textual.screen import Screen
    from textual.widget import Widget

    from inspector.form.form import Taste
    from inspector.lessons.lesson import Lesson
    from inspector.model.capture import Capture
    from inspector.tui.desk.screen import DeskScreen
    from inspector.tui.front import Front
    from inspector.tui.log.screen import LogScreen
    from inspector.tui.log.source import LogSource
    from inspector.tui.rescue import AppEnding
    from inspector.tui.screens.file_prompt import FilePrompt
    from inspector.tui.settings import Settings
    from inspector.tui.source import LiveSource


class InspectorApp(App[int]):
    """Shows one capture, live or opened, or a whole log; its result is the process's exit code.

    Args:
        source: makes the capture; None shows `capture` as it is.
        capture: a finished capture.
        log: reads a log of many compile ids; then there is neither of the others.
        lesson: what is taught over the captures that `source` makes; None for a capture of its own.
        title: what to call it.
        place: the bundle that `capture` is from; None for none.
        clock: seconds from some start; tests freeze it.
        settings: the file that keeps what a person chose; None keeps nothing.
    """

    TITLE = "inspector"
    CSS = """
    * {
        scrollbar-background: $background;
        scrollbar-background-hover: $background;
        scrollbar-background-active: $background;
        scrollbar-color: $foreground 20%;
        scrollbar-color-hover: $foreground 40%;
        scrollbar-color-active: $primary;
        scrollbar-corner-color: $background;
    }
    CommandPalette > Vertical, CommandPalette CommandList, CommandPalette #--results { min-width: 20; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        # These work over every dialog, so they cannot be bound by the main screen; its table names them too.
        Binding("ctrl+c,ctrl+q", "leave(True)", "Interrupt", show=False, priority=True),
        Binding("q", "leave(False)", "Quit", show=False),
    ]

    class ThreadFailed(Message):
        """A thread ended by an exception that nothing on it caught."""

        def __init__(self, error: BaseException) -> None:
            super().__init__()
            self.error = error

    def __init__(
        self,
        source: LiveSource | None = None,
        *,
        capture: Capture | None = None,
        log: LogSource | None = None,
        lesson: Lesson | None = None,
        title: str = "",
        place: Path | None = None,
        clock: Callable[[], float] = time.monotonic,
        settings: Path | None = None,
    ) -> None:
        super().__init__()
        share_backgrounds()
        self._settings_file = settings
        self._settings: Settings | None = None
        notes = capture.annotations if capture is not None else ()
        self.notebook = Notebook(notes, notes, place)
        self.source = source
        self.capture = capture
        self.log_source = log
        self.lesson = lesson
        self.heading = title
        self.clock = clock
        self.main: DeskScreen | None = None
        """What shows one capture; None before it is loaded, and while a log as a whole is on screen."""
        self.log_screen: LogScreen | None = None
        self.loop: asyncio.AbstractEventLoop | None = None
        """What the app runs in, from its first moment on."""
        self.ending: AppEnding | None = None
        """How the app ended, where an exception did it."""
        self._threads = threading.excepthook
        self._typing = Typing(self.call_later, super().on_event)
        self._printable = Printable()
        self.tasks = Tasks(self)
        self._written = 0
        """Counts the files that were asked for: each is a task of its own."""
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        self.theme = DARK.name

    def compose(self) -> ComposeResult:
        """The first frame."""
        yield Skeleton(self.heading, of_log=self.log_source is not None)

    def on_load(self) -> None:
        """The first moment."""
        self.loop = asyncio.get_running_loop()

    def on_mount(self) -> None:
        """Everything slow comes after the first paint."""
        self.call_after_refresh(self._open)
        self._threads, threading.excepthook = threading.excepthook, self._thread_failed
        if self.is_web:
            self.set_interval(1.0, partial(self._leave_with, os.getppid()))

    def on_unmount(self) -> None:
        """What threads raise from now on is somebody else's again."""
        threading.excepthook = self._threads

    # --- mistakes of our own --------------------------------------------------------------------------------

    def _thread_failed(self, args: threading.ExceptHookArgs) -> None:
        """Brings a thread's exception to where all others end; its traceback would be printed over the screen."""
        if isinstance(args.thread, WriterThread):  # the terminal was closed: nobody must wait until that is written
            unwritten = args.thread._queue
            with unwritten.mutex:
                unwritten.maxsize = 0
                unwritten.queue.clear()
                unwritten.not_full.notify_all()
        if args.exc_value is not None and not isinstance(args.exc_value, SystemExit):
            self.post_message(self.ThreadFailed(args.exc_value))

    def on_inspector_app_thread_failed(self, message: ThreadFailed) -> None:
        """Ends as by any other exception."""
        raise message.error

    def _handle_exception(self, error: Exception) -> None:
        """Ends the app; whatever raised, this is where Textual brings it. The notes are kept first."""
        self.rescue(error)
        super()._handle_exception(error)

    def _fatal_error(self) -> None:
        """Ends without Textual's own traceback: what is said on the terminal is `ending`."""
        self._close_messages_no_wait()

    def rescue(self, error: BaseException) -> None:
        """Keeps what would be lost by an exception; only the first one is looked at."""
        from inspector.tui.rescue import rescue

        if self.ending is None:
            self.ending = rescue(self, self.main or self.log_screen, self.heading, error)

    def interrupt(self) -> None:
        """Ends the app because a signal asks for it, whatever is open; a terminal that is closed may have done so."""
        from inspector.errors import EXIT_INTERRUPTED, from_exit_code

        self.ending = None
        self.rescue(from_exit_code(EXIT_INTERRUPTED, "interrupted", ""))
        self.exit(EXIT_INTERRUPTED)

    # --- what is written beside -----------------------------------------------------------------------------

    def on_file_prompt_accepted(self, message: FilePrompt.Accepted) -> None:
        """Writes a file, to its end even where the app is left meanwhile."""
        self._written += 1
        work = message.work
        self.tasks.run(f"write {self._written}", lambda _: work(), doing="wrote the file", finishes=True)

    def on_task_spoke(self, message: Task.Spoke) -> None:
        """A toast says how it ended."""
        taken: list[Any] = message.task.take()
        for said in taken:
            if isinstance(said, TaskFailed):
                words = f"{said.error.message} {said.error.hint}".strip()
                self.notify(words, severity="error", timeout=8)
            else:
                self.notify(said.result.words, title=said.result.title, timeout=8)
                if said.result.then is not None:
                    said.result.then()

    # --- opening and leaving --------------------------------------------------------------------------------

    def _leave_with(self, server: int) -> None:
        """A screen in a browser ends with the server that started it, however that ended."""
        if os.getppid() != server:
            self.exit()

    async def _open(self) -> None:
        if self.log_source is not None:
            from inspector.tui.log.screen import LogScreen

            self.log_screen = LogScreen(self.log_source, self.heading, self.clock, self.notebook)
            await self.push_screen(self.log_screen)
            return
        if self.lesson is not None and self.source is not None:
            from inspector.tui.lesson.screen import LessonScreen

            self.main = LessonScreen(self.source, self.lesson, self.clock)
            await self.push_screen(self.main)
            return

        from inspector.tui.desk.screen import DeskScreen

        self.main = DeskScreen(self.source, self.capture, self.heading, self.clock, notebook=self.notebook)
        await self.push_screen(self.main)

    def pop_screen(self) -> AwaitComplete:
        """Closes the screen in front, and then holds nothing of it."""
        closed = super().pop_screen()
        self.call_later(lambda: forget_senders(tuple(self._registry)))
        return closed

    # Widgets are started in the app's name: for as long as one lives, its task holds who started it.

    def _register(self, parent: DOMNode, *widgets: Widget, **where: Any) -> list[Widget]:
        with self._context():
            return super()._register(parent, *widgets, **where)

    def _start_widget(self, parent: Widget, widget: Widget) -> None:
        with self._context():
            super()._start_widget(parent, widget)

    @property
    def settings(self) -> Settings:
        """What a person has chosen; read when it is first asked for."""
        if self._settings is None:
            from inspector.tui.settings import read_settings

            self._settings = read_settings(self._settings_file)
        return self._settings

    def remember(self, taste: Taste) -> str:
        """Keeps how texts are shown; says why it could not be kept, else nothing."""
        from inspector.tui.settings import write_settings

        self._settings = replace(self.settings, taste=taste)
        return write_settings(self._settings_file, self._settings) if self._settings_file is not None else ""

    @property
    def front(self) -> Front | None:
        """The screen that dialogs belong to; None before there is one."""
        return self.main or self.log_screen

    def action_leave(self, interrupted: bool) -> None:
        """Quits, from any screen."""
        if self.front is not None:
            self.front.leave(interrupted=interrupted)
        else:
            from inspector.errors import EXIT_INTERRUPTED, EXIT_OK

            self.exit(EXIT_INTERRUPTED if interrupted else EXIT_OK)

    def on_app_blur(self, event: events.AppBlur) -> None:
        """In a browser the chosen pane stays chosen: others may be looking, and the driver begins with a blur."""
        if self.is_web:
            event.prevent_default()

    def on_app_focus(self) -> None:
        """Draws all of the screen anew when its window comes to the front: another browser may look at it by now."""
        self.screen.refresh()

    async def on_event(self, event: events.Event) -> None:
        """Keys are held for a moment: they may be a paste."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            self._typing.hold(event)
            return
        if isinstance(event, events.InputEvent) and not event.is_forwarded:
            await self._typing.release()
        if isinstance(event, events.InputEvent) and not self.screen_stack:
            return  # pressed while the app ends
        await super().on_event(event)

    def on_paste(self) -> None:
        """Nothing in front takes a text."""
        self.notify("What was pasted is not taken as keys, and no field is open for it.", timeout=3)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Every row of every widget goes through these."""
        return (*super().get_line_filters(), self._printable)

    def notify(
        self,
        message: str,
        *,
        title: str = "",
        severity: SeverityLevel = "information",
        timeout: float | None = None,
        markup: bool = False,  # noqa: ARG002 (torch's words are full of brackets: they are never markup)
    ) -> None:
        """Shows a toast."""
        super().notify(message, title=title, severity=severity, timeout=timeout, markup=False)

    def copy_to_clipboard(self, text: str) -> None:
        """Copies a text; half a letter, which no terminal takes, as a question mark."""
        super().copy_to_clipboard(text.encode(errors="replace").decode())

    def action_command_palette(self) -> None:
        """Opens the palette, once."""
        from inspector.tui.dialog import Commands

        if not isinstance(self.screen, Commands):
            self.push_screen(Commands())

    def action_other_theme(self) -> None:
        """Dark to light, or back."""
        from inspector.tui.themes import other

        self.theme = other(self.theme)

    async def on_key(self, event: events.Key) -> None:
        """A key typed while its dialog was being opened goes into the dialog's field.

        It had been sent to the pane behind, which is what had the focus then, and has come back from there unused.
        """
        from inspector.tui.widgets.entry import Entry

        front = self.front
        if not self.screen_stack or front is None or front.opening is None or front is self.screen:
            return  # the first: the app is being left
        await front.opening
        if isinstance(field := self.focused, Entry) and field.take(event):
            event.stop()
            event.prevent_default()

    def get_system_commands(self, screen: Screen[object]) -> Iterable[SystemCommand]:  # noqa: ARG002 (Textual's)
        """Everything in the command palette."""
        front = self.front
        return front.palette() if front is not None else ()
