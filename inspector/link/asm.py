"""Kernel ↔ machine code: from the line table of the binary that runs."""

from __future__ import annotations

from inspector.link.asmtext import Assembly
from inspector.link.inductor import whole
from inspector.link.outputcode import KernelDefinition
from inspector.link.tally import Tally
from inspector.model.artifact import Artifact, Span
from inspector.model.link import Origin


def link_asm(kernel: Artifact, definition: KernelDefinition, asm: Artifact, assembly: Assembly) -> Tally:
    """Ties each kernel line to the runs of instructions that the line table says it became.

    The compiled file holds the kernel's string from its first character; the artifact may begin a line later. Of a
    binary without a line table, as torch before 2.13 builds them, only the kernel as a whole is known.
    """
    tally = Tally()
    if not any(assembly.source_lines):
        tally.link(whole(kernel), whole(asm), Origin.KERNEL)
        return tally
    shift = definition.first_line - definition.string_line
    last = len(kernel.lines)
    lines = assembly.source_lines
    first = 0
    while first < len(lines):
        end = first + 1
        while end < len(lines) and lines[end] == lines[first]:
            end += 1
        line = lines[first] - shift
        if lines[first] and 1 <= line <= last:
            tally.link(Span.of_lines(kernel.id, line), Span.of_lines(asm.id, first + 1, end), Origin.DEBUG_INFO)
        elif lines[first]:
            tally.gap("instructions whose line table names no line of the kernel", end - first)
        first = end
    return tally
