"""Characters that nobody sees, made visible: the one place that says which they are and what stands for them.

A log is written by whoever wrote it. A function's name or a kernel's comment can hold escape sequences that move a
terminal's cursor, set its title or answer in the user's name, and marks that hide text or turn it round. Each such
character is replaced by one character, so that columns stay what they are.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""Unicode categories that act on a terminal or on a reader's eyes, or that XML forbids."""

_SUSPECT = re.compile("[^\t\n -~]")
"""What needs a second look; nearly all that compilers write does not."""


def visible(text: str) -> str:
    """`text` with one printable character for each that hides, turns text round or controls; tab and newline stay."""
    if (text.isascii() and text.isprintable()) or _SUSPECT.search(text) is None:
        return text
    return _SUSPECT.sub(lambda match: mark(match[0]), text)


@lru_cache(maxsize=4096)
def mark(character: str) -> str:
    """What stands for a character: itself, or `␛` for escape, `␡` for delete, `�` for all else that is hidden."""
    if unicodedata.category(character) not in _HIDDEN:
        return character
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    return "\N{SYMBOL FOR DELETE}" if code == 0x7F else "\N{REPLACEMENT CHARACTER}"
