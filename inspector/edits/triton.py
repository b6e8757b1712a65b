"""Experiments on the text of a Triton kernel of Inductor's: block sizes, warps, stages.

Inductor's text names a heuristic, `@triton_heuristics.pointwise(size_hints=…)`, which has several configurations timed.
An experiment puts one fixed configuration there, in the text, where it can be seen and changed further.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping

from inspector.errors import UsageError

Knob = tuple[str, str, str, tuple[str, ...]]

_BLOCK = re.compile(r"^[XYZR]\d?_?BLOCK$")
_TITLES = {"num_warps": "Warps of a block", "num_stages": "Stages of the pipeline"}
_VALUES = {"num_warps": ("1", "2", "4", "8", "16"), "num_stages": ("1", "2", "3", "4", "5")}
_KEPT = ("filename", "triton_meta", "inductor_meta")
"""What a fixed configuration is given of what a heuristic is."""


def knobs(text: str, launch: Mapping[str, int]) -> Iterator[Knob]:
    """What applies to a text: nothing where it is not known how it is launched, or no heuristic stands above it."""
    if _decorator(text) is None:
        return
    launch = _fixed_in(text) or launch
    for name in launch:
        if _BLOCK.match(name) and re.search(rf"\b{name} *: *tl\.constexpr", text):
            values = [launch[name] << step if step >= 0 else launch[name] >> -step for step in (-2, -1, 1, 2)]
            yield name, f"Block size {name}", str(launch[name]), tuple(str(value) for value in values if value > 0)
    for name, values_of in _VALUES.items():
        if name in launch:
            now = str(launch[name])
            yield name, _TITLES[name], now, tuple(value for value in values_of if value != now)


def with_knob(text: str, key: str, value: str, launch: Mapping[str, int]) -> str:
    """The text with a fixed configuration that has this value, and for the rest what it is launched with.

    Raises:
        UsageError: the value is none, or the text has no heuristic.
    """
    if not value.isascii() or not value.isdigit() or not 1 <= int(value) <= 1 << 20:
        raise UsageError(f"{key}={value} is no whole number from 1.", "Block sizes and warps are powers of two.")
    if key != "num_stages" and int(value) & (int(value) - 1):
        raise UsageError(f"{key}={value} is no power of two.", "Triton takes no other.")
    found = _decorator(text)
    if found is None:
        raise UsageError("This text has no heuristic of Inductor's above the kernel.", "Edit it by hand.")
    first, last, call = found
    present = _fixed_in(text) or {name: launch[name] for name in launch if _BLOCK.match(name) or name in _VALUES}
    present = {name: size for name, size in present.items() if not _BLOCK.match(name) or _takes(text, name)}
    config = {**present, key: int(value)}
    lines = text.split("\n")
    source = "\n".join(lines)
    kept = [
        f"    {item.arg}={ast.get_source_segment(source, item.value)}," for item in call.keywords if item.arg in _KEPT
    ]
    made = ["@triton_heuristics.fixed_config(", f"    config={config!r},", *kept, ")"]
    return "\n".join([*lines[: first - 1], *made, *lines[last:]])


def _takes(text: str, name: str) -> bool:
    return re.search(rf"\b{name} *: *tl\.constexpr", text) is not None


def _decorator(text: str) -> tuple[int, int, ast.Call] | None:
    """First and last line, 1-based, of the heuristic above the kernel, and its call; None where there is none."""
    try:
        body = ast.parse(text).body
    except (SyntaxError, ValueError):
        return None
    for node in body:
        for item in node.decorator_list if isinstance(node, ast.FunctionDef) else ():
            if isinstance(item, ast.Call) and isinstance(item.func, ast.Attribute):
                holder = item.func.value
                if isinstance(holder, ast.Name) and holder.id == "triton_heuristics":
                    return item.lineno, item.end_lineno or item.lineno, item
    return None


def _fixed_in(text: str) -> dict[str, int]:
    """The configuration that a text has fixed already; none where it has a heuristic that chooses."""
    found = _decorator(text)
    if found is None or not isinstance(found[2].func, ast.Attribute) or found[2].func.attr != "fixed_config":
        return {}
    for item in found[2].keywords:
        if item.arg == "config":
            try:
                config = ast.literal_eval(item.value)
            except (ValueError, TypeError):
                return {}
            return {str(key): value for key, value in config.items() if isinstance(value, int)}
    return {}
