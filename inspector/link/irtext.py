"""Reads Inductor's IR as `ir_pre_fusion` and `ir_post_fusion` print it: one block for each scheduler node."""

from __future__ import annotations

import re
from dataclasses import dataclass

_BLOCK = re.compile(r"(?P<name>[A-Za-z_]\w*): (?P<kind>\w*(?:SchedulerNode|Scheduler\w*))\(")
_OUTPUT = re.compile(r"\s+(?P<name>\w+): [A-Z]\w*$")
_WRITES = re.compile(r"Dep\((?:name=)?'(\w+)'")


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

    @property
    def members(self) -> frozenset[str]:
        """The names of the nodes fused into it; its own for a single one."""
        return frozenset(re.findall(r"op\d+", self.name)) or frozenset((self.name,))


def read_ir(text: str) -> tuple[IrBlock, ...]:
    """The blocks of an IR text, in order."""
    lines = text.split("\n")
    starts = [(index, match) for index, line in enumerate(lines) if (match := _BLOCK.match(line))]
    ends = [index for index, _ in starts[1:]] + [len(lines)]
    return tuple(_block(lines, start, end, match) for (start, match), end in zip(starts, ends, strict=True))


def _block(lines: list[str], start: int, end: int, match: re.Match[str]) -> IrBlock:
    while end > start + 1 and not lines[end - 1].strip():
        end -= 1
    buffers: dict[str, None] = {}
    for line in lines[start:end]:
        if found := _OUTPUT.match(line):
            buffers[found["name"]] = None
        elif f"{match['name']}.writes" in line:
            buffers.update(dict.fromkeys(_WRITES.findall(line)))
    return IrBlock(match["name"], match["kind"], start + 1, end, tuple(buffers))
