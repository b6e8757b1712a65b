"""Whole-model against regional compilation, and the cures for a cold start."""

from __future__ import annotations

from collections.abc import Iterable

from inspector.client.logs import sanitise
from inspector.model.study import Cure, CureRun, Layers, Way
from inspector.study.document import Section, Table, Value
from inspector.study.sources import ResultSet
from inspector.study.statistics import measure
from inspector.study.units import factor, seconds, size


def layers_sections(results: ResultSet) -> list[Section]:
    """What a set says about equal layers; nothing where it has none."""
    groups = _layers(results)
    if not groups:
        return []
    eager = {key[:2]: runs for key, runs in groups.items() if key[2] == Way.EAGER}
    body, words = [], []
    for (model, count, way), runs in groups.items():
        run, first, later = (
            runs[0],
            *(measure([getattr(item, name) for item in runs]).median for name in ("first", "next")),
        )
        base = eager.get((model, count))
        gain = factor(measure([item.next for item in base]).median / later) if base and way != Way.EAGER else ""
        kernels = tuple(str(item) if way != Way.EAGER else "" for item in (run.calls, run.definitions, run.bodies))
        left = f"{run.compiled_layers} of {run.layers}" if way != Way.EAGER else ""
        body.append((model, str(count), way, seconds(first), seconds(later), gain, *kernels, left))
        if run.eager_layers:
            why = f" Recompiled because {_line(run.reasons[-1])}" if run.reasons else ""
            words.append(f"{way}: {run.eager_layers} of {run.layers} layers were left eager without a word.{why}")
    heads = ("first call", "later call", "against eager", "calls", "definitions", "bodies", "layers compiled")
    note = (
        "Kernels: calls in the generated code, definitions, and distinct bodies among those, names and numbers aside. "
        "As many definitions as bodies means that equal layers share their kernels."
    )
    table = Table("Equal layers", ("model", "layers", "way", *heads), tuple(body), 3, note)
    return [Section(f"{results.name}: equal layers", tuple(words), (table,))]


def _layers(results: ResultSet) -> dict[tuple[str, int, str], list[Layers]]:
    found: dict[tuple[str, int, str], list[Layers]] = {}
    for run in results.runs:
        if isinstance(run.result, Layers):
            found.setdefault((run.request.model, run.result.layers, run.result.way), []).append(run.result)
    return dict(sorted(found.items(), key=lambda item: (*item[0][:2], _place(item[0][2], Way))))


def _place(value: str, order: Iterable[str]) -> int:
    listed = list(order)
    return listed.index(value) if value in listed else len(listed)


def _line(text: str) -> str:
    return " ".join(sanitise(text).split())[:300]


def cures_sections(results: ResultSet) -> list[Section]:
    """What a set says about prepared starts; nothing where it has none."""
    groups = _cures(results)
    if not groups:
        return []
    eager = {target: runs for (target, cure), runs in groups.items() if cure == Cure.EAGER}
    body = []
    for (target, cure), runs in groups.items():
        took = measure([run.seconds for run in runs])
        base = eager.get(target)
        ratio = factor(took.median / measure([run.seconds for run in base]).median) if base else "–"
        spread = f"{seconds(took.low)} to {seconds(took.high)}" if took.count > 1 else "–"
        prepared = size(runs[0].size) if runs[0].size else "–"
        difference = f"{max(run.difference for run in runs):.2g}" if cure != Cure.EAGER else ""
        imports = measure([run.imports for run in runs]).median
        body.append(
            (target, cure, seconds(took.median), ratio, spread, seconds(imports), prepared, difference, str(took.count))
        )
    heads = ("first result", "against eager", "from – to", "of it imports", "prepared", "difference", "runs")
    note = (
        "Seconds from the start of a process to its first result, the import of torch and the making of the model "
        "included. “Prepared” is what has to be brought along; the difference is the largest absolute one from eager."
    )
    table = Table("Cures for a cold start", ("target", "prepared with", *heads), tuple(body), 2, note)
    return [Section(f"{results.name}: cures for a cold start", (), (table,))]


def _cures(results: ResultSet) -> dict[tuple[str, str], list[CureRun]]:
    found: dict[tuple[str, str], list[CureRun]] = {}
    for run in results.runs:
        if isinstance(run.result, CureRun):
            found.setdefault((run.result.target, run.result.cure), []).append(run.result)
    return dict(sorted(found.items(), key=lambda item: (item[0][0], _place(item[0][1], Cure))))


def other_values(results: ResultSet) -> list[Value]:
    """Seconds and counts of layers and cures."""
    made = []
    for (model, count, way), runs in _layers(results).items():
        labels = {"model": model, "layers": count, "way": way}
        for name in ("first", "next"):
            found = measure([getattr(run, name) for run in runs])
            made.append(
                Value(results.name, "layers", labels, name, found.median, found.low, found.high, count=found.count)
            )
        made += [
            Value(results.name, "layers", labels, name, getattr(runs[0], name), unit="count")
            for name in ("calls", "definitions", "bodies", "compiled_layers")
        ]
    for (target, cure), members in _cures(results).items():
        found = measure([run.seconds for run in members])
        labels = {"target": target, "cure": cure}
        made.append(
            Value(
                results.name,
                "cures",
                labels,
                "first result",
                found.median,
                found.low,
                found.high,
                found.interval,
                found.count,
            )
        )
    return made
