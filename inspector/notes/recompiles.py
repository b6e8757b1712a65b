"""What made torch compile once more, and what would have spared it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from inspector.model.advice import Advice
from inspector.model.annotation import Annotation, Fact
from inspector.model.capture import Capture, CompileStatus
from inspector.model.compile_row import CompileRow, GuardFailure
from inspector.model.guard_words import CONDITION, local
from inspector.model.overview_of import overview_of
from inspector.notes.markup import code, prose
from inspector.notes.where import line_of
from inspector.say.names import frame_words
from inspector.say.recompiles import NO_ADVICE, advice_words

_WITHOUT_CODE = (CompileStatus.EAGER, CompileStatus.REFUSED, CompileStatus.FAILED, CompileStatus.EMPTY)


def recompiles(capture: Capture) -> Iterator[Annotation]:
    """One note for each compile that is there because a guard of an earlier one did not hold."""
    overview = overview_of(capture, advise=True)
    advice = {chain.frame: chain.advice for chain in overview.chains}
    for row in overview.rows:
        if not row.failures:
            continue
        yield Annotation(
            f"recompile:{row.compile_id}",
            _text(row, advice.get(row.frame)),
            line_of(capture, (*row.stack, *((row.place,) if row.place is not None else ()))),
            row.compile_id,
            fact=Fact.RECOMPILE,
        )


def _text(row: CompileRow, advice: Sequence[Advice] | None) -> str:
    first = row.failures[0]
    against = f" of {code(first.against)}" if first.against else ""
    what = "Tried again" if row.status in _WITHOUT_CODE else "Compiled again"
    parts = [f"**{what}** as {code(row.compile_id)}: a guard{against} did not hold. {_failed(first)}"]
    if first.frame is not None:
        line = f": {code(first.frame.code)}" if first.frame.code else ""
        parts.append(f"The guard is there because of {code(frame_words(first.frame))}{line}.")
    elif first.place:
        parts.append(f"The guard is there because of {code(first.place)}.")
    if first.remark:
        parts.append(f"torch adds: {prose(first.remark)}")
    more = len(row.failures) - 1
    if more:
        parts.append(f"{more} older compile{'' if more == 1 else 's'} did not fit either.")
    helps = [prose(advice_words(item, code)) for item in advice or () if item.spared != 0]
    if advice is not None:
        parts += helps or [prose(advice_words(advice[0], code)) if advice else NO_ADVICE]
    return "\n\n".join(parts)


def _failed(failure: GuardFailure) -> str:
    if failure.kind == "none failed":
        return f"torch found {prose(failure.what)}."
    if not failure.what:
        return f"torch says {code(failure.text)}."
    came = f", and {code(failure.actual)} came" if failure.actual else "; what came is not recorded"
    if failure.what == CONDITION:
        return f"It asks for {code(failure.expected)}{came}."
    source = f" of {code(local(failure.source))}" if failure.source else ""
    expected = (
        f"had been {code(failure.expected)}" if failure.expected else "is guarded, what it had been is not recorded"
    )
    return f"The {failure.what}{source} {expected}{came}."
