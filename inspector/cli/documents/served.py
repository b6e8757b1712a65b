"""What servers compiled and kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from inspector.model.pieces import ModelPieces, PieceCell, Pieces, Submodule, TakenForGranted, TokenRange
from inspector.model.startup import ProgramStart
from inspector.model.stored import FactorChange


@dataclass(frozen=True)
class ModelData:
    """One model in one process."""

    process: str
    """`rank1`; empty for the first log."""
    configuration: Mapping[str, str]
    """What vLLM says it compiles with; empty where that is not recorded."""
    submodules: tuple[Submodule, ...]
    """The parts of the split graph, in the order of execution."""
    ranges: tuple[TokenRange, ...]
    pieces: tuple[PieceCell, ...]
    """Each part for each range, in the order they were begun."""
    compiled_twice: tuple[tuple[str, ...], ...]
    """What the pieces of one ATen graph that were compiled each open as."""
    spared_seconds: float | None
    """What reusing equal pieces saved, were each to have taken what the first one did."""
    loaded: int
    """Whole artifacts that were loaded without a compile being begun."""
    given_up: int
    """How many of them have a graph that was compiled all the same, later."""
    load_seconds: float | None
    """Seconds in which at least one artifact was being loaded."""
    loads_overlap: bool
    """Whether several were at once."""
    event: str
    """vLLM's own word for the start, `aot_cache_hit` or `fresh_compile`; empty where it is not recorded."""
    patterns: tuple[str, ...]
    """vLLM's own passes whose patterns are recorded."""
    taken_for_granted: TakenForGranted
    """What the graph takes for granted about sizes, and how many guards are asked before a call."""
    loads_at_once: tuple[tuple[float, int], ...]
    """Seconds since the first artifact began to be loaded, and how many are from then on."""

    @classmethod
    def of(cls, model: ModelPieces) -> ModelData:
        """The model's."""
        return cls(
            *(model.process, model.configuration, model.submodules, model.ranges, model.cells),
            tuple(tuple(cell.compile_id for cell in cells) for cells in model.twice),
            *(model.spared, model.loaded, model.given_up, model.load_seconds, model.loads_overlap),
            *(model.event, model.patterns, model.asked, model.at_once),
        )


@dataclass(frozen=True)
class PiecesDocument:
    """What a server compiled in pieces."""

    models: tuple[ModelData, ...]
    """Empty where the log has no record of a server's."""
    unread_records: int
    """Records about pieces that cannot be read."""

    @classmethod
    def of(cls, pieces: Pieces) -> PiecesDocument:
        """The log's."""
        return cls(tuple(map(ModelData.of, pieces.models)), pieces.unread)


@dataclass(frozen=True)
class KeysCompared:
    """Two keys that compiled code is kept under."""

    a: str
    b: str
    told: bool
    """Whether both keep what their key was made of; else what differs is not recorded."""
    changes: tuple[FactorChange, ...]
    """What they were not made of alike."""


@dataclass(frozen=True)
class StartsDocument:
    """A program's start, taken apart, and a second one where it was asked for."""

    starts: tuple[ProgramStart, ...]
