"""What torch's autotuning tried, in words."""

from __future__ import annotations

from collections.abc import Iterator

from inspector.model.autotuning import Autotuning, AutotuningChoice
from inspector.model.autotuning_of import of_phases
from inspector.model.capture import Capture
from inspector.say.doc import Row, Tone
from inspector.say.units import factor, plural, seconds

_KINDS = {
    "Extern": "a library's",
    "Cpp": "a C++ template",
    "Triton": "a Triton template",
    "Subgraph": "a graph of its own",
}
"""What the names of torch's classes of choices begin with."""


def autotunings_of(capture: Capture) -> tuple[Autotuning, ...]:
    """What was tried: what the worker recorded; of compile ids without that what torch records."""
    recorded = {item.compile_id for item in capture.autotunings}
    return (*capture.autotunings, *(item for item in of_phases(capture.phases) if item.compile_id not in recorded))


def choice_rows(item: Autotuning) -> Iterator[Row]:
    """An operator and its choices with their times, the fastest first."""
    took = f" in {seconds(item.seconds)}" if item.seconds is not None else ""
    count = plural(item.count, "kernel") if item.count is not None else "kernels, how many is not recorded,"
    yield Row(f"{item.operator}({', '.join(item.inputs)}): {count} timed{took}", Tone.STRONG)
    best = item.choices[0].seconds if item.choices else None
    for number, choice in enumerate(item.choices):
        yield Row(_choice(choice, best), Tone.GOOD if not number and best is not None else Tone.TEXT, 1, choice.name)
    if item.count is None or item.count > len(item.choices):
        left = plural(item.count - len(item.choices), "more kernel") if item.count is not None else "the others"
        yield Row(f"times of {left if item.choices else 'all'} are not recorded", Tone.QUIET, 1)


def _choice(choice: AutotuningChoice, best: float | None) -> str:
    words = [seconds(choice.seconds) if choice.seconds is not None else "failed"]
    if choice.seconds is not None and best:
        words.append("the fastest" if choice.seconds == best else f"{factor(choice.seconds / best)} the fastest's")
    kind = next((words for name, words in _KINDS.items() if choice.kind.startswith(name)), "")
    words += [kind, choice.description]
    return ", ".join(filter(None, words))
