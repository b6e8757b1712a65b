"""Results of a study made by hand, and a plan whose updates a test says."""

from __future__ import annotations

import math
import queue
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from driving import BIG, clock, until
from textual.pilot import Pilot

from inspector.model.study import (
    CureRun,
    Experiment,
    Generation,
    Layers,
    Mode,
    ShapeCall,
    Shapes,
    StudyRequest,
    StudyRun,
)
from inspector.study import plan
from inspector.study.control import Control
from inspector.study.sources import OpenedResults, ResultSet
from inspector.study.updates import Estimating, Planned, PlanProgress, RunFinished, Update
from inspector.tui.study.app import StudyApp
from inspector.tui.study.parts import PlanState, StudyState
from inspector.tui.study.screen import StudyScreen
from inspector.tui.study.source import Runs, StudySource

MACHINE = {
    "cpu": "Test CPU",
    "threads": 2,
    "isa": "AVX512",
    "torch": "2.13.0",
    "transformers": "5.23.0",
    "compiler": "g++ 12.2.0",
    "bandwidth": 28e9,
}
OTHER = {"machine": "the paper"}
TOKENS = 60


def generation(mode: Mode, batch: int, *, pace: float = 1.0, tokens: int = TOKENS) -> Generation:
    """Compiling costs four seconds and saves a fifth of each step, more with larger batches."""
    step = 0.1 * pace * (1 + batch / 16)
    prefill, first = step * 2, step
    if mode is not Mode.EAGER:
        first += 4.0 * pace
        step *= 0.8 - batch / 100 / pace
    if mode is Mode.PREFILL_DECODE:
        prefill += 3.0 * pace
    steps = [step * (1 + 0.15 * math.sin(place * 1.7 + batch)) for place in range(tokens - 1)]
    begin = 100.0
    stamps = [begin + prefill + first]
    for each in steps:
        stamps.append(stamps[-1] + each)
    return Generation(mode.value, batch, begin, begin + prefill, tuple(stamps), 98.0, 32, (0, 1), 1_000_000_000)


def requests(batches: tuple[int, ...] = (1, 8, 32)) -> list[StudyRequest]:
    return plan.spot(StudyRequest(Experiment.SPOT, tokens=TOKENS), batches=batches)


def run_of(request: StudyRequest, *, pace: float = 1.0, machine: dict[str, object] = MACHINE) -> StudyRun:
    result = generation(Mode(request.variant), request.batch, pace=pace)
    return StudyRun(request, result, machine, key=request.key(str(machine)))


def spot(name: str = "mine", *, pace: float = 1.0, machine: dict[str, object] = MACHINE) -> ResultSet:
    runs = tuple(run_of(request, pace=pace, machine=machine) for request in requests())
    return ResultSet(name, runs, str(machine.get("machine", "Test CPU · 2 threads · torch 2.13.0")))


def of(experiment: Experiment, *results: Shapes | Layers | CureRun) -> ResultSet:
    runs = tuple(StudyRun(StudyRequest(experiment), result, MACHINE, key=str(result)) for result in results)
    return ResultSet("mine", runs, "Test CPU · 2 threads · torch 2.13.0")


def shapes() -> ResultSet:
    reason = "tensor 'input_ids' size mismatch at index 1. expected 5, actual 10"
    places = [(5, 10), (5, 30), (10, 10), (10, 30), (100, 10), (100, 30)]

    def calls(costs: tuple[float, ...], graphs: tuple[int, ...]) -> tuple[ShapeCall, ...]:
        return tuple(
            ShapeCall(prompt, tokens, cost * tokens, (count, 0), (reason,) * count if place else ())
            for place, ((prompt, tokens), cost, count) in enumerate(zip(places, costs, graphs, strict=True))
        )

    return of(
        Experiment.SHAPES,
        Shapes("eager", calls((0.1,) * 6, (0,) * 6)),
        Shapes("none", calls((2.0, 0.08, 1.4, 0.08, 0.1, 0.08), (1, 0, 1, 0, 0, 0))),
        Shapes("true", calls((2.6, 0.09, 0.09, 0.09, 0.11, 0.09), (1, 0, 0, 0, 0, 0))),
        Shapes("mark", calls((2.2, 0.09, 0.09, 0.09, 0.11, 0.09), (1, 0, 0, 0, 0, 0))),
    )


