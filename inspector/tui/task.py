"""The one bridge from a thread to a screen.

Work runs on a thread of its own. What it says, what it comes to and what it fails with are left, in order, where the
screen takes them; one message in the screen's own queue says that something is there, however much that is. So a thread
never waits for the app, an exception is something that the screen is told, and what nobody listens to any more ends.
"""

from __future__ import annotations

import asyncio
import contextvars
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Generic, TypeVar

from textual.message import Message
from textual.message_pump import MessagePump

from inspector.errors import InspectorError

U = TypeVar("U")
"""What the work says on its way."""
R = TypeVar("R")
"""What it comes to."""


def internal_error(error: BaseException, doing: str = "read the log") -> InspectorError:
    """A mistake of ours, in words for a person who can only report it."""
    return InspectorError(
        f"inspector itself failed while it {doing}: {type(error).__name__}: {error}",
        "That is a mistake in inspector; please report it, with the log if you may.",
        detail="".join(traceback.format_exception(error)),
    )


class NobodyListens(Exception):
    """Raised where work says something that no screen waits for any more; it ends the work."""


@dataclass(frozen=True)
class TaskDone(Generic[R]):
    """The work has come to its end."""

    result: R


@dataclass(frozen=True)
class TaskFailed:
    """The work has ended by an exception."""

    error: InspectorError


class Task(Generic[U, R]):
    """One piece of work, and what it has said that the screen has not taken yet.

    Args:
        owner: the screen, or the app, whose queue is told.
        name: what it is, for the screen and for the thread.
        work: given what to say things with, on the thread; may raise an InspectorError.
        doing: what it does, in words that go on from "inspector itself failed while it".
        finishes: whether it is carried to its end although the app is left: something is being written.
    """

    class Spoke(Message, bubble=False):
        """Something waits to be taken."""

        def __init__(self, task: Task[U, R]) -> None:
            super().__init__()
            self.task = task

    def __init__(
        self,
        owner: MessagePump,
        name: str,
        work: Callable[[Callable[[U], None]], R],
        *,
        doing: str,
        finishes: bool = False,
    ) -> None:
        self.name = name
        self._owner = owner
        self._work = work
        self._doing = doing
        self._finishes = finishes
        self._loop = asyncio.get_running_loop()
        self._context = contextvars.copy_context()
        self._lock = threading.Lock()
        self._waiting: list[U | TaskDone[R] | TaskFailed] = []
        self._ended = False
        self.over = threading.Event()
        """Set once the thread has nothing left to do."""
        threading.Thread(target=self._run, name=name, daemon=not finishes).start()

    # --- on the app's thread --------------------------------------------------------------------------------

    def take(self) -> list[U | TaskDone[R] | TaskFailed]:
        """What has been said since the last call, in order; nothing of a task that was ended."""
        with self._lock:
            waiting, self._waiting = self._waiting, []
        return [] if self._ended else waiting

    def end(self) -> None:
        """Nobody listens from now on; the thread ends with the next that it says. Returns at once."""
        self._ended = True

    @property
    def done(self) -> bool:
        """Whether it is over, and all that it has said was taken."""
        return self.over.is_set() and not self._waiting

    @property
    def heard(self) -> bool:
        """Whether somebody still waits for what the work says; may be asked on any thread."""
        return not self._ended and self._owner.is_running and not self._loop.is_closed()

    # --- on the thread --------------------------------------------------------------------------------------

    def say(self, update: U) -> None:
        """Leaves something to take; may be called on any thread.

        Raises:
            NobodyListens: the task was ended, or the app was left.
        """
        if not self.heard:
            raise NobodyListens
        self._leave(update)

    def _leave(self, said: U | TaskDone[R] | TaskFailed) -> None:
        with self._lock:
            self._waiting.append(said)
            first = len(self._waiting) == 1
        if first:
            with suppress(RuntimeError):  # the loop was closed meanwhile: then nobody listens
                message: Message = self.Spoke(self)
                self._loop.call_soon_threadsafe(self._owner.post_message, message, context=self._context)

    def _run(self) -> None:
        try:
            said: TaskDone[R] | TaskFailed = TaskDone(self._work(self.say))
        except NobodyListens:
            return
        except InspectorError as error:
            said = TaskFailed(error)
        except BaseException as error:  # noqa: BLE001 (what nobody has met before must not leave a screen that waits)
            said = TaskFailed(internal_error(error, self._doing))
        finally:
            self.over.set()
        if self.heard:
            self._leave(said)
        elif self._finishes and isinstance(said, TaskFailed) and sys.__stderr__ is not None:
            with suppress(OSError, ValueError):
                sys.__stderr__.write(f"inspector: {said.error.message} {said.error.hint}".rstrip() + "\n")


class Tasks:
    """What runs beside one screen: of each name one task, the newest.

    Args:
        owner: the screen, or the app; it gets `Task.Spoke`, and ends all of this when it goes.
    """

    def __init__(self, owner: MessagePump) -> None:
        self._owner = owner
        self._running: dict[str, Task[object, object]] = {}

    def run(
        self,
        name: str,
        work: Callable[[Callable[[U], None]], R],
        *,
        doing: str,
        finishes: bool = False,
    ) -> Task[U, R]:
        """Does `work` on another thread; `Task` says what the arguments mean. An earlier one of that name is ended."""
        self.end(name)
        self._running = {known: task for known, task in self._running.items() if not task.done}
        task = Task(self._owner, name, work, doing=doing, finishes=finishes)
        self._running[name] = task  # type: ignore[assignment]
        return task

    def running(self, name: str) -> bool:
        """Whether a task of that name is under way."""
        task = self._running.get(name)
        return task is not None and not task.over.is_set()

    def end(self, *names: str) -> None:
        """Ends tasks by their names, all where none is named; returns at once."""
        for name in names or tuple(self._running):
            if (task := self._running.pop(name, None)) is not None:
                task.end()
