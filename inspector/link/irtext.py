"""Reads Inductor's IR as `ir_pre_fusion` and `ir_post_fusion` print it: one block for each scheduler node."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

_BLOCK = re.compile(r"(?P<name>[A-Za-z_]\w*): (?P<kind>\w*(?:SchedulerNode|Scheduler\w*))\(")
_OUTPUT = re.compile(r"\s+(?P<name>\w+): [A-Z]\w*$")
_PART = re.compile(r"\s*(?P<name>(?:(?!(?:\w+_)?op\d+_)\w+_)?op\d+): \w*SchedulerNode\(")
"""An operation, `op2`, or `true_graph_0_op2` of a graph within the graph; not `op1_op2`, which are two."""
_BODY = re.compile(r"\s*class (?P<name>\w+)_loop_body:")
_BLOCK_OF_BODY = re.compile(r"\s*def (?P<name>\w+)\(self, ops")
_DEFINED = re.compile(r"\s+(?P<name>\w+) = (?:ops\.|self\.)(?P<operation>\w+)(?:\('(?P<argument>\w+)')?")
_MUTATIONS = re.compile(r"^\s*\w+\.mutations = \[([^\]]*)\]", re.MULTILINE)
_STORES = frozenset(("store", "store_reduction"))
_WRITES = re.compile(r"Dep\((?:name=)?'(\w+)'")


class BodyLine(NamedTuple):
    """One definition in a loop body."""

    line: int
    operation: str
    """`load`, `exp`, `get_index`…"""
    loaded: str | None = None
    """The buffer that it loads from, of a load."""
    stored: str | None = None
    """The buffer that it stores to, of a store."""


@dataclass(frozen=True)
class IrBlock:
    """One scheduler node, fused or not."""

    name: str
    """`op2`, or `op2_op3` for a fused one."""
    kind: str
    """`SchedulerNode`, `FusedSchedulerNode`, `ExternKernelSchedulerNode`, `NopKernelSchedulerNode`…"""
    first_line: int
    last_line: int
    """Inclusive; blank lines between blocks belong to none."""
    buffers: tuple[str, ...]
    """The buffers it computes."""
    parts: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    """Operation → its first and last line; a fused block has several."""
    lines: Mapping[tuple[str, str], BodyLine] = field(default_factory=dict)
    """Operation and definition in its loop body, `("op2", "body.exp")` → where it stands."""

    @property
    def members(self) -> frozenset[str]:
        """The names of the nodes fused into it; its own for a single one."""
        return frozenset(re.findall(r"(?<![^\W_])op\d+", self.name)) or frozenset((self.name,))


def read_ir(text: str) -> tuple[IrBlock, ...]:
    """The blocks of an IR text, in order."""
    lines = text.split("\n")
    starts = [
        (index, match)
        for index, line in enumerate(lines)
        if (match := _BLOCK.match(line)) and not _is_part(lines, index)
    ]
    ends = [*(index for index, _ in starts[1:]), len(lines)] if starts else []
    return tuple(_block(lines, start, end, match) for (start, match), end in zip(starts, ends, strict=True))


def written_again(text: str) -> frozenset[str]:
    """The buffers that a later operation writes into, whose value is then no longer what they were made for."""
    return frozenset(name for listed in _MUTATIONS.findall(text) for name in re.findall(r"\w+", listed))


def _block(lines: list[str], start: int, end: int, match: re.Match[str]) -> IrBlock:
    while end > start + 1 and not lines[end - 1].strip():
        end -= 1
    buffers: dict[str, None] = {}
    for line in lines[start:end]:
        if found := _OUTPUT.match(line):
            buffers[found["name"]] = None
        elif f"{match['name']}.writes" in line:
            buffers.update(dict.fromkeys(_WRITES.findall(line)))
    parts, body = _read_parts(lines, start, end)
    return IrBlock(match["name"], match["kind"], start + 1, end, tuple(buffers), parts, body)


def _read_parts(
    lines: list[str], start: int, end: int
) -> tuple[dict[str, tuple[int, int]], dict[tuple[str, str], BodyLine]]:
    """The operations of a block, and the definitions in their loop bodies."""
    starts = [(index, match["name"]) for index in range(start, end) if (match := _PART.match(lines[index]))]
    ends = [index - _is_part(lines, index) for index, _ in starts[1:]] + [end] if starts else []
    parts = {name: (index + 1, last) for (index, name), last in zip(starts, ends, strict=True)}
    found: dict[tuple[str, str], BodyLine] = {}
    for name, (first, last) in parts.items():
        block = ""
        inside = False
        for number in range(first, last + 1):
            line = lines[number - 1]
            if match := _BODY.match(line):
                inside, block = match["name"] == name, ""
            elif not inside:
                continue
            elif match := _BLOCK_OF_BODY.match(line):
                block = match["name"]
            elif block and (match := _DEFINED.match(line)):
                operation, argument = match["operation"], match["argument"]
                loaded = argument if operation == "load" else None
                stored = argument if operation in _STORES else None
                found[name, f"{block}.{match['name']}"] = BodyLine(number, operation, loaded, stored)
    return parts, found


def _is_part(lines: list[str], index: int) -> bool:
    """Whether the node that begins here is part of a fused one: `op1_op2.snodes[1] =` stands above it."""
    return index > 0 and ".snodes[" in lines[index - 1]
