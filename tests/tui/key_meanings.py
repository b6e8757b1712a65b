"""What each key means: one thing, on every screen and on the page.

A key that does something on more than one screen has a row here: what it means, and what each screen says of it. A
binding with other words is one that somebody has to compare with that meaning first; a key without a row says one
thing everywhere.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

from textual.binding import Binding
from textual.dom import DOMNode

import inspector.tui
from inspector.tui.keys import shown_key

_NUMBER = "the stage, view or page with this number"
_VIEWS = "Compiles|Time|Graph breaks|Recompiles|Ranks|Records|Pieces"
_UP, _DOWN, _LEFT, _RIGHT = "up", "down", "left, or fold", "right, or unfold"

MEANINGS: dict[str, tuple[str, str]] = {
    **{number: (_NUMBER, rf"Stage number {number}|Page {number}|{_VIEWS}") for number in "123456789"},
    "A": ("all texts of a compile id, or back from them", r"All texts|Choose any text…|Close"),
    "D": ("details", r"Details"),
    "E": ("export", r"Export.*|Write the difference.*"),
    "F": ("find everywhere", r"Find everywhere…|panel of search"),
    "G": ("the bottom, the end", r"Bottom|to the end"),
    "J": ("open or fold what is folded", r"Everything, or only.*|Fold or unfold.*|Open what is folded.*"),
    "K": ("choose a kernel", r"[Cc]hoose a? ?kernel…?"),
    "M": ("all notes", r"All notes…"),
    "N": ("the one before: match, difference, shape", r"(The )?[Pp]revious .*|the next match, the one before"),
    "O": ("the list of what is planned: steps, runs", r"List the steps|Plan"),
    "P": ("where the time went", r"Flame graph|Phases"),
    "T": ("latency", r"Latency"),
    "X": ("remove", r"Remove .*"),
    "W": ("what costs most, why, and what to do", r"Why: .*"),
    "a": ("a note", r"Note on this…"),
    "b": ("the next dearest place", r"(Next|the next) dearest place.*"),
    "B": ("the dearer place", r"Dearer place|the next dearest place.*"),
    "R": ("the price", r"Price: .*|panel of price"),
    "left_parenthesis": ("a smaller batch, the figure before", r"Halve the batch|Previous batch.*"),
    "right_parenthesis": ("a larger batch, the next figure", r"Double the batch|Next batch.*"),
    "backspace": (
        "back to what was before",
        r"Back to a wider view|Default stages",
    ),
    "c": (
        "choose a compile id",
        r"[Cc]hoose a? ?compile id…?",
    ),
    "colon": ("go to a line", r"[Gg]o to a? ?line…?"),
    "ctrl+d": ("half a page or a page down", r"(Half a p|P)age down"),
    "ctrl+r": ("compile, run or read again", r"Compile again|Run what is missing|Read the library again"),
    "ctrl+s": ("save", r"Keep|Save.*"),
    "ctrl+u": ("half a page or a page up", r"(Half a p|P)age up"),
    "d": (
        "the difference, or back from it",
        r"Close|Difference from the compile before",
    ),
    "down": (_DOWN, r"Down|down|To its longest part"),
    "ctrl+f": ("find everywhere", r"Find everywhere…|find in every stage"),
    "e": (
        "explain, or back from it",
        r"Close|Explain",
    ),
    "end": ("the end of the line, or of the list", r"Bottom|End of the line|to the end"),
    "enter": (
        "open, go there; yes",
        r"Close|Fold, or.*|[Jj]ump .*|Look at what.*|Make this bar.*|Open|Save and leave",
    ),
    "escape": (
        "back; clear; cancel",
        r"Back.*|Cancel.*|[Cc]lear.*|Close|Give up|Look at.*|Show everything again|Stay",
    ),
    "exclamation_mark": ("what went wrong, or back from it", r"Close|What went wrong"),
    "f": (
        "choose a source file",
        r"Choose source file…",
    ),
    "f1": ("the keys, or back from them", r"Close|Help"),
    "g": ("the top", r"To the whole|Top|to the top"),
    "greater_than_sign": ("sort by the next column", r"Sort .*next column"),
    "h": (_LEFT, r"Columns before|The range before|Eager|Fold.*|[Ll]eft|To the bar on the left|To the left"),
    "home": ("the beginning of the line, or of the list", r"Beginning of the line|To the whole|Top|to the top"),
    "j": (_DOWN, r"Down|down|To its longest part"),
    "k": (_UP, r"Up|up|To the caller"),
    "l": (_RIGHT, r"Compiled|The next range|Further columns|[Rr]ight|To the .*right|Unfold.*"),
    "left": (_LEFT, r"Columns before|The range before|Eager|Fold.*|[Ll]eft|To the bar on the left|To the left"),
    "left_square_bracket": ("the one before: stage, view, part, page", r"Previous .*|the stage before, the next"),
    "less_than_sign": ("sort by the column before", r"Sort .*previous column"),
    "m": ("panels: taller, hidden, as before", r"[Pp]anels:? taller, hidden, .*"),
    "n": ("the next one: match, difference, shape, results", r"(The )?[Nn]ext .*|the next match, the one before"),
    "o": ("open, go to it", r"Follow the runs|[Jj]ump .*|Open.*"),
    "p": ("keep lit", r"Keep lit|keep what is lit.*"),
    "pagedown": (
        "a page down; in presenter mode, the next step",
        r"Page down|a screenful down|In presenter mode: forward",
    ),
    "pageup": ("a page up; when presenting, the step before", r"Page up|a screenful.*|In presenter mode.*"),
    "q": ("leave", r"Close|Give up|Quit"),
    "question_mark": ("the keys, or back from them", r"Close|Help|these keys"),
    "r": ("measure from the beginning", r"Measure this machine.*|Reset"),
    "right": (
        _RIGHT,
        r"Compiled|The next range|Further columns|[Rr]ight|To the .*right|Unfold.*",
    ),
    "right_square_bracket": ("the next one: stage, view, part, page", r"Next .*|the stage before, the next"),
    "shift+tab": ("to the part of the screen before", r"Previous .*|List or text|Text or author|to the pane before"),
    "slash": ("find, or narrow down", r"Filter…|Find.*|find.*"),
    "space": ("measure or run, or pause", r".*, or .*again|Measure.*|Pause after.*|Run or pause"),
    "t": ("light or dark", r"[Ll]ight or dark"),
    "tab": ("to the next part of the screen", r"Next .*|List or text|Text or author|To the list.*|to the next pane"),
    "u": ("the guards, or back from them", r"Close|Guards as a tree"),
    "up": (_UP, r"Up|up|To the caller"),
    "v": ("shown another way", r"Chart or table|Side by side.*|Tables, or.*|Traceback or log|Tree or table|Rows by.*"),
    "x": ("clear away", r"[Cc]lear what is kept lit|Leave without saving|List only what differs.*"),
    "y": ("copy", r"[Cc]opy.*"),
    "z": ("zoom", r"Zoom|this pane alone.*"),
}
"""Textual's name for a key → what it means; a regular expression for what the screens say of it."""

