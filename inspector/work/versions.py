"""The loop from a saved file to a compiled version: watches, compiles, compares by meaning, races, keeps.

A newer save wins: what is still being compiled for an older one is ended. A version that compiled keeps its process
until the next one has been raced against it, so that there are two at most beside their parent.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from inspector import protocol
from inspector.client.toolchain import require_compiler
from inspector.errors import InspectorError
from inspector.live import CaptureUpdated, Ended, EventArrived, LiveCapture, LogText, Outcome, OutcomeKind, Update
from inspector.live.rundir import RunDirectory
from inspector.model.capture import Capture
from inspector.model.difference import CaptureDifference
from inspector.model.request import CaptureRequest
from inspector.model.stage import Stage
from inspector.model.version import Standing, Version, VersionNumbers, VersionRace
from inspector.work.saves import Saves
from inspector.work.turns import Turns

if TYPE_CHECKING:
    from inspector.client.process import WorkerProcess

LOOK = 0.05
"""Seconds between two looks at the files."""


class VersionCapture(Protocol):
    """What is needed of `inspector.live.LiveCapture`."""

    @property
    def capture(self) -> Capture:
        """What has arrived so far."""

    def start(self) -> None:
        """Starts the worker; returns at once."""

    def send(self, message: protocol.Message, /) -> None:
        """Passes a request to the worker."""

    def cancel(self) -> None:
        """Kills the worker and everything it started; returns when none of it is left."""


Workers = Callable[[Path, bool], "WorkerProcess"]


class Warm(Protocol):
    """What is needed of `inspector.client.warm.WarmWorkers`."""

    refusal: str
    lost: bool

    def worker(self, directory: Path, temporary: bool, /) -> WorkerProcess:
        """A worker that is ready to compile."""

    def close(self) -> None:
        """Leaves nothing of them."""


def live_capture(request: CaptureRequest, on_update: Callable[[Update], object], workers: Workers) -> VersionCapture:
    """The real thing."""
    return LiveCapture(request, on_update, workers=workers)


def warm_workers(request: CaptureRequest, directory: Path) -> Warm:
    """The real thing."""
    from inspector.client.warm import WarmWorkers

    return WarmWorkers(request, directory)


@dataclass(eq=False)
class _Attempt:
    """One version's process."""

    version: Version
    saved: float
    """On the loop's clock, when its save was seen."""
    wall: float
    """Seconds since the epoch, before its files were read."""
    live: VersionCapture
    outputs: Path
    """Where it keeps what a call comes to."""
    over: bool = False
    """Whether its process has ended, or is being ended."""

    def send(self, message: protocol.Message, /) -> None:
        """Passes a request to its worker."""
        self.live.send(message)


