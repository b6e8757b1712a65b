"""Many ranks in few words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise

CALLS_IN_CODE = (
    "Collectives and waits are calls in the compiled code, each counted once; how often they ran, no log says."
)
_FEW = 4
"""Ranks that are named one by one."""
_PLAIN = re.compile(r"rank (\d{1,9})$")


def ranks_in_words(labels: Iterable[str]) -> str:
    """`rank 0, rank 2`; of many `ranks 0–5, 7–63`, those that are not merely a number behind."""
    names = list(labels)
    numbers = sorted({int(match[1]) for name in names if (match := _PLAIN.match(name))})
    if len(numbers) <= _FEW:
        return ", ".join(names)
    begins = [numbers[0], *(after for before, after in pairwise(numbers) if after != before + 1)]
    ends = [*(before for before, after in pairwise(numbers) if after != before + 1), numbers[-1]]
    runs = [str(begin) if begin == end else f"{begin}–{end}" for begin, end in zip(begins, ends, strict=True)]
    return ", ".join((f"ranks {', '.join(runs)}", *(name for name in names if not _PLAIN.match(name))))
