"""One target over time, in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from inspector.model.history import History, HistoryChange
from inspector.model.library import KeptCapture
from inspector.say.doc import Cell, Column, Item, Tone
from inspector.say.findings import SideName, Sides
from inspector.say.units import factor, figures, plural, seconds

QUANTITIES: Mapping[str, Callable[[KeptCapture], float | None]] = {
    "compile": lambda item: item.facts.compile_seconds,
    "latency": lambda item: item.facts.latency,
    "kernels": lambda item: None if item.facts.kernels is None else len(item.facts.kernels),
    "breaks": lambda item: item.facts.breaks,
    "recompiles": lambda item: item.facts.recompiles,
}
"""What is followed, and of what."""
TIMED = ("compile", "latency")
"""Of these the ones with noise."""
COLUMNS = (
    Column("kept", 16),
    Column("id", 22),
    Column("torch", 12),
    *(Column(name, 9, right=True) for name in QUANTITIES),
    Column("", 20),
)
NO_CHANGE = "No change that noise does not explain."
BEFORE_AND_AFTER: Sides = (
    SideName("before", "before", "the capture before"),
    SideName("after", "after", "the capture after"),
)
_STEPS = "▁▂▃▄▅▆▇█"


def heading(history: History) -> str:
    words = [history.title, history.device, history.machine, f"mode {history.mode}" if history.mode else ""]
    return " · ".join(filter(None, words))


def items_of(history: History) -> Iterator[Item]:
    """A row for each capture, the oldest first; a change stands behind the first capture of its new level."""
    for item in history.captures:
        changed = [change.quantity for change in history.changes if change.after.id == item.id]
        cells = [Cell(_number(name, of(item))) for name, of in QUANTITIES.items()]
        mark = Cell(f"← {', '.join(changed)}" if changed else "", Tone.WARNING)
        yield Item(
            item.id, (Cell(item.kept[:16].replace("T", " ")), Cell(item.id), Cell(item.facts.torch), *cells, mark)
        )


def _number(name: str, value: float | None) -> str:
    if value is None:
        return ""
    return seconds(value) if name in TIMED else figures(value) if value != round(value) else f"{value:,.0f}"


def change_words(change: HistoryChange) -> str:
    """`latency 1.00 ms → 1.31 ms, 1.31 × as long, from ID on (noise alone looks so in 0.1 % of all orders)`."""
    was, now = _number(change.quantity, change.was), _number(change.quantity, change.now)
    times = f", {factor(change.now / change.was)} as long" if change.quantity in TIMED and change.was > 0 else ""
    sure = f" (noise alone looks so in {change.chance:.1%} of all orders)" if change.chance else ""
    return f"{change.quantity} {was} → {now}{times}, from {change.after.id} on{sure}"


def differ_words(change: HistoryChange) -> str:
    """How to see what differs around a change."""
    return f"inspector library diff {change.before.id} {change.after.id}"


def chart(history: History, name: str) -> str:
    """A quantity as a row of bars from 0, `·` where it is not recorded; empty where it never is, or never anything."""
    values = [QUANTITIES[name](item) for item in history.captures]
    high = max((value for value in values if value is not None), default=0.0)
    if not high:
        return ""
    return "".join("·" if value is None else _STEPS[min(7, int(value / high * 7.999))] for value in values)


def few_words(history: History) -> str:
    """What can be told of so few captures; empty where there are enough."""
    count = len(history.captures)
    copies = f" {plural(history.copies, 'more is a copy', 'more are copies')} of these." if history.copies else ""
    if count < 2:
        return f"Nothing was compared: there is one capture of it.{copies}"
    few = f"Of {plural(count, 'capture')} only counts can be told: a time's change takes about five on each side."
    return f"{few if count < 10 else ''}{copies}".strip()
