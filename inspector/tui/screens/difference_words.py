"""What two compilations differ in besides their texts, as sections."""

from __future__ import annotations

from collections.abc import Iterator

from inspector.model.difference import CacheDifference, Change, CompilationDifference, GuardChange, KernelDifference
from inspector.tui.widgets.diffrows import words
from inspector.tui.widgets.rowtypes import Row, Section
from inspector.tui.widgets.tones import Tone

_MOST = 200
"""Rows of one section."""


def summary(difference: CompilationDifference) -> tuple[Section, ...]:
    """Verdict, facts, guards, kernels, caches; only what differs."""
    verdict = [
        Row(words(text.change), Tone.GOOD if text.change.alike else Tone.WARNING, label=text.title)
        for text in difference.texts
    ]
    facts = tuple(Row(f"{fact.a or '–'} → {fact.b or '–'}", label=fact.name) for fact in difference.facts[:_MOST])
    guards = tuple(row for change in difference.guards[:_MOST] for row in _guard(change))
    kernels = tuple(row for kernel in difference.kernels for row in _kernel(kernel))
    caches = tuple(row for cache in difference.caches for row in cache_rows(cache))
    return (
        Section("texts", "Texts", len(verdict), tuple(verdict), "None on either side."),
        Section(
            "guard_changes",
            "Guards that differ",
            len(difference.guards),
            guards,
            "All guards are the same.",
            alarming=True,
        ),
        Section("kernels", "Kernels", len(difference.kernels), kernels, "No kernel of its own on either side."),
        Section("facts", "Facts that differ", len(difference.facts), facts, "None."),
        Section("caches", "Caches", len(difference.caches), caches, "No look-up is in the log."),
    )


def _guard(change: GuardChange) -> Iterator[Row]:
    if change.a is not None:
        tone = Tone.ERROR if change.change is Change.REMOVED else Tone.TEXT
        yield Row(change.a.code, tone, label="before")
    if change.b is not None:
        tone = Tone.GOOD if change.change is Change.ADDED else Tone.WARNING
        yield Row(change.b.code, tone, label="now")


def _kernel(kernel: KernelDifference) -> Iterator[Row]:
    tone = Tone.QUIET if kernel.change.alike else Tone.WARNING
    names = " + ".join(kernel.a) or "–"
    if kernel.a != kernel.b:
        names += f" → {' + '.join(kernel.b) or '–'}"
    yield Row(names, tone, label=kernel.change.value)
    if kernel.only_a:
        yield Row(", ".join(kernel.only_a), Tone.ERROR, 2, label="no more")
    if kernel.only_b:
        yield Row(", ".join(kernel.only_b), Tone.GOOD, 2, label="new")
    for fact in kernel.facts:
        yield Row(f"{fact.a or '–'} → {fact.b or '–'}", Tone.QUIET, 2, label=fact.name)


def cache_rows(cache: CacheDifference) -> Iterator[Row]:
    """The answers, torch's reasons, and the parts of the key that differ."""
    answers = f"{cache.result_a or 'not asked'} → {cache.result_b or 'not asked'}"
    yield Row(answers, Tone.STRONG, label=cache.cache.replace("_", " "))
    for reason in (cache.reason_a, cache.reason_b):
        if reason:
            yield Row(reason, Tone.WARNING, 2)
    for part in cache.parts[:_MOST]:
        yield Row(part.part, Tone.WARNING, 2)
        yield Row(part.a or "–", Tone.CODE, 4, label="before")
        yield Row(part.b or "–", Tone.CODE, 4, label="now")
    if not cache.listed:
        yield Row("A log does not list the parts of its key.", Tone.QUIET, 2)
    elif not cache.parts:
        yield Row("The keys are equal.", Tone.QUIET, 2)
