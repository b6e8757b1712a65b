"""A graph break as torch explains it, cut into reason, explanation, hints and the user's stack."""

from __future__ import annotations

import re
from typing import NamedTuple

from inspector.model.addresses import without_addresses
from inspector.model.capture import Frame, GraphBreak
from inspector.model.frame import frames_below

_REASON = re.compile(r"^Graph Break Reason: (.*)$", re.MULTILINE)
_WHERE = re.compile(r"^Graph break in user code at (.+):(\d{1,9})$", re.MULTILINE)
_PART = re.compile(r"^  (Explanation|Hint): (.*)$")
_ENDS = ("Developer debug context:", "For more details about this graph break", "User code traceback:", "Traceback (")
_URL = re.compile(r"^ ?For more details about this graph break, please visit: (https://\S{1,500})$", re.MULTILINE)
_ENCOUNTERED = re.compile(r"Encountered graph break|Graph break encountered:")
"""Where torch's first line only says that there was one."""
_WHAT_FOLLOWS = re.compile(r"Failed to handle graph break gracefully\. .*?eager\.")
_ANOTHER = re.compile(r"^\*\*\* While handling this graph break, another graph break occurred: \*\*\*$", re.MULTILINE)
_REPORT_ENDS = re.compile(r"^(?:Stack variable source attribution:|User code traceback:|Traceback \()", re.MULTILINE)


def read_graph_break(compile_id: str, text: str) -> GraphBreak:
    """Reads a `dynamo_graph_break_reason` payload; older wordings keep at least their first line as the reason.

    torch may have met another break while it handled one (in a loop, say, where it gives the whole frame up): then the
    reason names both in the order of cause, and each explanation stands below its own reason.
    """
    text = without_addresses(text)
    match = _REASON.search(text)
    first = match[1].strip() if match else next((line for line in text.split("\n") if line.strip()), "")
    report = _REPORT_ENDS.split(text[match.end() :] if match else text, 1)[0]
    pieces = [piece for piece in _ANOTHER.split(report) if piece.strip()]
    parts = [_piece(piece.split("\n")) for piece in pieces]
    reasons = [piece.reason for piece in parts if piece.reason]
    if _ENCOUNTERED.search(first) is None:  # torch's first line is the reason itself
        reasons = [first, *(reason for reason in reasons[1:] if reason != first)] if len(parts) > 1 else [first]
    consequence = _WHAT_FOLLOWS.match(first)
    if consequence and len(reasons) == 1:
        reasons.append("the whole function is skipped")
    told = [f"{consequence[0].strip()}"] if consequence else []
    told += [
        f"{piece.reason}: {piece.explanation}" if len(parts) > 1 and piece.reason else piece.explanation
        for piece in parts
        if piece.explanation
    ]
    hints = tuple(dict.fromkeys(hint for piece in parts for hint in piece.hints))
    url = _URL.search(text)
    return GraphBreak(
        compile_id, "; then ".join(reasons or [first]), "\n".join(told), hints, _user_stack(text), url[1] if url else ""
    )


class _Piece(NamedTuple):
    """What torch says of one break."""

    reason: str
    explanation: str
    hints: tuple[str, ...]


def _piece(lines: list[str]) -> _Piece:
    """A part runs until the next one; torch indents what continues one."""
    parts: list[tuple[str, list[str]]] = []
    reason = ""
    for line in lines:
        if match := _PART.match(line):
            parts.append((match[1], [match[2]]))
        elif line.strip().startswith(_ENDS):
            break
        elif parts:
            parts[-1][1].append(line.removeprefix("    "))
        elif not reason:
            reason = line.strip()
    explanation = "\n".join("\n".join(text).strip() for kind, text in parts if kind == "Explanation")
    hints = tuple("\n".join(text).strip() for kind, text in parts if kind == "Hint")
    return _Piece(reason, explanation, hints)


def _user_stack(text: str) -> tuple[Frame, ...]:
    _, _, rest = text.partition("User code traceback:")
    frames = frames_below(rest)
    if not frames and (where := _WHERE.search(text)):
        return (Frame(where[1], int(where[2]), ""),)
    return frames
