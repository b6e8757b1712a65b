"""What a call costs and where, in words: the dearest expression, how each number is known, what was not measured."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

from inspector.model.price import Cost, Known, Loop, Price, Sampling
from inspector.model.profile import Bound, Limit
from inspector.price import Joined, held_by_none
from inspector.say import units
from inspector.say.doc import Cell, Column, Item, Row, Tone
from inspector.say.units import plural, seconds

NEAR = 0.7
"""Share of its limit from which on a part is said to wait for it."""
_LABEL = 70
_NOTHING = 0.0005
"""Share of a call below which it is not told that no row has it."""
_SMALL = 0.005
"""Share of a call below which a part is not named in a sentence."""
MODELLED = 2
"""Loops that are spoken of: those with the most samples; a document has all."""
BY = ("expression", "module", "kernel", "statement", "instruction", "part", "node")
"""What the rows of a price can be."""
SEVERAL = "is shared by expressions of which none holds the others"
"""Where the time is that no row of expressions has, though it is theirs."""
_TITLES = {
    "expression": "expression",
    "module": "module",
    "kernel": "call in the generated code",
    "statement": "statement of a kernel",
    "instruction": "instruction",
    "part": "part of a call",
    "node": "ATen node",
}


def columns(by: str, rows: Sequence[Cost]) -> tuple[Column, ...]:
    """Of the table of rows."""
    return (
        Column(_TITLES[by], 30, grow=1),
        Column("of a call", 18),
        Column("time", 9, right=True),
        Column("by itself", 9, right=True, hidden=all(row.parent is None and row.own == row.seconds for row in rows)),
        Column("±", 8, right=True, rank=2),
        Column("shared", 7, right=True, rank=2),
        Column("eager", 9, right=True, rank=1),
        Column("moves", 9, right=True, rank=4, hidden=all(row.work is None for row in rows)),
        Column("calculates", 10, right=True, rank=4, hidden=all(_flops(row) is None for row in rows)),
        Column("known", 14),
        Column("spent in", 20, rank=3),
    )


def _flops(row: Cost) -> int | None:
    return row.work.flops if row.work is not None else None


def item(row: Cost, number: int, depth: int, price: Price) -> Item:
    """One row of the table."""
    known = row.seconds or row.shared
    share = price.share(row.seconds)
    return Item(
        str(number),
        (
            Cell(short(row.label), Tone.CODE if row.span is not None else Tone.NAME),
            Cell(units.share(share, 1), share=min(1.0, share)) if known else Cell("?", Tone.QUIET),
            Cell(seconds(row.seconds) if known else "?"),
            Cell(seconds(row.own) if known else "?", Tone.QUIET),
            Cell(seconds(row.error) if known and row.error is not None else "?", Tone.QUIET),
            Cell(units.share(price.share(row.shared), 1) if row.shared else "", Tone.QUIET),
            Cell(seconds(row.eager) if row.eager else "", Tone.QUIET),
            Cell(units.size(row.work.bytes) if row.work is not None else "", Tone.QUIET),
            Cell(units.amount(flops, "flop") if (flops := _flops(row)) is not None else "", Tone.QUIET),
            Cell(known_words(row), Tone.QUIET),
            Cell(parts_words(row, price), Tone.QUIET),
        ),
        depth,
        opens=row.span is not None,
    )


def left(joined: Joined, by: str, rows: Sequence[Cost]) -> Iterator[tuple[float, str]]:
    """The seconds that no row has, and where they are: with the rows' own they add up to the call."""
    price = joined.price
    beside = price.parts - math.fsum(row.own for row in rows)
    if by == "expression" and not price.gpu and price.share(several := held_by_none(joined)) > _NOTHING:
        yield several, SEVERAL
        beside -= several
    if price.share(beside) > _NOTHING:
        yield beside, beside_words(by, price)


def left_item(seconds_: float, words: str, price: Price, number: int) -> Item:
    """What no row has, as a row of the table."""
    share = price.share(seconds_)
    cells = (
        Cell(f"({words})", Tone.QUIET),
        Cell(units.share(share, 1), share=min(1.0, share)),
        Cell(seconds(seconds_)),
    )
    return Item(f"left{number}", cells)


