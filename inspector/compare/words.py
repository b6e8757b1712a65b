"""Which words of two short texts differ."""

from __future__ import annotations

import re

from inspector.compare.sequence import common, gaps


def changed_words(a: str, b: str, word: re.Pattern[str]) -> list[tuple[str, str]]:
    """The runs of words that differ, each as it stands in both texts; empty where a text has nothing there."""
    words_a, words_b = word.findall(a), word.findall(b)
    return [
        (" ".join(words_a[index] for index in ours), " ".join(words_b[index] for index in theirs))
        for ours, theirs in gaps(common(words_a, words_b), len(words_a), len(words_b))
    ]
