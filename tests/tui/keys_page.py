"""docs/keys.md, from the tables that bindings, help and palette are made of.

python tests/tui/keys_page.py        writes it
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from key_meanings import table

from inspector.tui.compare.screen import DifferenceScreen
from inspector.tui.desk.dialogs import help_sections
from inspector.tui.lesson.screen import LessonScreen
from inspector.tui.library.commands import LIBRARY_COMMANDS
from inspector.tui.log.commands import LOG_COMMANDS
from inspector.tui.log.screen import PARTS
from inspector.tui.screens.help import Line, sections, sections_of
from inspector.tui.study.commands import STUDY_COMMANDS
from inspector.tui.widgets.details import Details

PAGE = Path(__file__).parents[2] / "docs" / "keys.md"

_HEAD = """# Every key

Made of the tables that the bindings, the help (`?`) and the palette (ctrl+p) are made of; a test holds it to them.
What starts a compile has no bare letter for its key.
"""


def page() -> str:
    """The whole page."""
    screens: Mapping[str, Mapping[str, list[Line]]] = {
        "One capture": help_sections() | sections_of({"In details and findings": Details.BINDINGS}),
        "A log": sections(LOG_COMMANDS, PARTS),
        "A difference": sections_of({"Difference": DifferenceScreen.BINDINGS}),
        "A study": sections(STUDY_COMMANDS, {}),
        "The first screen": sections(LIBRARY_COMMANDS, {}),
        "A lesson, beside the keys of one capture": sections_of({"Lesson": LessonScreen.BINDINGS}),
    }
    shared = ["## On every screen and on the page", "", "| key | means |", "|---|---|"]
    shared += [f"| `{key}` | {meaning} |" for key, meaning in table()]
    return (
        "\n".join((_HEAD, *shared, "", *(row for title, groups in screens.items() for row in _screen(title, groups))))
        + "\n"
    )


def _screen(title: str, groups: Mapping[str, list[Line]]) -> Iterator[str]:
    yield f"## {title}\n"
    yield "| where | keys | do |"
    yield "|---|---|---|"
    for group, lines in groups.items():
        for keys, words in lines:
            shown = " ".join(f"`{key}`".replace("|", "\\|") for key in keys.split())
            yield f"| {group} | {shown} | {words.rstrip('.')} |"
    yield ""


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
