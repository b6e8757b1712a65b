"""Compiles that failed, or began again."""

from __future__ import annotations

from dataclasses import dataclass

from inspector.model.frame import Frame


@dataclass(frozen=True)
class Failure:
    """An exception that ended a compile, or one attempt at it."""

    compile_id: str
    kind: str
    """The exception's class, `Unsupported`, `BackendCompilerFailed`; for a restart its reason's class, or empty."""
    reason: str
    """The exception's own words, without its traceback."""
    restarted: bool = False
    """Whether Dynamo began the same compile id again, rather than giving up."""
    place: Frame | None = None
    """The user's line it happened at; None where the log does not say."""
    stack: tuple[Frame, ...] = ()
    """The user's frames, innermost last; empty where the log does not say."""
    traceback: str = ""
    """All that torch printed; empty where it is not in the log."""
    seconds: float | None = None
    """Time that was spent on attempts that were thrown away; None where the log does not say."""
