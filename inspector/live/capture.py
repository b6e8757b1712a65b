"""Runs one worker and turns all that comes from it into captures."""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from inspector import protocol
from inspector.client.logs import LogTail, last_lines
from inspector.client.memory import machine_memory, oom_kills
from inspector.client.outcome import Outcome, OutcomeKind, WorkerEnding, classify
from inspector.client.process import WorkerProcess
from inspector.client.toolchain import require_compiler
from inspector.errors import EXIT_TARGET_FAILED, InspectorError
from inspector.live.edits import EditFold
from inspector.live.latency import LatencyFold
from inspector.live.profiling import ProfileFold
from inspector.live.rundir import RunDirectory
from inspector.live.updates import CaptureUpdated, Ended, EventArrived, LogText, Update
from inspector.live.watch import Watch
from inspector.model.capture import Capture, CompileStatus, Note
from inspector.model.request import CaptureRequest
from inspector.trace import CaptureBuilder, TraceTail

_POLL = 0.02
"""Seconds between two looks at the trace and the logs; events are taken as they come."""

_GRACE = 5.0
"""Seconds that a worker gets to end by itself after `Shutdown`, or after it reported a fatal failure."""


class LiveCapture:
    """One capture being made: `start`, then updates until `Ended`, which is always the last.

    Args:
        request: what to capture.
        on_update: called on this object's own thread; must not block, and may call `send`.
        directory: the run's folder, kept afterwards; None for a temporary one, removed at the end.
        timeout: seconds without a sign of life or progress until the worker counts as hung; None for the request's.
        command: what to run in place of the real worker.
        workers: makes the worker for a folder, which is temporary or not; None starts a new program.
    """

    def __init__(
        self,
        request: CaptureRequest,
        on_update: Callable[[Update], object],
        *,
        directory: Path | None = None,
        timeout: float | None = None,
        command: Sequence[str] | None = None,
        workers: Callable[[Path, bool], WorkerProcess] | None = None,
    ) -> None:
        self._request = request
        self._on_update = on_update
        self._directory = directory
        self._workers = workers or (lambda folder, temporary: WorkerProcess(folder, command, temporary=temporary))
        self._watch = Watch(request.timeout if timeout is None else timeout)
        self._latency = LatencyFold()
        self._profiles = ProfileFold()
        self._edits = EditFold()
        self._builder = CaptureBuilder()
        self._capture = Capture(request=request)
        self._outcome: Outcome | None = None
        self._worker: WorkerProcess | None = None
        self._lock = threading.Lock()
        self._early: list[protocol.Message] = []
        """Requests made before there was a worker to take them."""
        self._thread: threading.Thread | None = None
        self._cancelled = threading.Event()
        self._reset = threading.Event()
        self._leave_by: float | None = None
        self._compiled = False
        self._failed: protocol.Failed | None = None

    @property
    def capture(self) -> Capture:
        """What has arrived so far."""
        return self._capture

    def start(self) -> None:
        """Starts the worker; returns at once.

        Raises:
            EnvironmentLacking: there is no C++ compiler, or no place for temporary files.
            UsageError: the run's folder cannot be made.
        """
        require_compiler()
        run = RunDirectory(self._directory)
        self._watch.moved()
        self._thread = threading.Thread(target=self._run, args=(run,), name="live-capture", daemon=True)
        self._thread.start()

    def send(self, message: protocol.Message) -> None:
        """Passes a request to the worker; after its end nobody listens, and `Ended` has told so."""
        if isinstance(message, protocol.ResetLatency):
            self._reset.set()
        if isinstance(message, protocol.EditKernel):
            self._edits.asked(message)
        if isinstance(message, protocol.Shutdown):
            self._leave_by = time.monotonic() + _GRACE
        self._watch.asked(message)
        with self._lock:
            if self._worker is None:
                self._early.append(message)
            else:
                self._worker.send(message)

    def cancel(self) -> None:
        """Kills the worker and everything it started; returns when none of it is left. What arrived is kept."""
        self._cancelled.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join()

    def wait(self) -> Outcome:
        """Waits for the end.

        Raises:
            RuntimeError: it was not started.
        """
        if self._thread is not None:
            self._thread.join()
        if self._outcome is None:
            raise RuntimeError("the live capture was not started")
        return self._outcome

    # --- on the capture's own thread ------------------------------------------------------------------------

    def _run(self, run: RunDirectory) -> None:
        try:
            outcome = self._follow(run)
        except InspectorError as error:
            outcome = Outcome(OutcomeKind.FAILED, error.message, error.hint, exit_code=error.exit_code)
        except Exception as error:  # noqa: BLE001 (a face that waits for `Ended` would wait for ever)
            outcome = Outcome(
                OutcomeKind.FAILED,
                f"inspector itself failed while it read the capture: {type(error).__name__}: {error}",
                "That is a mistake in inspector; please report it with what --traceback prints.",
                exit_code=EXIT_TARGET_FAILED,
                traceback=traceback.format_exc(),
            )
        finally:
            run.remove()
        self._finish(outcome)

    def _follow(self, run: RunDirectory) -> Outcome:
        kills_before, directory = oom_kills(), run.path
        worker = self._workers(directory, run.temporary)
        self._watch.begun()  # it may have been waited for
        trace = TraceTail(directory / "trace")
        logs = {"out": LogTail(worker.out_log), "err": LogTail(worker.err_log)}
        hung = ""
        try:
            with self._lock:
                self._worker = worker
                for message in (protocol.Start(self._request, str(directory)), *self._early):
                    worker.send(message)
            while worker.poll() is None and not self._over():
                self._take_events(worker, _POLL)
                self._read_files(trace, logs)
                if hung := self._watch.verdict():
                    worker.dump_stacks()
                    break
        finally:
            returncode = worker.close()
        self._take_events(worker, 0)
        self._read_files(trace, logs, last=True)
        trace.close()
        return classify(
            WorkerEnding(
                returncode,
                cancelled=self._cancelled.is_set(),
                hung=hung,
                shut_down=self._leave_by is not None,
                compiled=self._compiled,
                failed=self._failed,
                phase=self._watch.phase,
                peak_rss=self._watch.peak_rss,
                memory=machine_memory(),
                oom_kills=oom_kills() - kills_before,
                log_tail=last_lines(worker.err_log) or last_lines(worker.out_log),
            )
        )

    def _over(self) -> bool:
        return self._cancelled.is_set() or (self._leave_by is not None and time.monotonic() > self._leave_by)

    def _take_events(self, worker: WorkerProcess, timeout: float) -> None:
        changed = False
        event = worker.next_event(timeout)
        while event is not None:
            self._watch.heard(event)
            if isinstance(event, protocol.Compiled):
                self._compiled = True
            elif isinstance(event, protocol.Hello) and event.version != protocol.VERSION:
                message = f"The worker speaks version {event.version} of the protocol, not {protocol.VERSION}."
                self._fail(protocol.Failed(message, "Install inspector anew: its parts differ in age."), grace=0)
            elif isinstance(event, protocol.Failed) and event.fatal:
                self._fail(event)
            folds = (self._latency, self._profiles, self._edits)
            changed = sum(fold.take(event) for fold in folds) > 0 or changed
            self._on_update(EventArrived(event))
            event = worker.next_event(0)
        if self._reset.is_set():
            self._reset.clear()
            self._latency.reset()
            changed = True
        if changed:
            self._publish(self._with_measured(self._capture))

    def _fail(self, failed: protocol.Failed, grace: float = _GRACE) -> None:
        self._failed = failed
        self._leave_by = time.monotonic() + grace

    def _read_files(self, trace: TraceTail, logs: dict[str, LogTail], *, last: bool = False) -> None:
        for stream, log in logs.items():
            if text := log.read(last=last):
                self._watch.moved()
                self._on_update(LogText(stream, text))
        while self._worker is not None and self._worker.bad_lines:
            self._on_update(LogText("inspector", self._worker.bad_lines.pop(0) + "\n"))
        if records := trace.read():
            self._watch.moved()
            for record in records:
                self._builder.feed(record)
            made = self._builder.snapshot()
            self._publish(self._with_measured(replace(made, request=made.request or self._request)))

    def _with_measured(self, capture: Capture) -> Capture:
        found = replace(capture, latency=self._latency.runs(), edits=self._edits.edits(capture))
        return self._profiles.added_to(found, self._builder.addresses)

    def _publish(self, capture: Capture) -> None:
        """Makes `capture` the current one; what was worked out for the last one is kept where it still holds."""
        before = self._capture
        for name, source in (("by_id", "artifacts"), ("index", "links")):
            if name in before.__dict__ and getattr(before, source) is getattr(capture, source):
                capture.__dict__[name] = before.__dict__[name]
        self._capture = capture
        self._on_update(CaptureUpdated(capture))

    def _finish(self, outcome: Outcome) -> None:
        """Marks what the end cut short, then tells it."""
        self._outcome = outcome
        if self._edits.lost(outcome):
            self._publish(self._with_measured(self._capture))
        if outcome.kind is not OutcomeKind.FINISHED and not self._capture.finished:
            cut = tuple(
                replace(item, status=CompileStatus.FAILED, error=item.error or outcome.message)
                if item.status is CompileStatus.LIVE
                else item
                for item in self._capture.compilations
            )
            note = Note("warning", f"This capture is incomplete. {outcome.message}")
            self._publish(replace(self._capture, compilations=cut, notes=(*self._capture.notes, note)))
        self._on_update(Ended(outcome))
