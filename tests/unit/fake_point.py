"""A point's process with the worker that speaks without torch; stands in for a Python: `fake_point.py -P -m MODULE …`.

FAKE_STEP names a step at which the process ends by SIGKILL, once: FAKE_ONCE is the file that remembers it. With
FAKE_HOLD it stays there instead.
FAKE_WORKER is the worker's scenario; of batch 13 it is `fail`.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from inspector.client import process
from inspector.codec import decode
from inspector.files import OwnedPlace
from inspector.study.sweep import folder, point

WORKER = str(Path(__file__).with_name("fake_worker.py"))


def die_at(step: str) -> None:
    once = os.environ.get("FAKE_ONCE")
    if os.environ.get("FAKE_STEP") != step or once is None:
        return
    try:
        os.close(os.open(once, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return
    while os.environ.get("FAKE_HOLD"):
        time.sleep(60)
    os.kill(os.getpid(), signal.SIGKILL)


def around(owner: Any, name: str, before: str = "", after: str = "") -> None:
    real: Callable[..., Any] = getattr(owner, name)

    def patched(*args: Any, **named: Any) -> Any:
        die_at(before)
        found = real(*args, **named)
        die_at(after)
        return found

    setattr(owner, name, patched)


def writing_half(self: OwnedPlace, write: Any, *, force: bool) -> None:
    """As files.py does it, and killed in the middle of it."""

    def half(file: Any) -> None:
        class Halved:
            def write(self, content: bytes) -> None:
                file.write(content[: len(content) // 2])
                file.flush()
                die_at("writing")
                file.write(content[len(content) // 2 :])

        write(Halved())

    real_file(self, half, force=force)


real_file = OwnedPlace.file


def main() -> int:
    arguments = sys.argv[4:]
    job = decode(arguments[1].encode(), point.Job)
    scenario = "fail" if job.point.request.batch == 13 else os.environ.get("FAKE_WORKER", "finish")
    process.worker_command = lambda: [sys.executable, WORKER, scenario]
    around(point, "machine_turn", before="claimed")
    around(point, "compile_target", before="compiling", after="measured")
    around(folder.SweepFolder, "keep", after="written")
    OwnedPlace.file = writing_half  # type: ignore[method-assign]
    die_at("started")
    return point.main(arguments)


if __name__ == "__main__":
    sys.exit(main())