def nested(rows: Sequence[Cost], sort: str) -> list[Cost]:
    """The rows as a tree, of those side by side the dearest first by `time`, or by what is in them alone, `own`; as
    `text` has them otherwise."""
    below: dict[int | None, list[int]] = {}
    for number, row in enumerate(rows):
        below.setdefault(row.parent, []).append(number)
    found: list[Cost] = []

    def add(parent: int | None, shown: int | None) -> None:
        numbers = below.get(parent, [])
        if sort != "text":
            numbers = sorted(numbers, key=lambda at: -(rows[at].own if sort == "own" else rows[at].seconds))
        for number in numbers:
            found.append(replace(rows[number], parent=shown))
            add(number, len(found) - 1)

    add(None, None)
    return found


def known_words(row: Cost) -> str:
    """How a price is known: the measuring, and the link where it is weaker than exact."""
    if not row.seconds and not row.shared:
        return "no part of it is known"
    link = row.link.value.replace("_", " ") if row.link is not None and row.link.value != "exact" else ""
    return f"{row.known.value}, {link}" if link else row.known.value


def short(label: str) -> str:
    """A label on little room: its beginning and its end."""
    if not label:
        return "(the outermost module)"
    return label if len(label) <= _LABEL else f"{label[: _LABEL - 20]} … {label[-17:]}"


def depths(rows: Sequence[Cost]) -> list[int]:
    """How deep each row lies."""
    found: list[int] = []
    for row in rows:
        found.append(0 if row.parent is None else found[row.parent] + 1)
    return found


def sentence_of(row: Cost, price: Price) -> str:
    """A sentence without its full stop, that begins with a name: `…`: 71 % of a call, 14.2 ms of 20.0 ms: mm 69 %
    (waits for memory: 96 % of the limit), silu 2 %."""
    label = f"`{row.label}`" if row.span is not None else row.label or "the outermost module"
    share = units.share(price.share(row.seconds))
    words = f"{label}: {share} of a call, {seconds(row.seconds)} of {seconds(price.seconds)}"
    if parts := parts_words(row, price):
        words += f": {parts}"
    return f"{words}; {shared}" if (shared := _shared_words(row, price)) else words


def cost_words(row: Cost, price: Price) -> str:
    """What a place costs and how that is known: 71 % of a call, 14.2 ms of 20.0 ms, clocked: mm 69 %, silu 2 %."""
    if not row.seconds and not row.shared:
        eager = f"; eager {seconds(row.eager)}" if row.eager else ""
        return f"{known_words(row)} in the compiled code{eager}"
    if row.seconds < row.shared:
        most = units.share(price.share(row.seconds + row.shared), 1)
        return f"at most {most} of a call, {Known.SHARED.value} with others"
    share = price.share(row.seconds)
    words = f"{units.share(share, 0 if share >= 0.0995 else 1)} of a call, {seconds(row.seconds)} of"
    words += f" {seconds(price.seconds)}, {known_words(row)}"
    if parts := parts_words(row, price):
        words += f": {parts}"
    if row.eager:
        words += f"; eager {seconds(row.eager)}"
    return f"{words}; {shared}" if (shared := _shared_words(row, price)) else words


def _shared_words(row: Cost, price: Price) -> str:
    return f"up to {units.share(price.share(row.shared))} more that it shares with others" if row.shared else ""


def parts_words(row: Cost, price: Price) -> str:
    """What it is spent in, as shares of the call, longest first."""
    named = []
    for number, (name, part) in enumerate(row.parts):
        share = price.share(part)
        if share < _SMALL and number:
            break
        limit = f" ({limit_words(row.limit)})" if not number and row.limit is not None else ""
        named.append(f"{name} {units.share(share)}{limit}")
    return ", ".join(named)


