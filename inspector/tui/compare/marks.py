"""What became of something, as a sign, a colour and words."""

from __future__ import annotations

from typing import NamedTuple

from inspector.model.difference import Change, KernelDifference
from inspector.say.difference import change_words, kernel_change, kernel_words
from inspector.say.doc import Tone
from inspector.say.findings import LEFT_AND_RIGHT, SIGNS


class ChangeMark(NamedTuple):
    """How one row of a list says what became of it."""

    sign: str
    tone: Tone
    words: str


def mark_of(change: Change, words: str = "") -> ChangeMark:
    """The mark of a text, a compile id or a whole; `words` where the verdict alone says too little."""
    sign, tone = SIGNS[change]
    return ChangeMark(sign, tone, words or change_words(change, LEFT_AND_RIGHT))


def kernel_mark(kernel: KernelDifference) -> ChangeMark:
    """The mark of kernels."""
    return mark_of(kernel_change(kernel), kernel_words(kernel, LEFT_AND_RIGHT))
