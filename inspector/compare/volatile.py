"""What differs from one run of the same program to the next without meaning anything."""

from __future__ import annotations

import re
from collections.abc import Iterable

_PATTERNS = (
    (re.compile(r"__compiled_fn_\d+(?:_[0-9a-f]{8}(?:_[0-9a-f]{4}){3}_[0-9a-f]{12})?"), "__compiled_fn"),
    (re.compile(r"/[^\s'\":,]*(?:torchinductor|inspector-run|/tmp)[^\s'\":,]*/"), "…/"),
    (re.compile(r"\b[a-z2-7]{45,56}\b"), "…"),
    (re.compile(r"\b(?=\d*[a-f])[0-9a-f]{32,64}\b"), "…"),
    (re.compile(r"\bat 0x[0-9a-fA-F]{6,}"), "at 0x…"),
    (re.compile(r"(# File: )(?:[^\s:]*/)?([^\s:]+):\d+( in )"), r"\1\2\3"),
    (re.compile(r"# AOT ID: .*"), "# AOT ID"),
)
"""Names of compiled functions, temporary folders, digests (base 32 and hexadecimal) and the addresses in what Python
prints of an object; of a source position its folder and line, for what counts is the code beside it. Other numbers are
constants, however long."""
_IDENTITIES = (
    (re.compile(r"0x[0-9a-fA-F]{6,}"), "0x…"),
    (re.compile(r"(___check_\w+\(.*, ?)\d{6,}(?=\))"), r"\1…"),
)

_HINTS = ("__compiled_fn", "/", "0x", "#")


def steady(line: str, noise: Iterable[re.Pattern[str]] = ()) -> str:
    """A line without what is volatile in it, and without what its language adds by way of numbering."""
    for pattern in noise:
        line = pattern.sub("", line)
    if len(line) < 32 and not any(hint in line for hint in _HINTS):
        return line
    for pattern, instead in _PATTERNS:
        line = pattern.sub(instead, line)
    return line


def steady_guard(code: str) -> str:
    """A guard without the identities of the objects it checks, which are other ones in every process."""
    for pattern, instead in _IDENTITIES:
        code = pattern.sub(instead, code)
    return steady(code)
