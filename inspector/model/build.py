"""What the C++ compiler was run for."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass

_LEVEL = re.compile(r"-O\w*")


@dataclass(frozen=True)
class Build:
    """One kernel's C++ compiler run, waiting for its lock included."""

    so: str
    """The binary that it made; in a `ColdStart` its kernel's name, where that is known."""
    seconds: float
    command: str = ""
    """What was run; empty where the log does not say."""


@dataclass(frozen=True)
class CommandDifference:
    """What one command has that another lacks, names of files left out."""

    more: tuple[str, ...] = ()
    less: tuple[str, ...] = ()


def command_difference(own: str, command: str) -> CommandDifference:
    """What a compiler's command has more, and less, than Inductor's own.

    Args:
        own: Inductor's.
        command: the other one.
    """
    before, now = _words(own), _words(command)
    return CommandDifference(
        tuple(word for word in now if word not in before), tuple(word for word in before if word not in now)
    )


def _words(command: str) -> list[str]:
    """The command's words but for what it reads and writes, which has another name; each once, and of options that
    say the same thing the last, which is what counts."""
    found: list[str] = []
    skips = False
    for word in shlex.split(command):
        if skips or word in ("-o", "-include"):
            skips = not skips
        elif not word.endswith((".cpp", ".so", ".o")) and word not in found:
            found.append(word)
    last = {_about(word): word for word in found}
    return [word for word in found if last[_about(word)] == word]


def _about(word: str) -> str:
    """`-fcontract` of `-fcontract=off`, `-fmath` of `-fno-math`: what an option decides."""
    if not word.startswith("-f"):
        return "-O" if _LEVEL.fullmatch(word) else word
    return "-f" + word[2:].removeprefix("no-").partition("=")[0]
