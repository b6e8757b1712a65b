"""A target's cold start, measured and taken apart; the same with what would make it shorter applied."""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from inspector import protocol
from inspector.cli.output import show
from inspector.cli.printable import one_line
from inspector.cli.tables import PaddedCell, table
from inspector.cli.terminal import Style, bar, wants_colour
from inspector.live.rundir import RunDirectory
from inspector.model.build import Build
from inspector.model.compile_time import ColdStart, CompilePart, parts_of
from inspector.model.request import CacheMode, CaptureRequest
from inspector.model.stage import Stage
from inspector.say import units
from inspector.say.levers import levers_of
from inspector.say.units import plural, seconds
from inspector.work.compiling import Once

if TYPE_CHECKING:
    from inspector.cli.documents.measured import ColdStarts
    from inspector.live import LiveCapture
    from inspector.model.capture import Capture

_LEAST = 0.01
"""Part of the whole below which nothing is said about how to avoid it."""


def run_cold(args: argparse.Namespace, asked: CaptureRequest) -> int:
    """Measures and prints.

    Args:
        asked: what to compile and how; its caches are chosen here.

    Raises:
        InspectorError: a run did not end well.
    """

    def request(cache: CacheMode) -> CaptureRequest:
        return replace(asked, cache=cache)

    starts = [start(request(CacheMode.COLD), "cold")]
    if args.cures:
        with _environment({"TORCHINDUCTOR_VEC_ISA_OK": "1"}):
            starts.append(start(request(CacheMode.COLD), "VEC_ISA_OK=1"))
        with _environment({"TORCHINDUCTOR_CPP_CACHE_PRECOMPILE_HEADERS": "0"}):
            starts.append(start(request(CacheMode.COLD), "no header"))
        start(request(CacheMode.KEPT), "kept")  # fills what is kept, where nothing is yet
        starts.append(start(request(CacheMode.KEPT), "probes and header kept"))
        with RunDirectory(None) as home:
            folders = {name: str(home / name) for name in ("inductor", "tmp")}
            for folder in folders.values():
                Path(folder).mkdir()
            with _environment({"TORCHINDUCTOR_CACHE_DIR": folders["inductor"], "TMPDIR": folders["tmp"]}):
                start(request(CacheMode.WARM), "filling torch's caches")
                starts.append(start(request(CacheMode.WARM), "torch's caches kept"))
    style = Style(wants_colour(sys.stdout) and not args.json)

    def document() -> ColdStarts:
        from inspector.cli.documents.measured import ColdStarts

        levers = {part: levers_of(part, packable=_packable(args)) for part in CompilePart}
        return ColdStarts(tuple(starts), {part: found for part, found in levers.items() if found})

    return show(document, tuple(starts), args, lambda safe: _lines(safe, style, packable=_packable(args)))


def start(request: CaptureRequest, name: str) -> ColdStart:
    """One first call in a process of its own.

    Raises:
        InspectorError: it did not end well.
    """
    from inspector.cli.session import follow, raise_for

    driver = _Stamped("" if name == "cold" else name)
    done = follow(request, driver)
    raise_for(done.outcome)
    return cold_start(name, done.capture, driver.stamps, done.compiled.seconds if done.compiled is not None else 0.0)


class _Stamped(Once):
    """Notes when the worker began what, in its own words; the first is the process's start."""

    def __init__(self, words: str) -> None:
        self._words = words
        self.stamps: list[tuple[str, float]] = [("starting", time.perf_counter())]

    def on_event(self, live: LiveCapture, event: protocol.Message) -> None:
        """On the capture's thread."""
        if isinstance(event, protocol.Progress):
            self.stamps.append((event.phase, time.perf_counter()))
        super().on_event(live, event)

    def on_tick(self, live: LiveCapture) -> str:  # noqa: ARG002 (what was applied says enough)
        """What was applied."""
        return self._words


def cold_start(name: str, capture: Capture, stamps: Sequence[tuple[str, float]], first_call: float) -> ColdStart:
    """The parts of one start.

    Args:
        stamps: when the worker began what, in its words; the first is the process's start.
        first_call: seconds of the first compiled call.
    """
    from inspector.model.overview_of import overview_of

    parts = parts_of(overview_of(capture).flames.values())
    before: dict[CompilePart, float] = {}
    part = CompilePart.START
    for (_, begun), (phase, ended) in pairwise(stamps):
        before[part] = before.get(part, 0.0) + ended - begun
        if phase == "compiling":
            break
        part = CompilePart.IMPORT if phase.startswith("importing") else CompilePart.BUILD
    rest = {CompilePart.REST: max(0.0, first_call - sum(parts.values()))}
    together = {**before, **parts, **rest}
    ordered = {part: together[part] for part in CompilePart if part in together}
    return ColdStart(name, ordered, sum(ordered.values()), _named(capture), capture.warnings)


def _named(capture: Capture) -> tuple[Build, ...]:
    """The builds, each under its kernel's name where the capture knows the binary."""
    names = {item.path: item.kernel for item in capture.find(Stage.ASM) if item.path and item.kernel}
    return tuple(replace(item, so=names.get(item.so, Path(item.so).name)) for item in capture.builds)


@contextmanager
def _environment(variables: Mapping[str, str]) -> Iterator[None]:
    """While this lasts, workers are started with these variables."""
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _packable(args: argparse.Namespace) -> bool:
    """Whether `inspector pack` takes such a target at all."""
    return not args.train and args.device == "cpu"


def _lines(starts: Sequence[ColdStart], style: Style, *, packable: bool) -> Iterator[str]:
    first = starts[0]
    yield style.bold(f"{seconds(first.seconds)} from the start of the process to the end of the first compiled call")
    yield from (style.warn(one_line(words)) for words in first.warnings)
    rows = []
    for part in CompilePart:
        if not any(part in item.parts for item in starts):
            continue
        share = first.parts.get(part, 0.0) / first.seconds if first.seconds else 0.0
        cells = [PaddedCell(seconds(item.parts.get(part))) for item in starts]
        rows.append(
            [
                PaddedCell(part.value),
                cells[0],
                PaddedCell(units.share(share, 1)),
                PaddedCell(bar(share), style.name),
                *cells[1:],
            ]
        )
    total = [PaddedCell(seconds(item.seconds), style.bold) for item in starts]
    rows.append([PaddedCell("all", style.bold), total[0], PaddedCell(), PaddedCell(), *total[1:]])
    yield from table(("", ">cold", ">", "", *(f">{item.name}" for item in starts[1:])), rows, style.dim)
    yield from _builds(first, style)
    yield ""
    for part in CompilePart:
        levers = levers_of(part, packable=packable)
        if levers and first.seconds and first.parts.get(part, 0.0) / first.seconds >= _LEAST:
            yield f"{style.bold(part.value)}  {seconds(first.parts[part])}"
            for lever in levers:
                yield f"  {lever.how}"
                yield style.dim(f"    costs: {lever.cost} ({lever.known})")


def _builds(first: ColdStart, style: Style) -> Iterator[str]:
    if not first.builds:
        return
    whole = sum(item.seconds for item in first.builds)
    yield ""
    yield f"{plural(len(first.builds), 'kernel')}, {seconds(whole)} of g++ " + style.dim("(on several threads at once)")
    longest = sorted(first.builds, key=lambda item: -item.seconds)
    rows = [[PaddedCell(seconds(item.seconds)), PaddedCell(one_line(item.so))] for item in longest]
    yield from table((">g++", "kernel"), rows, style.dim)
