"""Run a lesson: steps that show what the compiler did, ask the class first, and run things live.

Without a name, lists the lessons. With one, its number or a file of your own (docs/lessons.md), opens it on the screen:
. reveals and goes on, , goes back, V is for a beamer, ; shows the speaker's notes. --print writes the text, with the
notes; --check compiles what the lesson compiles and says whether all that it claims is still true on this machine (exit
code 1 if not).
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

from inspector.cli.options import add_traceback
from inspector.cli.output import print_json
from inspector.cli.terminal import Style, interactive, wants_colour
from inspector.errors import UsageError

if TYPE_CHECKING:
    from inspector.lessons import Lesson
    from inspector.model.capture import Capture
    from inspector.model.request import CaptureRequest


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds the lesson's name and what to do with it."""
    parser.add_argument("lesson", nargs="?", metavar="LESSON", help="its name, its number, or path/to/lesson.md")
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--print", action="store_true", help="write the lesson's text instead of opening it")
    how.add_argument("--check", action="store_true", help="whether what it says is true here: compiles for real")
    parser.add_argument("--json", action="store_true", help="print one JSON object, for the list and for --check")
    add_traceback(parser)


def run(args: argparse.Namespace) -> int:
    """Lists, prints, checks or opens."""
    from inspector.lessons import find_lesson

    if args.lesson is None:
        if args.print or args.check:
            raise UsageError("Which lesson?", "`inspector lesson` lists them.")
        return _list(as_json=args.json)
    lesson = find_lesson(args.lesson)
    if args.check:
        return _check(lesson, as_json=args.json)
    if args.print:
        for line in _printed(lesson):
            print(line)
        return 0
    if args.json:
        raise UsageError("--json goes with the list and with --check.", "Add --check, or leave the name away.")
    if not interactive():
        raise UsageError(
            "`inspector lesson` needs a real terminal: stdin and stdout on one, and TERM neither empty nor dumb.",
            f"Write its text with `inspector lesson {args.lesson} --print`.",
        )
    from inspector.client.toolchain import require_compiler
    from inspector.tui import run_lesson

    require_compiler()
    return run_lesson(lesson)


def _list(*, as_json: bool) -> int:
    from inspector.lessons import lessons

    every = lessons()
    if as_json:
        from inspector.cli.documents.tools import LessonData, Lessons

        each = (item.lesson for item in every)
        print_json(Lessons(tuple(LessonData(one.name, one.title, one.summary, one.minutes) for one in each)))
        return 0
    style = Style(wants_colour(sys.stdout))
    wide = max(len(item.lesson.name) for item in every)
    for item in every:
        lesson = item.lesson
        print(f"{item.number}  {style.name(f'{lesson.name:<{wide}}')}  {style.bold(lesson.title)}")
        print(f"   {'':<{wide}}  {lesson.summary} {style.dim(f'· {lesson.minutes} min, {len(lesson.steps)} steps')}")
    return 0


def _printed(lesson: Lesson) -> Iterator[str]:
    """The lesson as Markdown, with the questions and the speaker's notes."""
    yield f"# {lesson.title}"
    yield ""
    command = " ".join(["inspector", *lesson.request.arguments()])
    yield f"{lesson.summary}. About {lesson.minutes} minutes; compiles `{command}`."
    for number, step in enumerate(lesson.steps, 1):
        yield ""
        yield f"## {number}. {step.title}"
        yield ""
        yield step.text
        if step.request is not None:
            yield ""
            yield f"Compiles `inspector {' '.join(step.request.arguments())}`."
        if step.prediction is not None:
            yield ""
            choices = " · ".join(f"{letter}) {choice}" for letter, choice in step.prediction.lettered)
            yield f"**{step.prediction.question}** {choices}"
        if step.notes:
            yield ""
            yield from (f"> {line}".rstrip() for line in step.notes.splitlines())


def _check(lesson: Lesson, *, as_json: bool) -> int:
    from inspector.lessons.truth import StepChecked, verdicts

    captures = {request: _captured(request) for request in lesson.requests()}
    found: list[StepChecked] = list(verdicts(lesson, captures))
    wrong = sum(not item.holds for item in found)
    if as_json:
        from inspector.cli.documents.tools import LessonChecked

        print_json(LessonChecked(lesson.name, not wrong, tuple(found)))
        return 1 if wrong else 0
    style = Style(wants_colour(sys.stdout))
    for item in found:
        mark = style.dim("–") if not item.made else style.good("✓") if item.holds else style.bad("✗")
        print(f"{mark} step {item.step}: {item.words}")
    made = sum(item.made for item in found)
    print(
        f"{lesson.title}: {made - wrong} of {made} hold"
        + ("" if made == len(found) else ", the rest needs another CPU")
    )
    return 1 if wrong else 0


def _captured(request: CaptureRequest) -> Capture:
    from inspector.cli.session import follow, raise_for

    done = follow(request)
    raise_for(done.outcome)
    return done.capture
