"""What the app shows and how far the capture is: plain state on the app's thread, without Textual.

Panes and widgets are drawn from here; commands and updates change it. Everything that needs thought (which
compile id to follow, which stages still come) is in this file, where it can be tested without a screen.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from inspector.model.artifact import Artifact
from inspector.model.capture import Capture, Compilation, CompileStatus, Phase
from inspector.model.kernel import KernelKey
from inspector.model.stage import Stage
from inspector.tui.widgets.state import StageState

if TYPE_CHECKING:
    from inspector.live import Outcome
    from inspector.model.request import CaptureRequest
    from inspector.protocol import Compiled


_EXPECTED = (
    Stage.SOURCE,
    Stage.BYTECODE,
    Stage.DYNAMO,
    Stage.PRE_GRAD,
    Stage.ATEN,
    Stage.POST_GRAD,
    Stage.IR_PRE_FUSION,
    Stage.IR_POST_FUSION,
    Stage.INDUCTOR,
    Stage.KERNEL,
)
_EXPECTED_TRAINING = (Stage.JOINT, Stage.ATEN_BACKWARD)
_EXPECTED_TRITON = (Stage.TTIR, Stage.TTGIR, Stage.LLIR, Stage.PTX, Stage.SASS)
_NOT_THE_REASON = re.compile(r"^\d+/\d+: |\s{2,}#.*$")
"""torch puts the compile id whose guard failed before the reason, and the code that made the guard after it."""
_LATE = (Stage.BYTECODE, Stage.IR_PRE_FUSION, Stage.IR_POST_FUSION)
"""Stages whose record may come after a later stage's: a gap here does not mean that the compiler is busy on them."""


def expected_stages(request: CaptureRequest | None) -> tuple[Stage, ...]:
    """The stages that a capture of `request` goes through when all goes well, in compiler order."""
    stages = set(_EXPECTED)
    if request is not None and request.train:
        stages.update(_EXPECTED_TRAINING)
    on_gpu = request is not None and not request.device.startswith("cpu")
    stages.update(_EXPECTED_TRITON if on_gpu else (Stage.ASM,))
    return tuple(sorted(stages, key=lambda stage: stage.order))


