"""Workers that are forked from a parent which has compiled before: what they make is what a new process makes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from inspector import protocol
from inspector.client.process import WorkerProcess
from inspector.client.warm import WarmWorkers
from inspector.compare import compare_captures
from inspector.errors import EnvironmentLacking
from inspector.live import EventArrived, LiveCapture, OutcomeKind, Update
from inspector.model.capture import Capture
from inspector.model.request import CaptureRequest
from inspector.model.text_difference import Change

pytestmark = [
    pytest.mark.compiles,
    pytest.mark.skipif(sys.platform != "linux", reason="nothing is forked elsewhere"),
]

HELPER = "SCALE = 3\n"
MODULE = """
import torch
from helper import SCALE

class M(torch.nn.Module):
    def forward(self, x):
        return torch.softmax(x * SCALE, -1).sum(0)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("warm")
    (made / "helper.py").write_text(HELPER)
    (made / "mine.py").write_text(MODULE)
    (made / "parent").mkdir()
    return made


@pytest.fixture(scope="module")
def request_of(folder: Path) -> CaptureRequest:
    return CaptureRequest(target=f"{folder / 'mine.py'}:M", inputs=("x=f32[8,48]",))


@pytest.fixture(scope="module")
def workers(folder: Path, request_of: CaptureRequest) -> Iterator[WarmWorkers]:
    made = WarmWorkers(request_of, folder / "parent")
    yield made
    made.close()


def until_compiled(live: LiveCapture, event: protocol.Message) -> None:
    if isinstance(event, protocol.Compiled):
        live.send(protocol.Shutdown())


def made_by(request: CaptureRequest, workers: Callable[[Path, bool], WorkerProcess] | None) -> Capture:
    live = LiveCapture(
        request,
        lambda update: until_compiled(live, update.event) if isinstance(update, EventArrived) else None,
        workers=workers,
    )
    live.start()
    outcome = live.wait()
    assert outcome.kind is OutcomeKind.FINISHED, outcome
    return live.capture


def test_a_forked_worker_makes_what_a_new_process_makes(workers: WarmWorkers, request_of: CaptureRequest) -> None:
    forked = made_by(request_of, workers.worker)
    assert workers.refusal == ""
    new = made_by(request_of, None)
    difference = compare_captures(new, forked, ("new", "forked"), timed=False)
    assert difference.change is Change.SAME
    assert all(not item.facts for item in difference.compilations)
    assert [fact.name for fact in difference.settings] in ([], ["cache.reused"])
    assert (new.notes, new.dropped) == (forked.notes, forked.dropped)


def test_what_was_saved_within_the_same_second_is_what_is_compiled(
    workers: WarmWorkers, request_of: CaptureRequest, folder: Path
) -> None:
    """Python would take the text of before from its cache: a second and a size are all that it looks at."""
    helper = folder / "helper.py"
    before = helper.stat()
    helper.write_text("SCALE = 7\n")
    os.utime(helper, (before.st_atime, before.st_mtime))
    files: list[str] = []

    def heard(update: Update) -> None:
        if isinstance(update, EventArrived):
            if isinstance(update.event, protocol.Loaded):
                files.extend(update.event.files)
            until_compiled(live, update.event)

    live = LiveCapture(request_of, heard, workers=workers.worker)
    live.start()
    assert live.wait().kind is OutcomeKind.FINISHED
    assert any("7.0" in item.text for item in live.capture.artifacts)
    assert {Path(file).name for file in files} == {"helper.py", "mine.py"}


def test_one_that_crashes_is_a_crash_and_the_next_one_works(workers: WarmWorkers, request_of: CaptureRequest) -> None:
    def crash(update: Update) -> None:
        if isinstance(update, EventArrived) and isinstance(update.event, protocol.Hello):
            os.kill(update.event.pid, signal.SIGSEGV)

    live = LiveCapture(request_of, crash, workers=workers.worker)
    live.start()
    assert live.wait().kind is OutcomeKind.CRASHED
    broken = CaptureRequest(target=f"{__file__}:nothing")
    live = LiveCapture(broken, lambda _: None, workers=workers.worker)
    live.start()
    outcome = live.wait()
    assert outcome.kind is OutcomeKind.FAILED
    assert "nothing" in outcome.message


def test_one_whose_parent_was_killed_says_that_another_can_be_made(request_of: CaptureRequest, tmp_path: Path) -> None:
    workers = WarmWorkers(request_of, tmp_path)
    try:
        assert workers._ready.wait(480)
        assert not workers.lost
        (keeper,) = [item for item in psutil.Process().children() if item.pid == workers._parent.pid]  # type: ignore[union-attr]
        for process in keeper.children():
            process.kill()
        end = time.monotonic() + 60
        while not workers.lost and time.monotonic() < end:
            time.sleep(0.05)
        assert workers.lost
        with pytest.raises(EnvironmentLacking, match="has ended"):
            workers.worker(tmp_path, True)
    finally:
        workers.close()


def test_nothing_is_left_when_it_is_closed(request_of: CaptureRequest, tmp_path: Path) -> None:
    before = {process.pid for process in psutil.Process().children(recursive=True)}
    made = WarmWorkers(request_of, tmp_path)
    live = LiveCapture(request_of, lambda _: None, workers=made.worker)
    live.start()
    ends = time.monotonic() + 120
    while not made.ready and time.monotonic() < ends:
        time.sleep(0.05)
    made.close()
    assert live.wait().kind is not OutcomeKind.FINISHED
    left = {process.pid for process in psutil.Process().children(recursive=True)} - before
    assert not left
    found = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert str(tmp_path) not in found
