"""What a graph computes, as one word: two compiles of one function with the same word made the same graph."""

from __future__ import annotations

import re
from hashlib import blake2b

_UNSAID = re.compile(r'^\s*#.*$|;\s+(?:[A-Za-z_]\w*\s*=\s*)+None\s*$|\s*:\s*"[^"]*"', re.MULTILINE)
"""Comments, what is set to None behind a statement, and types."""
_SIGNATURE = re.compile(r"^\s*def forward\([^)]*\).*$", re.MULTILINE)
_BOUND = re.compile(r"^\s*([A-Za-z_]\w*)\s*=(?!=)", re.MULTILINE)
_ARGUMENT = re.compile(r"[A-Za-z_]\w*")
_WORD = re.compile(r"(?<![\w.])[A-Za-z_]\w*")


def graph_digest(text: str) -> str:
    """A Dynamo graph's operators, constants and what they are applied to; not the names, nor shapes and dtypes."""
    code = _UNSAID.sub("", text)
    signatures = _SIGNATURE.findall(code)
    bound = {*_BOUND.findall(code), *(name for line in signatures for name in _ARGUMENT.findall(line))}
    numbers: dict[str, int] = {}

    def renamed(match: re.Match[str]) -> str:
        return f"%{numbers.setdefault(match[0], len(numbers))}" if match[0] in bound else match[0]

    lines = (line.strip() for line in _WORD.sub(renamed, _SIGNATURE.sub("", code)).splitlines())
    return blake2b("\n".join(filter(None, lines)).encode(), digest_size=12).hexdigest()
