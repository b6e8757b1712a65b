"""A difference as one HTML file: two columns, no script, no network, readable in print and in the dark."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from pathlib import Path

from inspector.files import write_file
from inspector.model.difference import (
    CacheDifference,
    CaptureDifference,
    Change,
    Columns,
    CompilationDifference,
    Fact,
    GuardChange,
    KernelDifference,
    LatencyChange,
    PhaseChange,
    Row,
    TextDifference,
)
from inspector.model.difference_words import NOT_RECORDED, change_words, text_words, whole_words
from inspector.model.visible import visible
from inspector.say.units import seconds

_CONTEXT = 3
"""Lines that are alike around each that is not; the others are left out."""

_STYLE = """\
:root { color-scheme: light dark; --ink: #1b1b1f; --paper: #ffffff; --dim: #6b6b76; --line: #d9d9e0;
  --gone: #ffe3e0; --come: #dff3e1; --other: #fff2cc; --name: #e4ebff; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e6ea; --paper: #16161a; --dim: #9a9aa6; --line: #35353d;
  --gone: #4d2423; --come: #1f3f26; --other: #4a3d17; --name: #27335a; } }
body { color: var(--ink); background: var(--paper); font: 15px/1.5 system-ui, sans-serif; margin: 2rem auto;
  max-width: 120rem; padding: 0 1rem; }
h1 { font-size: 1.3rem; } h2 { font-size: 1.1rem; border-top: 1px solid var(--line); padding-top: 1rem; }
code, .text { font: 12.5px/1.45 ui-monospace, monospace; }
table { border-collapse: collapse; } td, th { text-align: left; padding: 0 .8em 0 0; vertical-align: top; }
.text { table-layout: fixed; width: 100%; margin: .4rem 0 1rem; }
.text td { padding: 0 .4em; white-space: pre-wrap; overflow-wrap: anywhere; }
.text .n { color: var(--dim); text-align: right; user-select: none; }
.text .numbers { width: 4em; } .text .gap td { color: var(--dim); text-align: center; }
.removed .a, .moved .a:not(:empty), .a mark { background: var(--gone); }
.added .b, .moved .b:not(:empty), .b mark { background: var(--come); }
.changed .a, .changed .b { background: color-mix(in srgb, var(--other) 45%, transparent); }
.renamed mark { background: var(--name); } mark { color: inherit; }
.alike { color: var(--dim); } summary { cursor: pointer; } .dim { color: var(--dim); }
@media print { details:not([open]) > *:not(summary) { display: none; } }
"""
_COLUMNS = '<col class="numbers"><col>'


def render_difference(difference: CaptureDifference) -> str:
    """The whole file. Everything that comes from a capture is escaped, and what hides or controls is made visible."""
    digest = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    return "\n".join(
        (
            "<!DOCTYPE html>",
            '<html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>{_safe(difference.title_a)} ↔ {_safe(difference.title_b)}</title>",
            f"<style>{_STYLE}</style></head><body>",
            *_body(difference),
            "</body></html>\n",
        )
    )


def write_difference(difference: CaptureDifference, path: Path, *, force: bool) -> None:
    """Writes the page.

    Raises:
        UsageError: something is there and `force` is not given, or the file cannot be written.
    """
    write_file(path, render_difference(difference).encode(errors="replace"), force=force)


def _body(difference: CaptureDifference) -> Iterator[str]:
    yield f"<h1>What was compiled: {_safe(whole_words(difference))}</h1>"
    yield f"<p>A <code>{_safe(difference.title_a)}</code><br>B <code>{_safe(difference.title_b)}</code></p>"
    yield from _facts("Settings", difference.settings)
    if difference.sources:
        yield "<h2>Sources</h2>"
        for text in difference.sources:
            yield from _text(text)
    for item in difference.compilations:
        yield from _compilation(item)
    entries = [f"{change_words(change)}: graph break, {_safe(item.reason)}" for change, item in difference.breaks]
    entries += [
        f"{change_words(change)}: recompile of {_safe(item.function)}, {_safe('; '.join(item.reasons))}"
        for change, item in difference.recompiles
    ]
    if entries:
        yield "<h2>Graph breaks and recompiles</h2>"
        yield from _list(entries)
    yield from _latency(difference.latency)
    yield from _phases(difference.phases)


def _compilation(item: CompilationDifference) -> Iterator[str]:
    ids = item.a if item.a == item.b else f"{item.a or 'none'} → {item.b or 'none'}"
    yield f"<h2>{_safe(ids or '')} <code>{_safe(item.function)}</code>: {_safe(_pair(item))}</h2>"
    if item.absent and item.change is not Change.ABSENT:
        yield f'<p class="alike">{change_words(Change.ABSENT)}: {_safe(", ".join(item.absent))}</p>'
    for text in item.texts:
        yield from _text(text)
    for kernel in item.kernels:
        yield from _kernel(kernel)
    yield from _guards(item.guards)
    for cache in item.caches:
        yield from _cache(cache)
    yield from _facts("Counts", item.facts, missing=NOT_RECORDED)


def _pair(item: CompilationDifference) -> str:
    return whole_words(item) if item.a is not None and item.b is not None else change_words(item.change)


# --- texts --------------------------------------------------------------------------------------------------


def _text(text: TextDifference) -> Iterator[str]:
    if text.change.alike:
        said = f" ({text_words(text)})" if text.compared else ""
        yield f'<p class="alike">{_safe(text.title)}: {change_words(text.change)}{said}</p>'
        return
    told = ", ".join(f"{count} {change.value}" for change, count in text.counts.items() if not change.alike)
    said = f"{change_words(text.change)} ({told} of {len(text.rows)} lines)"
    yield f"<details><summary>{_safe(text.title)}: {said}</summary>"
    yield f'<table class="text"><colgroup>{2 * _COLUMNS}</colgroup>'
    lines_a, lines_b = (side.lines if side else [] for side in (text.a, text.b))
    left_out = 0
    for row, near in zip(text.rows, _near(text.rows), strict=True):
        if not near:
            left_out += 1
            continue
        if left_out:
            yield f'<tr class="gap"><td colspan="4">… {left_out} lines alike …</td></tr>'
            left_out = 0
        cells = (
            _cell("a", row.a, lines_a, row.parts_a, row.other),
            _cell("b", row.b, lines_b, row.parts_b, row.other),
        )
        yield f'<tr class="{row.change.value}">{"".join(cells)}</tr>'
    if left_out:
        yield f'<tr class="gap"><td colspan="4">… {left_out} lines alike …</td></tr>'
    yield "</table></details>"


def _near(rows: Sequence[Row]) -> list[bool]:
    """Which rows are shown: those that differ, and some around each."""
    near = [False] * len(rows)
    for index, row in enumerate(rows):
        if not row.change.alike:
            for number in range(max(0, index - _CONTEXT), min(len(rows), index + _CONTEXT + 1)):
                near[number] = True
    return near


def _cell(side: str, line: int | None, lines: Sequence[str], parts: Columns, other: int | None) -> str:
    if line is None:
        return f'<td class="n"></td><td class="{side}"></td>'
    text = lines[line - 1]
    made, at = [], 0
    for start, end in parts:
        made += [_safe(text[at:start]), f"<mark>{_safe(text[start:end])}</mark>"]
        at = end
    moved = f' <span class="dim">line {other} there</span>' if other else ""
    return f'<td class="n">{line}</td><td class="{side}">{"".join(made)}{_safe(text[at:])}{moved}</td>'


# --- the rest -----------------------------------------------------------------------------------------------


def _kernel(kernel: KernelDifference) -> Iterator[str]:
    a, b = ", ".join(kernel.a), ", ".join(kernel.b)
    names = a if a == b else " → ".join(filter(None, (a, b)))
    yield f"<h3>Kernel <code>{_safe(names)}</code>: {kernel.change.value}</h3>"
    if kernel.change.alike:
        return
    parts = (("computes on both sides", kernel.shared), ("only in A", kernel.only_a), ("only in B", kernel.only_b))
    yield from _list(f"{label}: <code>{_safe(', '.join(names))}</code>" for label, names in parts if names)
    yield from _facts("", kernel.facts)
    for text in kernel.texts:
        yield from _text(text)


def _guards(guards: Sequence[GuardChange]) -> Iterator[str]:
    if guards:
        yield f"<details><summary>{len(guards)} guards differ</summary><table>"
        for item in guards:
            a, b = (f"<code>{_safe(guard.code)}</code>" if guard else "" for guard in (item.a, item.b))
            yield f'<tr class="{item.change.value}"><td class="a">{a}</td><td class="b">{b}</td></tr>'
        yield "</table></details>"


def _cache(cache: CacheDifference) -> Iterator[str]:
    reasons = " · ".join(dict.fromkeys(filter(None, (cache.reason_a, cache.reason_b))))
    said = "".join(f"<br>{_safe(words)}" for words in (reasons, cache.key_words) if words)
    yield f"<p>Cache <code>{_safe(cache.asked)}</code>: {_safe(cache.answers)}{said}</p>"
    yield from _facts("Parts of the key that differ", [Fact(part.part, part.a, part.b) for part in cache.parts])


def _facts(heading: str, facts: Sequence[Fact], missing: str = "none") -> Iterator[str]:
    if facts:
        yield f"<h3>{heading}</h3><table>" if heading else "<table>"
        for fact in facts:
            cells = (fact.name, fact.a or missing, fact.b or missing)
            yield f"<tr>{''.join(f'<td>{_safe(cell)}</td>' for cell in cells)}</tr>"
        yield "</table>"


def _latency(latency: Sequence[LatencyChange]) -> Iterator[str]:
    if latency:
        yield "<h2>Latency</h2>"
    for item in latency:
        sides = [seconds(side.compiled.median) if side else "not timed" for side in (item.a, item.b)]
        told = f"{_safe(item.shape)}: compiled {sides[0]} → {sides[1]}"
        for words, ratio, interval in (
            ("B / A", item.ratio, item.interval),
            ("against eager", item.against_eager, item.against_eager_interval),
        ):
            if ratio is not None:
                between = f" (95 % interval {interval[0]:.3f} to {interval[1]:.3f})" if interval else ""
                told += f"; {words} {ratio:.3f}{between}"
        yield f"<p>{told}. {'' if item.certain else 'No difference that the samples could tell from chance.'}</p>"


def _phases(phases: Sequence[PhaseChange]) -> Iterator[str]:
    if phases:
        yield "<details><summary>Phases, one sample of each side</summary><table><tr><th></th><th>A</th><th>B</th></tr>"
        for item in phases:
            a, b = (seconds(value, "none") for value in (item.seconds_a, item.seconds_b))
            yield f"<tr><td>{'&emsp;' * item.depth}{_safe(item.name)}</td><td>{a}</td><td>{b}</td></tr>"
        yield "</table></details>"


def _list(entries: Iterable[str]) -> Iterator[str]:
    yield "<ul>"
    yield from (f"<li>{entry}</li>" for entry in entries)
    yield "</ul>"


def _safe(text: str) -> str:
    return escape(visible(text))
