"""A graph break as torch explains it, cut into reason, explanation, hints and the user's stack."""

from __future__ import annotations

import re

from inspector.model.capture import Frame, GraphBreak
from inspector.model.frame import frames_below

_REASON = re.compile(r"^Graph Break Reason: (.*)$", re.MULTILINE)
_WHERE = re.compile(r"^Graph break in user code at (.+):(\d+)$", re.MULTILINE)
_PART = re.compile(r"^  (Explanation|Hint): (.*)$")
_ENDS = ("Developer debug context:", "For more details about this graph break", "User code traceback:", "Traceback (")
_URL = re.compile(r"^ ?For more details about this graph break, please visit: (https://\S{1,500})$", re.MULTILINE)
_NO_REASON = "Encountered graph break when attempting to trace"


def read_graph_break(compile_id: str, text: str) -> GraphBreak:
    """Reads a `dynamo_graph_break_reason` payload; older wordings keep at least their first line as the reason."""
    match = _REASON.search(text)
    first = match[1] if match else next((line for line in text.split("\n") if line.strip()), "")
    body = text[match.end() :] if match else text
    lines = body.split("\n")
    if first.startswith(_NO_REASON):
        first = next((line.strip() for line in lines if line.strip()), first)
    explanation, hints = _parts(lines)
    url = _URL.search(text)
    return GraphBreak(compile_id, first.strip(), explanation, hints, _user_stack(text), url[1] if url else "")


def _parts(lines: list[str]) -> tuple[str, tuple[str, ...]]:
    """The explanation, and the hints: each runs until the next part; torch indents what continues one."""
    parts: list[tuple[str, list[str]]] = []
    for line in lines:
        if match := _PART.match(line):
            parts.append((match[1], [match[2]]))
        elif line.strip().startswith(_ENDS):
            break
        elif parts:
            parts[-1][1].append(line.removeprefix("    "))
    explanation = "\n".join("\n".join(text).strip() for kind, text in parts if kind == "Explanation")
    return explanation, tuple("\n".join(text).strip() for kind, text in parts if kind == "Hint")


def _user_stack(text: str) -> tuple[Frame, ...]:
    _, _, rest = text.partition("User code traceback:")
    frames = frames_below(rest)
    if not frames and (where := _WHERE.search(text)):
        return (Frame(where[1], int(where[2]), ""),)
    return frames
