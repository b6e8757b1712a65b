"""What became of a kernel that a person edited, in words: a verdict first, then what it rests on.

Of an edit whose numbers are wrong, or were not compared, no speed is said.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from inspector.model.edit import CodeChange, EditedOutput, Fate, KernelEdit
from inspector.model.latency import LatencySummary
from inspector.say.doc import Row, Section, Tone
from inspector.say.profile import others_words
from inspector.say.units import factor, figures, plural, seconds

_BAD = {
    Fate.NOT_BUILT: "not built",
    Fate.RAISED: "it raised an error",
    Fate.CRASHED: "it crashed",
    Fate.HUNG: "it did not return",
}
_NAMED = 4
"""Lines of a text that a row names."""


def headline(edit: KernelEdit) -> str:
    """All in a line: `edited against compiled 1.12 × (95 %: 1.08 to 1.15), numbers the same in 65,536 of 65,536`."""
    return ", ".join(row.text for row in clauses(edit))


def clauses(edit: KernelEdit) -> Iterator[Row]:
    """What the line is made of, each with how it is meant."""
    if (words := _BAD.get(edit.fate)) is not None:
        yield Row(f"{words}{_because(edit)}", Tone.ERROR)
        return
    if edit.fate is Fate.UNCOMPARED:
        yield Row(
            f"numbers not compared ({edit.unraced or 'a call returns nothing that can be'}), not raced", Tone.WARNING
        )
        return
    if edit.fate.right:
        yield _speed(edit)
    yield _numbers(edit)


def _because(edit: KernelEdit) -> str:
    problem = edit.problem
    if problem is None:
        return ""
    at = f" at line {problem.line:,}" if problem.line is not None else ""
    return f"{at}: {problem.message.rstrip('.')}"


def _speed(edit: KernelEdit) -> Row:
    if edit.race is None:
        return Row(f"speed not compared ({edit.unraced})", Tone.QUIET)
    found = edit.race.against_compiled
    if not found.trusted:
        return Row(f"speed not compared ({others_words(found.busy)})", Tone.WARNING)
    if found.speedup is None or found.speedup_interval is None:
        why = "a call is too fast to be timed" if found.speedup is None else "too few turns"
        return Row(f"speed not compared ({why})", Tone.QUIET)
    words = f"edited against compiled {ratio(found)}"
    if found.speedup_interval[0] <= 1 <= found.speedup_interval[1]:
        return Row(f"no measurable change in speed: {words}", Tone.STRONG, point=_point(found))
    return Row(words, Tone.GOOD if found.speedup > 1 else Tone.ERROR, point=_point(found))


def ratio(found: LatencySummary) -> str:
    """`1.12 × (95 %: 1.08 to 1.15)`: above 1 the second side takes less time."""
    if found.speedup is None:
        return "not known"
    between = ""
    if found.speedup_interval is not None:
        low, high = found.speedup_interval
        between = f" (95 %: {figures(low)} to {figures(high)})"
    return f"{factor(found.speedup)}{between}"


def _point(found: LatencySummary) -> tuple[float, float, float] | None:
    return (found.speedup, *found.speedup_interval) if found.speedup and found.speedup_interval else None


def _numbers(edit: KernelEdit) -> Row:
    count = f"{edit.elements:,}"
    if edit.fate is Fate.WRONG:
        return Row(_wrong(edit), Tone.ERROR)
    if not edit.elements:
        return Row(f"{plural(edit.values, 'plain value')} the same, no tensor was compared", Tone.TEXT)
    if not edit.differing:
        return Row(f"numbers the same in {count} of {count}", Tone.GOOD)
    within = f"numbers within the tolerance in {edit.elements - edit.beyond:,} of {count}"
    words = f"{within}, {edit.differing:,} not equal"
    if edit.fate is Fate.OTHER:
        return Row(f"{words}; against eager all are within it", Tone.WARNING)
    if edit.fate is Fate.ROUNDED:
        return Row(f"{words}: rounded otherwise, as near to float64 as compiled or eager", Tone.WARNING)
    return Row(words, Tone.TEXT)


def _wrong(edit: KernelEdit) -> str:
    wrong = [item for item in edit.outputs if item.wrong]
    if edit.unlike:
        return f"numbers wrong: {'; '.join(edit.unlike)}"
    if not wrong:
        return f"wrong: {' '.join(edit.notes)}".rstrip(".")
    worst = max(wrong, key=lambda item: item.compiled.beyond)
    beyond = sum(item.compiled.beyond for item in wrong)
    return f"numbers wrong in {beyond:,} of {edit.elements:,}: {where(worst)}"


def where(output: EditedOutput) -> str:
    """`output 0[0, 16] is nan in place of -1.74`, where edited and compiled are furthest apart."""
    place = f"{list(output.worst)}" if output.worst else ""
    if output.values is None:
        return f"{output.name}{place} is furthest from compiled"
    edited, compiled = output.values
    return f"{output.name}{place} is {edited:.9g} in place of {compiled:.9g}"


def rows(edit: KernelEdit) -> Iterator[Row]:
    """All that is to be said, the line in its clauses first."""
    yield from clauses(edit)
    yield from (Row(words, Tone.WARNING) for words in edit.notes)
    yield from _buffers(edit)
    yield from _race(edit)
    yield from _against(edit)
    yield from _built(edit)
    if edit.same_setting:
        yield Row(f"The compiler writes this very text with {edit.same_setting}.", Tone.STRONG)


def edits_section(edits: Sequence[KernelEdit]) -> Section:
    """What became of every edit, the newest first; of each the line, and below it what that rests on."""
    found = tuple(row for edit in reversed(edits) for row in _of_one(edit))
    return Section("edits", "Edited kernels", len(edits), found, "No kernel was edited.")


def _of_one(edit: KernelEdit) -> Iterator[Row]:
    tones = {row.tone for row in clauses(edit)}
    tone = next((item for item in (Tone.ERROR, Tone.WARNING, Tone.GOOD) if item in tones), Tone.TEXT)
    yield Row(headline(edit), tone, label=f"edit {edit.number} of {edit.kernel}")
    told = len(list(clauses(edit)))
    yield from (replace(row, depth=1) for row in list(rows(edit))[told:])


def _buffers(edit: KernelEdit) -> Iterator[Row]:
    """Which of the kernel's own tensors are otherwise than the compiler's own kernel leaves them."""
    for buffer in edit.buffers:
        found = buffer.deviation
        lines = ", ".join(f"{line:,}" for line in buffer.lines[:_NAMED])
        more = ", …" if len(buffer.lines) > _NAMED else ""
        at = f", named in line{'s' * (len(buffer.lines) > 1)} {lines}{more}" if lines else ""
        words = f"{buffer.parameter}: {found.differing:,} of {plural(found.elements or 0, 'element')} not equal"
        tone = Tone.ERROR if found.beyond and not edit.fate.right else Tone.QUIET
        yield Row(f"{words}, {found.beyond:,} beyond the tolerance{at}", tone, 1)


def _race(edit: KernelEdit) -> Iterator[Row]:
    if edit.race is None or not edit.fate.right:
        return
    race = edit.race
    sides = (
        ("eager", race.against_eager.eager.median),
        ("compiled", race.without.compiled.median),
        ("edited", race.against_compiled.compiled.median),
    )
    times = ", ".join(f"{name} {seconds(value)}" for name, value in sides)
    turns = plural(len(race.edited), "turn")
    if race.against_compiled.trusted:
        yield Row(f"{times} a call, of {turns}; against eager {ratio(race.against_eager)}", Tone.QUIET, 1)
    else:
        yield Row(f"{times} a call, of {turns}, on a busy machine", Tone.QUIET, 1)


def _against(edit: KernelEdit) -> Iterator[Row]:
    """What eager and float64 say of it, tensor by tensor; nothing where all is equal to compiled."""
    for item in edit.outputs:
        if not item.compiled.differing:
            continue
        said = [f"against compiled {item.compiled.relative:.2g}"]
        if item.eager is not None and item.before is not None:
            said.append(f"against eager {item.eager.relative:.2g} (compiled {item.before.relative:.2g})")
        if item.edited_double is not None and item.compiled_double is not None and item.eager_double is not None:
            was = f"compiled {item.compiled_double.relative:.2g}, eager {item.eager_double.relative:.2g}"
            said.append(f"against float64 {item.edited_double.relative:.2g} ({was})")
        yield Row(f"{item.name} {item.dtype}{list(item.shape)}, largest relative: {'; '.join(said)}", Tone.QUIET, 1)


def _built(edit: KernelEdit) -> Iterator[Row]:
    if not edit.command and not edit.triton:
        return
    took = f"built in {seconds(edit.seconds)}"
    if edit.triton:
        yield Row(f"{took} by Triton", Tone.QUIET, 1)
    elif edit.apart is None:
        yield Row(f"{took}; Inductor's own command is not known", Tone.QUIET, 1)
    else:
        more, less = _words(edit.apart.more), _words(edit.apart.less)
        but = [f" with {more} added" if more else "", f" without {less}" if less else ""]
        yield Row(f"{took} by Inductor's own command{' and'.join(filter(None, but))}", Tone.QUIET, 1)
    if edit.code is not None:
        yield Row(_code(edit.code), Tone.STRONG if edit.code.same else Tone.QUIET, 1)


def _words(words: Sequence[str]) -> str:
    more = f" and {len(words) - _NAMED} more" if len(words) > _NAMED else ""
    return f"{' '.join(words[:_NAMED])}{more}"


def _code(code: CodeChange) -> str:
    if code.same:
        return f"the machine code is the same, {plural(code.now, 'instruction')}"
    return f"{plural(code.now, 'instruction')} of machine code, {code.before:,} before"
