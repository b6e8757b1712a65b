"""A part of a compile id's graph that was compiled by itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CompilePiece:
    """One of several graphs that were compiled under one compile id, each with texts of its own."""

    compile_id: str
    number: int
    """From 0: what the ids of its artifacts end in, `0/0:aten:2`; nothing where it is 0. `Artifact.piece` reads it."""
    name: str = ""
    """What split the graph calls it, `submod_2, 1…64 tokens`; empty where the log does not say."""

    @property
    def title(self) -> str:
        """`piece 2: submod_2, 1…64 tokens`."""
        return f"piece {self.number}" + (f": {self.name}" if self.name else "")
