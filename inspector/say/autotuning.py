"""What torch's autotuning tried, in words."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from inspector.model.autotuning import Autotuning, AutotuningChoice
from inspector.model.capture import Capture, Phase
from inspector.say.doc import Row, Tone
from inspector.say.units import factor, plural, seconds

_ENDING = "_template_autotuning"
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
    return (*capture.autotunings, *(item for item in _of_phases(capture.phases) if item.compile_id not in recorded))


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


def _of_phases(phases: Iterable[Phase]) -> tuple[Autotuning, ...]:
    """What torch itself records: for each operator how many were timed, and the fastest with its time."""
    found = []
    for phase in phases:
        if not phase.name.endswith(_ENDING):
            continue
        try:
            said = json.loads(str(phase.args.get("autotune_choices_stats")))
        except ValueError:
            continue
        if isinstance(said, dict):
            found.append(_of_phase(phase, said))
    return tuple(found)


def _of_phase(phase: Phase, said: Mapping[str, Any]) -> Autotuning:
    """torch's times are in milliseconds."""
    taken = said.get("best_time")
    name, words = said.get("best_kernel"), str(said.get("best_kernel_desc") or "")
    best: tuple[AutotuningChoice, ...] = ()
    if isinstance(name, str) and isinstance(taken, int | float):
        best = (AutotuningChoice(name, "", taken / 1e3, words),)
    sizes = str(phase.args.get("autotune_shape") or "").split(", ")
    dtypes = str(phase.args.get("autotune_dtypes") or "").split(", ")
    inputs = tuple(
        f"{dtype.removeprefix('torch.')}[{size.replace('x', ', ')}]"
        for dtype, size in zip(dtypes, sizes, strict=False)
        if size
    )
    count = said.get("num_choices")
    return Autotuning(
        phase.compile_id,
        phase.name.removesuffix(_ENDING),
        inputs,
        best,
        count if isinstance(count, int) else None,
        phase.duration,
    )
