"""What a person can tell the screen of a study to do; the bindings, the help and the palette are made of this table."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from inspector.tui.commands import Command, Table

if TYPE_CHECKING:
    from inspector.tui.study.screen import StudyScreen

Does = Callable[["StudyScreen"], object]
PAGES = 9
"""How many pages have a number of their own."""


def _theme(screen: StudyScreen) -> None:
    from inspector.tui.themes import other

    screen.app.theme = other(screen.app.theme)


def _row(  # noqa: PLR0917 (a row of the table)
    name: str, keys: str, group: str, does: Does, title: str, words: str, **when: bool
) -> Command[Does]:
    return Command(name, tuple(keys.split()), title, words, group, does, **when)


def _page(number: int) -> Command[Does]:
    words = f"Show page {number} of the row of names."
    return _row(
        f"page_{number}", str(number), "Pages", lambda screen: screen.show_page(number - 1), f"Page {number}", words
    )


# fmt: off
STUDY_COMMANDS: Table[Does] = Table(
    ("Pages", "Runs", "General"),
    (
        *map(_page, range(1, PAGES + 1)),
        _row("next_page", "right_square_bracket", "Pages", lambda screen: screen.step_page(1), "Next chart",
             "Turn to the next page."),
        _row("previous_page", "left_square_bracket", "Pages", lambda screen: screen.step_page(-1), "Previous chart",
             "Turn to the previous page."),
        _row("next_subject", "b", "Pages", lambda screen: screen.step_subject(1), "Next batch, model or target",
             "Show the page's next figure: another batch size, model or target."),
        _row("previous_subject", "B", "Pages", lambda screen: screen.step_subject(-1),
             "Previous batch, model or target",
             "Show the page's previous figure."),
        _row("next_set", "s", "Pages", lambda screen: screen.step_set(1), "Next set of results",
             "Show the results of the next machine."),
        _row("face", "v", "Pages", lambda screen: screen.step_face(), "Chart or table",
             "Show the chart, the table, or where there is room both."),
        _row("follow", "f", "Pages", lambda screen: screen.follow(), "Follow the runs",
             "Show what the last finished run belongs to, and go on with the next ones."),
        _row("next_part", "tab", "Pages", lambda screen: screen.step_focus(1), "Next part",
             "Move to the next part of the screen: chart, table, words, plan."),
        _row("previous_part", "shift+tab", "Pages", lambda screen: screen.step_focus(-1), "Previous part",
             "Move to the previous part of the screen."),
        _row("plan", "P", "Runs", lambda screen: screen.toggle_plan(), "Plan",
             "Show or hide the plan of runs.", live=True),
        _row("pause", "space", "Runs", lambda screen: screen.driver.toggle_pause(), "Pause after this run, go on",
             "Finish the run under way and begin no other, until the key is pressed again.", live=True),
        _row("stop", "S", "Runs", lambda screen: screen.driver.stop(), "Stop",
             "End the run under way and begin no other; what is finished is kept.", live=True),
        _row("again", "R", "Runs", lambda screen: screen.driver.begin(), "Run what is missing",
             "Go on after a stop, and try failed runs again.", live=True),
        _row("failures", "exclamation_mark", "Runs", lambda screen: screen.driver.show_failures(), "What went wrong",
             "Show why runs failed, or why the plan cannot go on.", live=True),
        _row("export", "E", "General", lambda screen: screen.export(), "Export the report…",
             "Write tables and figures as HTML, or as Markdown, text, CSV or JSON, by the file's ending."),
        _row("palette", "ctrl+p", "General", lambda screen: screen.app.action_command_palette(), "Command palette",
             "Find any command by its name.", anywhere=True),
        _row("show_help", "question_mark f1", "General", lambda screen: screen.show_help(), "Help", "List every key."),
        _row("theme", "t", "General", _theme, "Light or dark", "Change between the dark and the light theme."),
        _row("leave", "q", "General", lambda screen: screen.leave(), "Quit",
             "Leave; a run under way ends at once, finished ones are kept, and the same command goes on."),
        _row("interrupt", "ctrl+c ctrl+q", "General", lambda screen: screen.leave(interrupted=True), "Interrupt",
             "Stop whatever is going on and leave, from any screen.", anywhere=True),
    ),
)
# fmt: on
