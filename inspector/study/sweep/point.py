"""One point in this process: claimed, measured, its result written. Every engine runs this, and nothing else.

    python -m inspector.study.sweep.point FOLDER JOB             the job as JSON
    python -m inspector.study.sweep.point FOLDER FILE --index N  line N of a file of jobs, from 0

Its exit code says whether the result is there, not whether the target did well: a failure is a result.
"""

from __future__ import annotations

import argparse
import contextlib
import fcntl
import hashlib
import importlib.metadata
import os
import platform
import resource
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from inspector import protocol
from inspector.client.outcome import OutcomeKind
from inspector.codec import decode
from inspector.errors import (
    EXIT_ENVIRONMENT,
    EXIT_INTERRUPTED,
    EXIT_OK,
    EXIT_TARGET_FAILED,
    EnvironmentLacking,
    InspectorError,
    Interrupted,
)
from inspector.jsontext import Malformed
from inspector.model.capture import Capture
from inspector.model.sweep import FINISHED, Measure, PointResult, SweepPoint
from inspector.regular import read_regular
from inspector.study.sweep.folder import DamagedResult, SweepFolder
from inspector.work.asking import Steps, Timing
from inspector.work.compiling import Run, compile_target

EXIT_ELSEWHERE = 75
"""Another process is making the point."""
_NO_ROOM = "No space left on device"
_LOOK = 0.2


@dataclass(frozen=True)
class Job:
    """A point to be made, and what is wanted beside its result."""

    point: SweepPoint
    bundle: bool = False
    """Keep the capture beside the result."""
    library: bool = False
    """Keep it in the user's library too."""
    retry: bool = False
    """Make it again where its result is a failure."""
    beside: bool = False
    """Others are made on the machine at the same time."""


def make(
    job: Job,
    folder: SweepFolder,
    *,
    wait: bool = False,
    stopped: Callable[[], bool] = lambda: False,
    measure: Callable[[Job, SweepFolder, Callable[[], bool]], PointResult] | None = None,
) -> bool:
    """Makes a point's result where there is none.

    Args:
        wait: wait where another process has it; its result is ours too.
        stopped: asked about ten times a second.
        measure: measures it; a test's own.

    Returns:
        Whether there is a result now; False where another process is making it.

    Raises:
        EnvironmentLacking: the result cannot be written, or nothing can be compiled here.
        Interrupted: it was stopped.
        InspectorError: somebody else's signal ended the worker: that says nothing of the point.
    """

    def check() -> None:
        if stopped():
            raise Interrupted("The point was stopped.")

    point = job.point

    def redone(before: PointResult) -> bool:
        return job.retry and not before.ok

    with folder.claim(point.key, wait=wait, check=check) as ours:
        if not ours:
            return False
        with contextlib.suppress(DamagedResult):
            if (before := folder.result(point.key)) is not None and not redone(before):
                return True
        with machine_turn(alone=point.timed, check=check):
            result = (measure or measured)(job, folder, stopped)
        folder.keep(result, replace=redone)
        return True


def measured(job: Job, folder: SweepFolder, stopped: Callable[[], bool]) -> PointResult:
    """Compiles the point's target and has the worker do what is asked for.

    Raises:
        InspectorError: as `make`.
    """
    point, begun = job.point, time.monotonic()
    if words := _another(point):
        return PointResult(point, OutcomeKind.FAILED.value, words, finished=_now())
    load = _Load()
    timing = Timing(point.samples, point.seconds) if Measure.LATENCY in point.measures else None
    asked = [(Measure.NUMERICS, protocol.RunProfile(numerics=True, times=False))]
    asked += [(Measure.PRICE, protocol.RunProfile(price=True, times=False))]
    steps = Steps(timing, [request for measure, request in asked if measure in point.measures])
    done = compile_target(point.request, steps, lambda _capture, _words: stopped())
    ended = done.outcome
    if ended.kind is OutcomeKind.CANCELLED:
        raise Interrupted("The point was stopped.")
    told = "\n".join((ended.message, *ended.log_tail))
    if ended.exit_code == EXIT_ENVIRONMENT or _NO_ROOM in told:
        raise EnvironmentLacking(ended.message, ended.hint)
    if ended.kind is OutcomeKind.KILLED:
        raise InspectorError(ended.message, ended.hint)
    result = replace(_result(point, done), beside=job.beside and not point.timed, busy=load.others())
    failed = steps.failed[0] if steps.failed else None
    if ended.kind is not OutcomeKind.FINISHED:
        result = replace(result, message=ended.message, hint=ended.hint, log_tail=ended.log_tail)
    elif failed is not None:
        result = replace(result, message=failed.message, hint=failed.hint)
    if done.compiled is not None:
        result = replace(result, bundle=_kept(job, folder, done.capture))
    return replace(result, took=time.monotonic() - begun, finished=_now())


def _result(point: SweepPoint, done: Run) -> PointResult:
    from inspector.model.compile_time import parts_of
    from inspector.model.counted import counted
    from inspector.model.overview_of import overview_of
    from inspector.model.stage import Stage

    capture = done.capture
    overview = overview_of(capture)
    phases = parts_of(overview.flames.values()) if Measure.PHASES in point.measures else {}
    outcome = FINISHED if done.outcome.kind is OutcomeKind.FINISHED else done.outcome.kind.value
    result = PointResult(
        point,
        outcome,
        environment=capture.environment,
        phases={part.value: taken for part, taken in phases.items()},
        latency=capture.latency,
        numerics=capture.numerics,
    )
    if done.compiled is None:
        return result
    found = counted(capture, overview)
    if all(item.stage is Stage.SOURCE for item in capture.artifacts):
        result = replace(result, message="Nothing was compiled.")
    return replace(
        result,
        first_call=done.compiled.seconds,
        compile_seconds=found.seconds,
        compiles=found.compiles,
        kernels=None if found.kernels is None else len(found.kernels),
        breaks=found.breaks,
        recompiles=found.recompiles,
    )


