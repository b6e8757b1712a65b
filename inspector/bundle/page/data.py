"""What the page knows of a capture, as JSON-ready data.

Everything that the terminal works out in words or numbers (facts, fusion, summaries, colours of tokens) is worked out
here with the same functions; the page's own script only looks up links and draws.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from inspector.bundle.page.packing import pack_links, pack_tokens
from inspector.bundle.page.sections import Json, Told, guard_tree, guards, sections_json
from inspector.bundle.page.written import written
from inspector.bundle.title import title
from inspector.highlight import Known
from inspector.model.artifact import Artifact
from inspector.model.capture import Capture, Compilation, Phase
from inspector.model.latency import LatencyRun, SideSummary, summarise
from inspector.model.link import Link, Origin
from inspector.model.overview_of import overview_of
from inspector.model.stage import Stage
from inspector.say.capture import kernel_sections
from inspector.say.kernels import CODE, facts_of, kernel_words
from inspector.say.links import ABOUT, NODES, ORIGINS, UNITS
from inspector.version import __version__

MOST_SAMPLES = 4_000
"""The most recent samples of each side that are drawn; the summary is about all of them."""
MOST_PHASES = 20_000


def page_data(capture: Capture, differences: Mapping[str, tuple[str, str]] | None = None) -> Json:
    """Everything that the page shows.

    Args:
        differences: compile id of a recompile → the compile id before it, and the page that sets them side by side.
    """
    texts, told = _Texts(), Told(_described(capture))
    every = (*capture.artifacts, *capture.others)
    artifacts = [_artifact(item, texts) for item in every]
    return {
        "title": title(capture),
        "summary": str(capture.target.get("summary", "")),
        "finished": capture.finished,
        "stages": {
            stage.value: _stage(stage) for stage in sorted({item.stage for item in every}, key=list(Stage).index)
        },
        "origins": [{"name": origin.value, "words": ORIGINS[origin]} for origin in Origin],
        "compilations": _all_compilations(capture, told, differences or {}),
        "outside": told.outside(),
        "whole": told.whole(),
        "kernels": _kernels(capture),
        "texts": texts.rows,
        "artifacts": artifacts,
        "links": pack_links(capture.links),
        "phases": [_phase(item) for item in capture.phases[:MOST_PHASES]],
        "latency": [_latency(run, capture.warnings) for run in capture.latency],
        "written": written(capture),
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


def _artifact(item: Artifact, texts: _Texts) -> Json:
    return {
        "id": item.id,
        "stage": item.stage.value,
        "compileId": item.compile_id,
        "kernel": item.key.local if item.key is not None else None,
        "variant": item.variant,
        "path": item.path,
        "focus": item.focus,
        "text": texts.number(item),
    }


def _stage(stage: Stage) -> Json:
    one, many = UNITS.get(stage, (f"{stage.short} line", f"{stage.short} lines"))
    return {
        "heading": stage.heading,
        "short": stage.short,
        "about": ABOUT.get(stage, ""),
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


def _all_compilations(capture: Capture, told: Told, differences: Mapping[str, tuple[str, str]]) -> list[Json]:
    """The compile ids, each with its line in the list of all: seconds, breaks, recompiles, the caches' answers."""
    rows = {row.compile_id: row for row in overview_of(capture).rows}
    found = []
    for item in _compilations(capture):
        compile_id = item if isinstance(item, str) else item.compile_id
        about: Json = {"difference": differences.get(compile_id), **told.of(compile_id), "row": None}
        if (row := rows.get(compile_id)) is not None:
            about["row"] = {
                "seconds": round(row.times.seconds, 6) or None,
                "breaks": row.breaks,
                "recompile": row.recompiles,
                "cache": row.cache,
            }
        found.append({**_compilation(capture, item), **about})
    return found


def _compilation(capture: Capture, item: Compilation | str) -> Json:
    if isinstance(item, str):
        empty: Json = {"id": item, "status": "", "function": "", "place": None, "cache": "", "restarts": 0}
        return empty | {"kernels": [], "guards": [], "guardTree": []}
    place = item.place
    return {
        "id": item.compile_id,
        "status": item.status.value,
        "function": item.function,
        "place": {"file": place.file, "line": place.line} if place is not None else None,
        "cache": item.cache,
        "restarts": item.restarts,
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


def _phase(item: Phase) -> list[Any]:
    """Name, start and duration in microseconds (null while it runs), depth, compile id."""
    duration = None if item.duration is None else round(item.duration * 1e6)
    return [item.name, round(item.start * 1e6), duration, item.depth, item.compile_id]


def _latency(run: LatencyRun, warnings: Sequence[str]) -> Json:
    data: Json = {
        "shape": run.shape,
        "count": min(len(run.eager), len(run.compiled)),
        "eager": [_figures(value) for value in run.eager[-MOST_SAMPLES:]],
        "compiled": [_figures(value) for value in run.compiled[-MOST_SAMPLES:]],
        "compileIds": list(run.compile_ids),
        "summary": None,
        "said": list(warnings),
    }
    if data["count"]:
        summary = summarise(run)
        interval = summary.speedup_interval
        data["summary"] = {
            "eager": _side(summary.eager),
            "compiled": _side(summary.compiled),
            "speedup": summary.speedup,
            "interval": list(interval) if interval is not None else None,
            "covers": summary.covers,
            "trusted": summary.trusted,
        }
        data["said"] += summary.said
    return data


def _side(side: SideSummary) -> Json:
    return {
        "median": side.median,
        "p90": side.p90,
        "p99": side.p99,
        "minimum": side.minimum,
        "spread": side.spread,
        "tokensPerSecond": side.tokens_per_second,
    }


def _figures(value: float) -> float:
    """A sample with five figures: more than a drawing shows, in half the room."""
    return float(f"{value:.5g}")