def limit_words(limit: Limit) -> str:
    """How near something is to what the machine can do."""
    share = f"{units.share(limit.share)} of the limit"
    if limit.bound is Bound.LATENCY:
        return "the calling takes longest"
    if limit.bound is Bound.NEITHER:
        return f"neither memory nor arithmetic: {share}"
    what = "memory" if limit.bound is Bound.MEMORY else "arithmetic"
    if limit.share > 1:
        return "from the caches, faster than memory" if limit.bound is Bound.MEMORY else f"{what}: at the limit"
    if limit.share >= NEAR:
        return f"waits for memory: {share}" if limit.bound is Bound.MEMORY else f"calculates: {share}"
    return f"{what}: {share}"


def dearest(rows: Sequence[Cost]) -> Cost | None:
    """The innermost row that most of the dearest is spent in: from the dearest inwards, as long as one row within has
    more than half of it."""
    if not rows:
        return None
    best = max(range(len(rows)), key=lambda number: rows[number].seconds)
    while True:
        within = [number for number, row in enumerate(rows) if row.parent == best]
        inner = max(within, key=lambda number: rows[number].seconds, default=None)
        if inner is None or rows[inner].seconds <= rows[best].seconds / 2:
            return rows[best]
        best = inner


def told(price: Price) -> Iterator[Row]:
    """How the numbers came about, and what is wrong with them."""
    yield Row(sum_words(price), label="sum", tone=Tone.QUIET)
    yield Row(sampling_words(price), label="samples", tone=Tone.WARNING if price.sampling.failure else Tone.QUIET)
    if price.gpu:
        yield Row("not clocked on a GPU; `inspector profile` has its operators", label="eager", tone=Tone.QUIET)
    if price.system:  # the system counts it in ticks: none is not nothing
        yield Row(system_words(price.system, price.faults), label="system", tone=Tone.QUIET)
    if price.eager is not None:
        yield Row(eager_words(price), label="eager", tone=Tone.QUIET)
    for loop in price.loops[:MODELLED]:
        yield Row(loop_words(loop, loop.artifact.partition(":asm:")[2]), label="modelled", tone=Tone.QUIET)
    if price.modelling:
        yield Row(f"none: {price.modelling}", label="modelled", tone=Tone.QUIET)
    if price.without:
        count = plural(len(price.without), "output module")
        yield Row(
            f"{count} could not be clocked and count as what lies outside: {', '.join(price.without)}.", Tone.WARNING
        )
    if doubt := doubt_words(price):
        yield Row(doubt, Tone.WARNING)


def sum_words(price: Price) -> str:
    """Whether the parts add up, and what the clocks cost."""
    if price.gpu:
        return (
            f"the parts add up to {seconds(price.parts)} of {seconds(price.seconds)} by the clock "
            f"({plural(price.calls, 'call')}); kernels by the GPU's own clock, and what no kernel fills the GPU waits"
        )
    return (
        f"the parts add up to {seconds(price.parts)} of {seconds(price.seconds)} by the clock "
        f"({plural(price.calls, 'call')}); a call without clocks in it takes {seconds(price.undisturbed)} "
        f"({units.change(price.disturbance)} with them)"
    )


def sampling_words(price: Price) -> str:
    """How samples were taken, or why not and what is lost by it."""
    found = price.sampling
    if found.failure:
        return (
            f"none were taken: {found.failure}. Calls in the generated code are clocked all the same; within kernels "
            "nothing is told, nor whether threads wait"
        )
    if price.gpu:
        return _gpu_sampling_words(found)
    if not found.clock:
        return "none were taken"
    words = f"{found.samples:,} of {plural(found.threads, 'thread')} by the {found.clock}"
    if found.period is not None:
        words += f", one for each {seconds(found.period)} that a thread runs"
    if not found.precise:
        words += "; a statement may get its neighbour's (± skid)"
    if found.slowdown is not None:
        words += f"; {units.change(found.slowdown)} for a call while they are taken"
    if found.lost:
        words += f"; {found.lost:,} records were lost"
    if found.late:
        words += (
            f"; {plural(found.late, 'thread')} that began meanwhile {'was' if found.late == 1 else 'were'} not sampled"
        )
    strays = sum(site.sampled.strays for site in price.sites)
    if strays:
        words += f"; {strays:,} stood in another kernel than the clock says"
    return words


