"""Costs that lie within one another: expressions of Python, and modules."""

from __future__ import annotations

import math
from collections.abc import Mapping

from inspector.model.artifact import Span
from inspector.model.price import Cost
from inspector.price.atoms import Joined
from inspector.price.sums import Sum, part_of


def by_expression(joined: Joined) -> tuple[Cost, ...]:
    """Expressions of Python, each below the smallest that it lies in, in the order of the text; nothing counts twice in
    `own`."""
    sums: dict[Span, Sum] = {}
    for atom in joined.atoms:
        path, whole = joined.path_of(atom)
        link, part = joined.belongs(atom).link, part_of(joined, atom)
        around = joined.path_of(joined.of_site(atom.site))[0]
        for span in path:
            sums.setdefault(span, Sum()).add(atom, link, part, whole=span in around)
        if path:
            sums[path[-1]].own += atom.seconds
        if not whole:
            beyond = {span for node in joined.belongs(atom).nodes for span in node.path} - set(path)
            for span in beyond:
                sums.setdefault(span, Sum()).shared += atom.seconds
    _add_eager(joined, sums)
    order = sorted(sums, key=lambda span: (span.artifact, span.start, (-span.end.line, -span.end.col)))
    rows: list[Cost] = []
    open_: list[int] = []
    for span in order:
        while open_ and not order[open_[-1]].holds(span):
            open_.pop()
        rows.append(sums[span].cost(text_of(joined, span), joined.price, span, open_[-1] if open_ else None))
        open_.append(len(rows) - 1)
    return tuple(rows)


def held_by_none(joined: Joined) -> float:
    """Seconds that several expressions share, of which none holds the others."""
    found = ((atom.seconds, *joined.path_of(atom)) for atom in joined.atoms)
    return math.fsum(seconds for seconds, path, whole in found if not path and not whole)


def _add_eager(joined: Joined, sums: Mapping[Span, Sum]) -> None:
    """Eager's operators at the same expressions: each counts once in every expression that it lies in."""
    eager = joined.price.eager
    if eager is None:
        return
    for found in sums.values():
        found.eager = 0.0
    for item in eager.operators:
        for span, found in sums.items():
            if any(span.holds(own) for own in item.spans):
                found.eager = (found.eager or 0.0) + item.seconds


def text_of(joined: Joined, span: Span) -> str:
    """The text of a span on one line."""
    item = joined.capture.by_id.get(span.artifact)
    if item is None:
        return ""
    lines = item.lines[span.start.line - 1 : span.last_line]
    if not lines:
        return ""
    if span.end.col and span.end.line == span.last_line:
        lines[-1] = lines[-1][: span.end.col]
    lines[0] = lines[0][span.start.col :]
    return " ".join(" ".join(lines).split())


def by_module(joined: Joined) -> tuple[Cost, ...]:
    """The tree of modules, the outermost first; what several share counts for the innermost that holds them all, and is
    `shared` in each of them."""
    sums: dict[str, Sum] = {"": Sum()}
    for atom in joined.atoms:
        module = joined.module_of(atom)
        if module is None:
            continue
        within = ancestry(module)
        for path in {path for node in joined.belongs(atom).nodes for path in ancestry(node.module)}.difference(within):
            sums.setdefault(path, Sum()).shared += atom.seconds
        around = ancestry(joined.module_of(joined.of_site(atom.site)) or "")
        for path in within:
            whole = path in around
            sums.setdefault(path, Sum()).add(atom, joined.belongs(atom).link, part_of(joined, atom), whole=whole)
        sums[module].own += atom.seconds
    if joined.price.eager is not None:  # which knows no module that is no attribute: such a row has none
        sums[""].eager = 0.0
        for item in joined.price.eager.operators:
            for path in ancestry(item.module):
                entry = sums.setdefault(path, Sum())
                entry.eager = (entry.eager or 0.0) + item.seconds
    rows: list[Cost] = []
    numbers: dict[str, int] = {}
    for path in sorted(sums, key=_natural):
        numbers[path] = len(rows)
        parent = numbers.get(path.rpartition(".")[0]) if path else None
        rows.append(sums[path].cost(path, joined.price, None, parent))
    return tuple(rows)


def ancestry(path: str) -> list[str]:
    parts = path.split(".") if path else []
    return [".".join(parts[:count]) for count in range(len(parts) + 1)]


def _natural(path: str) -> list[tuple[int, int, str]]:
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in path.split(".")] if path else []
