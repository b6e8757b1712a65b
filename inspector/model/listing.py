"""What objdump prints of a kernel's shared object, cut to what is the kernel's own."""

from __future__ import annotations

import re

_HEADER = re.compile(r"^[0-9a-f]+ <(?P<symbol>.+)>:$")
_KERNEL_SYMBOL = re.compile(r"^kernel$|^kernel\.|omp_outlined|micro_gemm")
"""A kernel, its parallel regions and its cold part, and the inner loops of GEMM templates."""


def only_kernel_symbols(text: str) -> str:
    """What objdump printed, without the Python glue and the start-up code around the kernel."""
    kept: list[str] = []
    keeping = True  # the heading, which names the file's format
    for line in text.splitlines():
        if (header := _HEADER.match(line)) is not None:
            keeping = _KERNEL_SYMBOL.search(header["symbol"]) is not None
        elif line.startswith("Disassembly of section"):
            keeping = False
        if keeping:
            kept.append(line)
    return "\n".join(kept) + "\n"
