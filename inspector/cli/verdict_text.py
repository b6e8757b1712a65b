"""The findings that head what a verb lists."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from inspector.cli.printable import one_line
from inspector.cli.terminal import Style
from inspector.why.verdict import Verdict
from inspector.why.words import head


def verdict_lines(verdicts: Sequence[Verdict], style: Style) -> Iterator[str]:
    """Each finding, what would change it, and an empty line; nothing where there is none."""
    for tone, words in head(verdicts):
        yield style.toned(tone)(one_line(words) if not words.startswith(" ") else f"  {one_line(words)}")
    if verdicts:
        yield ""
