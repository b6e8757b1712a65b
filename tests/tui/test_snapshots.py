"""What the screen looks like, at four sizes; the clock stands still and nothing turns."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import prices
import pytest
from driving import clock, ready, since, taken, until
from fakes import REQUEST, Factory, llama_mlp, recompiled, with_breaks
from profilefakes import measured, numerics, profile
from textual.pilot import Pilot

from inspector import protocol
from inspector.client.outcome import OutcomeKind
from inspector.model.capture import Capture
from inspector.model.stage import Stage
from inspector.tui.app import InspectorApp
from inspector.tui.desk import beside
from inspector.tui.panes.code import CodePane
from inspector.tui.source import LiveSource
from inspector.tui.widgets.phases import PhaseChart
from inspector.tui.widgets.stages import StageStrip

SIZES = [(80, 24), (120, 40), (200, 50), (300, 80)]
Before = Callable[[Pilot[int]], Awaitable[None]]


@pytest.fixture(autouse=True)
def still(monkeypatch):
    """No animation: what turns or grows by itself stays as it was first drawn."""
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr(beside, "early", lambda *_: None)  # the file of the transformers that is installed here
    for cls in (CodePane, StageStrip, PhaseChart):
        monkeypatch.setattr(cls, "_set_pulse", lambda self: None)


def opened(capture: Capture | None = None) -> InspectorApp:
    return InspectorApp(capture=capture or llama_mlp(), title="llama-mlp", clock=clock)


def before(*steps: str | Callable[[InspectorApp], object]) -> Before:
    """Waits for the main screen, then presses keys and calls functions."""

    async def run(pilot: Pilot[int]) -> None:
        app = pilot.app
        assert isinstance(app, InspectorApp)
        await until(pilot, lambda: ready(app))
        for step in steps:
            if isinstance(step, str):
                await pilot.press(step)
            else:
                step(app)
            await pilot.pause()
        await pilot.pause()

    return run


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_opened(snap_compare, size):
    assert snap_compare(opened(), terminal_size=size, run_before=before())


@pytest.mark.parametrize("size", [(80, 24), (200, 50)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_light(snap_compare, size):
    assert snap_compare(opened(), terminal_size=size, run_before=before("t"))


def test_a_kernel_statement_and_its_relatives(snap_compare):
    steps = ["tab", "tab", "minus", "0", *(["j"] * 23)]
    assert snap_compare(opened(), terminal_size=(200, 50), run_before=before(*steps))


@pytest.mark.parametrize("size", [(80, 24), (200, 50)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_help(snap_compare, size):
    assert snap_compare(opened(), terminal_size=size, run_before=before("question_mark"))


def test_compile_ids(snap_compare):
    assert snap_compare(opened(with_breaks()), terminal_size=(120, 40), run_before=before("c"))


def test_find_everywhere(snap_compare):
    assert snap_compare(opened(), terminal_size=(120, 40), run_before=before("ctrl+f", *"silu"))


def test_find_in_a_pane(snap_compare):
    assert snap_compare(opened(), terminal_size=(80, 24), run_before=before("5", "slash", *"mm_"))


def test_details_tall(snap_compare):
    assert snap_compare(opened(with_breaks()), terminal_size=(120, 40), run_before=before("D", "m"))


def test_too_small(snap_compare):
    assert snap_compare(opened(), terminal_size=(50, 12), run_before=before())


class Story:
    """A live app, told what its worker says before the picture is taken."""

    def __init__(self, *steps: Callable[[InspectorApp, Factory], object]) -> None:
        self.factory = Factory()
        self.app = InspectorApp(LiveSource(REQUEST, self.factory), title="llama-mlp", clock=clock)
        self.steps = steps

    async def run(self, pilot: Pilot[int]) -> None:
        await until(pilot, lambda: ready(self.app) and self.factory.made and self.factory.live.started)
        for step in self.steps:
            step(self.app, self.factory)
            await until(pilot, lambda: taken(self.app.main))
        self.app.clear_notifications()
        await pilot.pause()


def started(app: InspectorApp, seconds: float) -> None:
    since(app.main, seconds)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
def test_compiling(snap_compare, size):
    story = Story(
        lambda app, _: started(app, 4.2),
        lambda _, made: made.live.log("W1123 07:10:12.345678 4711 torch/_inductor/ir.py:12] [0/0] a hint\n"),
        lambda _, made: made.live.until(Stage.ATEN),
    )
    assert snap_compare(story.app, terminal_size=size, run_before=story.run)


@pytest.mark.parametrize("size", [(80, 24), (200, 50)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_failure(snap_compare, size):
    story = Story(
        lambda app, _: started(app, 4.2),
        lambda _, made: made.live.until(Stage.POST_GRAD),
        lambda app, made: made.live.end(
            OutcomeKind.OUT_OF_MEMORY,
            "The worker ran out of memory while compiling: it had 15.2 GiB of the machine's 16.0 GiB.",
            hint="Try a smaller --batch or --seq, or --dtype bf16.",
            log_tail=("[0/0] autotuning 12 choices", "std::bad_alloc"),
            traceback="Traceback (most recent call last):\n  …\nMemoryError",
            exit_code=1,
        ),
    )
    assert snap_compare(story.app, terminal_size=size, run_before=story.run)


def test_recompiled(snap_compare):
    story = Story(
        lambda _, made: made.live.compile(),
        lambda app, made: made.live.show(recompiled(llama_mlp())),
        lambda _, made: made.live.event(protocol.ShapeChanged("batch 2 · seq 8", 1, 2, 8, ["0/1"], 3.0)),
        lambda _, made: made.live.event(protocol.LatencyState("running", 1)),
    )
    assert snap_compare(story.app, terminal_size=(200, 50), run_before=story.run)


def test_first_frame(snap_compare):
    app = opened()

    async def nothing_more() -> None:
        """The main screen never comes."""

    app._open = nothing_more
    assert snap_compare(app, terminal_size=(200, 50))


@pytest.mark.parametrize("size", [(80, 24), (200, 50)], ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize("view", [("H", "down"), ("H", "v", "m"), ("U",)], ids=["profile", "roofline", "numerics"])
def test_measured(snap_compare, size, view):
    keys = [key for key in view if size[0] > 80 or key != "m"]  # there the panel is tall already
    shown = opened(measured(profile(), numerics=(numerics(),)))
    assert snap_compare(shown, terminal_size=size, run_before=before(*keys))


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 50)], ids=lambda size: f"{size[0]}x{size[1]}")
def test_priced(snap_compare, size):
    shown = opened(replace(prices.sample(), prices=(prices.dear(),)))

    async def run(pilot: Pilot[int]) -> None:
        await before("dollar_sign")(pilot)
        await until(pilot, lambda: pilot.app.main.desk.prices)
        await before("b", *(["R"] if size[0] > 80 else []))(pilot)

    assert snap_compare(shown, terminal_size=size, run_before=run)