def layers() -> ResultSet:
    return of(
        Experiment.LAYERS,
        Layers("eager", 16, 0.5, 0.31),
        Layers("whole", 16, 59.2, 0.024, 98, 16, 16, 16),
        Layers("isolated", 16, 47.3, 0.09, 112, 112, 7, 16),
        Layers("layer", 16, 36.4, 0.2, 56, 56, 7, 8, ("___check_obj_id(self.layer_idx) == 7",), 8),
    )


def cures() -> ResultSet:
    made = []
    for target, scale in (("llama-mlp", 1.0), ("llama-tiny", 1.4)):
        for cure, seconds in (("eager", 2.1), ("cold", 17.8), ("mega-cache", 17.9), ("copied", 4.5), ("pack", 2.2)):
            made.append(CureRun(target, cure, seconds * scale, 1.2, 1_500_000 if cure == "pack" else 0))
    return of(Experiment.CURES, *made)


def opened(*sets: ResultSet, notes: tuple[str, ...] = ()) -> OpenedResults:
    return OpenedResults(tuple(sets), notes)


class FakeRuns:
    """A plan that tells what a test says; its thread ends when the test says so, or when it is stopped."""

    def __init__(self, wanted: list[StudyRequest] | None = None, path: Path = Path("study-spot.jsonl")) -> None:
        self.requests = tuple(requests() if wanted is None else wanted)
        self.path = path
        self.control: Control | None = None
        self.begun = 0
        self._said: queue.SimpleQueue[Update | Exception | None] = queue.SimpleQueue()

    def run(self, on_update: Callable[[Update], object], control: Control) -> None:
        self.control = control
        self.begun += 1
        while True:
            control.check()
            try:
                update = self._said.get(timeout=0.01)
            except queue.Empty:
                continue
            if update is None:
                return
            if isinstance(update, Exception):
                raise update
            on_update(update)

    def say(self, *updates: Update | Exception | None) -> None:
        for update in updates:
            self._said.put(update)

    def up_to(self, number: int, *, kept: int = 0, phase: str = "decoding") -> list[Update]:
        """Everything until a run, counted from 0, is under way; the first ones were kept from before."""
        told: list[Update] = [
            Estimating("importing torch"),
            Planned(
                tuple(run_of(item) for item in self.requests[:kept]),
                self.requests[:kept],
                self.requests[kept:],
                (),
                MACHINE,
            ),
        ]
        told += [RunFinished(run_of(self.requests[place]), 21.0 + place) for place in range(kept, number)]
        left = None if number == kept else 25.0 * (len(self.requests) - number)
        told.append(
            PlanProgress(number + 1 - kept, len(self.requests) - kept, self.requests[number], phase, 80.0, left, 12.0)
        )
        return told


def results_app(*sets: ResultSet, notes: tuple[str, ...] = (), title: str = "mine") -> StudyApp:
    return StudyApp(opened=opened(*sets, notes=notes), title=title, clock=clock)


def live_app(runs: Runs) -> StudyApp:
    return StudyApp(StudySource(runs), title="study spot", clock=clock)


def on_screen(app: StudyApp) -> bool:
    return app.study_screen is not None and app.study_screen.is_mounted and app.study_screen.chart.size.width > 0


@asynccontextmanager
async def shown(
    *sets: ResultSet, size: tuple[int, int] = BIG, notes: tuple[str, ...] = ()
) -> AsyncIterator[tuple[Pilot[int], StudyScreen]]:
    """The app on finished results."""
    app = results_app(*sets, notes=notes)
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: on_screen(app))
        assert app.study_screen is not None
        yield pilot, app.study_screen


@asynccontextmanager
async def live(runs: FakeRuns, size: tuple[int, int] = BIG) -> AsyncIterator[tuple[Pilot[int], StudyScreen]]:
    """The app on a plan under way; nothing of it is left at the end."""
    app = live_app(runs)
    try:
        async with app.run_test(size=size) as pilot:
            await until(pilot, lambda: on_screen(app) and (not isinstance(runs, FakeRuns) or runs.control is not None))
            assert app.study_screen is not None
            yield pilot, app.study_screen
    finally:
        if app.study_source is not None:
            app.study_source.close()


def text_of(screen: StudyScreen) -> str:
    strips = screen.app.screen._compositor.render_strips(screen.app.size)
    return "\n".join(strip.text for strip in strips)


def phase(screen: StudyScreen) -> PlanState:
    return plan_of(screen).plan


def plan_of(screen: StudyScreen) -> StudyState:
    assert screen.desk.plan is not None
    return screen.desk.plan
