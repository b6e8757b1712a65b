"""A kernel whose text a person changed: what was built of it, what it comes to, and how fast it is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

from inspector.jsontext import Real
from inspector.model.build import CommandDifference
from inspector.model.deviation import Deviation
from inspector.model.kernel import KernelKey
from inspector.model.latency import LatencyRun, LatencySummary, summarise

_NO_WORSE = 2.0
"""Times as far from float64 as the unedited code: what another order of the same additions may come to."""


class Fate(StrEnum):
    """What became of an edit."""

    SAME = "same"
    """It ran, and all that a call comes to is equal to the bit to what the compiler's own kernel makes of it."""
    CLOSE = "close"
    """None of that is beyond the tolerance of its dtype."""
    OTHER = "other"
    """Some of it is beyond the tolerance against the compiler's own, and none against eager."""
    ROUNDED = "rounded"
    """Some of it is beyond the tolerance against both, and all that is, is as near to float64 as they are: a sum in
    another order."""
    WRONG = "wrong"
    """Some of it is beyond the tolerance against both and further from float64 than they are, or of another kind, or it
    depends on what no kernel wrote."""
    UNCOMPARED = "uncompared"
    """It was built, and the present inputs do not say what it does."""
    NOT_BUILT = "not built"
    RAISED = "raised"
    CRASHED = "crashed"
    """The process ended while it ran."""
    HUNG = "hung"
    """It had not returned after the time that it was given."""

    @property
    def ran(self) -> bool:
        """Whether a call with it returned."""
        return self.right or self is Fate.WRONG

    @property
    def right(self) -> bool:
        """Whether its speed is worth a word."""
        return self in (Fate.SAME, Fate.CLOSE, Fate.OTHER, Fate.ROUNDED)


@dataclass(frozen=True)
class Problem:
    """Why a text was not built, or what it raised."""

    message: str
    line: int | None = None
    """1-based, in the edited text; None where it is not known."""
    column: int | None = None
    """0-based."""
    output: str = ""
    """What the compiler printed."""


@dataclass(frozen=True)
class EditedOutput:
    """One tensor that a call comes to, with the edited kernel."""

    name: str
    """`output 0`, `gradient 2`, ``argument 0 `x` after the call``."""
    dtype: str
    shape: tuple[int, ...]
    compiled: Deviation
    """Edited against compiled."""
    eager: Deviation | None = None
    """Edited against eager; None where the two draw other random numbers."""
    before: Deviation | None = None
    """Compiled against eager."""
    edited_double: Deviation | None = None
    """Edited against the calculation in float64; None where the target cannot be run in it."""
    compiled_double: Deviation | None = None
    eager_double: Deviation | None = None
    worst: tuple[int, ...] = ()
    """Where it is furthest from compiled; empty of a tensor without dimensions and where nothing differs."""
    values: tuple[Real, Real] | None = None
    """What edited and compiled have there; None where nothing differs or it is no real number."""

    @property
    def wrong(self) -> bool:
        """Whether elements are beyond the tolerance against compiled, and against eager where that was compared, and
        float64 does not say that they are rounded otherwise and no worse."""
        return self._apart and not self.rounded

    @property
    def rounded(self) -> bool:
        """Whether such elements are at most twice as far from the calculation in float64 as compiled or eager are."""
        sides = [item for item in (self.compiled_double, self.eager_double) if item is not None]
        if not self._apart or self.edited_double is None or not sides:
            return False
        return self.edited_double.excess <= _NO_WORSE * max(item.excess for item in sides)

    @property
    def _apart(self) -> bool:
        return bool(self.compiled.beyond) and (self.eager is None or bool(self.eager.beyond))


@dataclass(frozen=True)
class KernelBuffer:
    """A tensor that the kernel was given, after it ran: the edited and the compiler's own on the same contents."""

    parameter: str
    """`out_ptr0`, as the text calls it."""
    deviation: Deviation
    lines: tuple[int, ...] = ()
    """Lines of the edited text that name it, 1-based."""


