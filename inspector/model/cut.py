"""A capture cut down to some of its compile ids: one rule for every face."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import fields, replace
from typing import Any

from inspector.model.capture import Capture

_NOBODY: tuple[str | None, ...] = (None, "")
_TIMES = ("phases", "instants", "latency")
"""Fields of what took time: what was outside any compile id is no part of one."""


def only(capture: Capture, compile_ids: Container[str]) -> Capture:
    """What a capture holds of some compile ids, and what belongs to none: sources, notes, the logs.

    Every list of the capture is cut by what its items say of themselves, so that a new one needs no line here.
    """
    cut: dict[str, Any] = {}
    logs = {item.log for item in capture.compilations if item.compile_id in compile_ids}
    for name in (item.name for item in fields(capture)):
        items = getattr(capture, name)
        if isinstance(items, tuple) and name != "links":
            kept = tuple(item for item in items if _belongs(item, compile_ids, logs, outside=name not in _TIMES))
            if len(kept) < len(items):
                cut[name] = kept
    found = replace(capture, **cut)
    if "artifacts" not in cut and "others" not in cut:
        return found
    there = found.by_id
    return replace(
        found,
        links=tuple(link for link in capture.links if link.a.artifact in there and link.b.artifact in there),
        annotations=tuple(note for note in found.annotations if note.span is None or note.span.artifact in there),
    )


def _belongs(item: Any, compile_ids: Container[str], logs: Container[str], *, outside: bool) -> bool:
    """Whether something is of one of the compile ids, or of their logs as a whole, or of none where that stays."""
    if hasattr(item, "compile_ids"):
        return any(compile_id in compile_ids for compile_id in item.compile_ids)
    if not hasattr(item, "compile_id"):
        return not hasattr(item, "log") or item.log in logs
    return item.compile_id in compile_ids or (outside and item.compile_id in _NOBODY)