_ASKED = "While the class is asked"
"""What a lesson's question makes of a key, until it is answered: the page of keys says so."""
_PAGE = Path(inspector.tui.__file__).parents[1] / "bundle" / "page" / "js" / "keys.js"
_OF_BROWSER = {
    **{f"Arrow{name}": name.lower() for name in ("Up", "Down", "Left", "Right")},
    **{"/": "slash", ":": "colon", "?": "question_mark", "[": "left_square_bracket", "]": "right_square_bracket"},
    **{"Control+f": "ctrl+f", "Shift+Tab": "shift+tab"},
}
_PAGE_PANELS = {"details": "Details", "phases": "Phases", "latency": "Latency", "notes": "All notes…"}


def spoken() -> Iterator[tuple[str, str, str]]:
    """Every key, where it is bound, and what is said of it there."""
    for module in pkgutil.walk_packages(inspector.tui.__path__, "inspector.tui."):
        importlib.import_module(module.name)
    for cls in sorted(set(_below(DOMNode)), key=lambda cls: cls.__name__):
        for item in cls.__dict__.get("BINDINGS", ()) if cls.__module__.startswith("inspector.") else ():
            key, _, words = (item.key, "", item.description) if isinstance(item, Binding) else item
            if not words.startswith(_ASKED):
                yield from ((part.strip(), cls.__name__, words.rstrip(".")) for part in key.split(","))
    script = _PAGE.read_text(encoding="utf-8")
    for row in re.finditer(r'\[\[([^\]]*|"\[", "\]")\], "([^"]*)"', script):
        for key in re.findall(r'"([^"]+)"', row[1]):
            yield _OF_BROWSER.get(key, key if len(key) == 1 else key.lower()), "page", row[2]
    panels = re.search(r"PANEL_KEYS = \{([^}]*)\}", script)
    assert panels is not None
    for key, panel in re.findall(r'(\w): "(\w+)"', panels[1]):
        yield key, "page", _PAGE_PANELS.get(panel, f"panel of {panel}")


def _below(cls: type) -> Iterator[type]:
    for child in cls.__subclasses__():
        yield child
        yield from _below(child)


def table() -> Iterator[tuple[str, str]]:
    """The keys that several screens have, as a person knows them, and what each means."""
    for key, (meaning, _) in MEANINGS.items():
        yield shown_key(key), meaning
