"""The public functions: make a capture, record one's own program, open and save."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from inspector.errors import EnvironmentLacking, UsageError, from_exit_code
from inspector.model.request import CacheMode, CaptureRequest

if TYPE_CHECKING:
    from inspector.model.capture import Capture


def capture(target: str | None = None, **options: Any) -> Capture:
    """Compiles a target in a worker process, and returns all that the compiler made of it.

    Args:
        target: a gallery name, `path/to/file.py:name` or `package.module:name`; None with `model=`.
        options: the other fields of `CaptureRequest`, called as the command line's options: `batch=2`, `train=True`.

    Raises:
        UsageError: the target or an option is not what it should be.
        EnvironmentLacking: the machine lacks something, a C++ compiler for instance.
        TargetFailed: the target, or the compiler on it, failed; `detail` holds the traceback or the log's end.
    """
    from inspector.live import OutcomeKind
    from inspector.work.compiling import compile_target

    try:
        request = CaptureRequest(target=target, **options)
    except TypeError as error:
        raise UsageError(f"There is no such option: {error}.") from error
    run = compile_target(request)
    outcome = run.outcome
    if outcome.kind is not OutcomeKind.FINISHED:
        detail = outcome.traceback or "\n".join(outcome.log_tail)
        raise from_exit_code(outcome.exit_code, outcome.message, outcome.hint, detail=detail)
    return run.capture


def open(path: str | os.PathLike[str]) -> Capture:
    """The capture in a bundle (a folder or a NAME.inspector file), in a structured trace, or in a folder of traces.

    Raises:
        UsageError: it is none of these; a bundle of a newer format, or one that was changed.
    """
    from inspector.work.opening import open_path

    with open_path(Path(path)) as found:
        return found.capture()


@contextmanager
def record(folder: str | os.PathLike[str], *, warm: bool = True) -> Iterator[Path]:
    """Records everything that torch compiles in this process while the context lasts, with all links.

    What the program computes, its settings of torch, its generated code and its caches stay as they are; what was
    compiled before is not compiled again. Recordings may overlap, in several threads too.

    Args:
        folder: for the logs; made where it does not exist. Give it to `open` or to `inspector open` afterwards.
        warm: whether torch's caches answer, as they do without us: of code that they hold, the generation is not
            seen. False gives torch an empty folder for them while the context lasts, so that all code is generated.

    Yields:
        The folder.

    Raises:
        UsageError: the folder cannot be made or written.
        EnvironmentLacking: torch cannot be imported.
    """
    try:
        from inspector.worker.record import record as recording
    except ImportError as error:
        raise EnvironmentLacking(
            f"torch cannot be imported: {error}", "Install it into this Python: pip install torch."
        ) from error
    with recording(Path(folder), CacheMode.WARM if warm else CacheMode.COLD) as made:
        yield made


def save(capture: Capture, path: str | os.PathLike[str], *, force: bool = False) -> Path:
    """Writes a capture as a bundle: a folder, or one file where the name ends in `.inspector`.

    Args:
        capture: what to write.
        path: where to.
        force: replace a bundle that is there.

    Raises:
        UsageError: something is in the way, or the place cannot be written.
    """
    from inspector.bundle import write

    return write(capture, Path(path), force=force)
