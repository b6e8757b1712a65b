"""Where something is, as short as it stays clear."""

from __future__ import annotations

from inspector.model.frame import Frame


def place(file: str, line: int | None = None) -> str:
    """`modeling_llama.py:164` for a full path and a line; the file's name alone without a line."""
    name = file.replace("\\", "/").rsplit("/", 1)[-1]
    return name if line is None else f"{name}:{line}"


def frame_words(frame: Frame) -> str:
    """`model.py:12 in forward`."""
    return place(frame.file, frame.line) + (f" in {frame.function}" if frame.function else "")
