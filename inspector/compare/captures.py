"""Two captures: which compile ids belong together, and how each pair and everything around them differs."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import replace
from pathlib import PurePath
from typing import TypeVar

from inspector.compare.compilations import compare_compilations, compare_reasons, only_compilation
from inspector.compare.latency import compare_latency
from inspector.compare.phases import compare_phases
from inspector.compare.pieces import piece_of, split_piece
from inspector.compare.price import compare_prices
from inspector.compare.settings import compare_settings
from inspector.compare.sides import LinkedCapture
from inspector.compare.texts import compare_texts, only_one_side, text_of
from inspector.errors import UsageError
from inspector.model.artifact import Artifact
from inspector.model.capture import Capture, Compilation, GraphBreak, Recompile
from inspector.model.compile_row import frame_of
from inspector.model.cut import only
from inspector.model.difference import CaptureDifference, Change, CompilationDifference, TextDifference, largest
from inspector.model.stage import Stage

_T = TypeVar("_T")

CompilePair = tuple[str | None, str | None]
"""A compile id of each side; None where the other side compiled nothing like it."""


def compare_captures(
    a: Capture,
    b: Capture,
    titles: tuple[str, str],
    *,
    pairs: Iterable[CompilePair] | None = None,
    timed: bool = True,
    progress: Callable[[str], object] = lambda _: None,
) -> CaptureDifference:
    """How two captures differ.

    Args:
        a: the first side.
        b: the second side.
        titles: what to call the sides.
        pairs: compile ids that belong together; None finds them by function.
        timed: whether phases and latency are compared; not where both sides are one capture.
        progress: told the compile ids before each pair is compared.
    """
    if pairs is None:
        pairs = pair_compilations(a.compilations, b.compilations)
    compilations = tuple(_compilations(LinkedCapture(a), LinkedCapture(b), pairs, progress))
    breaks = tuple(_came_and_went(a.graph_breaks, b.graph_breaks, _break))
    recompiles = tuple(_came_and_went(a.recompiles, b.recompiles, _recompile))
    changes = [item.change for item in compilations] + [Change.CHANGED for _ in (*breaks, *recompiles)]
    compilations, recompiles = _beside(a, b, compilations, recompiles)
    return CaptureDifference(
        *titles,
        largest(changes),
        compare_settings(a, b),
        tuple(_sources(a, b)),
        compilations,
        breaks,
        recompiles,
        compare_phases(a.phases, b.phases) if timed else (),
        compare_latency(a.latency, b.latency) if timed else (),
        compare_prices(a, b) if timed else (),
    )


def pair_compilations(a: Iterable[Compilation], b: Iterable[Compilation]) -> list[CompilePair]:
    """Which compile ids belong together: those of one function, equal ids first, then in order."""
    left: defaultdict[Hashable, list[str]] = defaultdict(list)
    for item in b:
        left[_function(item)].append(item.compile_id)
    pairs: dict[str, str | None] = {}
    ours = list(a)
    for item in ours:
        pairs[item.compile_id] = None
        if item.compile_id in left[_function(item)]:
            left[_function(item)].remove(item.compile_id)
            pairs[item.compile_id] = item.compile_id
    for item in ours:
        if pairs[item.compile_id] is None and (waiting := left[_function(item)]):
            pairs[item.compile_id] = waiting.pop(0)
    found: list[CompilePair] = list(pairs.items())
    return found + [(None, compile_id) for waiting in left.values() for compile_id in waiting]


def compilation_of(capture: Capture, compile_id: str) -> Capture:
    """The part of a capture that is one compile id's, or one piece's of it (`0/0:2`), so that it can be compared alone.

    Raises:
        UsageError: there is no such compile id, or no such piece.
    """
    compile_id, piece = split_piece(compile_id)
    ids = [item.compile_id for item in capture.compilations]
    if compile_id not in ids:
        raise UsageError(f"There is no compile id {compile_id!r}.", f"There is: {', '.join(ids) or 'none'}.")
    if piece is not None:
        capture = piece_of(capture, compile_id, piece)
    return only(capture, {compile_id})


def _function(item: Compilation) -> Hashable:
    return item.function, PurePath(item.place.file).name if item.place else ""


def _compilations(
    a: LinkedCapture, b: LinkedCapture, pairs: Iterable[CompilePair], progress: Callable[[str], object]
) -> Iterator[CompilationDifference]:
    for ours, theirs in pairs:
        if ours and theirs:
            progress(ours if ours == theirs else f"{ours} and {theirs}")
            yield compare_compilations(a, ours, b, theirs)
        elif ours:
            yield only_compilation(a, ours, Change.REMOVED)
        elif theirs:
            yield only_compilation(b, theirs, Change.ADDED)


def _sources(a: Capture, b: Capture) -> Iterator[TextDifference]:
    """Source files that differ, by their name in the capture."""
    ours: dict[str, Artifact] = {item.id: item for item in a.find(Stage.SOURCE)}
    theirs: dict[str, Artifact] = {item.id: item for item in b.find(Stage.SOURCE)}
    for name in dict.fromkeys((*ours, *theirs)):
        title = name.removeprefix("source:")
        if name not in theirs:
            yield only_one_side(title, text_of(ours[name]), Change.REMOVED, Stage.SOURCE)
        elif name not in ours:
            yield only_one_side(title, text_of(theirs[name]), Change.ADDED, Stage.SOURCE)
        elif ours[name].text != theirs[name].text:
            yield compare_texts(title, text_of(ours[name]), text_of(theirs[name]), stage=Stage.SOURCE).difference


def _came_and_went(a: Iterable[_T], b: Iterable[_T], meaning: Callable[[_T], Hashable]) -> Iterator[tuple[Change, _T]]:
    """What only one side has, each as often as the other side lacks it."""
    ours, theirs = list(a), list(b)
    for change, items, others in ((Change.REMOVED, ours, theirs), (Change.ADDED, theirs, ours)):
        held = Counter(map(meaning, others))
        for item in items:
            if held[meaning(item)]:
                held[meaning(item)] -= 1
            else:
                yield change, item


def _break(item: GraphBreak) -> Hashable:
    return item.reason, tuple((PurePath(frame.file).name, frame.function, frame.code) for frame in item.stack[-1:])


def _recompile(item: Recompile) -> Hashable:
    return item.function, tuple(sorted(item.reasons))


_Recompiles = tuple[tuple[Change, Recompile], ...]


def _beside(
    a: Capture, b: Capture, compilations: tuple[CompilationDifference, ...], recompiles: _Recompiles
) -> tuple[tuple[CompilationDifference, ...], _Recompiles]:
    """Recompiles of one function on both sides, for other reasons, as such: neither came nor went, but its reasons."""
    held = {(change, item.compile_id): item.function for change, item in recompiles}
    one_log = a.logs == b.logs  # in which a frame's recompiles are one function's: torch does not name a refused one
    told: set[tuple[Change, str]] = set()
    found = []
    for pair in compilations:
        ours, theirs = (Change.REMOVED, pair.a or ""), (Change.ADDED, pair.b or "")
        both = ours in held and theirs in held
        if both and held[ours] != held[theirs]:
            unnamed = not (held[ours] and held[theirs])
            both = unnamed and one_log and frame_of(ours[1]) == frame_of(theirs[1])
        told |= {ours, theirs} if both else set()
        found.append(replace(pair, recompiled=compare_reasons(a, ours[1], b, theirs[1])) if both else pair)
    return tuple(found), tuple(item for item in recompiles if (item[0], item[1].compile_id) not in told)


def compiles_before(capture: Capture) -> dict[str, str]:
    """Compile id of a recompile → the compile of the same frame that came before it."""
    last: dict[str, str] = {}
    found: dict[str, str] = {}
    for item in capture.compilations:
        numbers, reset, again = item.compile_id.partition("~")
        frame = numbers.rpartition("/")[0] + reset + again
        if frame in last:
            found[item.compile_id] = last[frame]
        last[frame] = item.compile_id
    return found
