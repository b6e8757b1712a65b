"""A note that somebody, or a fact, puts on a place of a capture."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from inspector.model.artifact import Span


class Fact(StrEnum):
    """What an automatic note is made from."""

    GRAPH_BREAK = "graph_break"
    """`Capture.graph_breaks`: why a graph ended early, with torch's own hints."""
    RECOMPILE = "recompile"
    """`Capture.recompiles`: which guard failed, and which option keeps it from failing."""
    FAILURE = "failure"
    """`Capture.failures`: what ended a compile, and the sizes that became numbers although they were to be symbols."""
    FUSION = "fusion"
    """`Capture.fusions`: what a kernel computes, and what that saved."""
    COMPILE_TIME = "compile_time"
    """`Capture.phases`: what most of the compile's time went to."""
    CUDA_GRAPHS = "cuda_graphs"
    """What was left out of CUDA graphs, and why."""
    RESUMED = "resumed"
    """Which compile continues which after a graph break."""
    PRICE = "price"
    """`Capture.prices`: the expression that most of a call is spent in."""
    BOUND = "bound"
    """A kernel's profile: what its run time is bounded by."""


@dataclass(frozen=True)
class Annotation:
    """One note."""

    id: str
    """Stays when the text changes. `n-3fa2c1` for a person's, `fusion:0/0:cpp_fused_mul_0` for an automatic one."""
    text: str
    """Markdown."""
    span: Span | None = None
    """Where it stands; None for a note about a whole compile id, or about the capture."""
    compile_id: str | None = None
    """The compile id it is about, where it has no span or its span is in a source file."""
    author: str = ""
    """Empty where nobody is named."""
    time: str = ""
    """When it was written or last changed, UTC, `2026-05-04T12:00:00Z`; empty where that is not said."""
    fact: Fact | None = None
    """What an automatic note is made from; None for a person's."""

    @property
    def automatic(self) -> bool:
        """Whether it was written from a fact and not by a person."""
        return self.fact is not None
