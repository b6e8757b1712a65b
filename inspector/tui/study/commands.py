"""What a person can tell the screen of a study to do; the bindings, the help and the palette are made of this table."""

from __future__ import annotations

from typing import TYPE_CHECKING

from inspector.tui.commands.registry import Command, Table

if TYPE_CHECKING:
    from inspector.tui.study.screen import StudyScreen

STUDY_COMMANDS: Table[StudyScreen] = Table(("Pages", "Runs", "General"))
"""The commands of the screen of a study."""

command = STUDY_COMMANDS.command
PAGES = 9
"""How many pages have a number of their own."""


def _page(number: int) -> None:
    def run(screen: StudyScreen) -> None:
        screen.show_page(number - 1)

    words = f"Show page {number} of the row of names."
    STUDY_COMMANDS.add(Command(f"page_{number}", (str(number),), f"Page {number}", words, "Pages", run))


for _number in range(1, PAGES + 1):
    _page(_number)


@command("right_square_bracket", title="Next chart", group="Pages")
def next_page(screen: StudyScreen) -> None:
    """Turn to the next page."""
    screen.step_page(1)


@command("left_square_bracket", title="Previous chart", group="Pages")
def previous_page(screen: StudyScreen) -> None:
    """Turn to the previous page."""
    screen.step_page(-1)


@command("b", title="Next batch, model or target", group="Pages")
def next_subject(screen: StudyScreen) -> None:
    """Show the page's next figure: another batch size, model or target."""
    screen.step_subject(1)


@command("B", title="Previous batch, model or target", group="Pages")
def previous_subject(screen: StudyScreen) -> None:
    """Show the page's previous figure."""
    screen.step_subject(-1)


@command("s", title="Next set of results", group="Pages")
def next_set(screen: StudyScreen) -> None:
    """Show the results of the next machine."""
    screen.step_set(1)


@command("v", title="Chart or table", group="Pages")
def face(screen: StudyScreen) -> None:
    """Show the chart, the table, or where there is room both."""
    screen.step_face()


@command("f", title="Follow the runs", group="Pages")
def follow(screen: StudyScreen) -> None:
    """Show what the last finished run belongs to, and go on with the next ones."""
    screen.follow()


@command("tab", title="Next part", group="Pages")
def next_part(screen: StudyScreen) -> None:
    """Move to the next part of the screen: chart, table, words, plan."""
    screen.step_focus(1)


@command("shift+tab", title="Previous part", group="Pages")
def previous_part(screen: StudyScreen) -> None:
    """Move to the previous part of the screen."""
    screen.step_focus(-1)


@command("P", title="Plan", group="Runs", live=True)
def plan(screen: StudyScreen) -> None:
    """Show or hide the plan of runs."""
    screen.toggle_plan()


@command("space", title="Pause after this run, go on", group="Runs", live=True)
def pause(screen: StudyScreen) -> None:
    """Finish the run under way and begin no other, until the key is pressed again."""
    screen.driver.toggle_pause()


@command("S", title="Stop", group="Runs", live=True)
def stop(screen: StudyScreen) -> None:
    """End the run under way and begin no other; what is finished is kept."""
    screen.driver.stop()


@command("R", title="Run what is missing", group="Runs", live=True)
def again(screen: StudyScreen) -> None:
    """Go on after a stop, and try failed runs again."""
    screen.driver.begin()


@command("exclamation_mark", title="What went wrong", group="Runs", live=True)
def failures(screen: StudyScreen) -> None:
    """Show why runs failed, or why the plan cannot go on."""
    screen.driver.show_failures()


@command("E", title="Export the report…", group="General")
def export(screen: StudyScreen) -> None:
    """Write tables and figures as HTML, or as Markdown, text, CSV or JSON, by the file's ending."""
    screen.export()


@command("ctrl+p", title="Command palette", group="General", anywhere=True)
def palette(screen: StudyScreen) -> None:
    """Find any command by its name."""
    screen.app.action_command_palette()


@command("question_mark", "f1", title="Help", group="General")
def show_help(screen: StudyScreen) -> None:
    """List every key."""
    screen.show_help()


@command("t", title="Light or dark", group="General")
def theme(screen: StudyScreen) -> None:
    """Change between the dark and the light theme."""
    from inspector.tui.themes import other

    screen.app.theme = other(screen.app.theme)


@command("q", title="Quit", group="General")
def leave(screen: StudyScreen) -> None:
    """Leave; a run under way ends at once, finished ones are kept, and the same command goes on."""
    screen.leave()


@command("ctrl+c", "ctrl+q", title="Interrupt", group="General", anywhere=True)
def interrupt(screen: StudyScreen) -> None:
    """Stop whatever is going on and leave, from any screen."""
    screen.leave(interrupted=True)
