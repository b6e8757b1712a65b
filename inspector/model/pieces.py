"""What a server compiled in pieces: a graph cut at its attention, each piece for several ranges of token counts.

A piece for a range is a *cell*. What became of it is told from the records that follow the one that begins it and from
the events around them; never from what the server prints.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


@dataclass(frozen=True, order=True)
class TokenRange:
    """For how many tokens something is compiled, both ends included."""

    first: int
    last: int

    @property
    def words(self) -> str:
        """`1`, `1…64`."""
        return str(self.first) if self.first == self.last else f"{self.first}…{self.last}"


class PieceOutcome(StrEnum):
    """What became of a cell."""

    COMPILED = "compiled"
    """Code was generated for it."""
    LOADED = "loaded"
    """A cache had its code."""
    AGAIN = "loaded, given up, compiled again"
    """A whole artifact with this graph was loaded, and then the same graph was compiled all the same."""
    REUSED = "reused"
    """Nothing was compiled after its beginning, and an earlier piece with the same graph had been for this range."""
    NOTHING = "no compile recorded"
    """Nothing was compiled after its beginning, and no earlier piece is known to have the same graph."""
    OPEN = "begun, no code recorded"
    """A graph of it is recorded, and no code: it failed, or the log ends."""
    SHARED = "not told apart"
    """More than one compile is recorded before the next begins: they ran at once, and which is whose is unknown."""


@dataclass(frozen=True)
class PassStep:
    """One of vLLM's own passes over a piece's graph, by the graph that is recorded after it."""

    name: str
    """`3.FusionPass`, as vLLM numbers it."""
    same: bool | None
    """Whether the graph is the one before it up to names; None where that one is not recorded."""
    removed: Mapping[str, int]
    """Operator → how many fewer there are of it after the pass."""
    added: Mapping[str, int]


@dataclass(frozen=True)
class PieceCell:
    """One piece for one range of token counts."""

    submodule: str
    tokens: TokenRange | None
    """None where the record names no range, or none is meant: a model that was compiled whole."""
    outcome: PieceOutcome
    seconds: float | None = None
    """From its beginning to the end of the last event that began in it before its code was there and all had ended;
    None where no event is recorded, or compiles ran at once."""
    busy: float | None = None
    """Those seconds of them in which an event ran: overlapping ones count once."""
    of: str = ""
    """Whose code it is, where it is reused: `submod_2`."""
    cache: str = ""
    """Which cache had its code: `AOTAutograd`, `FX`, `bundled`; `miss` and the like are not said here."""
    compile_id: str = ""
    """What it opens as, with its piece where there are several: `0/0:3`; empty where nothing of it was compiled."""
    graph: str = ""
    """A digest of its ATen graph up to names; empty where none is recorded. Equal for equal graphs."""
    code: str = ""
    """A digest of its output code, less torch's number of the graph; empty where none is recorded."""
    passes: tuple[PassStep, ...] = ()
    """vLLM's own passes over it, in order; only newer versions record them."""


@dataclass(frozen=True)
class Submodule:
    """One part of the split graph, in the order of execution."""

    name: str
    cut: tuple[str, ...] = ()
    """The operators for which the graph is cut here, which are not compiled: attention. Empty for a part that is
    compiled, and where it is not recorded."""
    operations: int | None = None
    """Operations in its graph; None where the graph is not recorded."""
    same_as: str = ""
    """The first part before it with the same graph up to names; empty where there is none, or a graph is missing."""
    reads: tuple[str, ...] | None = None
    """The parts whose values it takes, in order; None where what calls the parts is not recorded."""


@dataclass(frozen=True)
class SizeSymbol:
    """A size that the graph leaves open."""

    name: str
    """`s72`."""
    source: str
    """`L['input_ids'].size()[0]`."""
    bounds: str
    """As torch writes them when it makes the symbol: `[2, int_oo]`."""


@dataclass(frozen=True)
class TakenForGranted:
    """What the model's graph takes for granted, and how much of it is asked before a call."""

    symbols: tuple[SizeSymbol, ...] = ()
    conditions: tuple[str, ...] = ()
    """What tracing relied on about sizes, as torch writes it, each once."""
    guards: int | None = None
    """Guards that torch's tree holds when the compile is done; None where no tree is recorded."""


@dataclass(frozen=True)
class ModelPieces:
    """What one model, or one part of it, came to in one process."""

    process: str
    """`rank1`; empty for the first log."""
    configuration: Mapping[str, str]
    """What vLLM says it compiles with, by its names; empty where that is not recorded."""
    submodules: tuple[Submodule, ...]
    """Empty where no split graph, no execution code and no beginning is recorded."""
    ranges: tuple[TokenRange, ...]
    """Those that a piece was begun for, by size."""
    cells: tuple[PieceCell, ...]
    """In the order they were begun."""
    loaded: int = 0
    """Whole artifacts that were loaded without a compile being begun."""
    given_up: int = 0
    """How many of them have a graph that the same process compiled all the same, later."""
    load_seconds: float | None = None
    """Seconds in which at least one artifact was being loaded; None where no event says it."""
    loads_overlap: bool = False
    """Whether several were at once, so that what one took is not recorded."""
    event: str = ""
    """vLLM's own word for the start, `aot_cache_hit` or `fresh_compile`; newer versions record it."""
    patterns: tuple[str, ...] = ()
    """vLLM's own passes whose patterns are recorded."""
    asked: TakenForGranted = TakenForGranted()
    at_once: tuple[tuple[float, int], ...] = ()
    """Seconds since the first artifact began to be loaded, and how many are from then on, in order."""

    @property
    def name(self) -> str:
        """`model, backbone`; empty where it is not recorded."""
        said = (self.configuration.get("model", ""), self.configuration.get("prefix", ""))
        return ", ".join(item for item in said if item)

    def cell(self, submodule: str, tokens: TokenRange | None) -> PieceCell | None:
        """The last cell of a part for a range."""
        found = [item for item in self.cells if item.submodule == submodule and item.tokens == tokens]
        return found[-1] if found else None

    @property
    def compiled(self) -> tuple[PieceCell, ...]:
        """The cells that code was generated for."""
        return tuple(item for item in self.cells if item.outcome in (PieceOutcome.COMPILED, PieceOutcome.AGAIN))

    @property
    def twice(self) -> tuple[tuple[PieceCell, ...], ...]:
        """Cells of one graph that were compiled more than once, each graph's together; the first one had to be."""
        by_graph: dict[str, list[PieceCell]] = {}
        for item in self.compiled:
            if item.graph:
                by_graph.setdefault(item.graph, []).append(item)
        return tuple(tuple(cells) for cells in by_graph.values() if len(cells) > 1)

    @property
    def spared(self) -> float | None:
        """Seconds that reusing equal pieces saved, were each to have taken what the piece did whose code it took; None
        where nothing was reused, or a time is missing."""
        times = []
        for item in self.cells:
            if item.outcome is PieceOutcome.REUSED:
                other = self.cell(item.of, item.tokens)
                times.append(other.seconds if other is not None else None)
        known = [time for time in times if time is not None]
        return sum(known) if times and len(known) == len(times) else None


@dataclass(frozen=True)
class Pieces:
    """What servers compiled, model by model and process by process."""

    models: tuple[ModelPieces, ...]
    unread: int = 0
    """Records about them that cannot be read: a piece that seems not to have been compiled may have been."""
