"""A range in a capture as one types it: `aten:12-14`, `source:17:4-17:20`, `kernel:"silu(x)"`; and as it is listed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from inspector.cli.places import ArtifactPlace, find_artifact, find_place, place_text
from inspector.errors import UsageError
from inspector.model.artifact import Artifact, Position, Span
from inspector.model.capture import Capture
from inspector.model.visible import visible
from inspector.targets.nearest import listed

_RANGE = re.compile(r"(?P<start>.*?:\d+(?::\d+)?)-(?:(?P<line>\d+)(?::(?P<col>\d+))?)?")
_QUOTE = re.compile(r'(?P<text>.*?):(?:(?P<line>\d+):)?"(?P<quote>.+)"', re.DOTALL)
_MOST = 8
"""Places that a hint lists."""


def find_span(
    capture: Capture, text: str, compile_id: str | None = None, kernel: str | None = None
) -> Span | ArtifactPlace:
    """The range that a person means, or the place.

    Args:
        text: a place as `find_place` takes it; PLACE-LINE, to the end of that line; PLACE-LINE:COL, up to that column
            and without it; PLACE-, up to the text's end; STAGE:"TEXT" or STAGE:LINE:"TEXT", where that stands.
        compile_id: as for `find_place`.
        kernel: as for `find_place`.

    Raises:
        UsageError: as `find_place`; the range ends before it begins, or is empty; the quoted text is not there, or more
            than once.
    """
    if (quoted := _QUOTE.fullmatch(text)) is not None:
        return _quoted(capture, quoted, compile_id, kernel)
    match = _RANGE.fullmatch(text)
    if match is None:
        return find_place(capture, text, compile_id, kernel)
    first = find_place(capture, match["start"], compile_id, kernel)
    artifact, start = first.artifact, Position(first.line, first.col or 0)
    if match["line"] is None:
        return Span(artifact.id, start, Position(len(artifact.lines) + 1, 0))
    ending = place_text(capture, artifact.id, int(match["line"]), None if match["col"] is None else int(match["col"]))
    last = find_place(capture, ending)
    end = Position(last.line + 1, 0) if last.col is None else Position(last.line, last.col)
    if end <= start:
        meant = ""
        if first.col is not None and last.col is None and last.line > first.col:  # 17:4-9
            meant = f"For columns of one line, give {match['start']}-{first.line}:{match['line']}. "
        raise UsageError(
            f"{text!r} ends before it begins.",
            f"{meant}Lines count from 1, columns from 0; the last column is left out.",
        )
    return Span(artifact.id, start, end)


def _quoted(capture: Capture, match: re.Match[str], compile_id: str | None, kernel: str | None) -> Span:
    quote = match["quote"]
    if match["line"] is not None:
        place = find_place(capture, f"{match['text']}:{match['line']}", compile_id, kernel)
        artifact, first, last = place.artifact, place.line, place.line
    else:
        artifact = find_artifact(capture, match["text"], compile_id, kernel)
        first, last = 1, len(artifact.lines)
    found = list(_standing(artifact, quote, first, last))
    if len(found) == 1:
        return found[0]
    where = f"line {first} of {artifact.id}" if match["line"] is not None else artifact.id
    if not found:
        raise UsageError(
            f"{visible(quote)!r} is not in {where}.", "Quote it as it stands there, within one line; blanks count too."
        )
    places = [spelled(capture, span) for span in found[:_MOST]]
    more = f", and {len(found) - _MOST} more" if len(found) > _MOST else ""
    raise UsageError(f"{visible(quote)!r} stands {len(found)} times in {where}.", f"It is at {listed(places)}{more}.")


def _standing(artifact: Artifact, quote: str, first: int, last: int) -> Iterator[Span]:
    for number in range(first, last + 1):
        line = artifact.lines[number - 1]
        at = line.find(quote)
        while at >= 0:
            yield Span(artifact.id, Position(number, at), Position(number, at + len(quote)))
            at = line.find(quote, at + 1)


def spelled(capture: Capture, span: Span) -> str:
    """A span as `find_span` takes it."""
    start, end = span.start, span.end
    if start.col == 0 and end.col == 0 and end.line > start.line:
        return f"{span.artifact}:{start.line}" + (f"-{end.line - 1}" if end.line - 1 > start.line else "")
    return f"{place_text(capture, span.artifact, start.line, start.col)}-{end.line}:{end.col}"


def quoted(capture: Capture, span: Span) -> str:
    """What stands at a span, on one line, and how many lines follow; empty where there is no such place."""
    artifact = capture.by_id.get(span.artifact)
    if artifact is None or span.start.line > len(artifact.lines):
        return ""
    line = artifact.lines[span.start.line - 1]
    text = line[span.start.col : span.end.col if span.end.line == span.start.line else None]
    more = min(span.last_line, len(artifact.lines)) - span.start.line
    return text.strip() + (f" … +{more} line{'' if more == 1 else 's'}" if more > 0 else "")
