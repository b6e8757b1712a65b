"""What the desk shows and how far the capture is: frozen, without Textual; `after` makes the next one of it.

What is worked out from it is worked out once for each state, and kept with it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from inspector.form.form import Taste
from inspector.model.annotation import Annotation
from inspector.model.artifact import Artifact
from inspector.model.capture import Capture, Compilation, CompileStatus, Phase
from inspector.model.kernel import KernelKey
from inspector.model.link import Link, LinkIndex
from inspector.model.request import CaptureRequest
from inspector.model.stage import Stage
from inspector.model.version import Version
from inspector.price import TextPrices
from inspector.protocol import Compiled
from inspector.tui import layout
from inspector.tui.desk.effects import Effect
from inspector.tui.desk.parts import Editing, Measurements, Race, Shape, Trial, expected_stages, reason_of
from inspector.tui.effects import Say
from inspector.tui.lighting import LitGroup, Spot, look_up
from inspector.tui.widgets.state import StageState
from inspector.why.verdict import Answer

if TYPE_CHECKING:
    from inspector.client.outcome import Outcome

_LATE = (Stage.BYTECODE, Stage.IR_PRE_FUSION, Stage.IR_POST_FUSION)
"""Stages whose record may come after a later stage's: a gap here does not mean that the compiler is busy on them."""


