"""What ended a compile, at the line of user code, and what of it the log says about sizes that became numbers."""

from __future__ import annotations

from collections.abc import Iterator

from inspector.model.annotation import Annotation, Fact
from inspector.model.capture import Capture, CompileStatus
from inspector.model.failure import Failure
from inspector.model.pinned import Pinned, pinned_of, still_symbols
from inspector.notes.markup import code, prose
from inspector.notes.where import line_of
from inspector.say.failures import told_of
from inspector.say.names import frame_words

_MOST = 4
"""Lines of an exception that stand in a note; `inspector show --compile-id` has more of them."""


def failures(capture: Capture) -> Iterator[Annotation]:
    """One note for each compile that failed; one that was begun again, or left its function eager, did not."""
    failed = {item.compile_id for item in capture.compilations if item.status is CompileStatus.FAILED}
    for number, failure in enumerate(capture.failures):
        if failure.compile_id in failed and not failure.restarted:
            yield Annotation(
                f"failure:{failure.compile_id}:{number}",
                _text(failure, capture),
                line_of(capture, failure.stack or ((failure.place,) if failure.place is not None else ())),
                failure.compile_id,
                fact=Fact.FAILURE,
            )


def _text(failure: Failure, capture: Capture) -> str:
    told = told_of(failure, capture)
    first, *more = told.lines or ("not recorded",)
    kind = f"{code(failure.kind)}: " if failure.kind else ""
    parts = [f"**Compiling failed** ({code(failure.compile_id)}): {kind}{prose(first)}"]
    parts += [prose(line) for line in more[: _MOST - 1]]
    if told.frames:
        calls = (f"- {code(frame_words(frame))} {code(frame.code.strip() or '…')}" for _, frame in told.frames)
        parts.append("\n".join(calls))
    for shapes in capture.shapes:
        if shapes.compile_id == failure.compile_id:
            parts += [_pinned(pinned) for pinned in pinned_of(shapes, capture.inputs)]
            if shapes.specializations and (kept := still_symbols(shapes)):
                parts.append(f"Not to blame, symbols to the end: {', '.join(map(code, kept))}.")
    return "\n\n".join(parts)


def _pinned(item: Pinned) -> str:
    what = ", ".join(map(code, item.sources)) or code(item.symbol)
    because = f"because of {code(item.equation)}" if item.equation else "the condition that did it is not recorded"
    where = f" at {code(frame_words(item.stack[-1]))}" if item.stack else ""
    said = [
        f"{what} ({code(item.symbol)}) became {code(item.value)}, {because}{where}",
        item.other_side,
        item.suggestion,
    ]
    return ". ".join(_as_prose(words) for words in said if words) + "."


def _as_prose(words: str) -> str:
    """A sentence; what is marked up already stays."""
    return words if "`" in words else prose(words[0].upper() + words[1:])
