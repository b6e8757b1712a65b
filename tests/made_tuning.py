"""Searches over settings on a machine that is made up: processes that compile at once, and calls of a known speed.

For the tests and for `benchmarks/tune_alarms.py`.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from inspector import protocol
from inspector.live import CaptureUpdated, Ended, EventArrived, Outcome, OutcomeKind, Update
from inspector.model.capture import Capture
from inspector.model.deviation import Deviation
from inspector.model.numerics import Numerics, OutputNumerics
from inspector.model.request import CaptureRequest
from inspector.model.stage import Stage
from inspector.model.tune import Tuning
from inspector.study.tune.entrants import Entrants
from inspector.study.tune.search import TuneOptions, TuneSearch, TuneUpdate
from inspector.trace import read_capture

CAPTURE = read_capture(Path(__file__).parent / "traces" / "live_gated.log")
SMALL = replace(
    CAPTURE,
    artifacts=tuple(item for item in CAPTURE.artifacts if item.stage is Stage.POST_GRAD),
    others=(),
    links=(),
    fusions=(),
    inputs=(),
    phases=(),
    compilations=tuple(replace(item, guards=(), guard_tree=(), metrics={}) for item in CAPTURE.compilations),
)
"""The same with little to compare."""
EQUAL = Numerics("x", (OutputNumerics("output 0", "f32", (8,), Deviation(0.0, 0.0, 0.0, elements=8)),), None)
BEYOND = Deviation(1.0, 1.0, 9e6, elements=8, differing=8, beyond=8, excess=9.0)
WRONG = Numerics("x", (OutputNumerics("output 0", "f32", (8,), BEYOND),), None)


@dataclass
class Machine:
    """What calls take here.

    Args:
        speeds: what a call takes with a setting, over what it takes without: by name and value, `freezing=True`.
        start: how far two processes of one thing are apart, as a standard deviation of logarithms.
        noise: how far two samples of one process are.
    """

    seed: int = 0
    speeds: Mapping[str, float] = field(default_factory=dict)
    start: float = 0.01
    noise: float = 0.03
    busy: float = 0.0
    same: tuple[str, ...] = ()
    """Settings that change no code."""
    wrong: tuple[str, ...] = ()
    """… that make the numbers wrong."""
    broken: tuple[str, ...] = ()
    """… that do not compile."""
    capture: Capture = CAPTURE

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.lives: list[MadeLive] = []
        self.now = 0.0

    def make(self, request: CaptureRequest, say: Callable[[Update], object]) -> MadeLive:
        self.lives.append(MadeLive(self, request, say))
        return self.lives[-1]

    def clock(self) -> float:
        return self.now


class MadeLive:
    """A process of the machine's."""

    def __init__(self, machine: Machine, request: CaptureRequest, say: Callable[[Update], object]) -> None:
        self.machine, self.say = machine, say
        self.asked = {f"{name}={value}" for name, value in request.inductor}
        self.asked |= {f"threads={request.threads}"} if request.threads is not None else set()
        self.capture = machine.capture
        if self.asked - set(machine.same):
            self.capture = _otherwise(machine.capture)
        self.seconds = 1e-3 * math.exp(machine.chance.gauss(0, machine.start))
        for name in self.asked:
            self.seconds *= machine.speeds.get(name, 1.0)
        self.ended = False
        self.raced = 0

    def start(self) -> None:
        self.machine.now += 1.0
        if self.asked & set(self.machine.broken):
            self.say(Ended(Outcome(OutcomeKind.FAILED, "It does not compile.", exit_code=1)))
            return
        self.say(CaptureUpdated(self.capture))
        self.say(EventArrived(protocol.Compiled(1.0 + len(self.asked))))

    def send(self, message: protocol.Message, /) -> None:
        match message:
            case protocol.RunProfile():
                wrong = self.asked & set(self.machine.wrong)
                self.say(EventArrived(protocol.Profiled(None, WRONG if wrong else EQUAL)))
            case protocol.CompareOutputs():
                self.say(EventArrived(protocol.OutputsCompared(elements=8, compared=bool(message.against), unlike=[])))
            case protocol.RunLatency(samples):
                self.raced += 1
                self.machine.now += 0.2
                chance, noise = self.machine.chance, self.machine.noise
                times = [self.seconds * math.exp(chance.gauss(0, noise)) for _ in range(samples or 1)]
                self.say(EventArrived(protocol.Samples("f32[8]", times, times, busy=self.machine.busy)))
                self.say(EventArrived(protocol.LatencyState("idle")))

    def cancel(self) -> None:
        self.ended = True


def _otherwise(capture: Capture) -> Capture:
    """The same with another graph in it."""
    changed = tuple(
        replace(item, text=item.text.replace("tanh", "sinh")) if item.stage.value in ("post_grad", "kernel") else item
        for item in capture.artifacts
    )
    return replace(capture, artifacts=changed)


def search(
    machine: Machine,
    options: TuneOptions | None = None,
    tell: Callable[[TuneUpdate], object] = lambda _: None,
    *,
    folder: Path = Path("made"),
) -> Tuning:
    """Searches on it."""
    entrants = Entrants(machine.make)
    try:
        found = TuneSearch(
            CaptureRequest(target="toy"), options or TuneOptions(), entrants, folder, tell, clock=machine.clock
        ).run()
    finally:
        entrants.close()
    assert all(live.ended for live in machine.lives), "processes are left"
    return found