@dataclass(frozen=True)
class EditRace:
    """Eager, compiled and edited, timed in turn in one process; seconds a call, of each as many samples."""

    shape: str
    eager: tuple[float, ...]
    compiled: tuple[float, ...]
    edited: tuple[float, ...]
    calls_per_sample: int = 1
    busy: float | None = None
    """Share of the machine's processors that other processes used meanwhile, 0 to 1; None: not known."""

    @cached_property
    def against_compiled(self) -> LatencySummary:
        """How often edited fits into compiled: its `speedup` and the interval."""
        return self._of(self.compiled, self.edited)

    @cached_property
    def against_eager(self) -> LatencySummary:
        """Edited against eager."""
        return self._of(self.eager, self.edited)

    @cached_property
    def without(self) -> LatencySummary:
        """Compiled against eager, of the same turns."""
        return self._of(self.eager, self.compiled)

    def _of(self, one: tuple[float, ...], other: tuple[float, ...]) -> LatencySummary:
        return summarise(LatencyRun(self.shape, one, other, calls_per_sample=self.calls_per_sample, busy=self.busy))


@dataclass(frozen=True)
class EditedText:
    """What a compiler made of the edited text."""

    stage: str
    """`asm`, `ptx`…"""
    text: str
    ahead: int = 0
    """Lines in the compiled file before the edited text."""
    lines: tuple[int, ...] = ()
    """For each line the line of the edited text that it comes from, 0 for none; empty where that is not known."""


@dataclass(frozen=True)
class CodeChange:
    """The machine code before and now."""

    before: int
    """Instructions."""
    now: int
    same: bool
    """Whether the two are the same to the letter."""


@dataclass(frozen=True)
class KernelEdit:
    """One edit."""

    number: int
    """From 1, in the order in which they were asked for."""
    compile_id: str
    kernel: str
    fate: Fate
    before: str
    """The compiler's own text."""
    text: str
    unit: str = ""
    """As `KernelKey.unit`."""
    triton: bool = False
    """Whether it is Triton, and not C++."""
    flags: tuple[str, ...] = ()
    """For the C++ compiler, beside Inductor's own."""
    settings: tuple[tuple[str, str], ...] = ()
    """Inductor's, with which it was built: `cpp.simdlen`, `256`."""
    command: str = ""
    """What was run to build it; empty where nothing was."""
    apart: CommandDifference | None = None
    """How `command` differs from Inductor's own; None where that is not known."""
    seconds: float = 0.0
    """How long building took."""
    problem: Problem | None = None
    calls: int = 0
    """How often a call of the target calls the kernel."""
    outputs: tuple[EditedOutput, ...] = ()
    values: int = 0
    """Plain values of a call that were compared."""
    unlike: tuple[str, ...] = ()
    """What differs in kind, a sentence's part each."""
    buffers: tuple[KernelBuffer, ...] = ()
    notes: tuple[str, ...] = ()
    """What else is to be known of the comparison, a sentence each."""
    race: EditRace | None = None
    unraced: str = ""
    """Why there is no race."""
    texts: tuple[EditedText, ...] = ()
    code: CodeChange | None = None
    """None where the machine code of one of the two is not known."""
    same_setting: str = ""
    """A setting with which the compiler writes this very text, `cpp.simdlen=256`; empty where none is known."""

    @property
    def key(self) -> KernelKey:
        """The kernel."""
        return KernelKey(self.compile_id, self.unit, self.kernel)

    @property
    def elements(self) -> int:
        """Of all tensors that were compared with compiled."""
        return sum(item.compiled.elements or 0 for item in self.outputs)

    @property
    def differing(self) -> int:
        """Elements that are not equal to compiled's."""
        return sum(item.compiled.differing for item in self.outputs)

    @property
    def beyond(self) -> int:
        """Elements beyond the tolerance against compiled."""
        return sum(item.compiled.beyond for item in self.outputs)

    def text_of(self, stage: str) -> str | None:
        """What a compiler made of it, `asm`; None where that is not known."""
        return next((item.text for item in self.texts if item.stage == stage), None)
