"""What is to be compared, before any of it has been read or compiled: plain data, which the command line makes too."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inspector.model.capture import Capture
    from inspector.model.request import CaptureRequest
    from inspector.work.compiling import Driver

CompilePair = tuple[str, str]
"""A compile id of each side."""


@dataclass(frozen=True)
class Side:
    """One side: a capture that there is, a path to read, or a request to compile. One of the three is given."""

    title: str
    capture: Callable[[], Capture] | None = None
    path: str = ""
    """Of a bundle or a log."""
    request: CaptureRequest | None = None
    driver: Callable[[], Driver] | None = None
    """Of a request: makes what drives the worker; None ends it as soon as it has compiled."""
    compile_id: str | None = None
    """Of a path: only this compile id, as if it were a capture of its own."""
    compile_ids: tuple[str, ...] = ()
    """Of a path: what to read of it at least; empty for all."""


@dataclass(frozen=True)
class Comparison:
    """Two sides, and what of them belongs together."""

    a: Side
    b: Side
    pairs: tuple[CompilePair, ...] | None = None
    """Compile ids to hold against each other; None pairs them by function."""
    unpaired: bool = True
    """Whether what only the second side compiled is told; not where the first side is a part of something larger."""
    timed: bool = True
    """Whether phases and latency are compared; not where both sides are one capture."""
