"""What a person can tell the desk: names, keys, help and intents. Bindings, help and palette are made of this table."""

from __future__ import annotations

from inspector.tui.commands import Command, Table
from inspector.tui.desk import intents as want
from inspector.tui.desk.intents import Do, Does
from inspector.tui.keys import NUMBER_KEYS


def _command(  # noqa: PLR0917 (a row of the table)
    name: str, keys: str, group: str, does: Does, title: str, words: str, **when: bool
) -> Command[Does]:
    return Command(name, tuple(keys.split()), title, words, group, does, **when)


def _number(place: int) -> Command[Does]:
    words = f"Show the stage numbered {place} in the strip, in this pane."
    return _command(
        f"stage_{place}", NUMBER_KEYS[place - 1], "Stages", want.ShowNumber(place - 1), f"Stage number {place}", words
    )


# fmt: off
COMMANDS: Table[Does] = Table(
    ("Stages", "Panes", "Links", "Notes", "Find", "Panels", "Latency", "Log", "General"),
    (
        _command("difference", "d", "Log", Do.DIFFERENCE, "Difference from the compile before",
                 "Show what this recompile changed, side by side: graphs, code, guards."),
        _command("compare", "vertical_line", "Log", Do.COMPARE, "Compare with…",
                 "Hold this against another compile id, a bundle or a log, or against itself compiled "
                 "with other options."),
        _command("guards", "u", "Log", Do.GUARDS, "Guards as a tree",
                 "Show how the guards of this compile id are checked, and which of them failed."),
        _command("any_text", "A", "Log", Do.TEXTS, "Choose any text…",
                 "Pick any text of this compile id, also those that have no stage of their own."),
        _command("back_to_log", "escape", "Log", Do.BACK_TO_LOG, "Back to the whole log",
                 "Leave this compile id and go back to all of them.", of_log=True),
        _command("explain", "e", "Links", want.Explain, "Explain",
                 "Say what the word at the cursor means: an operator, a construct, a vector call, an instruction."),
        _command("palette", "ctrl+p", "General", Do.PALETTE, "Command palette",
                 "Find any command by its name.", anywhere=True),
        _command("show_help", "question_mark f1", "General", Do.HELP, "Help", "List every key."),
        _command("theme", "t", "General", Do.THEME, "Light or dark", "Change between the dark and the light theme."),
        _command("export", "E", "General", Do.EXPORT, "Export…",
                 "Write what is on screen as a bundle with its page for a browser, to hand it on."),
        _command("failure", "exclamation_mark", "General", Do.FAILURE, "What went wrong",
                 "Show again why the worker ended.", live=True),
        _command("again", "R", "General", lambda here: want.Begin(here.now), "Compile again",
                 "Throw this capture away and make it anew in a new worker.", live=True),
        _command("leave", "q", "General", Do.LEAVE, "Quit", "Leave; the worker and all that it started end at once."),
        _command("interrupt", "ctrl+c ctrl+q", "General", Do.INTERRUPT, "Interrupt",
                 "Stop whatever is going on and leave, from any screen.", anywhere=True),
        _command("add_note", "a", "Notes", want.AddNote, "Note on this…",
                 "Write a note on the selection, else on what the cursor is on; it shows at all that is linked to it."),
        _command("edit_note", "i", "Notes", Do.EDIT_NOTE, "Edit a note here…",
                 "Change a note that shows at the cursor; an empty text removes it."),
        _command("remove_note", "X", "Notes", Do.REMOVE_NOTE, "Remove a note here",
                 "Remove a note that shows at the cursor."),
        _command("list_notes", "M", "Notes", Do.NOTES, "All notes…",
                 "List every note, those too that are written from the facts, and go to one."),
        _command("save_bundle", "ctrl+s", "Notes", Do.SAVE, "Save as a bundle…",
                 "Save the notes in the bundle that is open; of a live capture or a log, make a bundle with its page."),
        _command("phases", "P", "Panels", want.ShowPanel("phases"), "Phases", "What the compiler spent its time on."),
        _command("latency", "T", "Panels", want.ShowPanel("latency"), "Latency", "Eager against compiled, timed live."),
        _command("log", "L", "Panels", want.ShowPanel("log"), "Log", "What the worker printed."),
        _command("details", "D", "Panels", want.ShowPanel("details"), "Details",
                 "Guards, graph breaks, recompiles, metrics, environment."),
        _command("profile", "H", "Panels", want.ShowPanel("profile"), "Profile: hot spots and the limit",
                 "Where a call's time goes, eager and compiled side by side, with the machine's limit "
                 "and the roofline."),
        _command("numerics", "U", "Panels", want.ShowPanel("numerics"), "Numerics",
                 "How far compiled results are from eager's and from float64's, and the first node where they part."),
        _command("panel_size", "m", "Panels", Do.PANEL_SIZE, "Panels: taller, hidden, as before",
                 "Make the panels taller, then hide them, then put them back."),
        _command("next_pane", "tab", "Panes", want.FocusOn(1), "Next pane",
                 "Move to the next pane, then to the panels below."),
        _command("previous_pane", "shift+tab", "Panes", want.FocusOn(-1), "Previous pane",
                 "Move to the previous pane."),
        _command("zoom", "z", "Panes", Do.ZOOM, "Zoom", "Give this pane the whole screen, or take it back."),
        _command("pin", "asterisk", "Panes", Do.PIN, "Pin",
                 "Keep this pane on its text, whatever links and pickers do."),
        _command("form", "V", "Panes", Do.FORM, "Reading form",
                 "Show every text in its reading form (operators first, shapes at the right, the rest folded), "
                 "or as it is stored."),
        _command("copy_all", "Y", "Panes", Do.COPY_ALL, "Copy all",
                 "Copy the whole text of this pane to the clipboard."),
        _command("jump", "o enter", "Links", want.Jump, "Jump along the link",
                 "Go to what this line became, or came from."),
        _command("jump_back", "ctrl+o", "Links", Do.BACK, "Jump back", "Return to where the last jump began."),
        _command("keep_lit", "p", "Links", want.KeepLit, "Keep lit",
                 "Keep what belongs to this line lit while the cursor moves on; the same again lets it go."),
        _command("let_go", "x", "Links", Do.LET_GO, "Let go of what is kept lit",
                 "Keep nothing lit but what belongs to the cursor's line."),
        _command("toggle_scrolling", "v", "Links", Do.SCROLLS, "Links scroll on/off",
                 "Whether a move scrolls the other panes along."),
        _command("run_or_pause", "space", "Latency", Do.RACE, "Run or pause",
                 "Time eager against compiled, or pause it.", live=True),
        _command("reset", "r", "Latency", Do.RESET_RACE, "Reset",
                 "Throw the samples of this shape away and warm up anew.", live=True),
        _command("more_batch", "b", "Latency", want.Reshape(batch=2.0), "Double the batch",
                 "Run twice the batch size, live: does a guard fail?", live=True),
        _command("less_batch", "B", "Latency", want.Reshape(batch=0.5), "Halve the batch",
                 "Run half the batch size, live.", live=True),
        _command("more_sequence", "s", "Latency", want.Reshape(seq=2.0), "Double the sequence",
                 "Run twice the sequence length, live: does a guard fail?", live=True),
        _command("less_sequence", "S", "Latency", want.Reshape(seq=0.5), "Halve the sequence",
                 "Run half the sequence length, live.", live=True),
        _command("find", "slash", "Find", Do.FIND, "Find in this pane…", "Find a text in this pane; n and N go on."),
        _command("find_everywhere", "ctrl+f F", "Find", want.FindText, "Find everywhere…",
                 "Find a text in every stage, kernel, source file and other text of the log."),
        _command("go_to_line", "colon ctrl+g", "Find", Do.GO_TO_LINE, "Go to line…", "Go to a line by its number."),
        _command("next_stage", "right_square_bracket", "Stages", want.Step(1), "Next stage",
                 "Show the next stage in this pane."),
        _command("previous_stage", "left_square_bracket", "Stages", want.Step(-1), "Previous stage",
                 "Show the previous stage in this pane."),
        _command("slide_on", "right_curly_bracket", "Stages", want.Slide(1), "Slide all panes on",
                 "Move every pane one stage towards the machine code."),
        _command("slide_back", "left_curly_bracket", "Stages", want.Slide(-1), "Slide all panes back",
                 "Move every pane one stage towards the source."),
        _command("default_stages", "backspace", "Stages", Do.STORY, "Default stages",
                 "Show the stages that tell the whole story."),
        _command("choose_compile_id", "c", "Stages", Do.COMPILE_IDS, "Choose compile id…",
                 "Pick a compile id: a graph after a break, a recompile."),
        _command("choose_kernel", "K", "Stages", Do.KERNELS, "Choose kernel…",
                 "Pick the kernel that the kernel and machine-code panes show."),
        _command("choose_source", "f", "Stages", Do.SOURCES, "Choose source file…",
                 "Pick the source file that the source pane shows."),
        *map(_number, range(1, len(NUMBER_KEYS) + 1)),
    ),
)
# fmt: on
