"""One compile in one line: where it was called from, what it cost, and which guards failed for it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import StrEnum

from inspector.model.cache import CacheLookup, cache_words
from inspector.model.capture import CompileStatus
from inspector.model.frame import Frame
from inspector.model.number import whole
from inspector.model.piece import CompilePiece

RESUMED = "torch_dynamo_resume_in_"
"""How the name of what is left of a function behind a graph break begins."""


class Warmth(StrEnum):
    """What a compile could build on: whether its time says what compiling this code costs."""

    COLD = "cold"
    """The first of its process to generate code: it also paid for imports, probes of the machine and headers."""
    WARM = "warm"
    """Code was generated, in a process that had done so before."""
    CACHED = "cached"
    """No code was generated: every cache that was asked had the answer."""
    PARTLY = "partly"
    """No code was generated, and yet not every cache that was asked had its answer: what it keeps was made anew."""
    NONE = "none"
    """No code was asked for: nothing to compile, it failed before, or a backend without Inductor."""
    UNKNOWN = "unknown"
    """Whether code was generated is not recorded, or not yet."""


@dataclass(frozen=True)
class CompileTimes:
    """Seconds that one compile took; None where the log does not say. Each includes the ones below it."""

    total: float | None = None
    """The whole frame: tracing, backend and guards."""
    backend: float | None = None
    """AOTAutograd and what it calls."""
    inductor: float | None = None
    code_generation: float | None = None
    """Writing and building the kernels."""
    backward: float | None = None
    """Compiling the backward graph, where that happened later and so is not in `total`."""
    restarts: float | None = None
    """Tracing that was thrown away, part of `total`."""

    @property
    def seconds(self) -> float:
        """All of it, the backward included; 0.0 where the log does not say."""
        return (self.total or 0.0) + (self.backward or 0.0)


@dataclass(frozen=True)
class GuardFailure:
    """One guard that did not hold, so that a frame was compiled again."""

    text: str
    """torch's words, without the compile id in front and the user's stack below."""
    against: str = ""
    """The compile id whose guard it is; empty where an older log does not say."""
    source: str = ""
    """What is guarded, `x` or `L['n']`; empty for a guard about no one value."""
    what: str = ""
    """Which property of it, `size at index 1`, `dtype`, `value`; empty where the words are none that are known."""
    expected: str = ""
    """The value that was compiled for."""
    actual: str = ""
    """The value that came; empty where the log does not say it: torch prints the failed expression alone, and the new
    compile neither expects the value nor made a symbol of it."""
    place: str = ""
    """The user's line that made torch guard it, `model.py:12 in forward`, its path cut by torch."""
    kind: str = ""
    """Which entry of the register of guard kinds it is; empty for words that are known to none."""
    stack: tuple[Frame, ...] = ()
    """The user's frames that made torch guard it, innermost last; empty where the log does not say."""
    remark: str = ""
    """What torch adds of its own: `duck sizing added this equality …`, `type Holder`; mostly empty."""

    @property
    def frame(self) -> Frame | None:
        """The user's line that made torch guard it, with its whole path; None where `place` is all that is known."""
        last = self.stack[-1] if self.stack else None
        return last if last is not None and self.place.endswith(f":{last.line} in {last.function}") else None

    @property
    def silent(self) -> bool:
        """Whether it is known what is guarded, and the log does not say what came."""
        return bool(self.what and not self.actual and self.kind != "none failed")

    @property
    def complete(self) -> bool:
        """Whether torch's words alone say all of it, or nothing that is known."""
        known = bool(self.expected and self.actual) and self.kind not in ("identity", "tensor type")
        return known or not self.what or self.kind == "none failed"

    @property
    def needs_old(self) -> bool:
        """Whether the guards of the compile that it is of can say more about what was expected."""
        return not self.complete and (not self.expected or self.kind in ("identity", "tensor type"))


