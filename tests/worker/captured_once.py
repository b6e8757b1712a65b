"""What several test files look at, made by the first test process that asks."""

from __future__ import annotations

import fcntl
import pickle
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from worker_driver import Finished, capture

from inspector.model.request import CaptureRequest


def captured_once(request: CaptureRequest, folder: Path) -> Finished:
    """A capture by the first test process of this run that asks; the others read what it was."""
    with first(folder) as it_is:
        if it_is:
            (folder / "finished").write_bytes(pickle.dumps(capture(request, folder)))
    found = pickle.loads((folder / "finished").read_bytes())
    assert isinstance(found, Finished)
    return found


@contextmanager
def first(folder: Path) -> Iterator[bool]:
    """Whether no test process of this run has come to its end here; those that come meanwhile wait."""
    folder.mkdir(exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = folder.with_suffix(".done")
        yield not done.exists()
        done.touch()
