"""What the page knows of a capture, as JSON-ready data.

Everything that the terminal works out in words or numbers (facts, fusion, summaries, colours of tokens) is worked out
here with the same functions; the page's own script only looks up links and draws.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from inspector.bundle.page.packing import pack_links, pack_tokens
from inspector.bundle.page.prices import price_data
from inspector.bundle.page.sections import CaptureSections, Json, guard_tree, guards, sections_json
from inspector.bundle.page.written import written
from inspector.highlight import Known
from inspector.link.unlinked import Led, led_to, why_unlinked
from inspector.model.artifact import Artifact
from inspector.model.capture import Capture, Compilation, Phase
from inspector.model.latency import LatencyRun, sample_range, summarise
from inspector.model.link import Link, Origin
from inspector.model.overview_of import overview_of
from inspector.model.stage import NODES, Stage
from inspector.say import latency
from inspector.say.capture import kernel_sections
from inspector.say.compiles import cells, columns, status_words
from inspector.say.doc import Row, Tone
from inspector.say.kernels import CODE, facts_of, kernel_words
from inspector.say.links import ORIGINS
from inspector.say.start import title
from inspector.say.units import plural, seconds, time_ticks
from inspector.version import __version__

MOST_SAMPLES = 4_000
"""The most recent samples of each side that are drawn; the summary is about all of them."""
MOST_PHASES = 20_000


def page_data(capture: Capture, differences: Mapping[str, tuple[str, str]] | None = None) -> Json:
    """Everything that the page shows.

    Args:
        differences: compile id of a recompile → the compile id before it, and the page that sets them side by side.
    """
    texts, told = _Texts(), CaptureSections(_described(capture))
    every, led = (*capture.artifacts, *capture.others), led_to(capture)
    artifacts = [_artifact(capture, item, texts, led) for item in every]
    return {
        "title": title(capture),
        "summary": str(capture.target.get("summary", "")),
        "finished": capture.finished,
        "stages": {
            stage.value: _stage(stage) for stage in sorted({item.stage for item in every}, key=list(Stage).index)
        },
        "origins": [{"name": origin.value, "words": ORIGINS[origin]} for origin in Origin],
        "compilations": _all_compilations(capture, told, differences or {}),
        "columns": [[column.title, column.hidden] for column in columns(overview_of(capture).rows)],
        "outside": told.outside(),
        "whole": told.whole(),
        "kernels": _kernels(capture),
        "texts": texts.rows,
        "artifacts": artifacts,
        "links": pack_links(capture.links),
        "phases": _phases(capture),
        "latency": [_latency(capture, run) for run in capture.latency],
        "written": written(capture),
        "price": price_data(capture),
    }


def _described(capture: Capture) -> Capture:
    """With what makes it again, and what made the page."""
    target = {"command": _command(capture), **capture.target, "summary": None}
    environment = {**capture.environment, "page": f"made by inspector {__version__}"}
    return replace(capture, target=target, environment=environment)


def _command(capture: Capture) -> str:
    """What makes the capture again; empty for a recorded trace."""
    if capture.request is None:
        return ""
    return shlex.join(["inspector", "capture", *capture.request.arguments()])


class _Texts:
    """Texts with their tokens, each once: recompiles repeat most kernels word by word."""

    def __init__(self) -> None:
        self.rows: list[Json] = []
        self._numbers: dict[tuple[str, str], int] = {}
        self._known: Known = {}  # most lines of the loop IR stand in it before fusion and after

    def number(self, artifact: Artifact) -> int:
        key = (artifact.language.value, artifact.text)
        if key not in self._numbers:
            self._numbers[key] = len(self.rows)
            text = "\n".join(artifact.lines)
            self.rows.append({"text": text, "tokens": pack_tokens(artifact.language, artifact.lines, self._known)})
        return self._numbers[key]


def _artifact(capture: Capture, item: Artifact, texts: _Texts, led: Led) -> Json:
    return {
        "id": item.id,
        "stage": item.stage.value,
        "compileId": item.compile_id,
        "kernel": item.key.local if item.key is not None else None,
        "variant": item.variant,
        "path": item.path,
        "focus": item.focus,
        "text": texts.number(item),
        "unlinked": why_unlinked(capture, item, led),
    }


def _stage(stage: Stage) -> Json:
    one, many = stage.units
    return {
        "heading": stage.heading,
        "short": stage.short,
        "about": stage.about,
        "order": stage.order,
        "perKernel": stage.per_kernel,
        "listing": stage.is_listing,
        "nodes": stage in NODES,
        "units": [one, many],
    }


def _compilations(capture: Capture) -> Iterator[Compilation | str]:
    """The compile ids; those that only an artifact names come as their id alone."""
    yield from capture.compilations
    known = {item.compile_id for item in capture.compilations}
    others = (item.compile_id for item in capture.artifacts)
    yield from dict.fromkeys(item for item in others if item is not None and item not in known)


def _all_compilations(
    capture: Capture, told: CaptureSections, differences: Mapping[str, tuple[str, str]]
) -> list[Json]:
    """The compile ids, each with its row in the list of all: the words of each column, and what it is sorted by."""
    rows = overview_of(capture).rows
    known, most = {row.compile_id: row for row in rows}, max((row.times.seconds for row in rows), default=0.0)
    found = []
    for item in _compilations(capture):
        compile_id = item if isinstance(item, str) else item.compile_id
        row = known.get(compile_id)
        about: Json = {"difference": differences.get(compile_id), **told.of(compile_id)}
        if row is not None:
            shown = [[cell.text, cell.after] for cell in cells(row, most)]
            words = " · ".join(filter(None, (compile_id, row.function, status_words(row.status))))
            about |= {"words": words, "cells": shown, "order": [-row.times.seconds, -row.breaks, -row.recompiles]}
        found.append(
            {
                "words": compile_id,
                "cells": [["", ""], [compile_id, ""]],
                "order": [0, 0, 0],
                **_compilation(capture, item),
                **about,
            }
        )
    return found


def _compilation(capture: Capture, item: Compilation | str) -> Json:
    if isinstance(item, str):
        return {"id": item, "status": "", "kernels": [], "guards": [], "guardTree": []}
    return {
        "id": item.compile_id,
        "status": item.status.value,
        "kernels": [key.local for key in capture.kernels if key.compile_id == item.compile_id],
        "guards": guards(item),
        "guardTree": list(guard_tree(item)),
    }


def _kernels(capture: Capture) -> Json:
    """Compile id and kernel, between them a blank → its name, what was fused into it, and its facts."""
    into: dict[str, list[Link]] = {item.id: [] for item in capture.artifacts if item.stage in CODE}
    for link in capture.links:
        if link.b.artifact in into:
            into[link.b.artifact].append(link)
    found: Json = {}
    for key, texts in capture.kernels.items():
        facts = facts_of(capture, key, [link for text in texts for link in into.get(text.id, ())])
        if facts is not None:
            sections = kernel_sections(capture, capture.compilation(key.compile_id), key, facts)
            found[f"{key.compile_id} {key.local}"] = {
                "name": kernel_words(capture, key),
                "sections": sections_json(sections),
            }
    return found


def _phases(capture: Capture) -> Json:
    """The phases, and of each compile id's the moment that its time axis begins at, its ticks and its length.

    Each phase: name, start and duration in microseconds (null while it runs), depth, compile id, how long it took and
    when it began, in words.
    """
    phases = capture.phases[:MOST_PHASES]
    begin = min((item.start for item in phases), default=0.0)
    rows = [
        [
            item.name,
            round((item.start - begin) * 1e6),
            None if item.duration is None else round(item.duration * 1e6),
            item.depth,
            item.compile_id,
            seconds(item.duration, "not ended"),
            f"{seconds(item.start - begin)} after the first",
        ]
        for item in phases
    ]
    outside = [item for item in phases if item.compile_id is None]
    own: dict[str, list[Phase]] = {}
    for item in phases:
        if item.compile_id is not None:
            own.setdefault(item.compile_id, []).append(item)
    axes = {compile_id: _axis(begin, [*items, *outside]) for compile_id, items in own.items()}
    return {
        "rows": rows,
        "axes": axes,
        "whole": _axis(begin, outside or phases),
        "left": len(capture.phases) - len(phases),
    }


def _axis(begin: float, phases: Sequence[Phase]) -> Json:
    """Where a time axis begins and how long it is, in microseconds and in words, and the ticks on it."""
    first = min((item.start for item in phases), default=begin)
    length = max(max((item.start + (item.duration or 0.0) for item in phases), default=0.0) - first, 1e-6)
    return {
        "first": round((first - begin) * 1e6),
        "length": round(length * 1e6),
        "words": seconds(length),
        "ticks": [[round(value * 1e6), words] for value, words in time_ticks(0.0, length, 8)],
    }


def _latency(capture: Capture, run: LatencyRun) -> Json:
    """The samples that are drawn, the axis, and what they say: a table, then sentences with how they are meant."""
    pairs = min(len(run.eager), len(run.compiled))
    eager, compiled = run.eager[-MOST_SAMPLES:], run.compiled[-MOST_SAMPLES:]
    if not pairs:
        return {"shape": run.shape, "samples": None}
    summary, (low, high) = summarise(run), sample_range(eager, compiled)
    train = capture.request is not None and capture.request.train
    said = [*(Row(words, Tone.WARNING) for words in capture.warnings), *latency.said(summary, train=train)]
    if words := latency.speedup_words(summary):
        said.insert(0, Row(f"Speed-up {words}.", latency.verdict(summary)[0].tone))
    return {
        "shape": run.shape,
        "samples": {"eager": list(map(_figures, eager)), "compiled": list(map(_figures, compiled))},
        "count": f"{plural(pairs, 'pair')} of samples, eager and compiled",
        "axis": {"low": low, "high": high, "ticks": time_ticks(low, high, 5)},
        "columns": [column.title for column in latency.COLUMNS],
        "table": [[cell.text for cell in item.cells] for item in latency.items_of(summary)],
        "said": [[row.text, row.tone.value] for row in said],
    }


def _figures(value: float) -> float:
    """A sample with five figures: more than a drawing shows, in half the room."""
    return float(f"{value:.5g}")
