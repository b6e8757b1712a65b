"""What an edited text says itself of how it is to be built, in comments that any editor shows, and how it differs.

// flags: -ffast-math -funroll-loops
// inductor: cpp.simdlen=256
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence

from inspector.errors import UsageError
from inspector.model.edit import KernelEdit
from inspector.model.kernel import text_digest

_FLAGS = re.compile(r"^\s*//\s*flags:(?P<words>.*)$", re.MULTILINE)
_SETTINGS = re.compile(r"^\s*//\s*inductor:(?P<words>.*)$", re.MULTILINE)


def flags_in(text: str) -> tuple[str, ...]:
    """The C++ compiler's flags that a text asks for, in order."""
    return tuple(word for found in _FLAGS.finditer(text) for word in found["words"].split())


def settings_in(text: str) -> tuple[tuple[str, str], ...]:
    """Inductor's settings that a text asks to be built with.

    Raises:
        UsageError: one is not KEY=VALUE.
    """
    found: dict[str, str] = {}
    for word in (word for line in _SETTINGS.finditer(text) for word in line["words"].split()):
        key, equals, value = word.partition("=")
        if not equals or not key or not value:
            raise UsageError(
                f"{word!r} in the line “// inductor:” is not KEY=VALUE.", "As in // inductor: cpp.simdlen=256"
            )
        found[key] = value
    return tuple(found.items())


def plain(text: str) -> str:
    """The text without these lines."""
    return _SETTINGS.sub("", _FLAGS.sub("", text)).lstrip("\n")


def with_flags(text: str, flags: Sequence[str]) -> str:
    """The text with these flags and no others."""
    rest = _without(_FLAGS, text)
    return f"// flags: {' '.join(flags)}\n{rest}" if flags else rest


def with_settings(text: str, settings: Mapping[str, str]) -> str:
    """The text with these settings and no others."""
    rest = _without(_SETTINGS, text)
    return f"// inductor: {' '.join(f'{key}={value}' for key, value in settings.items())}\n{rest}" if settings else rest


def _without(pattern: re.Pattern[str], text: str) -> str:
    return "\n".join(line for line in text.split("\n") if pattern.match(line) is None)


def same_text(one: str, other: str) -> bool:
    """Whether a compiler would be given the same, newlines at both ends apart."""
    return text_digest(one.strip("\n")) == text_digest(other.strip("\n"))


def changed_counts(edit: KernelEdit) -> tuple[int, int]:
    """Lines that the edit added, and lines that it took away."""
    lines = _unified(edit)[2:]
    return sum(line.startswith("+") for line in lines), sum(line.startswith("-") for line in lines)


def patch(edit: KernelEdit) -> str:
    """A unified patch from the compiler's text to the edited one, for `patch -p1`; empty where they are the same."""
    return "".join(_unified(edit))


def file_name(edit: KernelEdit) -> str:
    """`cpp_fused_add_0.cpp`; of Triton `.py`."""
    return f"{edit.kernel}{'.py' if edit.triton else '.cpp'}"


def _unified(edit: KernelEdit) -> list[str]:
    before, now = ([f"{line}\n" for line in text.strip("\n").split("\n")] for text in (edit.before, edit.text))
    name = file_name(edit)
    return list(difflib.unified_diff(before, now, f"a/{name}", f"b/{name}"))