def _kept(job: Job, folder: SweepFolder, capture: Capture) -> str:
    """Writes the capture where that is wanted; its name in the folder."""
    from inspector.bundle import write
    from inspector.library import Library

    if job.library:
        try:
            Library().keep(capture, ("sweep",))
        except InspectorError as error:
            raise EnvironmentLacking(error.message, error.hint) from error
    if not job.bundle and Measure.PRICE not in job.point.measures:
        return ""
    path = folder.bundle(job.point.key)
    try:
        write(capture, path, force=True)
    except InspectorError as error:  # the same disk that the result is to go to
        raise EnvironmentLacking(error.message, error.hint) from error
    return f"bundles/{path.name}"


def _another(point: SweepPoint) -> str:
    """Why this process would measure something else than the point says; empty where it would not."""
    version = torch_version()
    if version != point.torch:
        return f"The point is of torch {point.torch}, and {sys.executable} has {version or 'none'}."
    if source_of(point.request.target) != point.source:
        return f"{point.request.target} is not what it was when the sweep was planned, or is not there."
    return ""


def torch_version() -> str:
    """torch's version in this Python, without importing it; empty where there is none."""
    try:
        return importlib.metadata.version("torch")
    except importlib.metadata.PackageNotFoundError:
        return ""


def source_of(target: str | None) -> str:
    """What a target's file holds, as a hash; empty where the target is not named by a file, or it cannot be read."""
    file = (target or "").rpartition(":")[0]
    if not file.endswith(".py"):
        return ""
    try:
        return hashlib.sha256(read_regular(Path(file).expanduser())).hexdigest()[:16]
    except OSError:
        return ""


def machine_name() -> str:
    """What this machine is, for telling kinds of machines apart: `AMD EPYC 7763 · 8 processors · NVIDIA H200`."""
    words = ""
    with contextlib.suppress(OSError):
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        words = next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "")
    names = [words or platform.processor() or platform.machine()]
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    names.append(f"{count} processor{'s' if count != 1 else ''}")
    gpus: list[str] = []
    for about in sorted(Path("/proc/driver/nvidia/gpus").glob("*/information")):
        with contextlib.suppress(OSError):
            gpus += [line.split(":", 1)[1].strip() for line in about.read_text().splitlines() if "Model:" in line]
    return " · ".join([*names, *sorted(set(gpus))])


class _Load:
    """How much of the machine's processors others used since this was made; of ours are this and what it has ended."""

    def __init__(self) -> None:
        import psutil

        self._times = psutil.cpu_times
        self._before, self._own = self._times(), _own()

    def others(self) -> float | None:
        """0 to 1; None where it is not counted."""
        now, own = self._times(), _own() - self._own
        spent = {name: getattr(now, name) - getattr(self._before, name) for name in now._fields}
        counted = {name: seconds for name, seconds in spent.items() if not name.startswith("guest")}
        whole = sum(counted.values())
        used = whole - counted.get("idle", 0.0) - counted.get("iowait", 0.0) - own
        return min(1.0, max(0.0, used / whole)) if whole > 0 else None


def _own() -> float:
    mine = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in mine)


@contextmanager
def machine_turn(*, alone: bool, check: Callable[[], object]) -> Iterator[None]:
    """Waits until this machine is free for it: what is timed is alone among all points of this user, whoever started
    them; the others share."""
    path = Path("/tmp") / f"inspector-sweep-{os.getuid()}.lock"
    kind = fcntl.LOCK_EX if alone else fcntl.LOCK_SH
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError:  # no such place, or not ours: what others used of the machine is measured anyway
        yield
        return
    try:
        while True:
            try:
                fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                check()
                time.sleep(_LOOK)
        yield
    finally:
        os.close(descriptor)


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def _watch(stop: threading.Event) -> None:
    """Standard input is a pipe whose other end goes with whoever started this."""
    while os.read(0, 1):
        pass
    stop.set()


def main(arguments: list[str] | None = None) -> int:
    """The process; returns its exit code."""
    parser = argparse.ArgumentParser(prog="inspector.study.sweep.point")
    parser.add_argument("folder", type=Path)
    parser.add_argument("job")
    parser.add_argument("--index", type=int)
    parser.add_argument("--wait", action="store_true", help="wait for another process that makes the point")
    parser.add_argument("--watched", action="store_true", help="end when standard input does: with who started it")
    args = parser.parse_args(arguments)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: stop.set())
    if args.wait:  # Slurm's warning before a job's end is for who requeues it, and would end what does not know it
        signal.signal(signal.SIGUSR2, signal.SIG_IGN)
    if args.watched:
        threading.Thread(target=_watch, args=(stop,), daemon=True).start()
    try:
        text = args.job if args.index is None else read_regular(args.job).decode().splitlines()[args.index]
        job, folder = decode(text.encode(), Job), SweepFolder(args.folder)
        folder.make()
        return EXIT_OK if make(job, folder, wait=args.wait, stopped=stop.is_set) else EXIT_ELSEWHERE
    except (Malformed, OSError, IndexError) as error:
        sys.stderr.write(f"The job cannot be read: {error}\n")
        return EXIT_TARGET_FAILED
    except InspectorError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code if error.exit_code in (EXIT_ENVIRONMENT, EXIT_INTERRUPTED) else EXIT_TARGET_FAILED


if __name__ == "__main__":
    sys.exit(main())
