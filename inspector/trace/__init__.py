"""Structured trace in, Capture out.

What is named here is imported on first use: to index a log takes none of the parsers and none of the linkers.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from inspector.trace.builder import CaptureBuilder
    from inspector.trace.log import TraceLog
    from inspector.trace.reader import BadRecord, Record
    from inspector.trace.tail import TraceTail, read_capture, read_log

__all__ = ["BadRecord", "CaptureBuilder", "Record", "TraceLog", "TraceTail", "read_capture", "read_log"]

_HOME = {
    "BadRecord": "reader",
    "CaptureBuilder": "builder",
    "Record": "reader",
    "TraceLog": "log",
    "TraceTail": "tail",
    "read_capture": "tail",
    "read_log": "tail",
}


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
