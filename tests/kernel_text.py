"""What counts as a statement of a generated C++ kernel; for tests and for the coverage benchmark."""

from __future__ import annotations

import re

_SCAFFOLD = re.compile(
    r"#|//|extern |[{}]|for\b|if\b|else\b|return\b|;$|\(\);?$|\);?$|\[&\]"
    r"|int tid = |int max_threads = |std::atomic<int> inductor_|inductor_cpu_"
    r"|const \S+ \w+_ptr\d+[,)]|\S+\* +\w+_ptr\d+[,)]|auto (in|out|in_out)_ptr\d+ = (in|out|in_out)_ptr\d+;"
)
"""What stands around the statements: headers, parameters, loops, braces, bookkeeping of the whole kernel."""


def statement_lines(source: str) -> dict[int, str]:
    """The statements of a C++ kernel's text by 1-based line: definitions, stores, accumulators and checks."""
    lines = {number: line.strip() for number, line in enumerate(source.split("\n"), start=1)}
    return {number: line for number, line in lines.items() if line.endswith((";", "=")) and not _SCAFFOLD.match(line)}
