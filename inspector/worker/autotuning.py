"""What torch's autotuning tried for an operator: every choice with its time and its code.

torch's trace has the fastest choice and how many there were; the others it prints. Private parts used:
`AlgorithmSelectorCache.do_autotuning`, which returns the times, and of a choice `name`, `description`, and `bmreq` with
the source that it was timed as.
"""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from inspector.worker import records
from inspector.worker.private import PrivateChanged, fallen_back, replaced

_PART = "torch._inductor.select_algorithm:AlgorithmSelectorCache.do_autotuning"
MOST = 200
"""Choices of an operator that are kept, the fastest; an exhaustive search has thousands."""
LONGEST = 200_000
"""Characters of a choice's code."""


@contextmanager
def hearing_autotuning() -> Iterator[None]:
    """While this lasts, an `inspector_autotuning` record is written for each operator that a kernel is chosen for."""
    with ExitStack() as stack:
        try:
            stack.enter_context(replaced("autotuning", _PART, _wrapped))
        except PrivateChanged as error:
            fallen_back(error)
        yield


def _wrapped(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def do_autotuning(self: Any, name: str, input_nodes: Sequence[Any], *rest: Any, **options: Any) -> Any:
        begun = time.perf_counter()
        timings = original(self, name, input_nodes, *rest, **options)
        taken = time.perf_counter() - begun
        with records.unless_it_fails(f"what was tried for {name}"):
            records.write("autotuning", records.owner() | _told(name, input_nodes, timings, taken))
        return timings

    return do_autotuning


def _told(name: str, inputs: Sequence[Any], timings: Mapping[Any, float], taken: float) -> dict[str, Any]:
    order = sorted(timings, key=lambda choice: (not math.isfinite(timings[choice]), timings[choice]))
    return {
        "operator": name,
        "inputs": [f"{str(node.get_dtype()).removeprefix('torch.')}{list(node.get_size())}" for node in inputs],
        "count": len(timings),
        "seconds": taken,
        "choices": [_choice(choice, timings[choice]) for choice in order[:MOST]],
    }


def _choice(choice: Any, milliseconds: float) -> dict[str, Any]:
    timed = getattr(choice, "bmreq", None)  # which a wrapper has of what it wraps
    return {
        "name": str(choice.name),
        "kind": type(choice if timed is None else timed).__name__,
        "seconds": milliseconds / 1e3 if math.isfinite(milliseconds) else None,
        "description": str(choice.description or ""),
        "code": _code(timed)[:LONGEST],
    }


def _code(request: Any) -> str:
    """The source that a choice was timed as: C++ as text, Triton in a file."""
    if isinstance(source := getattr(request, "source_code", None), str):
        return source
    if isinstance(path := getattr(request, "module_path", None), str) and Path(path).is_file():
        return Path(path).read_text(errors="replace")
    return ""
