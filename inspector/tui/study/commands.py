"""What a person can tell the screen of a study; the bindings, the help and the palette are made of this table."""

from __future__ import annotations

from inspector.tui.commands import Command, CommandTable, command
from inspector.tui.intents import FocusOn, StepBy
from inspector.tui.study.intents import ShowPage, StepSet, StepSubject, StudyDo, StudyIntent
from inspector.tui.study.pages import PAGES


def _page(number: int) -> Command[StudyIntent]:
    words = f"Show page {number} of the row of names."
    return command(f"page_{number}", str(number), "Pages", ShowPage(number - 1), f"Page {number}", words)


# fmt: off
STUDY_COMMANDS: CommandTable[StudyIntent] = CommandTable(
    ("Pages", "Runs", "General"),
    (
        *map(_page, range(1, PAGES + 1)),
        command("next_page", "right_square_bracket", "Pages", StepBy(1), "Next chart",
                "Turn to the next page."),
        command("previous_page", "left_square_bracket", "Pages", StepBy(-1), "Previous chart",
                "Turn to the previous page."),
        command("next_subject", "right_parenthesis", "Pages", StepSubject(1), "Next batch, model or target",
                "Show the page's next figure: another batch size, model or target."),
        command("previous_subject", "left_parenthesis", "Pages", StepSubject(-1),
                "Previous batch, model or target",
                "Show the page's previous figure."),
        command("next_set", "n", "Pages", StepSet(1), "Next set of results",
                "Show the results of the next machine."),
        command("face", "v", "Pages", StudyDo.FACE, "Chart or table",
                "Show the chart, the table, or where there is room both."),
        command("follow", "o", "Pages", StudyDo.FOLLOW, "Follow the runs",
                "Show what the last finished run belongs to, and go on with the next ones."),
        command("next_part", "tab", "Pages", FocusOn(1), "Next part",
                "Move to the next part of the screen: chart, table, words, plan."),
        command("previous_part", "shift+tab", "Pages", FocusOn(-1), "Previous part",
                "Move to the previous part of the screen."),
        command("plan", "O", "Runs", StudyDo.SHOW_PLAN, "Plan",
                "Show or hide the plan of runs.", live=True),
        command("pause", "space", "Runs", StudyDo.PAUSE, "Pause after this run, go on",
                "Finish the run under way and begin no other, until the key is pressed again.", live=True),
        command("stop", "S", "Runs", StudyDo.STOP, "Stop",
                "End the run under way and begin no other; what is finished is kept.", live=True),
        command("again", "ctrl+r", "Runs", StudyDo.AGAIN, "Run what is missing",
                "Go on after a stop, and try failed runs again.", live=True),
        command("failures", "exclamation_mark", "Runs", StudyDo.FAILURES, "What went wrong",
                "Show why runs failed, or why the plan cannot go on.", live=True),
        command("export", "E", "General", StudyDo.EXPORT, "Export the report…",
                "Write tables and figures as HTML, or as Markdown, text, CSV or JSON, by the file's ending."),
        command("palette", "ctrl+p", "General", StudyDo.PALETTE, "Command palette",
                "Find any command by its name.", anywhere=True),
        command("show_help", "question_mark f1", "General", StudyDo.HELP, "Help", "List every key."),
        command("theme", "t", "General", StudyDo.THEME, "Light or dark",
                "Change between the dark and the light theme."),
        command("leave", "q", "General", StudyDo.LEAVE, "Quit",
                "Leave; a run under way ends at once, finished ones are kept, and the same command goes on."),
        command("interrupt", "ctrl+c ctrl+q", "General", StudyDo.INTERRUPT, "Interrupt",
                "Stop whatever is going on and leave, from any screen.", anywhere=True),
    ),
)
# fmt: on
