"""Findings in words: what each costs, a few lines that head a list, and sections for a panel."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from inspector.say.doc import Compile, Line, Row, Section, Show, Tone
from inspector.say.units import plural, seconds
from inspector.why.verdict import Answer, Verdict, ranked

NONE = "Nothing is found that costs, in what is recorded."
_MOST = 3
"""Findings that head a list; `why` has them all."""


def cost(verdict: Verdict) -> str:
    """What is lost, in a few words."""
    if verdict.wrong:
        return "wrong"
    if verdict.seconds is not None:
        return f"{'at least ' if verdict.untimed else ''}{seconds(verdict.seconds)}"
    if verdict.each is not None:
        return f"{seconds(verdict.each)} a call"
    return "cost not recorded"


def about(answers: Iterable[Answer], compile_ids: Iterable[str] | None = None) -> tuple[Verdict, ...]:
    """The findings, worst first; only those about some compile ids where these are given."""
    wanted = None if compile_ids is None else set(compile_ids)
    return tuple(item for item in ranked(answers) if wanted is None or wanted & set(item.compile_ids))


def head(verdicts: Sequence[Verdict]) -> Iterator[tuple[Tone, str]]:
    """What stands above a list: each finding in a line, what would change it in the next."""
    for verdict in verdicts[:_MOST]:
        yield Tone.ERROR if verdict.wrong else Tone.WARNING, f"{cost(verdict)}  {verdict.title}"
        yield from ((Tone.TEXT, f"  do: {item}") for item in verdict.do[:1])
    if len(verdicts) > _MOST:
        yield Tone.QUIET, f"  {plural(len(verdicts) - _MOST, 'more finding')}: `inspector why` has them all"


def sections(answers: Sequence[Answer]) -> tuple[Section, ...]:
    """The findings, each leading to its evidence; what is in order; what is not recorded."""
    verdicts = ranked(answers)
    rows = tuple(row for item in verdicts for row in _rows(item)) or (Row(NONE, Tone.GOOD),)
    fine = tuple(Row(item.looked, Tone.GOOD, label=item.topic) for item in answers if item.looked)
    unknown = tuple(Row(item.unknown, Tone.QUIET, label=item.topic) for item in answers if item.unknown)
    found = (
        Section("why", "What costs most, and what to do", len(verdicts), rows, NONE, alarming=True),
        Section("in_order", "In order", len(fine), fine, "Nothing could be looked at."),
        Section("unknown", "Not recorded", len(unknown), unknown, ""),
    )
    return found if unknown else found[:2]


def _rows(verdict: Verdict) -> Iterator[Row]:
    place = verdict.place
    line = Line(place.file, place.line) if place is not None else None
    evidence = tuple(Show(verb.partition(" ")[0], _compile_id(verb)) for verb in verdict.evidence)
    first = line or next(iter(evidence), None)
    yield Row(verdict.title, Tone.ERROR if verdict.wrong else Tone.WARNING, label=cost(verdict), to=first)
    yield from (Row(item, Tone.QUIET, 1) for item in verdict.why)
    yield from (Row(f"do: {item}", Tone.TEXT, 1) for item in verdict.do)
    if place is not None and line is not None:
        yield Row(f"{place.file}:{place.line}", Tone.NAME, 1, to=line)
    for verb, show in zip(verdict.evidence, evidence, strict=True):
        yield Row(f"{verdict.sure.value}: {verb}", Tone.NAME, 1, to=show)
    if verdict.compile_ids:
        yield from (Row(item, Tone.NAME, 1, to=Compile(item)) for item in verdict.compile_ids[:_MOST])


def _compile_id(verb: str) -> str:
    """`0/1` of `show --compile-id 0/1`."""
    return verb.partition("--compile-id ")[2].partition(" ")[0]
