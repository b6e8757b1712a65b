"""Recompiles: a failed guard in torch's words cut into what was expected and what came, and the chains they make.

What torch's words leave out is taken from guards that are in the log: those of the compile whose guard failed hold what
it was made for, those of the new compile hold what came.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from inspector.model.compile_row import CompileRow, GuardFailure, process_of, qualified_id
from inspector.model.frame import Frame, frames_below
from inspector.model.guard_words import NO_GUARD_FAILED, read_words, split_comment

if TYPE_CHECKING:
    from inspector.model.advice import Advice
    from inspector.model.call_values import CallValues

__all__ = ["NO_GUARD_FAILED", "RecompileChain", "chains", "qualified", "read_failure", "whole_reasons", "with_values"]

_AGAINST = re.compile(r"^(?:- )?(?P<id>!?\d+/(?:\d+/)*\d+): ")
_STACK = re.compile(r"\n\s*User stack trace:\s*\n")


@dataclass(frozen=True)
class RecompileChain:
    """A function and all the times it was compiled, in order; the first is no recompile."""

    frame: str
    """What the compile ids share, `rank1/0`."""
    function: str
    place: Frame | None
    rows: tuple[CompileRow, ...]
    """At least two, or one whose guards failed. Each row's `failures` say why it is there."""
    advice: tuple[Advice, ...] | None = None
    """What would have spared some of them; None where it was not worked out, which takes all of their guards."""

    @property
    def again(self) -> tuple[CompileRow, ...]:
        """The recompiles: neither the first compile, nor what a limit refused."""
        return tuple(row for row in self.rows if row.recompiles and row.compiled)

    @property
    def seconds(self) -> float:
        """Compile time of the recompiles, without the first compile's."""
        return sum(row.times.seconds for row in self.again)

    @property
    def untimed(self) -> int:
        """Recompiles that `seconds` leaves out: how long they took is not recorded."""
        return sum(row.untimed for row in self.again)

    @property
    def culprits(self) -> tuple[tuple[str, str, int], ...]:
        """What kept failing: source, property, and how many recompiles it caused; most first."""
        causes = Counter((row.failures[0].source, row.failures[0].what) for row in self.again if row.failures)
        return tuple((source, what, count) for (source, what), count in causes.most_common())


@lru_cache(maxsize=8192)
def read_failure(text: str) -> GuardFailure:
    """Cuts one reason of a `recompile_reasons` record, however many lines it has: it is one guard.

    Words that are not known stay whole, as `text`.
    """
    text = text.strip()
    against = ""
    if match := _AGAINST.match(text):
        against, text = match["id"], text[match.end() :]
    text, *stack = _STACK.split(text, 1)
    spoken = split_comment(text.strip())
    kind, reading = read_words(spoken.code)
    frames = frames_below(stack[0]) if stack else ()
    return GuardFailure(text.strip(), against, *reading, spoken.place, kind, frames, spoken.remark)


def whole_reasons(parts: Iterable[str]) -> tuple[str, ...]:
    """Reasons that an earlier version of this program cut at their line ends: what has no compile id continues one."""
    whole: list[str] = []
    for part in parts:
        if whole and _AGAINST.match(whole[-1]) and not _AGAINST.match(part):
            whole[-1] += f"\n{part}"
        else:
            whole.append(part)
    return tuple(whole)


def qualified(failure: GuardFailure, compile_id: str, known: Collection[str]) -> GuardFailure:
    """The failure with the other compile's id as this log's compile ids are written: torch gives the bare numbers.

    Args:
        failure: one that made `compile_id`.
        known: the compile ids that there are: a forked process may mean one of its parent's.
    """
    process = process_of(compile_id)
    _, reset, again = compile_id.partition("~")
    if not failure.against or (not process and not reset):
        return failure
    return replace(failure, against=qualified_id(f"{failure.against}{reset}{again}", process, known))


def with_values(
    failures: Iterable[GuardFailure], new: CallValues, old: Callable[[str], CallValues]
) -> tuple[GuardFailure, ...]:
    """Fills in what torch's words leave out, as far as guards in the log say it for certain.

    Args:
        failures: of a recompile.
        new: what the guards of the compile that it made say: what came.
        old: gives the same of an earlier compile id: what was expected.
    """
    return tuple(item if item.complete else _with_values(item, new, old(item.against)) for item in failures)


def _with_values(item: GuardFailure, new: CallValues, old: CallValues) -> GuardFailure:
    expected, actual = item.expected or old.of(item), item.actual or new.of(item)
    if actual == expected:  # the same value explains nothing
        actual = item.actual
    match item.kind:
        case "identity":
            expected, actual = _named(expected, item, new, old), _named(actual, item, new, old)
        case "tensor type" if expected == "a tensor type" and (name := old.tensor_type(item.source)):
            expected = f"a tensor of type {name}"
        case "attribute" if not item.expected:  # torch says that one is missing, and which one only in other words
            expected = actual.replace("has no ", "has ") or "an attribute of it"
            actual = actual or "it is missing; which one is not recorded"
    return replace(item, expected=expected, actual=actual)


def _named(words: str, item: GuardFailure, *known: CallValues) -> str:
    """An object with the other names under which guards know it."""
    number = words.rpartition("id ")[2]
    names = [name for values in known for name in values.others(number, item.source)]
    return f"{words}: {', '.join(dict.fromkeys(names))}" if number.isdigit() and names else words


def chains(
    rows: Iterable[CompileRow], advice: Mapping[str, tuple[Advice, ...]] | None = None
) -> tuple[RecompileChain, ...]:
    """Functions that were compiled more than once, most recompiles first."""
    frames: dict[str, list[CompileRow]] = {}
    for row in rows:
        frames.setdefault(row.frame, []).append(row)
    found = [
        RecompileChain(frame, _function(members), members[-1].place, tuple(members), (advice or {}).get(frame))
        for frame, members in frames.items()
        if frame and (len(members) > 1 or members[0].failures)
    ]
    return tuple(sorted(found, key=lambda chain: -len(chain.rows)))


def _function(members: list[CompileRow]) -> str:
    return next((row.function for row in members if row.function), "")