@dataclass(frozen=True, eq=False)
class Desk:
    """One capture on screen."""

    request: CaptureRequest | None = None
    title: str = ""
    live: bool = False
    """Whether a worker makes (or made) this capture; False for an opened bundle."""
    of_log: int = 0
    """How many compile ids the log has that this capture is one of; 0 for a capture of its own."""
    discreet: bool = False
    """Whether counts and reasons are kept back: a lesson asks for them, and the class has not answered yet."""

    # --- the capture
    capture: Capture = field(default_factory=Capture)
    compile_id: str | None = None
    """The compile id on screen; None until one has a graph."""
    chosen: bool = False
    """Whether the person chose the compile id; then nothing but a person's own shape change moves it."""
    kernel: KernelKey | None = None
    source: str | None = None
    """Id of the source file on screen; None shows the target's own."""
    early: Artifact | None = None
    """The target's file as it can be read before torch is imported; shown until the worker has said what it found."""

    # --- the worker
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
    shapes: tuple[Shape, ...] = ()
    """What was called after the first call, in order."""
    trial: Trial | None = None
    race: Race = field(default_factory=Race)
    measuring: Measurements = field(default_factory=Measurements)
    editing: Editing = field(default_factory=Editing)
    own: Capture | None = None
    """The capture as the compiler made it, while `capture` has an edited kernel in place; None while it has none."""

    # --- versions of the target
    watches: bool = False
    """Whether each save of the target's files is compiled."""
    versions: tuple[Version, ...] = ()
    """In the order of their saves."""
    version: int = 0
    """The number of the one that a person looks at; 0 follows the newest."""
    version_shown: int = 0
    """The number of the one that `capture` is of; 0 for none."""

    # --- what stands where
    size: tuple[int, int] = layout.SMALLEST
    """Columns and rows that panes and panels have, the rows around them included."""
    cramped: bool = False
    """Whether the terminal is too small for anything."""
    wanted: tuple[Stage, ...] = ()
    """The stages that a person wants to see; empty for those that tell the story."""
    wanted_by_count: Mapping[int, tuple[Stage, ...]] = field(default_factory=dict)
    """Number of panes → what was wanted when there were so many."""
    stage: Stage = Stage.SOURCE
    """In the chosen pane."""
    pins: Mapping[Stage, str] = field(default_factory=dict)
    """Stage → id of the artifact that its pane is kept on."""
    zoomed: bool = False
    grown: bool = False
    """Whether the chosen pane has more room than the others."""
    taste: Taste = field(default_factory=Taste)
    """How panes show their texts."""
    panel_names: tuple[str, ...] = ("phases",)
    panel: str = "phases"
    panel_size: str = ""
    """`tall`, `hidden`, or empty for what the layout says."""

    found: tuple[Answer, ...] = ()
    """What the rules say of `found_in`; empty until they have been asked."""
    found_in: Capture | None = None
    prices: TextPrices | None = None
    """What lines cost, by the last price that was joined with the links; None until one has been."""

    # --- links and notes
    index: LinkIndex = field(default_factory=LinkIndex)
    """The newest that has been made; of earlier links it says nothing wrong, only not all."""
    indexed: tuple[Link, ...] = ()
    """The links that it holds."""
    painted: bool = True
    """Whether all that lights up was lit since texts or links changed."""
    scrolls: bool = True
    """Whether a move scrolls the other panes."""
    asked: Spot | None = None
    """The place that lights up with all that belongs to it."""
    asks: int = 0
    """How often a person has asked for a place: each time, what belongs to it scrolls into sight."""
    kept: tuple[Spot, ...] = ()
    """Places that stay lit while the cursor moves on, the newest last."""
    trail: tuple[Spot, ...] = ()
    """Where each jump began."""
    notes: tuple[Annotation, ...] = ()
    author: str = ""

    effects: tuple[Effect, ...] = ()
    """What is to be said and done; the screen carries it out once this state is drawn."""

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

    @cached_property
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

    # --- compile ids and texts ------------------------------------------------------------------------------

    @property
    def compilation(self) -> Compilation | None:
        """The compilation on screen."""
        return self.capture.compilation(self.compile_id) if self.compile_id is not None else None

    def has_graph(self, compile_id: str) -> bool:
        """Whether anything but bytecode was made for a compile id."""
        return any(
            item.compile_id == compile_id and item.stage is not Stage.BYTECODE for item in self.capture.artifacts
        )

    def recompile_reason(self, compile_id: str | None) -> str:
        """Why torch compiled this once more, first line; empty for a first compile."""
        return reason_of(self.capture, compile_id)

    def kernels(self) -> tuple[KernelKey, ...]:
        """The kernels of the compile id on screen, in the order of their definition."""
        return tuple(key for key in self.capture.kernels if key.compile_id == self.compile_id)

    def sources(self) -> tuple[Artifact, ...]:
        """The source files, the target's own first."""
        return self.capture.find(Stage.SOURCE)

    def artifact(self, stage: Stage) -> Artifact | None:
        """The text of a stage; None while there is none."""
        if stage is Stage.SOURCE:
            sources = self.sources()
            early = self.early if self.compiling else None
            return next((item for item in sources if item.id == self.source), sources[0] if sources else early)
        if self.compile_id is None:
            return None
        found = self.capture.find(stage, self.compile_id)
        if not stage.per_kernel:
            return found[0] if found else None
        wanted = self.kernel if self.kernel is not None else next(iter(self.kernels()), None)
        return next((item for item in found if item.key == wanted), None if self.kernel else next(iter(found), None))

    @cached_property
    def texts(self) -> Mapping[Stage, Artifact | None]:
        """What the pane of each stage on screen shows: what it is kept on, else the stage's text."""
        by_id = self.capture.by_id
        return {
            stage: by_id.get(self.pins[stage]) if stage in self.pins else self.artifact(stage) for stage in self.shown
        }

    @property
    def text(self) -> Artifact | None:
        """What the chosen pane shows."""
        return self.texts.get(self.stage)

    def on_screen(self, artifact: Artifact) -> bool:
        """Whether an artifact belongs to the compile id on screen."""
        return artifact.compile_id in (None, self.compile_id)

    # --- stages and panes -----------------------------------------------------------------------------------

    @property
    def _present(self) -> tuple[Stage, ...]:
        return self.capture.stages(self.compile_id if self.compile_id is not None else "")

    @cached_property
    def stages(self) -> tuple[Stage, ...]:
        """The stages there are, and while compiling also those still to come; in compiler order."""
        if not self._growing:
            return self._present
        return tuple(sorted({*self._present, *expected_stages(self.request)}, key=lambda stage: stage.order))

    @property
    def _growing(self) -> bool:
        """Whether stages of the compile id on screen may still arrive, or were cut short by a failure."""
        if not self.live:
            return False
        compilation = self.compilation
        return self.compiled is None or (compilation is not None and compilation.status is CompileStatus.LIVE)

    @cached_property
    def states(self) -> Mapping[Stage, StageState]:
        """Every stage with how far it is."""
        present, stages = self._present, self.stages
        last = max((stages.index(stage) for stage in present if stage in stages), default=-1)
        current = next((stage for stage in stages[last + 1 :] if stage not in _LATE), None)
        compilation = self.compilation
        if self.failed or (compilation is not None and compilation.status is CompileStatus.FAILED):
            busy = StageState.FAILED
        else:
            busy = StageState.LIVE if self._growing and self.outcome is None else StageState.WAITING
        return {
            stage: StageState.DONE if stage in present else busy if stage is current else StageState.WAITING
            for stage in stages
        }

    @cached_property
    def layout(self) -> layout.Layout:
        """What fits."""
        return layout.layout_for(*self.size)

    @property
    def one(self) -> bool:
        """Whether one pane has all the room."""
        return self.zoomed or self.layout.panes == 1

    @cached_property
    def spread(self) -> tuple[Stage, ...]:
        """The stages that all panes together show, were none of them zoomed."""
        return layout.settle(self.wanted or layout.story(self.layout.panes), self.stages)

    @property
    def shown(self) -> tuple[Stage, ...]:
        """The stages on screen."""
        return (self.stage,) if self.one and self.spread else self.spread

    @property
    def slot(self) -> int:
        """The chosen pane's place among all."""
        return self.spread.index(self.stage) if self.stage in self.spread else 0

    @property
    def panel_rows(self) -> int:
        """Rows of the panels below; 0 for the one-row bar, or nothing."""
        if self.zoomed or self.panel_size == "hidden":
            return 0
        return self.size[1] * 3 // 5 if self.panel_size == "tall" else self.layout.panel_rows

    @property
    def panels_shown(self) -> tuple[str, ...]:
        """Names of the panels on screen."""
        return layout.window(self.panel_names, self.panel, self.layout.panels) if self.panel_rows else ("phases",)

    # --- links ----------------------------------------------------------------------------------------------

    @property
    def settled(self) -> bool:
        """Whether everything that is known is lit."""
        return self.painted and self.indexed is self.capture.links

    def group_of(self, spot: Spot) -> LitGroup | None:
        """What belongs to a place."""
        return look_up(self.index, self.capture.by_id, spot)

    @cached_property
    def group(self) -> LitGroup | None:
        """The place asked about, and all that belongs to it."""
        return self.group_of(self.asked) if self.asked is not None else None

    @cached_property
    def kept_groups(self) -> tuple[LitGroup, ...]:
        """What is kept lit, the newest first."""
        return tuple(group for spot in reversed(self.kept) if (group := self.group_of(spot)) is not None)


