"""A failure laid out in lines: what went wrong first, then the user's calls; a compiler's errors with their kernel."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from inspector.model.link import Origin
from inspector.model.stage import Stage

if TYPE_CHECKING:
    from inspector.model.capture import Capture
    from inspector.model.failure import Failure
    from inspector.model.frame import Frame

MOST = 20
"""Lines that are shown; a compiler's output may have thousands."""
_WIDEST = 400
_CPP = re.compile(
    r"^(?P<file>[^\s:][^:\n]*):(?P<line>\d{1,9}):(?:(?P<column>\d+):)? (?:fatal )?error: (?P<words>.*)$", re.MULTILINE
)
_SHOWN = re.compile(r"^ *(?P<line>\d{1,9}) \| ?(?P<code>.*)$")
_LIBRARIES = ("/site-packages/", "/dist-packages/", "/lib/python3", "<frozen")


@dataclass(frozen=True)
class CompilerError:
    """One error of the C++ compiler."""

    file: str
    line: int
    """1-based, in the file that the compiler read."""
    words: str
    code: str
    """The line itself, as the compiler shows it; empty where it does not."""


@dataclass(frozen=True)
class FailureWords:
    """A failure as it is shown."""

    lines: tuple[str, ...]
    """What went wrong, the first error first."""
    frames: tuple[tuple[str, Frame], ...]
    """The user's calls, innermost last, each with a mark: `▸` for the person's own code, blank for a library's."""
    left_out: int
    """Lines that are not shown."""


def _is_own(frame: Frame) -> bool:
    return not any(part in frame.file for part in _LIBRARIES)


def own_caller(stack: Sequence[Frame]) -> Frame | None:
    """The person's own line that led into a library, where a stack ends in one; None where it ends in their own."""
    if not stack or _is_own(stack[-1]):
        return None
    return next(filter(_is_own, reversed(stack)), None)


def compiler_errors(text: str) -> tuple[CompilerError, ...]:
    """The errors in a C++ compiler's output, in its order."""
    found = []
    for match in _CPP.finditer(text):
        below = text[match.end() + 1 : match.end() + 2000].split("\n", 1)[0]
        shown = _SHOWN.match(below)
        found.append(
            CompilerError(match["file"], int(match["line"]), match["words"], shown["code"].strip() if shown else "")
        )
    return tuple(found)


def told_of(failure: Failure, capture: Capture) -> FailureWords:
    """Lays a failure out.

    Args:
        failure: of the capture.
        capture: holds the kernels that a compiler's error may be about.
    """
    lines = [line.rstrip()[:_WIDEST] for line in failure.reason.split("\n") if line.strip()]
    errors = compiler_errors(failure.reason)
    if errors:
        head = [f"the C++ compiler could not build a kernel: {len(errors):,} error{'' if len(errors) == 1 else 's'}"]
        shown = [*head, *(words for error in errors for words in _of_error(error, failure, capture))][:MOST]
        left_out = len(lines)
    else:
        shown, left_out = lines[:MOST], max(0, len(lines) - MOST)
    stack = failure.stack
    frames = tuple(("▸" if _is_own(item) else "", item) for item in stack)
    return FailureWords(tuple(shown), frames, left_out)


def _of_error(error: CompilerError, failure: Failure, capture: Capture) -> Iterator[str]:
    yield f"{error.file}:{error.line}: {error.words[:_WIDEST]}"
    if not error.code:
        return
    yield f"  {error.code[:_WIDEST]}"
    places = [
        (artifact, number)
        for artifact in capture.artifacts
        if artifact.stage in (Stage.KERNEL, Stage.INDUCTOR) and artifact.compile_id == failure.compile_id
        for number, line in enumerate(artifact.lines, 1)
        if line.strip() == error.code
    ]
    kernels = [item for item in places if item[0].stage is Stage.KERNEL] or places
    if len(kernels) > 1:  # the file that the compiler reads is the kernel's text below an empty line
        kernels = [item for item in kernels if error.line == item[1] + 1] or kernels
    if len(kernels) != 1:
        yield "  which line of which kernel it is, is not known: " + (
            f"{len(kernels):,} lines read so" if kernels else "no text of a kernel that is recorded holds it"
        )
        return
    ((artifact, number),) = kernels
    yield "  " + ":".join(filter(None, (artifact.stage.value, artifact.kernel, str(number))))
    for stage, title in ((Stage.POST_GRAD, "node"), (Stage.SOURCE, "expression")):
        texts = _related(capture, artifact.id, number, stage)
        said = "; ".join(texts[:3])[:_WIDEST] if texts else "not known, no link to this line is recorded"
        yield f"  {title}: {said}"


def _related(capture: Capture, artifact_id: str, line: int, stage: Stage) -> list[str]:
    """The texts of a stage that belong to a line, as far as the links say, and how they do where it is not exact."""
    found: dict[str, None] = {}
    for relative in capture.index.relatives(artifact_id, line):
        artifact, span = capture.by_id.get(relative.span.artifact), relative.span
        if artifact is None or artifact.stage is not stage:
            continue
        end = span.end.col if span.end.line == span.start.line else None
        text = artifact.lines[span.start.line - 1][span.start.col : end]
        place = f" ({artifact.id.partition(':')[2]}:{span.start.line})" if stage is Stage.SOURCE else ""
        known = "" if relative.origin is Origin.EXACT else f" [{relative.origin.value}]"
        found[f"{text.strip()}{place}{known}"] = None
    return list(found)
