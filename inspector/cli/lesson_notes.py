"""The speaker's notes in a second terminal, a step at a time, wherever the lesson is in the first."""

from __future__ import annotations

import shutil
import sys
import textwrap
import time
from collections.abc import Iterator

from inspector.cli.printable import plain
from inspector.cli.terminal import Style, interactive, wants_colour
from inspector.lessons import Lesson
from inspector.lessons.following import Standing, standing_of

_LOOK = 0.2
"""Seconds between two looks at where the lesson is."""
_CLEAR = "\x1b[H\x1b[2J"


def follow_notes(lesson: Lesson) -> int:
    """Shows the notes until the lesson ends in the other terminal, or Ctrl-C; in a pipe, each step below the other."""
    style = Style(wants_colour(sys.stdout))
    clear = _CLEAR if interactive() else ""
    shown: tuple[str, ...] | None = None
    seen = False
    try:
        while True:
            standing = standing_of(lesson.name)
            if standing is None and seen:
                print("The lesson has ended.")
                return 0
            seen = standing is not None
            width = min(shutil.get_terminal_size().columns, 100)
            lines = tuple(_waiting(lesson, style) if standing is None else page(lesson, standing, style, width))
            if lines != shown:
                print(clear + "\n".join(lines), flush=True)
                shown = lines
            time.sleep(_LOOK)
    except KeyboardInterrupt:
        return 0


def _waiting(lesson: Lesson, style: Style) -> Iterator[str]:
    yield style.dim(f"Waiting for `inspector lesson {lesson.name}` in another terminal…")


def page(lesson: Lesson, standing: Standing, style: Style, width: int) -> Iterator[str]:
    """What the speaker sees of a step.

    Args:
        lesson: what is taught.
        standing: where it is.
        style: colours.
        width: columns.
    """
    if not 0 <= standing.at < len(lesson.steps):
        yield "The other terminal shows another version of this lesson."
        return
    step = lesson.steps[standing.at]
    busy = "  compiling…" if standing.compiling else ""
    minutes = f"{int(standing.seconds // 60)} of {lesson.minutes} min{busy}"
    yield f"{style.bold(plain(lesson.title))}  {style.dim(minutes)}"
    yield style.name(plain(f"{standing.at + 1}/{len(lesson.steps)}  {step.title}"))
    yield ""
    for paragraph in (step.notes or "No notes for this step.").split("\n\n"):
        yield from textwrap.wrap(plain(" ".join(paragraph.split())), width)
        yield ""
    if step.prediction is not None:
        yield style.bold(plain(step.prediction.question))
        for number, choice in enumerate(step.prediction.choices):
            votes = standing.votes[number] if number < len(standing.votes) else 0
            right = choice == (standing.answer or standing.known)
            line = f"  {'✓' if right else ' '} {plain(choice)}{f'  {votes}' if votes else ''}"
            yield style.good(line) if right else line
        yield style.dim(_state(standing))
        yield ""
    following = lesson.steps[standing.at + 1 :]
    yield style.dim(plain(f"Next: {following[0].title}" if following else "This is the last step."))


def _state(standing: Standing) -> str:
    if standing.answer is not None:
        return "  revealed"
    return "  the answer waits for the compiler" if standing.waiting else "  not revealed yet"
