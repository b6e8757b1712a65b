"""The keys of a code pane; every one is an action that a palette or a keymap can name as well.

Single letters beyond these belong to the app.
"""

from __future__ import annotations

from textual.binding import Binding, BindingType

MOVES = "up down left right page_up page_down half_up half_down line_start line_end top bottom word_left word_right"
"""What `move_cursor(NAME)` and `extend_selection(NAME)` understand."""


def _move(keys: str, name: str, words: str, *, show: bool = False) -> Binding:
    return Binding(keys, f"move_cursor('{name}')", words, show=show, id=f"code.{name}")


def _extend(keys: str, name: str, words: str) -> Binding:
    return Binding(keys, f"extend_selection('{name}')", words, show=False, id=f"code.select_{name}")


BINDINGS: list[BindingType] = [
    _move("up,k", "up", "Up"),
    _move("down,j", "down", "Down"),
    _move("left,h", "left", "Left"),
    _move("right,l", "right", "Right"),
    _move("pageup", "page_up", "Page up"),
    _move("pagedown", "page_down", "Page down"),
    _move("ctrl+u", "half_up", "Half a page up"),
    _move("ctrl+d", "half_down", "Half a page down"),
    _move("home", "line_start", "Beginning of the line"),
    _move("end", "line_end", "End of the line"),
    _move("g,ctrl+home", "top", "Top"),
    _move("G,ctrl+end", "bottom", "Bottom"),
    _move("ctrl+left", "word_left", "A word to the left"),
    _move("ctrl+right", "word_right", "A word to the right"),
    _extend("shift+up", "up", "Select up"),
    _extend("shift+down", "down", "Select down"),
    _extend("shift+left", "left", "Select to the left"),
    _extend("shift+right", "right", "Select to the right"),
    _extend("shift+pageup", "page_up", "Select a page up"),
    _extend("shift+pagedown", "page_down", "Select a page down"),
    _extend("shift+home", "line_start", "Select to the beginning of the line"),
    _extend("shift+end", "line_end", "Select to the end of the line"),
    _extend("ctrl+shift+home", "top", "Select to the top"),
    _extend("ctrl+shift+end", "bottom", "Select to the bottom"),
    _extend("ctrl+shift+left", "word_left", "Select a word to the left"),
    _extend("ctrl+shift+right", "word_right", "Select a word to the right"),
    Binding("ctrl+a", "select_all", "Select all", show=False, id="code.select_all"),
    Binding("y", "copy", "Copy", tooltip="The selection, else the whole text", show=False, id="code.copy"),
    Binding("w", "toggle_wrap", "Wrap", show=False, id="code.wrap"),
    Binding("number_sign", "toggle_line_numbers", "Line numbers", show=False, id="code.line_numbers"),
    Binding("n", "find_next", "Next match", show=False, id="code.find_next"),
    Binding("N", "find_previous", "Previous match", show=False, id="code.find_previous"),
    Binding("escape", "clear", "Clear search and selection", show=False, id="code.clear"),
]
