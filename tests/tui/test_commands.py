import re
from dataclasses import replace
from pathlib import Path

import pytest
from driving import opened
from key_meanings import MEANINGS, spoken
from keys_page import PAGE, page

from inspector.tui.desk.commands import COMMANDS
from inspector.tui.desk.dialogs import help_sections
from inspector.tui.dialog import Commands
from inspector.tui.keys import shown_key
from inspector.tui.study.commands import STUDY_COMMANDS


def test_a_name_a_key_or_a_missing_help_is_refused():
    zoom = COMMANDS["zoom"]
    with pytest.raises(ValueError, match="there already"):
        COMMANDS.add(zoom)
    with pytest.raises(ValueError, match="'z' of 'other' is taken by 'zoom'"):
        COMMANDS.add(replace(zoom, name="other"))
    with pytest.raises(ValueError, match="no help"):
        COMMANDS.add(replace(zoom, name="other", keys=(), help=""))
    with pytest.raises(ValueError, match="no known group"):
        COMMANDS.add(replace(zoom, name="other", keys=(), group="Nowhere"))
    assert "other" not in COMMANDS


def test_every_help_is_one_sentence():
    for entry in COMMANDS.values():
        assert "\n" not in entry.help
        assert entry.help[0].isupper()
        assert entry.help.endswith((".", "?"))


@pytest.mark.parametrize(
    ("key", "words"),
    [("ctrl+g", "Ctrl+G"), ("shift+tab", "Shift+Tab"), ("G", "G"), ("right_square_bracket", "]"), ("f1", "F1")],
)
def test_keys_as_a_person_knows_them(key, words):
    assert shown_key(key) == words


async def test_a_palette_that_is_closed_while_it_still_looks_for_commands():
    async with opened() as (pilot, _):
        await pilot.press("ctrl+p")
        palette = pilot.app.screen
        assert isinstance(palette, Commands)
        await palette.query("*").remove()  # as its closing begins
        palette._gather_commands("stage")
        palette._list_visible = not palette._list_visible
        palette._show_busy = not palette._show_busy
        await pilot.press("down")
        await pilot.pause()
        await palette.dismiss()
        await pilot.pause()
        assert pilot.app._exception is None


def test_every_key_that_the_readme_names_is_bound():
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    table = readme.split("## Keys")[1].split("`?` lists")[0]
    rows = [row.removeprefix("| ").split(" | ")[0] for row in table.splitlines() if row.startswith("| ")]
    named = {key for row in rows for code in re.findall(r"`([^`]+)`", row) for key in code.split()}
    bound = " ".join(keys for lines in help_sections().values() for keys, _ in lines).split()
    assert len(named) > 50
    assert {key.replace("\\", "") for key in named} <= set(bound)


def test_the_page_of_keys_is_what_the_tables_say():
    assert PAGE.read_text(encoding="utf-8") == page(), "python tests/tui/keys_page.py writes it"


def test_what_starts_a_compile_or_a_run_has_no_bare_letter_for_its_key():
    starts = ("again", "try_finding", "watch", "more_batch", "less_batch", "more_sequence", "less_sequence")
    assert all(len(key) > 1 for name in starts for key in COMMANDS[name].keys)
    assert all(len(key) > 1 for key in STUDY_COMMANDS["again"].keys)


def test_a_key_means_one_thing_on_every_screen_and_on_the_page():
    said = {}
    for key, where, words in spoken():
        said.setdefault(key, {}).setdefault(words, []).append(where)
    for key, words in said.items():
        if key in MEANINGS:
            others = {text: where for text, where in words.items() if not re.fullmatch(MEANINGS[key][1], text)}
            assert not others, f"{key} means {MEANINGS[key][0]!r}: {others}"
        else:
            assert len(words) == 1, f"{key} says more than one thing: {words}"
    assert len(said) > 90
    assert {where for words in said.values() for places in words.values() for where in places} >= {
        *("DeskScreen", "LogScreen", "StudyScreen", "DifferenceScreen", "LessonScreen", "CodePane", "page"),
    }
    assert not MEANINGS.keys() - said.keys()


def test_no_key_is_told_by_the_name_that_the_program_has_for_it():
    """`tilde` and `dollar_sign` are on no keyboard."""
    told = [
        cell
        for row in page().splitlines()
        if row.startswith("|")
        for cell in re.findall(r"`([^`]+)`", row.split("|")[2])
    ]
    assert "~" in told and "@" in told
    assert not [key for key in told if re.fullmatch(r"[a-z]\w+", key)]
