"""Search, go to line, copy, palette, help."""

from dataclasses import replace

from driving import on_top, opened, pane_of, panes, screen_text, shown, text, until
from fakes import find_line, llama_mlp, with_breaks
from textual.binding import Binding
from textual.events import Key

from inspector.model.artifact import Artifact, Language
from inspector.model.stage import Stage
from inspector.tui.app import InspectorApp
from inspector.tui.desk.commands import COMMANDS
from inspector.tui.desk.dialogs import help_sections
from inspector.tui.desk.screen import DeskScreen
from inspector.tui.keys import shown_key
from inspector.tui.screens.everywhere import search
from inspector.tui.screens.texts import TextsScreen
from inspector.tui.workspace import StagePane


async def test_find_in_a_pane_while_typing():
    async with opened() as (pilot, main):
        pane = pane_of(main, Stage.ATEN)
        pane.focus()
        await pilot.press("slash", *"mm")
        assert "1/" in screen_text(main)
        await pilot.press("enter")
        await until(pilot, lambda: on_top(main))
        first = pane.cursor
        await pilot.press("n")
        assert pane.cursor > first
        await pilot.press("N")
        assert pane.cursor == first
        await pilot.press("escape")
        assert not pane.find_status.count


async def test_find_with_a_regular_expression_and_without_a_match():
    async with opened() as (pilot, main):
        pane_of(main, Stage.ATEN).focus()
        await pilot.press("slash")
        main.app.screen.query_one("Input").value = r"re:mm_\d"
        await pilot.pause()
        assert "1/" in screen_text(main)
        main.app.screen.query_one("Input").value = "re:("
        await pilot.pause()
        assert "unterminated" in screen_text(main) or "missing )" in screen_text(main)
        main.app.screen.query_one("Input").value = "nowhere"
        await pilot.pause()
        assert "not found" in screen_text(main)
        await pilot.press("escape")
        await until(pilot, lambda: on_top(main))


async def test_find_everywhere_goes_there():
    async with opened() as (pilot, main):
        await pilot.press("ctrl+f", *"Sleef")
        assert "Machine code" in screen_text(main)
        await pilot.press("enter")
        await until(pilot, lambda: on_top(main))
        pane = pane_of(main, Stage.ASM)
        assert main.focused is pane
        await until(pilot, lambda: "Sleef" in pane.artifact.lines[pane.cursor.line - 1])


def test_search_finds_every_line_once_and_minds_capitals():
    capture = llama_mlp()
    aten = capture.find(Stage.ATEN)[0]
    hits = [hit for hit in search(capture, "mm_1", "0/0") if hit.artifact is aten]
    assert [hit.position.line for hit in hits] == [n for n, line in enumerate(aten.lines, 1) if "mm_1" in line]
    assert all(aten.lines[hit.position.line - 1][hit.position.col :].startswith("mm_1") for hit in hits)
    assert list(search(capture, "sleef", None))
    assert not list(search(capture, "SLeef", None))
    assert not list(search(capture, "", None))


def with_other():
    other = Artifact("other:0/0:min_cut", Stage.OTHER, "0/0", None, Language.TEXT, "first\n  a bottleneck here\n")
    return replace(llama_mlp(), others=(other,))


def test_search_looks_into_what_is_beside_the_stages_last():
    capture = with_other()
    (hit,) = search(capture, "bottleneck", "0/0")
    assert (hit.artifact.id, hit.position) == ("other:0/0:min_cut", (2, 4))
    stages = [hit.artifact.stage for hit in search(capture, "e", "1/0")]
    assert stages.index(Stage.OTHER) == len(stages) - 1, "its line comes after all stages'"


async def test_find_everywhere_goes_to_a_text_beside_the_stages():
    async with opened(with_other()) as (pilot, main):
        await pilot.press("ctrl+f", *"bottleneck")
        assert "min_cut" in screen_text(main)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, TextsScreen) and pilot.app.screen.is_mounted)
        pane = pilot.app.screen.pane
        await until(pilot, lambda: pane.cursor == (2, 4))
        assert pane.has_focus
        assert "a bottleneck here" in screen_text(main)
        await pilot.press("escape")
        await until(pilot, lambda: on_top(main))


def test_search_lists_the_compile_id_on_screen_first():
    ids = [hit.artifact.compile_id for hit in search(with_breaks(), "mm_1", "1/0")]
    assert ids.index("1/0") < ids.index("0/0")


async def test_go_to_line():
    async with opened() as (pilot, main):
        pane = pane_of(main, Stage.ATEN)
        pane.focus()
        await pilot.press("colon", *"26", "enter")
        await until(pilot, lambda: on_top(main))
        assert pane.cursor.line == 26
        assert main.picture.status.words.count("ATen:26 mul") == 1
        await pilot.press("ctrl+g", "minus", "5", "enter")
        await until(pilot, lambda: on_top(main))
        assert pane.cursor.line == 21
        await pilot.press("colon", *"99999", "enter")
        await until(pilot, lambda: on_top(main))
        assert pane.cursor.line == len(pane.artifact.lines)


async def test_a_line_that_is_none_is_refused():
    async with opened() as (pilot, main):
        await pilot.press("colon", *"abc", "enter")
        assert "'abc' is not a line" in screen_text(main)
        await pilot.press("escape")
        await until(pilot, lambda: on_top(main))


