"""What became of a version that was saved, in words: a clause for each thing that was compared, and for none other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath

from inspector.errors import EXIT_ENVIRONMENT
from inspector.model.difference import CaptureDifference
from inspector.model.stage import Stage
from inspector.model.text_difference import Change
from inspector.model.version import (
    NOT_YET,
    Standing,
    Version,
    VersionNumbers,
    cut_otherwise,
    kernel_counts,
    statement_counts,
)
from inspector.say.doc import Row, Tone
from inspector.say.units import plural, seconds, share

_COUNTED = ((Change.CHANGED, "changed"), (Change.ADDED, "added"), (Change.REMOVED, "gone"), (Change.MOVED, "moved"))


def clauses(version: Version) -> Iterator[Row]:
    """`1 kernel fewer`, `2 statements changed`, `18 % faster (95 %: 15 to 21)`, `same numbers`, with how each is meant.

    What was not compared says so, with why. Nothing of the first version, which has nothing before it.
    """
    if version.standing is not Standing.GOOD or version.before is None:
        return
    yield from code_rows(version.difference)
    yield _speed(version)
    yield numbers_row(version.numbers, version.uncompared)


def headline(version: Version) -> str:
    """The clauses in a line; of one that failed, or is on its way, that."""
    if version.standing is Standing.FAILED:
        # What only this machine lacks, or has ended, says nothing of the text.
        does = "was not compiled" if version.exit_code == EXIT_ENVIRONMENT else "does not compile"
        return f"{does}: {_shortened(version)}"
    if version.standing is Standing.OVERTAKEN:
        return version.message.rstrip(".").lower() or "a newer one was saved meanwhile"
    if version.standing is Standing.COMPILING:
        return "compiling"
    return ", ".join(row.text for row in clauses(version)) or "the first version, nothing to compare it with"


def _shortened(version: Version) -> str:
    """Why it failed, its own files by their names alone."""
    message = version.message
    for file in version.files:
        message = message.replace(file, PurePath(file).name)
    return message


def times(version: Version) -> str:
    """`code 410 ms, called 1.32 s, racing 1.80 s`: after how long each was there; what has not come is left out."""
    found = (("code", version.code_after), ("called", version.compiled_after), ("racing", version.raced_after))
    return ", ".join(f"{what} {seconds(after)}" for what, after in found if after is not None)


def code_rows(difference: CaptureDifference | None) -> Iterator[Row]:
    """How what was compiled differs by meaning: `1 kernel fewer`, `2 statements changed`."""
    if difference is None or not difference.change.compared:
        yield Row("code not compared", Tone.QUIET)
        return
    if difference.change.alike:
        words = "same code" if difference.change is Change.SAME else "same code up to names"
        yield Row(words, Tone.QUIET)
        return
    before, now = kernel_counts(difference)
    if before != now:
        more = now > before
        words = f"{plural(abs(now - before), 'kernel')} {'more' if more else 'fewer'}"
        yield Row(words, Tone.WARNING if more else Tone.GOOD)
    elif regrouped := cut_otherwise(difference):
        yield Row(f"{plural(regrouped, 'group')} of kernels cut otherwise", Tone.STRONG)
    yield _statements(difference)


def _statements(difference: CaptureDifference) -> Row:
    counts = statement_counts(difference)
    if counts is None:
        return Row("no kernel on both sides" if any(kernel_counts(difference)) else "no kernel compared", Tone.QUIET)
    said = [(counts[change], word) for change, word in _COUNTED if counts.get(change)]
    if not said:
        other = [pair for pair in difference.compilations if not pair.change.alike]
        if _other_instructions(difference):
            return Row("the same statements, other machine code", Tone.STRONG)
        return Row("no statement of a kernel changed" if other or difference.change is not Change.SAME else "same code")
    (count, word), *rest = said
    words = [f"{plural(count, 'statement')} {word}", *(f"{number:,} {become}" for number, become in rest)]
    return Row(", ".join(words), Tone.STRONG)


def _other_instructions(difference: CaptureDifference) -> bool:
    """Whether a kernel's text below its code differs: other flags do that."""
    texts = [text for pair in difference.compilations for item in pair.kernels for text in item.texts]
    return any(not text.change.alike for text in texts if text.stage is not Stage.KERNEL)


def _speed(version: Version) -> Row:
    race = version.race
    if race is None:
        return _not_compared("speed", version.unraced)
    if not race.trusted:
        return Row(f"speed not compared (others kept {share(race.busy or 0.0)} of the machine busy)", Tone.WARNING)
    if race.interval is None:
        return Row("speed not compared (too few turns)", Tone.QUIET)
    if not race.certain:
        return Row(f"no measurable change in speed (95 %: {between(race.interval)})", Tone.STRONG)
    faster = race.ratio < 1
    return Row(
        f"{percent(race.ratio)} % {'faster' if faster else 'slower'} (95 %: {bounds(race.interval)})",
        Tone.GOOD if faster else Tone.ERROR,
    )


def _not_compared(what: str, why: str) -> Row:
    return Row(f"{what} not compared {'yet' if why == NOT_YET else f'({why})'}", Tone.QUIET)


def percent(ratio: float) -> str:
    """By how much a call takes less time, or more: of half the time 50, of twice the time 100."""
    return f"{abs(1 - ratio) * 100:.0f}" if abs(1 - ratio) >= 0.0995 else f"{abs(1 - ratio) * 100:.1f}"


def bounds(interval: tuple[float, float]) -> str:
    """`15 to 21`, of an interval that leaves out 1."""
    low, high = sorted(interval, key=lambda ratio: abs(1 - ratio))
    return f"{percent(low)} to {percent(high)}"


def between(interval: tuple[float, float]) -> str:
    """`2.1 % faster to 0.8 % slower`."""
    low, high = interval
    return f"{percent(low)} % faster to {percent(high)} % slower"


def numbers_row(found: VersionNumbers | None, why: str) -> Row:
    """`same numbers`, and how far they are apart where they are not.

    Args:
        why: why they were not compared, where they were not.
    """
    if found is None:
        return _not_compared("numbers", why)
    if found.unlike:
        return Row(f"other results: {'; '.join(found.unlike)}", Tone.ERROR)
    if found.same:
        return Row("same numbers", Tone.GOOD)
    if found.close:
        return Row(f"same numbers within tolerance (at most {found.max_rel:.2g} relative)", Tone.TEXT)
    return Row(f"other numbers ({found.beyond:,} of {plural(found.elements, 'element')} beyond tolerance)", Tone.ERROR)
