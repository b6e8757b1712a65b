"""How many compiled graphs ran in a call: with none, what was called compiled was eager."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from inspector.worker.private import PrivateChanged, replaced


@contextmanager
def graphs_in() -> Iterator[Callable[[], int | None]]:
    """While this lasts, the calls of graphs that Inductor compiled, or loaded from a cache, are counted.

    Yields:
        What returns their number so far; None where this torch does not let them be counted.
    """
    count = 0

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def counting(graph: Any, inputs: Any) -> Any:
            nonlocal count
            count += 1
            return original(graph, inputs)

        return counting

    try:
        with replaced("graphs that ran", "torch._inductor.output_code:CompiledFxGraph.__call__", make):
            yield lambda: count
    except PrivateChanged:
        yield lambda: None