@dataclass
class Session:
    """One capture on screen."""

    request: CaptureRequest | None = None
    capture: Capture = field(default_factory=Capture)
    title: str = ""
    live: bool = False
    """Whether a worker makes (or made) this capture; False for an opened bundle."""
    of_log: int = 0
    """How many compile ids the log has that this capture is one of; 0 for a capture of its own."""
    compile_id: str | None = None
    """The compile id on screen; None until one has a graph."""
    chosen: bool = False
    """Whether the person chose the compile id; then nothing but a person's own shape change moves it."""
    kernel: KernelKey | None = None
    source: str | None = None
    """Id of the source file on screen; None shows the target's own."""
    phase: str = "starting"
    """What the worker said it is busy with."""
    started: float = 0.0
    """On the app's clock, when the worker was started."""
    ended: float | None = None
    """On the app's clock, when the capture was complete or the worker ended."""
    trace_zero: float = 0.0
    """On the app's clock, when the trace's first event was, at the latest."""
    compiled: Compiled | None = None
    outcome: Outcome | None = None
    runner: str = "idle"
    """What the latency runner does: `warming`, `running`, `paused`, `idle`."""
    shape_pending: tuple[int | None, int | None] | None = None
    """Batch and sequence length that were asked for and have not been answered."""
    batch: int | None = None
    seq: int | None = None
    discreet: bool = False
    """Whether counts and reasons are kept back: a lesson asks for them, and the class has not answered yet."""

    # --- how far it is --------------------------------------------------------------------------------------

    @property
    def compiling(self) -> bool:
        """Whether the worker is still on its way to the first compiled call."""
        return self.live and self.compiled is None and self.outcome is None

    @property
    def failed(self) -> bool:
        """Whether the worker ended in another way than by being told to."""
        return self.outcome is not None and str(self.outcome.kind) not in ("finished", "cancelled")

    @property
    def exit_code(self) -> int:
        """What the process returns when the person quits now."""
        return (self.outcome.exit_code or 1) if self.failed and self.outcome is not None else 0

    def elapsed(self, now: float) -> float:
        """Seconds from the worker's start until it was done, or until now."""
        return (self.ended if self.ended is not None else now) - self.started

    def phase_now(self, now: float) -> float:
        """The phases' own clock: seconds since the first event of the trace, as far as can be told from here."""
        return now - self.trace_zero

    def phases(self) -> tuple[tuple[Phase, ...], float]:
        """The phases of the compile id on screen, and the time on their own clock at which they begin.

        They are moved to begin at 0: a recompile, minutes later, has a chart of its own.
        """
        found = self.capture.phases
        if self.compile_id is not None and len(self.capture.compilations) > 1:
            found = tuple(phase for phase in found if phase.compile_id == self.compile_id) or found
        zero = min((phase.start for phase in found), default=0.0)
        return tuple(replace(phase, start=phase.start - zero) for phase in found) if zero else found, zero

    @property
    def activity(self) -> str:
        """What is being done right now, in the compiler's own word where it has one."""
        running = [phase for phase in self.capture.phases if phase.duration is None]
        return max(running, key=lambda phase: phase.depth).name if running else self.phase

    @property
    def cache_mode(self) -> str:
        """`kept`, `cold` or `warm`: what was really in force, else what was asked for; empty when unknown."""
        if self.compiled is not None:
            return self.compiled.cache
        return self.capture.cache_mode or (self.request.cache.value if self.request is not None else "")

    # --- compile ids ----------------------------------------------------------------------------------------

    @property
    def compilation(self) -> Compilation | None:
        """The compilation on screen."""
        return self.capture.compilation(self.compile_id) if self.compile_id is not None else None

    def has_graph(self, compile_id: str) -> bool:
        """Whether anything but bytecode was made for a compile id."""
        return any(
            item.compile_id == compile_id and item.stage is not Stage.BYTECODE for item in self.capture.artifacts
        )

    def show(self, compile_id: str, *, chosen: bool = True) -> None:
        """Puts a compile id on screen; its kernel is found anew."""
        self.compile_id, self.chosen, self.kernel = compile_id, chosen, None

    def update(self, capture: Capture, now: float) -> None:
        """Takes a newer snapshot; the first compile id with a graph is put on screen when none is.

        Args:
            capture: the snapshot.
            now: seconds on the app's clock.
        """
        if capture.phases and capture.phases != self.capture.phases:
            latest = max(phase.start + (phase.duration or 0.0) for phase in capture.phases)
            self.trace_zero = now - latest
        self.capture = capture
        if self.compile_id is None or (not self.chosen and not self.has_graph(self.compile_id)):
            with_graph = (item.compile_id for item in capture.compilations if self.has_graph(item.compile_id))
            first = next(with_graph, None) or next((item.compile_id for item in capture.compilations), None)
            if first is not None and first != self.compile_id:
                self.show(first, chosen=False)

    def recompile_reason(self, compile_id: str | None) -> str:
        """Why torch compiled this once more, first line; empty for a first compile."""
        for recompile in self.capture.recompiles:
            if recompile.compile_id == compile_id and recompile.reasons:
                return _NOT_THE_REASON.sub("", recompile.reasons[0].strip().splitlines()[0])
        return ""

    # --- artifacts ------------------------------------------------------------------------------------------

    def kernels(self) -> tuple[KernelKey, ...]:
        """The kernels of the compile id on screen, in the order of their definition."""
        return tuple(key for key in self.capture.kernels if key.compile_id == self.compile_id)

    def sources(self) -> tuple[Artifact, ...]:
        """The source files, the target's own first."""
        return self.capture.find(Stage.SOURCE)

    def artifact(self, stage: Stage) -> Artifact | None:
        """The text that a pane of `stage` shows now; None while there is none."""
        if stage is Stage.SOURCE:
            sources = self.sources()
            return next((item for item in sources if item.id == self.source), sources[0] if sources else None)
        if self.compile_id is None:
            return None
        found = [item for item in self.capture.artifacts if item.stage is stage and item.compile_id == self.compile_id]
        if not stage.per_kernel:
            return found[0] if found else None
        wanted = self.kernel if self.kernel is not None else next(iter(self.kernels()), None)
        return next((item for item in found if item.key == wanted), None if self.kernel else next(iter(found), None))

    def select(self, artifact: Artifact) -> None:
        """Makes `artifact` the one that panes of its stage show (its compile id, kernel or source file)."""
        if artifact.compile_id is not None and artifact.compile_id != self.compile_id:
            self.show(artifact.compile_id)
        if artifact.key is not None:
            self.kernel = artifact.key
        if artifact.stage is Stage.SOURCE:
            self.source = artifact.id

    # --- stages ---------------------------------------------------------------------------------------------

    def stages(self) -> tuple[Stage, ...]:
        """The stages there are, and while compiling also those still to come; in compiler order."""
        present = self.capture.stages(self.compile_id) if self.compile_id is not None else self.capture.stages("")
        if not self._growing():
            return present
        return tuple(sorted({*present, *expected_stages(self.request)}, key=lambda stage: stage.order))

    def _growing(self) -> bool:
        """Whether stages of the compile id on screen may still arrive, or were cut short by a failure."""
        if not self.live:
            return False
        compilation = self.compilation
        return self.compiled is None or (compilation is not None and compilation.status is CompileStatus.LIVE)

    def states(self) -> tuple[tuple[Stage, StageState], ...]:
        """Every stage with how far it is."""
        present = set(self.capture.stages(self.compile_id) if self.compile_id is not None else self.capture.stages(""))
        stages = self.stages()
        last = max((stages.index(stage) for stage in present if stage in stages), default=-1)
        upcoming = [stage for stage in stages[last + 1 :] if stage not in _LATE]
        current = upcoming[0] if upcoming else None
        if self.failed or self._compile_failed():
            busy = StageState.FAILED
        else:
            busy = StageState.LIVE if self._growing() and self.outcome is None else StageState.WAITING
        return tuple(
            (stage, StageState.DONE if stage in present else busy if stage is current else StageState.WAITING)
            for stage in stages
        )

    def _compile_failed(self) -> bool:
        return self.compilation is not None and self.compilation.status is CompileStatus.FAILED


def fresh_ids(before: Capture, after: Capture) -> Iterable[Compilation]:
    """The compilations that `after` has and `before` has not."""
    known = {item.compile_id for item in before.compilations}
    return (item for item in after.compilations if item.compile_id not in known)


def no_failure(session: Session) -> str:
    """What there is to say of failures where the worker did not end by one: never more than was looked at."""
    failed = [item.compile_id for item in session.capture.compilations if item.status is CompileStatus.FAILED]
    if failed:
        return f"{', '.join(failed)} did not compile: D says why. The worker itself did not fail."
    if not session.capture.compilations:
        return "No compile id is recorded here, so none that failed."
    seen = len(session.capture.compilations)
    where = f"recorded {'so far' if session.compiling else 'here'}"
    return (
        f"The one compile id {where} did not fail." if seen == 1 else f"None of the {seen} compile ids {where} failed."
    )
