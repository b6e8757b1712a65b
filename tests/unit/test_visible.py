"""Which characters are made visible, the same in every face."""

from __future__ import annotations

import sys

import pytest

from inspector.cli.printable import plain
from inspector.model.visible import mark, visible
from inspector.tui.panes.text import shown


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("a\x1b[31mb", "a␛[31mb"),
        ("\x07\x00\r\x7f", "␇␀␍␡"),
        ("\x9b\u202e\u200b\ufeff\u2028\ue000\ud800", "�" * 7),
        ("tab\tand\nnewline", "tab\tand\nnewline"),
        ("grün 漢字 𝔘 ␛", "grün 漢字 𝔘 ␛"),
    ],
)
def test_one_character_for_one(text: str, made: str) -> None:
    assert visible(text) == plain(text) == made
    assert len(made) == len(text)


def test_no_character_at_all_acts_on_a_terminal() -> None:
    every = "".join(map(chr, range(sys.maxunicode + 1)))
    for text in (visible(every), plain(every)):
        rest = set(text) - set("\t\n")
        assert not {character for character in rest if not character.isprintable() and not character.isspace()}
        assert not rest & set("\x1b\x9b\r\u202e\u2028\u2029\x85")


def test_the_panes_show_the_same_marks() -> None:
    line = "a\x1b\x7f\u202e\u00a0ä"
    assert shown(line).text == "a␛␡� ä"
    assert shown(line).text.isprintable()
    assert mark("\t") == "␉", "a tab alone has a mark too, where it stands for a control character"
