"""Recorded logs in which every text was written to harm whoever looks at it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from made_logs import record, recorded

_SPOKEN = re.compile(r"(rank\d+/)?!?\d+/\d+.*|[A-Za-z]|string|json", re.DOTALL)
"""What torch and its reader speak to each other in: compile ids, kinds of events, encodings."""


def write(names: Sequence[str], text: str, folder: Path) -> Path:
    """Recorded logs, one for each rank, with that text behind every text in them and every line of theirs."""
    folder.mkdir()
    for rank, name in enumerate(names):
        with (folder / f"dedicated_log_torch_trace_rank_{rank}_x.log").open("wb") as stream:
            for metadata, payload in recorded(name):
                metadata.pop("has_payload", None)
                changed = {
                    key: value if key == "artifact" else _changed(value, lambda old: f"{old}{text}")
                    for key, value in metadata.items()
                }
                stream.write(record(changed, None if payload is None else _payload(payload, text)))
    return folder


def _payload(payload: str, text: str) -> str:
    try:
        return json.dumps(_changed(json.loads(payload), lambda old: f"{old}{text}"))
    except ValueError:
        printed = text.replace("\n", "").encode(errors="replace").decode()  # a log is UTF-8
        return "\n".join(f"{line}  # {printed}" for line in payload.split("\n"))


def _changed(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return value if _SPOKEN.fullmatch(value) else change(value)
    if isinstance(value, list):
        return [_changed(item, change) for item in value]
    if isinstance(value, dict):
        return {key: _changed(item, change) for key, item in value.items()}
    return value
