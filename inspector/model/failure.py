"""Compiles that failed or began again, and exceptions that ended a program."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

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


@dataclass(frozen=True)
class Ending:
    """How a recorded program ended, as Python tells it."""

    error: str = ""
    """`RuntimeError: its first line`, of an exception that nothing in the program took; empty where there was none."""
    place: Frame | None = None
    """The user's innermost line that it came through."""
    process: int = 0


def endings_of(environment: Mapping[str, Any]) -> tuple[Ending, ...]:
    """How each process that recorded it to its end has ended."""
    told = environment.get("ended")
    return tuple(_ending(item) for item in told if isinstance(item, Mapping)) if isinstance(told, list) else ()


def _ending(told: Mapping[str, Any]) -> Ending:
    file, line, process = told.get("file"), told.get("line"), told.get("process")
    texts = [told[key] if isinstance(told.get(key), str) else "" for key in ("error", "function", "code")]
    place = Frame(file, line, texts[1], texts[2]) if isinstance(file, str) and type(line) is int else None
    return Ending(texts[0], place, process if type(process) is int else 0)
