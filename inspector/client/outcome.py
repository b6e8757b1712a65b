"""How a run ended, in words that say what to do next."""

from __future__ import annotations

import re
import signal
from dataclasses import dataclass
from enum import StrEnum

from inspector.errors import EXIT_INTERRUPTED, EXIT_OK, EXIT_TARGET_FAILED
from inspector.protocol import Failed
from inspector.say.units import size


class OutcomeKind(StrEnum):
    """The ways a run can end."""

    FINISHED = "finished"
    FAILED = "failed"
    """The target, or the compiler on it, raised; the worker said so in good order."""
    CRASHED = "crashed"
    """The worker died of its own doing: a segmentation fault, an abort, an exit in the middle."""
    KILLED = "killed"
    """Somebody else's signal ended it."""
    OUT_OF_MEMORY = "out_of_memory"
    HUNG = "hung"
    """It showed no sign of life or progress for too long, and was ended."""
    CANCELLED = "cancelled"
    """The person stopped it."""


@dataclass(frozen=True)
class Outcome:
    """How a run ended."""

    kind: OutcomeKind
    message: str
    """One sentence: what happened."""
    hint: str = ""
    """What to do about it."""
    log_tail: tuple[str, ...] = ()
    """The last lines that the worker printed, without escape sequences; only where it did not end well."""
    exit_code: int = EXIT_OK
    """For the command line: 0, 1, 2, 3 or 130."""
    traceback: str = ""
    """Python's traceback where the worker sent one."""


@dataclass(frozen=True)
class WorkerEnding:
    """What is known about a worker that has ended; `classify` makes an outcome of it."""

    returncode: int | None
    """As `subprocess` has it: negative for a signal; None where it had to be left behind."""
    cancelled: bool = False
    hung: str = ""
    """What it was that did not happen, when the front gave up waiting: `no sign of life for 60 s`."""
    shut_down: bool = False
    """The front asked it to end."""
    compiled: bool = False
    """It said that the capture is complete."""
    failed: Failed | None = None
    """The fatal failure it reported, if it did."""
    phase: str = ""
    """The last thing it said to be doing."""
    peak_rss: int = 0
    """Bytes, as last heard of."""
    memory: int = 0
    """Bytes that the machine, or the container, has."""
    oom_kills: int = 0
    """How often the kernel killed for memory while it ran."""
    log_tail: tuple[str, ...] = ()


_MEMORY_WORDS = re.compile(
    r"\bMemoryError\b|std::bad_alloc|can't allocate memory|[Cc]annot allocate memory|out of memory|OutOfMemoryError"
)
_OWN_DOING = {
    signal.SIGSEGV,
    signal.SIGABRT,
    signal.SIGBUS,
    signal.SIGFPE,
    signal.SIGILL,
    signal.SIGSYS,
    signal.SIGTRAP,
}
_SMALLER = (
    "Try a smaller --batch or --seq, --dtype bf16, fewer --threads, or one --submodule instead of the whole model."
)
_RETRY_COLD = "Try again with --cold, which starts from fresh caches; the end of its log is the best lead."


def classify(end: WorkerEnding) -> Outcome:
    """Says how a run ended, from what is known about it."""
    stopped_early = end.shut_down and not end.compiled and end.failed is None and end.returncode == 0
    if end.cancelled or stopped_early:
        return Outcome(OutcomeKind.CANCELLED, "Cancelled.", exit_code=EXIT_INTERRUPTED)
    if end.hung:
        return _bad(
            end,
            OutcomeKind.HUNG,
            f"The worker hung{_during(end)}: {end.hung}.",
            "The end of its log shows where it stood. If it only is slow, give it longer with --timeout SECONDS.",
        )
    if end.failed is not None:
        return _failed(end, end.failed)
    if end.compiled and (end.shut_down or end.returncode == 0):
        return Outcome(OutcomeKind.FINISHED, "Finished.")
    return _unexplained(end)


def _unexplained(end: WorkerEnding) -> Outcome:
    if end.returncode is not None and end.returncode < 0:
        return _by_signal(end, -end.returncode)
    if _MEMORY_WORDS.search("\n".join(end.log_tail)):
        return _out_of_memory(end)
    code = f"with exit code {end.returncode}" if end.returncode is not None else "and could not be ended"
    return _bad(end, OutcomeKind.CRASHED, f"The worker stopped {code}{_during(end)}, without saying why.", _RETRY_COLD)


def _failed(end: WorkerEnding, failed: Failed) -> Outcome:
    kind, message, hint = OutcomeKind.FAILED, failed.message, failed.hint
    if _MEMORY_WORDS.search(message):
        kind, hint = OutcomeKind.OUT_OF_MEMORY, _SMALLER
        if "CUDA" not in message:  # that says itself how full the device is; ours is the host's memory
            message = f"{message.rstrip('.')}. The worker used {_memory(end)}."
    return Outcome(kind, message, hint, end.log_tail, failed.exit_code or EXIT_TARGET_FAILED, failed.traceback)


def _by_signal(end: WorkerEnding, number: int) -> Outcome:
    try:
        name = signal.Signals(number).name
    except ValueError:  # a real-time signal
        name = f"signal {number}"
    if number == signal.SIGKILL:
        # Half of the memory is the rule of thumb for kernels that do not count their kills: at the last heartbeat a
        # process that is about to be killed for memory need not have reached the limit yet.
        if end.oom_kills or (end.memory and end.peak_rss > end.memory / 2):
            return _out_of_memory(end)
        return _bad(
            end,
            OutcomeKind.KILLED,
            f"The worker was killed (SIGKILL){_during(end)}; it used {_memory(end)}.",
            "If nobody killed it, the system did, perhaps for memory. Try again.",
        )
    if number in _OWN_DOING:
        if _MEMORY_WORDS.search("\n".join(end.log_tail)):
            return _out_of_memory(end)
        words = _CRASH_WORDS.get(number, "crashed")
        return _bad(end, OutcomeKind.CRASHED, f"The worker {words} ({name}){_during(end)}.", _RETRY_COLD)
    return _bad(end, OutcomeKind.KILLED, f"The worker was ended from outside ({name}){_during(end)}.", "Try again.")


_CRASH_WORDS: dict[int, str] = {
    signal.SIGSEGV: "crashed with a segmentation fault",
    signal.SIGABRT: "aborted",
    signal.SIGBUS: "crashed with a bus error",
    signal.SIGFPE: "crashed with an arithmetic error",
    signal.SIGILL: "crashed on an instruction that this CPU does not have",
}


def _out_of_memory(end: WorkerEnding) -> Outcome:
    message = f"The worker ran out of memory{_during(end)}; it used {_memory(end)}."
    return _bad(end, OutcomeKind.OUT_OF_MEMORY, message, _SMALLER)


def _bad(end: WorkerEnding, kind: OutcomeKind, message: str, hint: str) -> Outcome:
    return Outcome(kind, message, hint, end.log_tail, EXIT_TARGET_FAILED)


def _during(end: WorkerEnding) -> str:
    return f" in the phase “{end.phase}”" if end.phase else ""


def _memory(end: WorkerEnding) -> str:
    return f"{size(end.peak_rss)} of {size(end.memory)} when last heard of"
