"""How an ending is put into words."""

from __future__ import annotations

import signal

import pytest

from inspector.client.outcome import OutcomeKind, classify
from inspector.client.outcome import WorkerEnding as Ending
from inspector.protocol import Failed

GIB = 1 << 30


@pytest.mark.parametrize(
    ("ending", "kind", "exit_code", "words"),
    [
        (Ending(0, compiled=True), OutcomeKind.FINISHED, 0, "Finished"),
        (Ending(-signal.SIGTERM, compiled=True, shut_down=True), OutcomeKind.FINISHED, 0, "Finished"),
        (Ending(-signal.SIGTERM, cancelled=True), OutcomeKind.CANCELLED, 130, "Cancelled"),
        (Ending(0, shut_down=True), OutcomeKind.CANCELLED, 130, "Cancelled"),
        (Ending(0, failed=Failed("no forward", exit_code=2)), OutcomeKind.FAILED, 2, "no forward"),
        (Ending(1, failed=Failed("raised")), OutcomeKind.FAILED, 1, "raised"),
        (
            Ending(-signal.SIGSEGV, phase="compiling"),
            OutcomeKind.CRASHED,
            1,
            "segmentation fault (SIGSEGV) in the phase",
        ),
        (Ending(-signal.SIGILL), OutcomeKind.CRASHED, 1, "instruction that this CPU does not have (SIGILL)"),
        (Ending(-signal.SIGSEGV, compiled=True), OutcomeKind.CRASHED, 1, "SIGSEGV"),
        (Ending(7), OutcomeKind.CRASHED, 1, "exit code 7"),
        (Ending(0), OutcomeKind.CRASHED, 1, "exit code 0"),
        (Ending(None), OutcomeKind.CRASHED, 1, "could not be ended"),
        (Ending(-signal.SIGTERM), OutcomeKind.KILLED, 1, "SIGTERM"),
        (Ending(-50), OutcomeKind.KILLED, 1, "signal 50"),
        (Ending(-signal.SIGKILL, peak_rss=GIB, memory=16 * GIB), OutcomeKind.KILLED, 1, "1 GiB of 16 GiB"),
        (Ending(-signal.SIGKILL, peak_rss=15 * GIB, memory=16 * GIB), OutcomeKind.OUT_OF_MEMORY, 1, "15 GiB of 16 GiB"),
        (Ending(-signal.SIGKILL, peak_rss=GIB, memory=16 * GIB, oom_kills=1), OutcomeKind.OUT_OF_MEMORY, 1, "memory"),
        (Ending(-signal.SIGABRT, log_tail=("std::bad_alloc",)), OutcomeKind.OUT_OF_MEMORY, 1, "ran out of memory"),
        (
            Ending(1, failed=Failed("MemoryError: 4 TB")),
            OutcomeKind.OUT_OF_MEMORY,
            1,
            "MemoryError: 4 TB. The worker used",
        ),
        (Ending(1, failed=Failed("CUDA out of memory. Tried 2 GiB")), OutcomeKind.OUT_OF_MEMORY, 1, "Tried 2 GiB"),
        (Ending(None, hung="no sign of life for 60 s"), OutcomeKind.HUNG, 1, "no sign of life for 60 s"),
    ],
)
def test_classify(ending: Ending, kind: OutcomeKind, exit_code: int, words: str) -> None:
    outcome = classify(ending)
    assert outcome.kind is kind
    assert outcome.exit_code == exit_code
    assert words in outcome.message
    assert outcome.hint or kind in (OutcomeKind.FINISHED, OutcomeKind.CANCELLED, OutcomeKind.FAILED)


def test_the_log_stays_with_what_went_wrong() -> None:
    tail = ("last words",)
    assert classify(Ending(-signal.SIGSEGV, log_tail=tail)).log_tail == tail
    assert classify(Ending(1, failed=Failed("x", traceback="T"), log_tail=tail)).log_tail == tail
    assert classify(Ending(1, failed=Failed("x", traceback="T"))).traceback == "T"