_SAID = frozenset({"painted", "scrolls", "trail", "notes", "author", "effects"})
_LIT = _SAID | {"asked", "asks", "kept", "index", "indexed"}
"""Fields that change what is lit at most."""
_OF_GROUPS = ("group", "kept_groups")
_OF_PICTURE = ("layout", "phases", "spread", "stages", "states", "texts")
_DRAWN = tuple(item.name for item in fields(Desk) if item.name not in _LIT)


def but(desk: Desk, **changes: Any) -> Desk:
    """The same but for some fields; what was worked out without them is kept."""
    made = replace(desk, **changes)
    kept = (*(_OF_PICTURE if changes.keys() <= _LIT else ()), *(_OF_GROUPS if changes.keys() <= _SAID else ()))
    vars(made).update({name: value for name, value in vars(desk).items() if name in kept})
    return made


def looks_alike(desk: Desk, other: Desk) -> bool:
    """Whether two desks differ in what is lit at most."""
    return all(getattr(desk, name) is getattr(other, name) for name in _DRAWN)


def with_effect(desk: Desk, *effects: Effect) -> Desk:
    """The same, with something more to do."""
    return but(desk, effects=(*desk.effects, *effects))


def say(desk: Desk, words: str, *, timeout: float = 3, title: str = "", severity: str = "information") -> Desk:
    """The same, with something to tell the person."""
    return with_effect(desk, Say(words, title, severity, timeout))


def show(desk: Desk, compile_id: str, *, chosen: bool = True) -> Desk:
    """Another compile id; its kernel is found anew."""
    return replace(desk, compile_id=compile_id, chosen=chosen, kernel=None)
