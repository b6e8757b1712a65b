"""Where a recording begins and ends: around a block of code, or for the life of a process."""

from __future__ import annotations

import atexit
import multiprocessing.util
import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path

from inspector import protocol
from inspector.errors import UsageError
from inspector.model.request import CacheMode
from inspector.worker import records
from inspector.worker.recording import RecordingHooks
from inspector.worker.trace_file import TraceFile, attached
from inspector.worker.user_errors import ending

_lock = threading.Lock()
_recording: RecordingHooks | None = None
"""The hooks in force; there is one set for all logs that are being written."""
_users = 0
_for_good = ExitStack()
"""What stays for the life of the process: never closed, and never collected, which would close it."""


@contextmanager
def record(folder: Path, cache: CacheMode = CacheMode.WARM) -> Iterator[Path]:
    """Records everything that torch compiles while this lasts, on any thread.

    Args:
        folder: for the logs, made where it does not exist; yielded again.
        cache: `COLD` to give torch empty caches meanwhile; otherwise its own answer as ever, and what they answer is
            not generated, so that there is nothing to hear of that.

    Raises:
        UsageError: the folder cannot be made or written.
    """
    make_folder(folder)
    recording = _take(cache)
    caches = _empty_caches() if cache is CacheMode.COLD else nullcontext()
    try:
        file = TraceFile(folder, recording.opening)
        with attached(file), caches:
            recording.start()
            try:
                yield folder
            finally:
                if file.begun:
                    recording.finish()
    finally:
        _release()


def begin() -> None:
    """Records for the rest of this process's life, as the environment asks; nothing where it does not ask.

    Raises:
        UsageError: the folder cannot be made or written.
    """
    if (folder := os.environ.get(protocol.RECORD_FOLDER)) is None:
        return
    make_folder(Path(folder))
    recording = _take(CacheMode(os.environ.get(protocol.RECORD_CACHE, CacheMode.WARM)))
    file = TraceFile(Path(folder), recording.opening)
    _for_good.enter_context(attached(file))
    recording.start()
    _Process(recording, file)


@contextmanager
def _empty_caches() -> Iterator[None]:
    """While this lasts, torch and Triton keep what they generate in a folder that goes away afterwards."""
    names = ("TORCHINDUCTOR_CACHE_DIR", "TRITON_CACHE_DIR")
    before = {name: os.environ.get(name) for name in names}
    with tempfile.TemporaryDirectory(prefix="inspector-caches-", ignore_cleanup_errors=True) as folder:
        os.environ |= {names[0]: folder, names[1]: str(Path(folder) / "triton")}
        try:
            yield
        finally:
            for name, value in before.items():
                os.environ.pop(name, None)
                if value is not None:
                    os.environ[name] = value


class _Process:
    """The end of a process, however politely it ends, and its children by fork."""

    def __init__(self, recording: RecordingHooks, file: TraceFile) -> None:
        self._recording = recording
        self._file = file
        self._finished = 0
        """The process that is finished: a child of it is not."""
        atexit.register(self.finish)
        # Children of multiprocessing leave without `atexit`; those of a fork have forgotten the parent's finalizers.
        multiprocessing.util.Finalize(None, self.finish, exitpriority=100)
        multiprocessing.util.register_after_fork(
            self, lambda process: multiprocessing.util.Finalize(None, process.finish, exitpriority=100)
        )
        os.register_at_fork(before=recording.before_fork, after_in_child=recording.after_fork)

    def finish(self) -> None:
        """Completes the log of this process, where it has one."""
        if self._file.begun and self._finished != os.getpid():
            self._finished = os.getpid()
            with records.unless_it_fails("how the program ended"):
                records.write("ended", {**ending(), "process": os.getpid()})
            self._recording.finish()


def make_folder(folder: Path) -> None:
    """Makes a folder that logs can be written to.

    Raises:
        UsageError: that cannot be done.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".try-"):
            pass
    except OSError as error:
        raise UsageError(
            f"The recording cannot be written to {folder}: {error.strerror or error}.", "Name another folder."
        ) from error


def _take(cache: CacheMode) -> RecordingHooks:
    """The hooks; whoever has a log to tell of them puts them in."""
    global _recording, _users
    with _lock:
        if _recording is None:
            _recording = RecordingHooks(cache)
        _users += 1
        return _recording


def _release() -> None:
    """Takes the hooks out when nobody needs them any more."""
    global _recording, _users
    with _lock:
        _users -= 1
        if _users == 0 and _recording is not None:
            _recording.stop()
            _recording = None
