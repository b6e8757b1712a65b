"""The lessons that there are: those of the package, and any file of one's own."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from importlib.resources import files
from pathlib import Path

from inspector.errors import UsageError
from inspector.lessons.lesson import Lesson
from inspector.lessons.parse import parse_lesson
from inspector.regular import read_regular

ORDER = (
    "graph",
    "guards",
    "graph-breaks",
    "decomposition",
    "fusion",
    "vectors",
    "recompiles",
    "cold-start",
)
"""The package's own, in the order of a course."""


@dataclass(frozen=True)
class Listed:
    """A lesson in the list."""

    number: int
    """1-based place in the course."""
    lesson: Lesson


def lessons() -> tuple[Listed, ...]:
    """The package's lessons, in the order of a course."""
    return tuple(Listed(number, _packaged(name)) for number, name in enumerate(ORDER, 1))


def find_lesson(name: str) -> Lesson:
    """A lesson by name, by its number in the list, or by its file.

    Raises:
        UsageError: there is none, or it cannot be read.
    """
    if name in ORDER:
        return _packaged(name)
    if name.isdecimal() and 1 <= int(name) <= len(ORDER):
        return _packaged(ORDER[int(name) - 1])
    path = Path(name)
    if path.suffix == ".md" or path.is_file():
        return _of_file(path)
    near = get_close_matches(name, ORDER, n=3)
    raise UsageError(
        f"There is no lesson {name!r}.",
        f"Did you mean {' or '.join(near)}?" if near else "`inspector lesson` lists them; your own: path/to/lesson.md.",
    )


def _packaged(name: str) -> Lesson:
    return parse_lesson(name, (files("inspector.lessons") / "texts" / f"{name}.md").read_text(encoding="utf-8"))


def _of_file(path: Path) -> Lesson:
    try:
        text = read_regular(path).decode()
    except FileNotFoundError:
        raise UsageError(f"There is no file {path}.", "`inspector lesson` lists the lessons there are.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{path} cannot be read: {error}.", "A lesson is a Markdown file in UTF-8.") from error
    return parse_lesson(path.stem, text)