async def test_copy_a_selection_and_a_whole_text():
    async with opened() as (pilot, main):
        pane = pane_of(main, Stage.ATEN)
        pane.focus()
        await pilot.press("shift+down", "y")
        assert main.app.clipboard == "class <lambda>(torch.nn.Module):\n"
        await pilot.press("Y")
        assert main.app.clipboard == pane.artifact.text


async def test_wrap_and_line_numbers_of_the_focused_pane():
    async with opened() as (pilot, main):
        pane, other = panes(main)[:2]
        pane.focus()
        await pilot.press("w", "number_sign")
        assert not pane.wrap
        assert not pane.line_numbers
        assert other.wrap


def bound(bindings):
    for binding in bindings:
        made = binding if isinstance(binding, Binding) else Binding(*binding)
        yield from made.key.split(",")


def test_help_names_every_key_that_is_bound():
    listed = " ".join(keys for lines in help_sections().values() for keys, _ in lines).split()
    for cls in (InspectorApp, DeskScreen, StagePane):
        for key in bound(cls.BINDINGS):
            assert shown_key(key) in listed, (cls, key)


def test_no_key_of_a_pane_hides_a_command():
    shared = set(bound(StagePane.BINDINGS)) & {key for entry in COMMANDS.values() for key in entry.keys}
    assert shared == {"escape"}  # a pane that has nothing to clear passes it on


def test_keys_that_work_anywhere_are_bound_by_the_app():
    anywhere = {key for entry in COMMANDS.values() if entry.anywhere for key in entry.keys}
    assert anywhere == {"ctrl+c", "ctrl+q", "ctrl+p"}
    priority = {key for binding in InspectorApp.BINDINGS if binding.priority for key in binding.key.split(",")}
    assert {"ctrl+c", "ctrl+q"} <= priority
    assert InspectorApp.COMMAND_PALETTE_BINDING == "ctrl+p"


async def test_help_opens_and_closes():
    async with opened() as (pilot, main):
        await pilot.press("question_mark")
        assert "Move to the next pane" in screen_text(main)
        await pilot.press("f1")
        await until(pilot, lambda: on_top(main))


async def test_the_palette_holds_every_command():
    async with opened(with_breaks()) as (_, main):
        titles = {item.title for item in main.palette()}
        for entry in COMMANDS.values():
            numbered = entry.name.startswith("stage_")
            elsewhere = entry.live or entry.of_log
            assert numbered or entry.name == "palette" or elsewhere or entry.title in titles, entry.name
        assert {"Stage: AOT ATen graph", "Compile id: 1/0", "File: activations.py", "Wrap"} <= titles
        assert any(title.startswith("Theme: ") for title in titles)


async def test_the_palette_runs_a_command():
    async with opened() as (pilot, main):
        await pilot.press("ctrl+p")
        await pilot.pause(0.2)
        await pilot.press(*"Stage: Bytecode")
        await until(pilot, lambda: main.app.screen.query_one("CommandList").option_count)
        await pilot.press("enter")
        await until(pilot, lambda: on_top(main) and "bytecode" in shown(main))
        assert text(main, "bytecode") == "0/0:bytecode"


async def test_light_and_dark():
    async with opened() as (pilot, main):
        assert main.app.theme == "inspector-dark"
        await pilot.press("t")
        assert main.app.theme == "inspector-light"
        await pilot.press("t")
        assert main.app.theme == "inspector-dark"


async def test_no_color_leaves_no_colour(monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    async with opened() as (_, main):
        assert main.app.no_color
        pane = pane_of(main, Stage.ATEN)
        line = find_line(pane.artifact, " mul: ")
        strip = next(
            strip for strip in main.app.screen._compositor.render_strips(main.app.size) if f"{line}  " in strip.text
        )
        assert "┃" in strip.text


async def test_what_is_typed_while_the_dialog_opens_is_not_lost():
    async with opened() as (pilot, main):
        pane_of(main, Stage.ATEN).focus()
        await pilot.pause()
        for key, character in (("slash", "/"), *((letter, letter) for letter in "permute"), ("enter", None)):
            main.app.post_message(Key(key, character))  # at once, as a terminal sends what was pasted
        await until(pilot, lambda: on_top(main) and pane_of(main, Stage.ATEN).find_status.count)
        assert "permute" in pane_of(main, Stage.ATEN).artifact.lines[pane_of(main, Stage.ATEN).cursor.line - 1]


async def test_what_is_typed_behind_the_enter_that_closes_a_dialog_goes_to_the_pane():
    async with opened() as (pilot, main):
        pane = pane_of(main, Stage.ATEN)
        pane.focus()
        await pilot.press("slash")
        for key, character in (("m", "m"), ("m", "m"), ("enter", None), ("n", "n")):
            main.app.post_message(Key(key, character))
        await until(pilot, lambda: on_top(main) and pane.find_status.index == 2)
        assert pane.find_status.pattern == "mm"


async def test_escape_behind_fast_typing_forgets_what_was_looked_for():
    async with opened() as (pilot, main):
        pane = pane_of(main, Stage.ATEN)
        pane.focus()
        await pilot.press("slash")
        for key, character in (("m", "m"), ("m", "m"), ("escape", None), ("G", "G")):
            main.app.post_message(Key(key, character))
        await until(pilot, lambda: on_top(main) and pane.cursor.line == len(pane.artifact.lines))
        assert not pane.find_status.count


async def test_a_key_that_comes_while_the_app_ends():
    app = InspectorApp()
    key = Key("j", "j")
    key._set_forwarded()
    await app.on_event(key)
    assert not app.screen_stack
