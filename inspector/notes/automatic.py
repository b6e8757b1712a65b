"""Notes that write themselves: each from one fact of the capture, and marked with the kind of fact it is from."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from inspector.model.annotation import Annotation
from inspector.model.capture import Capture
from inspector.notes.breaks import graph_breaks
from inspector.notes.compile_time import compile_times
from inspector.notes.cudagraphs import cuda_graphs
from inspector.notes.failures import failures
from inspector.notes.kernels import bounds, fusions
from inspector.notes.prices import dearest_expressions
from inspector.notes.recompiles import recompiles
from inspector.notes.resumed import resumed

WRITERS: tuple[Callable[[Capture], Iterator[Annotation]], ...] = (
    failures,
    graph_breaks,
    resumed,
    cuda_graphs,
    recompiles,
    fusions,
    bounds,
    dearest_expressions,
    compile_times,
)
"""What writes them, in the order to list them. A further kind of fact is a further function here."""


def automatic(capture: Capture) -> tuple[Annotation, ...]:
    """All that the capture's facts have to say; the same capture always gives the same notes, under the same ids."""
    return tuple(note for write in WRITERS for note in write(capture))
