"""A candidate's process: compiled, its numbers compared, raced against another one, ended. One thing at a time."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from inspector import protocol
from inspector.live import Ended, EventArrived, LiveCapture, Outcome, OutcomeKind, Update
from inspector.model.capture import Capture
from inspector.model.numerics import Numerics
from inspector.model.request import CaptureRequest
from inspector.model.version import VersionNumbers, VersionRace
from inspector.work.turns import Turns
from inspector.work.versions import VersionCapture, Workers

_LOOK = 0.1
T = TypeVar("T")
Make = Callable[[CaptureRequest, Callable[[Update], object]], VersionCapture]
"""Makes a live capture."""


class ProcessGone(Exception):
    """A process ended, or said that it cannot; the message says why."""

    def __init__(self, words: str, outcome: Outcome | None = None) -> None:
        super().__init__(words)
        self.outcome = outcome


def making(workers: Workers | None) -> Make:
    """Real live captures: of workers that are forked, or of new processes."""
    return lambda request, on_update: LiveCapture(request, on_update, workers=workers)


class Entrant:
    """One process that has compiled, and waits."""

    def __init__(self, name: str, live: VersionCapture) -> None:
        self.name = name
        self._live = live
        self.compiled: protocol.Compiled | None = None
        self.outcome: Outcome | None = None

    @property
    def capture(self) -> Capture:
        """What it compiled."""
        return self._live.capture

    @property
    def seconds(self) -> float:
        """Of its first compiled call."""
        return self.compiled.seconds if self.compiled is not None else 0.0

    def start(self) -> None:
        """Begins to compile; returns at once."""
        self._live.start()

    def send(self, message: protocol.Message, /) -> None:
        """Passes a request to its worker."""
        self._live.send(message)

    def end(self) -> None:
        """Ends it; returns when nothing of it is left."""
        self._live.cancel()


class Entrants:
    """All processes of a search.

    Args:
        make: makes a live capture.
        check: called many times a second; what it raises ends what is being waited for.
    """

    def __init__(self, make: Make, check: Callable[[], object] = lambda: None) -> None:
        self._make, self._check = make, check
        self._news: queue.SimpleQueue[tuple[Entrant, Update]] = queue.SimpleQueue()
        self.alive: list[Entrant] = []

    def compile(self, name: str, request: CaptureRequest) -> Entrant:
        """A process that has compiled and waits.

        Raises:
            ProcessGone: it did not compile.
            InspectorError: nothing can be compiled here.
        """
        ready = threading.Event()

        def on_update(update: Update) -> None:
            ready.wait()
            self._news.put((entrant, update))

        entrant = Entrant(name, self._make(request, on_update))
        ready.set()
        self.alive.append(entrant)
        entrant.start()

        def heard(who: Entrant, update: Update) -> bool | None:
            if who is not entrant:
                return None
            match update:
                case EventArrived(protocol.Compiled() as compiled):
                    entrant.compiled = compiled
            # What it compiled is read from its trace, which may come later.
            return True if entrant.compiled is not None and entrant.capture.finished else None

        try:
            self._wait((entrant,), heard)
        except ProcessGone:
            self.end(entrant)
            raise
        return entrant

    def end(self, entrant: Entrant) -> None:
        """Ends a process, however it stands."""
        if entrant in self.alive:
            self.alive.remove(entrant)
            entrant.end()

    def close(self) -> None:
        """Ends all."""
        for entrant in list(self.alive):
            self.end(entrant)

    def numerics(self, entrant: Entrant, tolerance: float | None) -> Numerics:
        """Its results against eager's, and both against float64.

        Raises:
            ProcessGone: it ended, or cannot compare.
        """
        entrant.send(protocol.RunProfile(numerics=True, times=False, tolerance=tolerance))

        def heard(who: Entrant, update: Update) -> Numerics | None:
            match update:
                case EventArrived(protocol.Profiled(numerics=Numerics() as found)) if who is entrant:
                    return found
            return None

        return self._wait((entrant,), heard)

    def outputs(self, entrant: Entrant, keep: Path, against: Path | None) -> tuple[VersionNumbers | None, str]:
        """What a call comes to, kept, and held against what another process kept; None and why where it was not.

        Raises:
            ProcessGone: it ended.
        """
        entrant.send(protocol.CompareOutputs(str(keep), str(against or "")))

        def heard(who: Entrant, update: Update) -> protocol.OutputsCompared | None:
            match update:
                case EventArrived(protocol.OutputsCompared() as found) if who is entrant:
                    return found
            return None

        found = self._wait((entrant,), heard)
        if not found.compared:
            return None, "; ".join(found.unlike)
        counts = found.elements, found.differing, found.beyond
        return VersionNumbers(*counts, found.max_abs, found.max_rel, tuple(found.unlike)), ""

    def race(self, before: Entrant, now: Entrant, rounds: int) -> VersionRace:
        """Both in turn.

        Raises:
            ProcessGone: there is no race; the message says why.
        """
        ended: list[tuple[VersionRace | None, str]] = []
        turns = Turns(before, now, lambda race, why: ended.append((race, why)), rounds=rounds)

        def heard(who: Entrant, update: Update) -> tuple[VersionRace | None, str] | None:
            if isinstance(update, EventArrived):
                turns.heard(who, update.event)
            return ended[0] if ended else None

        try:
            race, why = self._wait((before, now), heard, failures=False)
        except BaseException:
            turns.stop()
            raise
        if race is None:
            raise ProcessGone(why)
        return race

    def _wait(
        self,
        of: tuple[Entrant, ...],
        heard: Callable[[Entrant, Update], T | None],
        *,
        failures: bool = True,
    ) -> T:
        """Hears what all say until `heard` has what it waits for.

        Args:
            of: the processes that it waits for; the end of another one is only remembered.
            failures: whether what one says that it cannot do ends the waiting.
        """
        while True:
            for entrant in of:
                if entrant.outcome is not None:
                    raise ProcessGone(_words(entrant.outcome), entrant.outcome)
            self._check()
            with suppress(queue.Empty):
                who, update = self._news.get(timeout=_LOOK)
                if (found := heard(who, update)) is not None:
                    return found
                match update:
                    case Ended(outcome):
                        who.outcome = outcome
                    case EventArrived(protocol.Failed(fatal=False) as failed) if who in of and failures:
                        raise ProcessGone(failed.message)


def _words(outcome: Outcome) -> str:
    if outcome.kind is OutcomeKind.FINISHED:
        return "Its process ended."
    return outcome.message
