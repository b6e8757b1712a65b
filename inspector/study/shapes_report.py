"""Section 5.4 and Figure 11: prompts of changing length."""

from __future__ import annotations

from inspector.client.logs import sanitise
from inspector.model.study import Dynamic, ShapeCall, Shapes
from inspector.say.units import seconds
from inspector.study.document import Figure, ReportSection, ReportTable, ReportValue, Series
from inspector.study.sources import ResultSet
from inspector.study.statistics import measure


def _groups(results: ResultSet) -> dict[str, list[Shapes]]:
    order = [item.value for item in Dynamic]
    found: dict[str, list[Shapes]] = {}
    for run in results.runs:
        if isinstance(run.result, Shapes):
            found.setdefault(run.result.dynamic, []).append(run.result)
    return dict(sorted(found.items(), key=lambda item: order.index(item[0]) if item[0] in order else len(order)))


def _calls(runs: list[Shapes]) -> list[tuple[ShapeCall, float]]:
    """The calls of the first run, each with the median of its seconds over all runs that made the same calls."""
    first = runs[0]
    same = [run for run in runs if [_place(call) for call in run.calls] == [_place(call) for call in first.calls]]
    return [
        (call, measure([run.calls[index].seconds for run in same]).median) for index, call in enumerate(first.calls)
    ]


def _place(call: ShapeCall) -> tuple[int, int]:
    return call.prompt, call.tokens


def shapes_sections(results: ResultSet) -> list[ReportSection]:
    """What a set says about changing lengths; nothing where it has none."""
    groups = {dynamic: _calls(runs) for dynamic, runs in _groups(results).items()}
    if not groups:
        return []
    keys = list(dict.fromkeys(_place(call) for calls in groups.values() for call, _ in calls))
    by_key = {dynamic: {_place(call): (call, took) for call, took in calls} for dynamic, calls in groups.items()}
    body = tuple(
        (str(prompt), str(tokens), *(_cell(by_key[dynamic].get((prompt, tokens))) for dynamic in groups))
        for prompt, tokens in keys
    )
    note = "Seconds of a prompt with its tokens, in the order of the calls; in brackets the graphs compiled for it."
    table = ReportTable("Changing lengths", ("prompt", "tokens", *groups), body, 2, note)
    title = f"{results.name}: changing lengths (Figure 11)"
    made = [ReportSection(title, (), (table,), (_figure(keys, by_key),), results.name, "lengths")]
    if counted := _graph_counts(groups):
        figures = (_graphs_figure(counted),)
        made.append(
            ReportSection(
                f"{results.name}: graphs compiled", _reasons(groups), (counted,), figures, results.name, "graphs"
            )
        )
    return made


def _cell(found: tuple[ShapeCall, float] | None) -> str:
    if found is None:
        return "–"
    call, took = found
    graphs = f" ({call.graphs[0]} + {call.graphs[1]})" if call.graphs is not None and any(call.graphs) else ""
    return seconds(took) + graphs


def _graph_counts(groups: dict[str, list[tuple[ShapeCall, float]]]) -> ReportTable | None:
    body = []
    for dynamic, calls in groups.items():
        counted = [call for call, _ in calls if call.graphs is not None]
        if not counted or dynamic == Dynamic.EAGER:
            continue
        graphs = [sum(call.graphs or ()) for call in counted]
        later = list(dict.fromkeys(call.prompt for call in counted))[1:]
        after = sum(count for call, count in zip(counted, graphs, strict=True) if call.prompt in later)
        reasons = sum(len(call.reasons) for call in counted)
        breaks = sum(len(call.breaks) for call in counted)
        body.append((dynamic, *map(str, (sum(graphs), after, reasons, breaks))))
    heads = ("dynamic", "graphs", "of them after the first prompt length", "recompiles", "graph breaks")
    return ReportTable("Graphs compiled", heads, tuple(body), 1) if body else None


def _reasons(groups: dict[str, list[tuple[ShapeCall, float]]]) -> tuple[str, ...]:
    words = []
    for dynamic, calls in groups.items():
        seen = dict.fromkeys(
            f"dynamic {dynamic}, prompt {call.prompt}: recompiled because {_line(reason)}"
            for call, _ in calls
            for reason in call.reasons
        )
        words += list(seen)
        words += list(
            dict.fromkeys(f"dynamic {dynamic}: graph break: {_line(text)}" for call, _ in calls for text in call.breaks)
        )
    return tuple(words)


def _line(text: str) -> str:
    """A reason without torch's remark on where the guard was made, which is longer than the guard."""
    return " ".join(sanitise(text).partition(" # ")[0].split())[:300]


def _figure(keys: list[tuple[int, int]], by_key: dict[str, dict[tuple[int, int], tuple[ShapeCall, float]]]) -> Figure:
    series = []
    for dynamic, calls in by_key.items():
        points = [(float(place), calls[key][1] / key[1]) for place, key in enumerate(keys) if key in calls]
        series.append(Series(dynamic, tuple(x for x, _ in points), tuple(y for _, y in points)))
    ticks = tuple(f"{prompt}→{tokens}" for prompt, tokens in keys)
    note = "Prompt and tokens of each call in turn; a peak is a compilation."
    return Figure(
        "Seconds per token of each call",
        "prompt → tokens",
        "per token (s)",
        tuple(series),
        log_y=True,
        note=note,
        ticks=ticks,
    )


def _graphs_figure(counted: ReportTable) -> Figure:
    """The table's counts, a bar each."""
    places = tuple(float(place) for place in range(len(counted.rows)))
    series = tuple(
        Series(head, places, tuple(float(row[column]) for row in counted.rows))
        for column, head in enumerate(counted.columns)
        if column >= counted.names
    )
    ticks = tuple(row[0] for row in counted.rows)
    return Figure("Graphs compiled", "dynamic", "count", series, ticks=ticks, bars=True)


def shapes_values(results: ResultSet) -> list[ReportValue]:
    """Seconds and graphs of each call."""
    made = []
    for dynamic, runs in _groups(results).items():
        for call, took in _calls(runs):
            labels = {"dynamic": dynamic, "prompt": call.prompt, "tokens": call.tokens}
            made.append(ReportValue(results.name, "shapes", labels, "seconds", took, count=len(runs)))
            if call.graphs is not None:
                made.append(ReportValue(results.name, "shapes", labels, "graphs", sum(call.graphs), unit="graphs"))
    return made
