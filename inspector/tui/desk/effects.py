"""What the desk has done for it: plain data, which the screen carries out once the state is drawn."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING, Any

from inspector.form.form import Taste
from inspector.model.artifact import Artifact, Position
from inspector.model.capture import Capture, Compilation
from inspector.model.passes import GraphPasses
from inspector.model.request import CaptureRequest
from inspector.model.stage import Stage
from inspector.price import TextPrices
from inspector.protocol import Message
from inspector.tui.choice import Choice
from inspector.tui.desk.intents import Intent
from inspector.tui.effects import Copy, Say
from inspector.tui.value import Value

if TYPE_CHECKING:
    from inspector.client.outcome import Outcome
    from inspector.explain import Meaning


class Remember(Value):  # keeps how texts are shown for the screens to come
    taste: Taste


class Send(Value):  # asks the worker for something
    message: Message


class Printed(Value):  # the worker wrote something, for the log
    stream: str
    text: str


class Goto(Value):  # puts the cursor of a stage's pane somewhere; no person's move
    stage: Stage
    position: Position


class FocusPane(Value):  # gives a stage's pane the keys
    stage: Stage


class FocusPanel(Value):  # gives a panel the keys; the chosen pane, where it takes none
    name: str


class Unfold(Value):  # brings a section of the details into sight
    section: str


class FocusNext(Value):  # moves the keys on over panes and panels
    by: int


class Differ(Value):  # works out how a compile id differs from the one before it, and shows that
    capture: Capture
    before: str
    compile_id: str


class StepThroughPasses(Value):  # works out what each pass of a compile changed, and shows that
    compile_id: str
    phases: tuple[GraphPasses, ...]


class OpenEditor(Value):  # a file in the person's editor, at a line
    file: str
    line: int


class OpenText(Value):  # a kernel's text in the person's editor, at a line
    kernel: Artifact
    text: str
    line: int
    then: Callable[[str], Intent]
    """Of what they left, where that is another text."""


class KeepText(Value):  # an edited text in a file, whose name is said
    kernel: Artifact
    text: str


class Rewrite(Value):  # the compiler is to write a kernel anew with a setting, in a process of its own
    request: CaptureRequest
    kernel: Artifact
    setting: str
    value: str


Act = Enum(
    "Act",
    "START STOP LEAVE INTERRUPT PALETTE THEME HELP FIND GO_TO_LINE EXPORT SAVE KEEP COMPARE TO_LOG OTHER DIFFER_IN_LOG",
)
"""What takes no further word: START a new worker, or STOP it; go back TO_LOG, list its OTHER compile ids, and the rest
as `Do`."""


# --- dialogs ------------------------------------------------------------------------------------------------


class Pick(Value):  # a list to choose from
    title: str
    choices: tuple[Choice, ...]
    current: str | None
    then: Callable[[str], Intent]


class AskNote(Value):  # a note to write
    title: str
    text: str
    author: str
    then: Callable[[str, str], Intent]
    """Of the text and the author."""


class FindEverywhere(Value):  # a text to look for in all texts
    capture: Capture
    compile_id: str | None
    text: str
    prices: TextPrices | None
    """Beside the hits, where the columns show them."""
    then: Callable[[Any], Intent]
    """Of the hit."""


class ShowTexts(Value):  # what stands beside the stages, at a place in it
    capture: Capture
    compile_id: str | None
    at: tuple[str, Position]


class ShowMeaning(Value):  # what a word means
    word: str
    entries: tuple[Meaning, ...]
    here: tuple[str, ...]


class ShowGuards(Value):  # the guards of a compile id
    compilation: Compilation


class ShowFailure(Value):  # why the worker ended
    outcome: Outcome


Dialog = Pick | AskNote | FindEverywhere | ShowTexts | ShowMeaning | ShowGuards | ShowFailure
Effect = (
    Say
    | Copy
    | Remember
    | Send
    | Printed
    | Goto
    | FocusPane
    | FocusPanel
    | Unfold
    | FocusNext
    | Differ
    | StepThroughPasses
    | OpenEditor
    | OpenText
    | KeepText
    | Rewrite
    | Act
    | Dialog
)
