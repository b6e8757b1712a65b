"""Keys as a person knows them."""

from __future__ import annotations

NUMBER_KEYS = (
    *("1", "2", "3", "4", "5", "6", "7", "8", "9", "0", "minus", "equals_sign", "plus"),
    *("underscore", "backslash", "semicolon", "apostrophe"),
)
"""The row of keys from 1 rightwards, one for each stage of the strip: a training step on a CPU has thirteen, on a GPU
seventeen."""

_NAMES = {
    "right_square_bracket": "]",
    "left_square_bracket": "[",
    "right_curly_bracket": "}",
    "left_curly_bracket": "{",
    "asterisk": "*",
    "question_mark": "?",
    "exclamation_mark": "!",
    "slash": "/",
    "colon": ":",
    "minus": "-",
    "equals_sign": "=",
    "plus": "+",
    "underscore": "_",
    "backslash": "\\",
    "semicolon": ";",
    "apostrophe": "'",
    "number_sign": "#",
    "dollar_sign": "$",
    "circumflex_accent": "^",
    "percent_sign": "%",
    "left_parenthesis": "(",
    "right_parenthesis": ")",
    "less_than_sign": "<",
    "greater_than_sign": ">",
    "full_stop": ".",
    "vertical_line": "|",
    "comma": ",",
    "at": "@",
    "tilde": "~",
    "ampersand": "&",
    "grave_accent": "`",
    "quotation_mark": '"',
    "up": "↑",
    "down": "↓",
    "left": "←",
    "right": "→",
    "pageup": "PgUp",
    "pagedown": "PgDn",
    "home": "Home",
    "end": "End",
    "escape": "Esc",
    "enter": "Enter",
    "space": "Space",
    "backspace": "Backspace",
    "tab": "Tab",
    **{f"f{number}": f"F{number}" for number in range(1, 13)},
}


def shown_key(key: str) -> str:
    """`ctrl+g` as `Ctrl+G`, `right_square_bracket` as `]`, `shift+tab` as `Shift+Tab`."""
    *held, last = key.strip().split("+") if key.strip() != "+" else ["plus"]
    name = _NAMES.get(last, last)
    if held and len(name) == 1:
        name = name.upper()
    return "+".join([*(item.capitalize() for item in held), name])
