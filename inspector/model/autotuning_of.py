"""What torch itself records of its autotuning: for each operator the fastest, and how many were timed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from inspector.model.autotuning import Autotuning, AutotuningChoice
from inspector.model.capture import Phase

_ENDING = "_template_autotuning"


def of_phases(phases: Iterable[Phase]) -> tuple[Autotuning, ...]:
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
