"""Profile-guided dynamic shapes: what torch remembers of the sizes that each function was called with."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CodeShapes:
    """What is remembered about one function."""

    code: str
    """File, line and name, `/home/me/model.py:12:forward`."""
    sources: tuple[tuple[str, str], ...]
    """Input → its state in torch's words: `L['x']` → `tensor size=[?, 8] stride=[8, 1]`, where `?` is dynamic."""


@dataclass(frozen=True, slots=True)
class CodeState:
    """The whole memory, when it was read or written."""

    compile_id: str | None
    """The compile that made torch read or write it; None outside any."""
    written: bool
    """Whether it was stored, rather than loaded."""
    store: str
    """`local`, `remote`, or what torch calls it."""
    functions: tuple[CodeShapes, ...]
    dynamic_sources: tuple[str, ...] = ()
    """What torch suggests to declare dynamic from the start (`TORCH_COMPILE_DYNAMIC_SOURCES`)."""
