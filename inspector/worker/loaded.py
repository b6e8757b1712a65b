"""Which files of a person's own a target comes from: whoever waits for them to be saved asks."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from inspector.worker.user_errors import is_users


def loaded_files(before: set[str], error: BaseException | None = None) -> list[str]:
    """The files of the modules that were imported since, and of what failed meanwhile; neither torch's nor installed.

    Args:
        before: names of the modules that were there.
        error: what the target's own code ended with; None where it did not.
    """
    files = [getattr(sys.modules[name], "__file__", None) for name in set(sys.modules) - before]
    found = {*filter(None, files), *_files_of(error)}
    return sorted(file for file in found if file.endswith(".py") and is_users(file) and Path(file).is_file())


def _files_of(error: BaseException | None) -> Iterator[str]:
    """The files of an exception and of those that it was raised from: a module that failed is imported no more."""
    while error is not None:
        if isinstance(error, SyntaxError) and error.filename:
            yield error.filename
        step = error.__traceback__
        while step is not None:
            yield step.tb_frame.f_code.co_filename
            step = step.tb_next
        error = error.__cause__ or error.__context__