@dataclass(frozen=True)
class CompileRow:
    """One compile id in a line."""

    compile_id: str
    """Qualified where several processes wrote: `0/1`, `rank1/0/1`; `0/1~2` once a program has reset Dynamo."""
    status: CompileStatus
    function: str = ""
    place: Frame | None = None
    """Where the function is defined."""
    stack: tuple[Frame, ...] = ()
    """The calls that led there, outermost first, the compiled frame last."""
    log: str = ""
    """The log file it is in."""
    started: float | None = None
    """Seconds since the log's first record."""
    times: CompileTimes = CompileTimes()
    restarts: int = 0
    """Dynamo attempts before the one that was kept."""
    restart_reasons: tuple[str, ...] = ()
    breaks: int = 0
    """Graph breaks in it, each place once."""
    failures: tuple[GuardFailure, ...] = ()
    """The guards that did not hold, where it is a recompile; the latest compiled code first, as torch asks."""
    recompiles: int = 0
    """How often its frame had been compiled before."""
    caches: tuple[CacheLookup, ...] = ()
    """In the order they were asked; without the parts of the keys, where the overview is of a log."""
    warmth: Warmth = Warmth.UNKNOWN
    guards: int | None = None
    """How many, as torch counts them, which leaves out what it adds to every frame; None where the log does not say."""
    operators: int | None = None
    """Operator calls in the Dynamo graph; None where the log does not say."""
    pieces: tuple[CompilePiece, ...] = ()
    """The graphs under it, where several were compiled, each by itself; none too while a log is still growing."""
    error: str = ""
    """The exception's own words, where it failed."""
    error_place: Frame | None = None
    """The user's line it failed at."""

    @property
    def process(self) -> str:
        """What stands before the compile id, `rank1`; empty for the first or only process."""
        return process_of(self.compile_id)

    @property
    def frame(self) -> str:
        """What the recompiles of one function share, `rank1/0`, `0~2`."""
        return frame_of(self.compile_id)

    @property
    def compiled(self) -> bool:
        """Whether it is a compile: an export is none, nor is what a limit forbade, even where the program stopped."""
        refused = self.status is CompileStatus.REFUSED or self.error.startswith("FailOnRecompileLimitHit")
        return not refused and self.status is not CompileStatus.EXPORTED

    @property
    def untimed(self) -> bool:
        """Whether it is a compile of which it is not recorded how long it took as a whole: a sum leaves it out."""
        return self.compiled and not self.times.total

    @property
    def resumed(self) -> bool:
        """Whether it is of the rest of a function, behind a graph break."""
        return self.function.startswith(RESUMED)

    @property
    def generated(self) -> bool:
        """Whether code was generated for it."""
        return self.warmth in (Warmth.COLD, Warmth.WARM)

    @property
    def start(self) -> str:
        """Its warmth as a table has it: empty where no code was asked for, and until it has ended."""
        return "" if self.warmth is Warmth.NONE or self.status is CompileStatus.LIVE else self.warmth.value

    @property
    def cache(self) -> str:
        """The caches' answers in a few words, by name: `AOT miss, FX hit`; empty where none is recorded."""
        return cache_words(self.caches)


def frame_of(compile_id: str) -> str:
    """A compile id without its last number: what the recompiles of one function share, `rank1/0`, `0~2`."""
    numbers, reset, again = compile_id.partition("~")
    return "" if is_ours(compile_id) else numbers.rpartition("/")[0] + reset + again


def is_ours(compile_id: str) -> bool:
    """Whether the number is ours, `+2`: torch gives none to an export, nor to what is compiled ahead of time."""
    return "+" in compile_id.partition("~")[0]


def process_of(compile_id: str) -> str:
    """What stands before torch's own numbers in a qualified compile id, `rank1`; empty where nothing does."""
    head, _, _ = compile_id.partition("/")
    return "" if head.lstrip("!+").isdigit() or not head else head


def recompiles_before(compile_id: str) -> int:
    """How often the frame of a compile id had been compiled before: its last number."""
    return whole(compile_id.partition("~")[0].rpartition("/")[2]) or 0


def qualified_id(numbers: str, process: str, known: Collection[str]) -> str:
    """torch's own numbers as a compile id of a process, or of the one that it was forked from.

    A forked process has its parent's compiled code, and names it by the parent's numbers.

    Args:
        numbers: as torch prints them, `0/0`.
        process: what stands before its compile ids, `rank1.pid4177`; empty for the first.
        known: the compile ids that there are.
    """
    own = f"{process}/{numbers}".lstrip("/")
    parent, forked, _ = process.rpartition("pid")
    inherited = f"{parent.rstrip('.')}/{numbers}".lstrip("/")
    return inherited if forked and own not in known and inherited in known else own
