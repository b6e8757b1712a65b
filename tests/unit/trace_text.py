"""Structured traces as text, for tests of what reads them."""

from __future__ import annotations

import hashlib
import json
from typing import Any


def record(
    name: str,
    payload: str | None = None,
    *,
    time: str = "1231 23:59:59.500000",
    compile_id: tuple[int, int] | None = None,
    attempt: int = 0,
    md5: str | None = None,
    pid: int = 77,
    **more: Any,
) -> bytes:
    """One record as torch writes it; `artifact:NAME` for an artifact."""
    kind, _, artifact = name.partition(":")
    metadata: dict[str, Any] = {kind: {"name": artifact, "encoding": "string"} if artifact else {}, **more}
    if compile_id is not None:
        metadata |= {"frame_id": compile_id[0], "frame_compile_id": compile_id[1], "attempt": attempt}
    body = b""
    if payload is not None:
        metadata["has_payload"] = md5 or hashlib.md5(payload.encode()).hexdigest()
        body = "".join(f"\t{part}\n" for part in payload.split("\n")).encode()
    return f"V{time} {pid} torch/some/file.py:12] {json.dumps(metadata)}\n".encode() + body
