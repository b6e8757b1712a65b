"""Whole-model against regional compilation, and the cures for a cold start."""

from __future__ import annotations

from collections.abc import Iterable

from inspector.client.logs import sanitise
from inspector.model.study import Cure, CureRun, Layers, Way
from inspector.say.units import factor, seconds, size
from inspector.study.document import Figure, ReportSection, ReportTable, ReportValue, Series
from inspector.study.sources import ResultSet
from inspector.study.statistics import measure


def layers_sections(results: ResultSet) -> list[ReportSection]:
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
    table = ReportTable("Equal layers", ("model", "layers", "way", *heads), tuple(body), 3, note)
    figures = _layers_figures(groups)
    return [ReportSection(f"{results.name}: equal layers", tuple(words), (table,), figures, results.name, "layers")]


_DRAWN = (
    ("first call", "first call (s)", (("first call", "first"),)),
    ("later call", "later call (s)", (("later call", "next"),)),
    ("kernels", "count", (("calls", "calls"), ("definitions", "definitions"), ("bodies", "bodies"))),
    ("layers compiled", "count", (("compiled", "compiled_layers"), ("left eager", "eager_layers"))),
)
"""Subject, label of the axis, and which fields of `Layers` are drawn under which name."""


def _layers_figures(groups: dict[tuple[str, int, str], list[Layers]]) -> tuple[Figure, ...]:
    """For each model: seconds, kernels, and the layers that were left eager, by way."""
    made = []
    models = list(dict.fromkeys(key[:2] for key in groups))
    for model, count in models:
        ways = {way: runs for (name, layers, way), runs in groups.items() if (name, layers) == (model, count)}
        for subject, y_label, fields in _DRAWN:
            timed = y_label.endswith("(s)")
            shown = {way: runs for way, runs in ways.items() if timed or way != Way.EAGER}
            places = tuple(float(place) for place in range(len(shown)))
            series = tuple(
                Series(
                    name,
                    places,
                    tuple(measure([getattr(run, field) for run in runs]).median for runs in shown.values()),
                )
                for name, field in fields
            )
            named = f"{model}, {count} layers: {subject}" if len(models) > 1 else subject
            figure = Figure(
                f"Equal layers, {named}",
                "way",
                y_label,
                series,
                ticks=tuple(shown),
                bars=True,
                stacked=subject == "layers compiled",
                subject=named,
            )
            made += [figure] if shown else []
    return tuple(made)


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


def cures_sections(results: ResultSet) -> list[ReportSection]:
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
    table = ReportTable("Cures for a cold start", ("target", "prepared with", *heads), tuple(body), 2, note)
    figures = tuple(_cures_figure(target, groups) for target in dict.fromkeys(target for target, _ in groups))
    return [ReportSection(f"{results.name}: cures for a cold start", (), (table,), figures, results.name, "cures")]


def _cures_figure(target: str, groups: dict[tuple[str, str], list[CureRun]]) -> Figure:
    """From the start of the process to the first result, what the import of torch takes set off."""
    runs = {cure: members for (name, cure), members in groups.items() if name == target}
    places = tuple(float(place) for place in range(len(runs)))
    imports = [measure([run.imports for run in members]).median for members in runs.values()]
    totals = [measure([run.seconds for run in members]).median for members in runs.values()]
    rest = tuple(max(0.0, total - part) for total, part in zip(totals, imports, strict=True))
    return Figure(
        f"From process start to first result, {target}",
        "prepared with",
        "process start to first result (s)",
        (Series("importing torch", places, tuple(imports)), Series("until the first result", places, rest)),
        ticks=tuple(runs),
        bars=True,
        stacked=True,
        subject=target,
    )


def _cures(results: ResultSet) -> dict[tuple[str, str], list[CureRun]]:
    found: dict[tuple[str, str], list[CureRun]] = {}
    for run in results.runs:
        if isinstance(run.result, CureRun):
            found.setdefault((run.result.target, run.result.cure), []).append(run.result)
    return dict(sorted(found.items(), key=lambda item: (item[0][0], _place(item[0][1], Cure))))


def other_values(results: ResultSet) -> list[ReportValue]:
    """Seconds and counts of layers and cures."""
    made = []
    for (model, count, way), runs in _layers(results).items():
        labels = {"model": model, "layers": count, "way": way}
        for name in ("first", "next"):
            found = measure([getattr(run, name) for run in runs])
            made.append(
                ReportValue(
                    results.name, "layers", labels, name, found.median, found.low, found.high, count=found.count
                )
            )
        made += [
            ReportValue(results.name, "layers", labels, name, getattr(runs[0], name), unit="count")
            for name in ("calls", "definitions", "bodies", "compiled_layers")
        ]
    for (target, cure), members in _cures(results).items():
        found = measure([run.seconds for run in members])
        labels = {"target": target, "cure": cure}
        made.append(
            ReportValue(
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