def _gpu_sampling_words(found: Sampling) -> str:
    words = (
        f"{found.samples:,} of warps by {found.clock}, in launches that it repeats: they divide a kernel's time"
        if found.clock
        else "none were taken, so within kernels nothing is told; `--ncu FILE` reads those of Nsight Compute"
    )
    if found.other:
        words += f"; the report's machine code of {', '.join(found.other)} is another's, so it was left out"
    if found.missing:
        words += f"; not in the report, or without SASS here: {', '.join(found.missing)}"
    return words


def system_words(system: float, page_faults: float | None) -> str:
    """What a call spends in the operating system."""
    faults = f", {page_faults:,.0f} page faults" if page_faults is not None and page_faults >= 0.5 else ""
    return f"{seconds(system)} of a call in the operating system, all threads together{faults}"


def loop_words(loop: Loop, name: str) -> str:
    """What a model says of one loop."""
    without = ", without the functions that it calls" if loop.calls else ""
    return (
        f"{name}, lines {loop.first}–{loop.last} of the machine code: {units.figures(loop.cycles)} cycles an iteration "
        f"on {loop.cpu} where all data is near{without}; busiest: {loop.bottleneck}"
    )


def eager_words(price: Price) -> str:
    """What eager's operators add up to, and what looking at them costs."""
    eager = price.eager
    assert eager is not None
    rest = eager.undisturbed - eager.clocked
    more = (
        f"the other {seconds(rest)} are Python, the dispatcher and allocation"
        if rest >= 0
        else f"that is {seconds(-rest)} more than such a call takes, which is the clock's own doing"
    )
    nowhere = math.fsum(item.seconds for item in eager.operators if not item.spans)
    placed = (
        f". {seconds(nowhere)} of them stand at no expression that is known, as those of a backward do, which a row's "
        "time holds and its eager time does not"
        if nowhere > _SMALL * eager.clocked
        else ""
    )
    return (
        f"its operators add up to {seconds(eager.clocked)} of {seconds(eager.undisturbed)} a call; "
        f"{more}{placed}. A call takes {units.change(eager.seconds / eager.undisturbed - 1)} while they are clocked"
    )


def doubt_words(price: Price) -> str:
    """Why the times are not to be trusted; empty where nothing speaks against them."""
    if price.disturbed and price.busy is not None:
        return (
            f"These times are of a busy machine: others used {units.share(price.busy)} of it. No share of a limit is "
            "told. Price again when it is quiet."
        )
    return ""


def nothing(by: str) -> str:
    """Where there is no row."""
    return f"Of no {_TITLES[by]} is anything known."


def beside_words(by: str, price: Price) -> str:
    """Where the time is that no row has."""
    if price.gpu and by in ("expression", "module", "node"):
        return "belongs to none that is known alone: the GPU waits for the host, copies, what several share"
    return {
        "expression": "belongs to no expression that is known: Python, guards, allocation",
        "module": "belongs to no module that is known: Python, guards, allocation",
        "node": "belongs to no ATen node alone: Python, guards, allocation, what nodes of a kernel share",
    }.get(by, "lies outside the kernels, or in no instruction of theirs")


def cut(rows: Sequence[Cost], most: int) -> list[int]:
    """The numbers of the `most` dearest rows, with all that they lie in, in their order."""
    wanted: set[int] = set()
    for number in sorted(range(len(rows)), key=lambda number: -(rows[number].seconds + rows[number].shared))[:most]:
        at: int | None = number
        while at is not None and at not in wanted:
            wanted.add(at)
            at = rows[at].parent
    return sorted(wanted)


def ordered(rows: Sequence[Cost], sort: str) -> list[Cost]:
    """As `text` has them: as they are; else the dearest first, by `time` or by what is in them alone, `own`."""
    if sort == "text":
        return list(rows)
    return [
        replace(row, parent=None) for row in sorted(rows, key=lambda row: -(row.own if sort == "own" else row.seconds))
    ]