class Versions:
    """Compiles a target anew whenever a file that it comes from is saved.

    Args:
        request: what to compile.
        tell: called on the loop's thread with each version whenever there is more of it.
        hear: called there with what the process of the last version that compiled says, and with what any prints.
        make: makes a live capture; tests pass a fake.
        warm: makes what workers are forked from; tests pass a fake.
        clock: seconds, monotonic.
    """

    def __init__(
        self,
        request: CaptureRequest,
        tell: Callable[[Version], object],
        hear: Callable[[Update], object] = lambda _: None,
        *,
        make: Callable[[CaptureRequest, Callable[[Update], object], Workers], VersionCapture] = live_capture,
        warm: Callable[[CaptureRequest, Path], Warm] = warm_workers,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._request, self._tell, self._say = request, tell, hear
        self._make, self._warm, self._clock = make, warm, clock
        self._news: queue.SimpleQueue[tuple[_Attempt | None, Update]] = queue.SimpleQueue()
        self._ending: list[threading.Thread] = []
        self._count = 0
        self._trying: _Attempt | None = None
        self._good: _Attempt | None = None
        """The last that compiled."""
        self._before: _Attempt | None = None
        """The one before it, while the two are compared."""
        self._turns: Turns | None = None
        self._workers: Warm | None = None
        self._told_of_spare = False
        self._folder = Path()
        self._saves = Saves(map(str, first_files(request)), clock)

    @property
    def files(self) -> tuple[str, ...]:
        """The files that are looked at."""
        return self._saves.files

    @property
    def refusal(self) -> str:
        """Why workers are not forked; empty where they are, or where that is not known yet."""
        return self._workers.refusal if self._workers is not None else ""

    def send(self, message: protocol.Message) -> None:
        """Passes a request to the process of the last version that compiled; a race of versions ends for it."""
        self._news.put((None, EventArrived(message)))

    def run(self, stop: Callable[[], bool]) -> None:
        """Watches; nothing of any process is left when this returns.

        Args:
            stop: asked many times a second whether it is to end.

        Raises:
            EnvironmentLacking: there is no compiler, or no place for temporary files.
        """
        with RunDirectory(None) as folder:
            self._folder = folder
            self._workers = self._warm(self._request, self._place())
            try:
                self._begin()
                while not stop():
                    if self._saves.look():
                        self._begin()
                    self._hear(LOOK)
            finally:
                self._workers.close()
                for attempt in (self._trying, self._good, self._before):
                    self._end(attempt)
                for thread in self._ending:
                    thread.join()

    # --- a version begins and ends --------------------------------------------------------------------------

    def _begin(self) -> None:
        """Compiles what is there now; ends what an older save is still at."""
        if self._trying is not None:
            self._end(self._trying)
            self._change(self._trying, standing=Standing.OVERTAKEN, message="A newer one was saved meanwhile.")
        self._end_turns("a newer version was saved meanwhile")
        self._saves.take()
        self._count += 1
        before = self._good.version.number if self._good is not None else None
        version = Version(self._count, Standing.COMPILING, before=before, files=self._saves.files)
        assert self._workers is not None
        if self._workers.lost:  # somebody has killed what workers are forked from, or the system has
            self._workers.close()
            self._workers = self._warm(self._request, self._place())
        outputs = self._folder / f"outputs-{self._count}.pt"

        def on_update(update: Update) -> None:
            self._news.put((attempt, update))

        live = self._make(self._request, on_update, self._workers.worker)
        attempt = self._trying = _Attempt(version, self._clock(), time.time(), live, outputs)
        self._tell(version)
        live.start()

    def _place(self) -> Path:
        """An empty folder for what workers are forked from."""
        place = self._folder / f"warm-{self._count}"
        place.mkdir()
        return place

    def _end(self, attempt: _Attempt | None) -> None:
        """Ends a version's process, without waiting for it."""
        if attempt is None or attempt.over:
            return
        attempt.over = True
        thread = threading.Thread(target=attempt.live.cancel, name="ending-version", daemon=True)
        thread.start()
        self._ending = [*(item for item in self._ending if item.is_alive()), thread]

    def _change(self, attempt: _Attempt, **fields: Any) -> None:
        attempt.version = replace(attempt.version, **fields)
        self._tell(attempt.version)

    # --- what its process says ------------------------------------------------------------------------------

    def _hear(self, seconds: float) -> None:
        """Takes what has arrived; of several snapshots of one version the last."""
        news: list[tuple[_Attempt | None, Update]] = []
        with suppress(queue.Empty):
            news.append(self._news.get(timeout=seconds))
            while True:
                news.append(self._news.get_nowait())
        latest = {id(attempt): update for attempt, update in news if isinstance(update, CaptureUpdated)}
        for attempt, update in news:
            if isinstance(update, CaptureUpdated) and latest[id(attempt)] is not update:
                continue
            if attempt is None:
                self._pass_on(update)
            elif not attempt.over:
                self._heard(attempt, update)

    def _pass_on(self, update: Update) -> None:
        if not isinstance(update, EventArrived) or self._good is None:
            return
        if self._good.over:
            words = f"The process of version {self._good.version.number} has ended."
            self._say(EventArrived(protocol.Failed(words, "The next save begins another.", fatal=False)))
            return
        self._end_turns("it was left for another measurement")
        self._good.send(update.event)

    def _heard(self, attempt: _Attempt, update: Update) -> None:
        if isinstance(update, LogText) or (isinstance(update, EventArrived) and attempt is self._good):
            self._say(update)
        if self.refusal and not self._told_of_spare:
            self._told_of_spare = True
            words = f"Each version has a spare process, and not one that is forked, as {self.refusal}.\n"
            self._say(LogText("inspector", words))
        match update:
            case CaptureUpdated(capture):
                self._captured(attempt, capture)
            case EventArrived(protocol.Loaded(files)):
                self._saves.add(files, read=attempt.wall)
                self._change(attempt, files=self._saves.files)
            case EventArrived(protocol.Compiled()):
                self._compiled(attempt)
                self._say(update)
            case EventArrived(protocol.OutputsCompared() as found):
                self._outputs(attempt, found)
            case EventArrived(protocol.Failed(fatal=False) as failed) if attempt.version.numbers is None:
                self._change(attempt, uncompared=failed.message)
                self._race(attempt)
            case EventArrived(event) if self._turns is not None:
                self._turns.heard(attempt, event)
            case Ended(outcome):
                self._ended(attempt, outcome)

    def _captured(self, attempt: _Attempt, capture: Capture) -> None:
        after = self._clock() - attempt.saved
        fields: dict[str, Any] = {"capture": capture}
        if attempt.version.code_after is None and capture.find(Stage.INDUCTOR):
            fields |= {"code_after": after, "difference": self._difference(attempt, capture)}
        if (
            attempt.version.raced_after is None
            and self._turns is not None
            and attempt is self._good
            and capture.latency
        ):
            fields["raced_after"] = after
        self._change(attempt, **fields)

    def _difference(self, attempt: _Attempt, capture: Capture) -> CaptureDifference | None:
        """Against the version before; None of the first."""
        if self._good is None:
            return None
        from inspector.compare import compare_captures

        before = self._good.version
        titles = f"version {before.number}", f"version {attempt.version.number}"
        return compare_captures(before.capture, capture, titles, timed=False)

    def _compiled(self, attempt: _Attempt) -> None:
        after, capture = self._clock() - attempt.saved, attempt.live.capture
        difference = self._difference(attempt, capture)
        self._before, self._good, self._trying = self._good, attempt, None
        self._change(attempt, standing=Standing.GOOD, capture=capture, compiled_after=after, difference=difference)
        against = str(self._before.outputs) if self._before is not None else ""
        attempt.send(protocol.CompareOutputs(str(attempt.outputs), against))

    def _outputs(self, attempt: _Attempt, found: protocol.OutputsCompared) -> None:
        if found.compared:
            counts = found.elements, found.differing, found.beyond
            numbers = VersionNumbers(*counts, found.max_abs, found.max_rel, tuple(found.unlike))
            self._change(attempt, numbers=numbers, uncompared="")
        else:
            self._change(attempt, uncompared="; ".join(found.unlike))
        self._race(attempt)

    def _race(self, attempt: _Attempt) -> None:
        """Has this version and the one before it run in turn."""
        before = self._before
        if attempt is not self._good or before is None:
            return
        if before.over:
            self._raced(None, f"the process of version {before.version.number} has ended")
        else:
            self._turns = Turns(before, attempt, self._raced)

    def _raced(self, race: VersionRace | None, why: str) -> None:
        """The two have been compared; the process of the older one is needed no longer."""
        self._turns = None
        if self._before is not None:
            self._end(self._before)
            self._before.outputs.unlink(missing_ok=True)
            self._before = None
        if self._good is not None:
            self._change(self._good, race=race, unraced=why)

    def _end_turns(self, why: str) -> None:
        if self._turns is not None:
            self._turns.stop()
        if self._before is not None:
            self._raced(None, why)

    def _ended(self, attempt: _Attempt, outcome: Outcome) -> None:
        attempt.over = True
        if self._turns is not None:
            self._turns.lost(attempt)
        if attempt is not self._trying:
            return
        self._trying = None
        message = outcome.message
        if outcome.kind is OutcomeKind.FINISHED:
            message = "Its process ended before it had compiled."
        self._change(
            attempt,
            standing=Standing.FAILED,
            message=message,
            hint=outcome.hint,
            traceback=outcome.traceback,
            exit_code=outcome.exit_code,
        )


class Watching:
    """A loop on a thread of its own, as `VersionCapture` has it; says versions among the updates.

    Args:
        request: what to compile.
        on_update: called on the loop's thread; `Ended` where the loop itself cannot go on.
    """

    def __init__(self, request: CaptureRequest, on_update: Callable[[Update | Version], object]) -> None:
        self._say = on_update
        self._stop = threading.Event()
        self._versions = Versions(request, on_update, on_update)
        self._thread = threading.Thread(target=self._run, name="versions", daemon=True)

    def start(self) -> None:
        """Begins to watch; returns at once.

        Raises:
            EnvironmentLacking: there is no C++ compiler.
        """
        require_compiler()
        self._thread.start()

    def send(self, message: protocol.Message, /) -> None:
        """Passes a request to the process of the last version that compiled."""
        self._versions.send(message)

    def cancel(self) -> None:
        """Ends it; returns when nothing of any process is left."""
        self._stop.set()
        if self._thread.ident is not None:
            self._thread.join()

    def _run(self) -> None:
        try:
            self._versions.run(self._stop.is_set)
        except InspectorError as error:
            code = error.exit_code
            self._say(Ended(Outcome(OutcomeKind.FAILED, error.message, error.hint, exit_code=code)))


def first_files(request: CaptureRequest) -> list[Path]:
    """The file that the target is written in, as far as that is known before anything of it is imported."""
    place, colon, _ = (request.target or "").rpartition(":")
    if not request.target:
        return []
    if not colon:
        from inspector.targets import find

        return [find(request.target).path]
    if place.endswith(".py"):
        return [Path(place).expanduser().resolve()]
    return []
