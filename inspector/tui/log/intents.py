"""What a person can want of the screen of a log, and what arrives there: one value each, for `after`."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from inspector.errors import InspectorError
from inspector.model.annotation import Annotation
from inspector.say.doc import Item
from inspector.tui.desk.intents import Intent
from inspector.tui.intents import FocusOn, Resized, ShowEvidence, StepBy
from inspector.tui.log.effects import ReadLog
from inspector.tui.log.parts import LogState
from inspector.tui.value import Value

LogDo = Enum("LogDo", "DETAILS WHY FLAME SORT FLAT FILTER NOTES SAVE HELP PALETTE THEME LEAVE INTERRUPT BACK")
"""What takes no further word; the table of commands says what each is, BACK comes from the compile id on screen."""
OfRow = Enum("OfRow", "OPEN DIFFERENCE GUARDS TEXTS EXPORT COMPARE COPY")
"""What can be wanted of the row under the cursor."""


class AtRow(Value):  # something of a row
    does: OfRow
    row: Item | None


class ShowView(Value):  # a view
    name: str


class Narrow(Value):  # only rows that hold this; all where it is empty
    needle: str


class SortBy(Value):  # by the column with this title, in the log's own order where that was it already
    column: str


class OpenCompileId(Value):  # a compile id on screen
    compile_id: str
    then: Intent | None = None
    """What to do there."""


class PickCompileId(Value):  # one of all that the log has
    current: str | None


class ShowDifference(Value):  # from the compile before
    compile_id: str


class Hold(Value):  # two pieces against each other
    one: str
    other: str


class Aside(Value):  # another range of token counts, so many further
    by: int


class OpenNote(Value):  # the place of a note
    note: Annotation


# --- what arrives -------------------------------------------------------------------------------------------


class Indexed(Value):  # more of the log is known
    log: LogState


class IndexFailed(Value):  # it cannot be read further
    error: InspectorError


class ReadSays(Value):  # how far something has come that is being read
    words: str


class HasRead(Value):  # something was read
    read: ReadLog
    result: object


class ReadFailed(Value):  # it cannot be
    read: ReadLog
    error: InspectorError


LogIntent = (
    (LogDo | AtRow | ShowView | StepBy | FocusOn | Narrow | SortBy | OpenCompileId | PickCompileId | ShowDifference)
    | (ShowEvidence | OpenNote | Resized | Hold | Aside)
    | (Indexed | IndexFailed | ReadSays | HasRead | ReadFailed)
)
LogDoes = LogIntent | Callable[[Item | None], LogIntent]
"""An intent, or what makes one of the row under the cursor."""
