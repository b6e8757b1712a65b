"""The live latency runner as the app drives it: run, pause, reset, other shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.timer import Timer

from inspector import protocol

if TYPE_CHECKING:
    from inspector.tui.main import MainScreen

QUIET = 0.5
"""Seconds after the last new text until the runner begins by itself: it takes every core, and texts need them first."""
PAIRS = 1000
"""Pairs of samples after which the runner rests by itself: enough for a steady median, and a laptop stays cool."""


class Race:
    """Asks the worker for samples and shapes, and draws what came.

    Args:
        main: holds the source, the session and the chart.
    """

    def __init__(self, main: MainScreen) -> None:
        self.main = main
        self._asked = False
        self._begins: Timer | None = None
        """Runs while the runner is about to begin by itself."""
        self.by_itself = True
        """Whether the runner begins when its panel comes into sight."""
        self.note = ""
        """What happened to the shape last, for the chart."""
        self.shape = ""
        """The shape that runs since the last change, in the worker's words; empty before the first."""

    def _ready(self) -> bool:
        return worker_ready(self.main, "The race starts")

    def _send(self, message: protocol.Message) -> None:
        assert self.main.source is not None
        self.main.source.send(message)

    def visible(self, shown: bool) -> None:
        """The latency panel came into sight, or went: the runner begins by itself, once, when it is quiet."""
        session = self.main.session
        if shown and self.by_itself and not self._asked and session.compiled is not None and session.outcome is None:
            self._put_off(self.main.set_timer(QUIET, self._begin) if self._begins is None else self._begins)
        elif not shown:
            self._put_off(None)

    def hold(self) -> None:
        """A text is about to be painted: a runner that is about to begin waits for it."""
        if self._begins is not None:
            self._begins.reset()

    def _put_off(self, timer: Timer | None) -> None:
        if self._begins is not None and self._begins is not timer:
            self._begins.stop()
        self._begins = timer

    def _begin(self) -> None:
        self._put_off(None)
        if not self._asked and self.main.session.outcome is None:
            self._asked = True
            self._send(protocol.RunLatency(samples=PAIRS))

    def restart(self) -> None:
        """Another capture begins."""
        self._put_off(None)
        self._asked, self.note, self.shape = False, "", ""

    def toggle(self) -> None:
        """Runs or pauses."""
        if not self._ready():
            return
        self._put_off(None)
        self._asked = True
        if self.main.session.runner in ("running", "warming"):
            self._send(protocol.PauseLatency())
        else:
            self._send(protocol.RunLatency(samples=PAIRS))

    def reset(self) -> None:
        """Throws the samples away."""
        if self._ready():
            self._send(protocol.ResetLatency())

    def reshape(self, *, batch: float | None = None, seq: float | None = None) -> None:
        """Asks for another shape: `batch` and `seq` are factors, never below one element."""
        if not self._ready():
            return
        session = self.main.session
        if session.compiled is None or not session.compiled.can_reshape:
            self.main.notify("This target has no batch or sequence length to change.", timeout=4)
            return
        old_batch, old_seq = session.shape_pending or (session.batch, session.seq)
        new_batch, new_seq = _scaled(old_batch, batch), _scaled(old_seq, seq)
        if (new_batch, new_seq) == (old_batch, old_seq):
            what = "batch" if batch is not None else "sequence length"
            now = old_batch if batch is not None else old_seq
            self.main.notify(f"The {what} is {now}." if now else f"This target has no {what}.", timeout=3)
            return
        self._ask_shape(new_batch, new_seq)

    def to_shape(self, batch: int | None, seq: int | None) -> None:
        """Asks for exactly this shape, unless it runs already."""
        session = self.main.session
        if self._ready() and (batch, seq) != (session.shape_pending or (session.batch, session.seq)):
            self._ask_shape(batch, seq)

    def _ask_shape(self, batch: int | None, seq: int | None) -> None:
        self.main.session.shape_pending = (batch, seq)
        self.note = f"warming {shape_words(batch, seq)}…"
        self._send(protocol.ChangeShape(batch=batch, seq=seq))
        self.draw()

    def draw(self) -> None:
        """The chart, from the session."""
        chart = self.main.panels.latency
        session = self.main.session
        runs = session.capture.latency
        note = self.note
        if not session.live and not runs:
            note = "This capture holds no latency samples."
        elif session.compiling:
            note = "The race starts when the compile is done."
        run = runs[-1] if runs else None
        if session.shape_pending is not None:
            run = None
        elif self.shape:
            run = next((run for run in runs if run.shape == self.shape), None)
        chart.update_run(run, state=session.runner, note=note, warnings=session.capture.warnings)


def worker_ready(main: MainScreen, starts: str) -> bool:
    """Whether there is a worker that waits for requests; says why not.

    Args:
        starts: what would be begun, `The race starts`.
    """
    session = main.session
    if not session.live or main.source is None:
        main.notify("An opened capture has no worker to run. `inspector TARGET` makes one.", timeout=4)
    elif session.compiling:
        main.notify(f"{starts} when the compile is done.", timeout=3)
    elif session.outcome is not None:
        main.notify("The worker has ended; R compiles again.", severity="warning", timeout=4)
    else:
        return True
    return False


def _scaled(value: int | None, factor: float | None) -> int | None:
    return value if value is None or factor is None else max(1, int(value * factor))


def shape_words(batch: int | None, seq: int | None) -> str:
    """`batch 2 · seq 16`; what is unknown is left out."""
    parts = [f"batch {batch}" if batch is not None else "", f"seq {seq}" if seq is not None else ""]
    return " · ".join(filter(None, parts))
