"""What a person can want of the desk, and what arrives there: one value each, for `after`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import field
from datetime import UTC, datetime
from enum import Enum
from typing import TYPE_CHECKING

from inspector.model.artifact import Artifact, Position, Span
from inspector.model.capture import Capture
from inspector.model.kernel import KernelKey
from inspector.model.link import Link, LinkIndex
from inspector.model.numerics import NodeNumerics
from inspector.model.price import Cost
from inspector.model.profile import ProfileRow
from inspector.model.request import CaptureRequest
from inspector.model.stage import Stage
from inspector.model.version import Version
from inspector.price import TextPrices
from inspector.protocol import RunProfile
from inspector.tui.intents import FocusOn, Resized, ShowEvidence, StepBy
from inspector.tui.lighting import Spot
from inspector.tui.value import Value
from inspector.why.verdict import Answer

if TYPE_CHECKING:
    from inspector.live.updates import Update


class Here(Value):
    """Where a person is when a key is pressed: the chosen pane's text, its cursor, what is selected; and the time."""

    artifact: Artifact | None = None
    cursor: Position = Position(1, 0)
    selection: tuple[Position, Position] | None = None
    selected: str = ""
    now: float = 0.0

    @property
    def spot(self) -> Spot | None:
        """Text and cursor; None without a text."""
        return (self.artifact.id, self.cursor) if self.artifact is not None else None


Do = Enum(
    "Do",
    "STORY ZOOM GROW FORM INGREDIENTS PIN COPY_ALL PANEL_SIZE BACK LET_GO SCROLLS COMPILE_IDS KERNELS SOURCES TEXTS"
    " NOTES EDIT_NOTE REMOVE_NOTE COSTS RACE RESET_RACE CANCEL_MEASURING DIFFERENCE GUARDS COMPARE BACK_TO_LOG FAILURE"
    " EXPORT SAVE KEEP FIND GO_TO_LINE HELP PALETTE THEME LEAVE INTERRUPT WATCH PASSES",
)
"""What takes no further word; the table of commands says what each is."""


# --- what stands where --------------------------------------------------------------------------------------


class Slide(Value):  # every pane one stage on, or back
    by: int


class ShowStage(Value):  # a stage, in the chosen pane unless another shows it already
    stage: Stage


class ShowNumber(Value):  # the stage with this place in the strip, 0 for the first
    number: int


class ShowStages(Value):  # exactly these stages, as many as there is room for, and one of them chosen
    stages: tuple[Stage, ...]
    stage: Stage


class Chosen(Value):  # the pane of a stage has the keys now
    stage: Stage


class ShowCompileId(Value):  # a compile id
    compile_id: str


class ShowKernel(Value):  # a kernel, in the panes that show one
    key: KernelKey


class ShowText(Value):  # a text by its id
    artifact: str
    pinned: bool = False
    """Whether the chosen pane is kept on it where it would not show it by itself."""


class ShowPanel(Value):  # a panel below, whatever hid it; the same again puts one away that there was no room for
    name: str


class SwitchIngredient(Value):  # of the reading form, by its name: shown or not
    name: str


class PanelSize(Value):  # `tall`, `hidden`, or empty for what the layout says
    size: str


# --- links --------------------------------------------------------------------------------------------------


class Follow(Value):  # a person moved to a place: what belongs to it lights up and comes into sight
    spot: Spot


class Jump(Value):  # to the first relative of a place
    here: Here


class Go(Value):  # to a place in a text, wherever it is shown
    artifact: str
    position: Position


class GoToPlace(Value):  # to a line of a source file, if the capture holds that file
    file: str
    line: int


class KeepLit(Value):  # what belongs to a place stays lit while the cursor moves on, or no longer
    here: Here


class Explain(Value):  # what the word at the cursor means
    here: Here


class FindText(Value):  # a text to be looked for everywhere
    here: Here


# --- the runner and the measurements ------------------------------------------------------------------------


class Reshape(Value):  # another shape: factors of what runs now, never below one element
    batch: float | None = None
    seq: float | None = None


