"""How many kernels a generated module defines, calls, and how many of them differ: plain text, no torch."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_DEFINITION = re.compile(
    r"^(?P<name>\w+)\s*=\s*async_compile\.(?:cpp|cpp_pybinding|triton)\((?P<head>[^'\"]*(?:'[^']*'[^'\"]*)*?)"
    r"r?(?P<quote>'''|\"\"\")(?P<body>.*?)(?P=quote)",
    re.MULTILINE | re.DOTALL,
)
_NUMBER = re.compile(r"\b\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?:f|F|L|LL|UL)?\b")
_NAME = re.compile(r"\b(?:cpp|triton)_\w*fused_\w+|\b(?:in_out|in|out)_ptr\d+|\b(?:tmp|x|r|c)\d+\b|\bkernel\b")


@dataclass(frozen=True)
class KernelCounts:
    """Of the modules that one model was compiled to."""

    calls: int
    definitions: int
    bodies: int
    """Distinct definitions, their names and numbers aside."""


def count_kernels(modules: Iterable[str]) -> KernelCounts:
    """Reads Inductor's output code.

    Args:
        modules: the text of each generated Python module.
    """
    calls = definitions = 0
    bodies: set[str] = set()
    for module in modules:
        found = {match["name"]: match["body"] for match in _DEFINITION.finditer(module)}
        definitions += len(found)
        bodies.update(normalised(body) for body in found.values())
        code = _DEFINITION.sub("", module)
        calls += sum(len(re.findall(rf"\b{name}(?:\.run)?\(", code)) for name in found)
    return KernelCounts(calls, definitions, len(bodies))


def normalised(body: str) -> str:
    """A kernel's text without what may differ between two equal ones: names, numbers, comments, white space."""
    text = re.sub(r"//[^\n]*|/\*.*?\*/|^\s*#(?!pragma)[^\n]*", " ", body, flags=re.DOTALL | re.MULTILINE)
    names: dict[str, str] = {}

    def renamed(match: re.Match[str]) -> str:
        return names.setdefault(match[0], f"n{len(names)}_")

    return " ".join(_NUMBER.sub("0", _NAME.sub(renamed, text)).split())
