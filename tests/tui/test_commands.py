from dataclasses import replace

import pytest
from driving import opened

from inspector.tui.commands import COMMANDS
from inspector.tui.commands.registry import add
from inspector.tui.dialog import Commands
from inspector.tui.keys import shown_key


def test_a_name_a_key_or_a_missing_help_is_refused():
    zoom = COMMANDS["zoom"]
    with pytest.raises(ValueError, match="there already"):
        add(zoom)
    with pytest.raises(ValueError, match="'z' of 'other' is taken by 'zoom'"):
        add(replace(zoom, name="other"))
    with pytest.raises(ValueError, match="no help"):
        add(replace(zoom, name="other", keys=(), help=""))
    with pytest.raises(ValueError, match="no known group"):
        add(replace(zoom, name="other", keys=(), group="Nowhere"))
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