class ToShape(Value):  # exactly this shape, unless it runs already
    batch: int | None
    seq: int | None


class MeasureNow(Value):  # the worker is to profile, or to compare
    request: RunProfile


class StepShape(Value):  # another of the shapes that were measured, in the active panel
    by: int


class OpenRow(Value):  # the text that a row of what was measured leads to
    row: ProfileRow | NodeNumerics | Cost | Span


class Dearest(Value):  # the next dearest place of the chosen pane, or the one before
    here: Here
    by: int


# --- versions -----------------------------------------------------------------------------------------------


class StepVersion(Value):  # an older version of the target, or a newer one
    by: int
    now: float


class Edit(Value):  # the source at the cursor, in the person's editor
    here: Here


class EditThis(Value):  # the text of the kernel that the cursor is on, in the person's editor
    here: Here


class ListExperiments(Value):  # what is commonly tried with the kernel that the cursor is on
    here: Here


class TryExperiment(Value):  # a kernel's text with one experiment
    kernel: str
    key: str
    value: str


class OwnKernel(Value):  # the compiler's own text again
    now: float


class Edited(Value):  # what a person left of a kernel's text, or the compiler wrote anew
    kernel: str
    text: str


# --- notes --------------------------------------------------------------------------------------------------


class AddNote(Value):  # a note on the selection, else on what the cursor is on
    here: Here


class GoToNote(Value):  # to the place of a note
    id: str


class EditNote(Value):  # asks for another text of a note
    id: str


class RemoveNote(Value):  # a note goes
    id: str


class WriteNote(Value):  # what a person wrote: of a note that there is, or of a new one at a place
    text: str
    author: str
    id: str | None = None
    span: Span | None = None
    time: datetime = field(default_factory=lambda: datetime.now(UTC))


# --- what arrives -------------------------------------------------------------------------------------------


class Begin(Value):  # everything anew, with a new worker
    now: float
    request: CaptureRequest | None = None
    """Another one, with its title; None for the same."""


class Burst(Value):  # what the worker has said
    updates: tuple[Update, ...]
    now: float


class TryFinding(Value):  # what the worst finding advises, by another compile
    now: float


class Saved(Value):  # there is more of versions of the target
    versions: tuple[Version, ...]
    now: float


class Early(Value):  # the target's file, before the worker has said anything
    source: Artifact


class Found(Value):  # what the rules say of a capture
    capture: Capture
    answers: tuple[Answer, ...]


class PriceRead(Value):  # a price is joined with the links
    prices: TextPrices


class Grown(Value):  # more of the log that the capture is from
    capture: Capture
    now: float


class Quiet(Value):  # no text has arrived for a while
    pass


class Painted(Value):  # the texts of these stages are on screen: time for links
    stages: frozenset[Stage]
    made: tuple[tuple[Link, ...], LinkIndex] | None = None
    """A newer index, and the links that it holds; None where there is none."""


class Discreet(Value):  # whether counts and reasons are kept back
    discreet: bool


Wish = (
    (
        Do
        | StepBy
        | Slide
        | ShowStage
        | ShowNumber
        | ShowStages
        | Chosen
        | FocusOn
        | ShowCompileId
        | ShowKernel
        | ShowText
    )
    | (
        ShowPanel
        | PanelSize
        | SwitchIngredient
        | Resized
        | Follow
        | Jump
        | Go
        | GoToPlace
        | KeepLit
        | Explain
        | FindText
    )
    | (ShowEvidence | TryFinding | Reshape | ToShape | MeasureNow | StepShape | OpenRow | Dearest | StepVersion | Edit)
    | (EditThis | ListExperiments | TryExperiment | OwnKernel | Edited)
    | (AddNote | GoToNote | EditNote | RemoveNote | WriteNote)
)
Arrival = Begin | Burst | Saved | Early | Found | PriceRead | Grown | Quiet | Painted | Discreet
Intent = Wish | Arrival
Does = Intent | Callable[[Here], Intent]
"""An intent, or what makes one of where a person is."""
