"""What a difference is called, and of how much: worded once, for every face."""

from __future__ import annotations

from collections.abc import Mapping

from inspector.model.artifact import Language
from inspector.model.difference import CaptureDifference, CompilationDifference
from inspector.model.text_difference import Change, TextDifference

NOT_RECORDED = "not recorded"
"""What is said of a figure or a setting that one side does not hold."""

_WORDS = {
    Change.SAME: "identical",
    Change.ABSENT: "not recorded on either side",
    Change.UNRECORDED: "not recorded on one side: its code came from a cache",
    Change.RENAMED: "identical up to names",
    Change.MOVED: "identical up to names and order",
    Change.CHANGED: "different",
}


def change_words(change: Change, a: str = "A", b: str = "B") -> str:
    """What became of something; `a` and `b` are what a face calls the sides."""
    one_side = {Change.REMOVED: f"only in {a}", Change.ADDED: f"only in {b}"}
    return one_side.get(change) or _WORDS[change]


def compared_words(compared: Mapping[str, int]) -> str:
    """`212 lines of aten, kernel and 30 guards`; says that nothing was compared where that is so."""
    lines = {stage: count for stage, count in compared.items() if stage != "guards"}
    said = [f"{_plural(sum(lines.values()), 'line')} of {', '.join(lines)}"] if lines else []
    if guards := compared.get("guards"):
        said.append(_plural(guards, "guard"))
    return " and ".join(said) or "nothing was compared"


def text_words(text: TextDifference) -> str:
    """How much of a text was compared, and what its listing does not say: `104 lines`; empty of what one side has."""
    if not text.compared:
        return ""
    said = _plural(text.compared, "line")
    if text.change is not Change.CHANGED and text.a is not None and text.a.language is Language.ASM:
        loads = sum("[rip" in line for line in text.a.lines)
        said += f"; {_plural(loads, 'value')} in memory not listed" if loads else ""
    return said


def whole_words(difference: CaptureDifference | CompilationDifference) -> str:
    """The verdict on a whole, with how much was compared and what could not be."""
    said = [compared_words(difference.compared)]
    pairs = difference.compilations if isinstance(difference, CaptureDifference) else (difference,)
    both = [pair for pair in pairs if pair.a is not None and pair.b is not None]
    if isinstance(difference, CaptureDifference):
        if not both:
            said = ["no compile id of one function is on both sides"]
        absent = [pair.a or "" for pair in both if not pair.change.compared]
        if absent and len(absent) < len(both):
            said.append(f"nothing of {', '.join(absent[:_FEW])}{', …' if len(absent) > _FEW else ''}")
    if any(text.change is Change.UNRECORDED for pair in pairs for text in pair.texts):
        said.append("as far as both logs hold it")
    return f"{change_words(difference.change)} ({'; '.join(said)})"


_FEW = 8


def _plural(count: int, word: str) -> str:
    return f"{count:,} {word}{'' if count == 1 else 's'}"
