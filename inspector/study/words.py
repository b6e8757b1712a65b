"""A run, and where a plan stands, in one line: for the command line and for the screen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from inspector.client.logs import sanitise
from inspector.model.study import Experiment, StudyRequest
from inspector.say.units import amount
from inspector.study.updates import Estimating, PlanProgress, Update


def title(request: StudyRequest) -> str:
    """A run in one line: `spot llama-tiny f32 · decode · batch 4 · prompt 32 · 50 tokens`."""
    words = [f"{request.experiment} {request.model} {request.dtype}", request.variant]
    if request.experiment is Experiment.SHAPES:
        words.append(f"prompts {','.join(map(str, request.prompts))}")
    elif request.experiment is Experiment.SPOT:
        words += [f"batch {request.batch}", f"prompt {request.prompt}", f"{request.tokens} tokens"]
    if request.repeat:
        words.append(f"again ({request.repeat + 1})")
    return " · ".join(words)


def short(request: StudyRequest) -> str:
    """What tells a run from the others of its plan: `decode, batch 4`, `llama-mlp, pack`, `dynamic true`."""
    match request.experiment:
        case Experiment.SPOT:
            words = f"{request.variant}, batch {request.batch}"
        case Experiment.CURES:
            words = f"{request.model}, {request.variant}"
        case Experiment.SHAPES:
            words = f"dynamic {request.variant}" if request.variant != "eager" else "eager"
        case _:
            words = request.variant
    return f"{words} ({request.repeat + 1})" if request.repeat else words


def update_words(update: Update) -> str:
    """`3/12  decode, batch 4: compiling  1:20, about 4:00 left`; empty for what passes without a word."""
    match update:
        case Estimating():
            return f"estimating memory: {update.phase}"
        case PlanProgress():
            left = f", about {clock(update.left)} left" if update.left is not None else ""
            where = f"{update.number}/{update.total}  {short(update.request)}: {update.phase}"
            return f"{where}  {clock(update.elapsed)}{left}"
        case _:
            return ""


def clock(seconds: float) -> str:
    """`4:05`, `1:00:00`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def environment_words(environment: Mapping[str, Any]) -> str:
    """Where runs are made, in a line, the most telling first; empty where nothing is known."""
    known = environment.get
    parts = [str(item) for item in (known("machine"), known("cpu"), known("gpu")) if item]
    parts += [f"{known('threads')} threads"] if known("threads") else []
    parts += [str(known("isa"))] if known("isa") else []
    parts += [f"{name} {known(name)}" for name in ("torch", "transformers", "python") if known(name)]
    parts += [str(known("compiler"))] if known("compiler") else []
    bandwidth = known("bandwidth")
    parts += [f"reads {amount(bandwidth, 'B/s')}"] if isinstance(bandwidth, int | float) and bandwidth > 0 else []
    return sanitise(" · ".join(parts))


def plan_words(finished: int, kept: int, path: object) -> str:
    """What became of a plan: `4 runs finished, 2 were there already; the results are in study-spot.jsonl.`"""
    runs = "1 run" if finished == 1 else f"{finished} runs"
    before = f", {kept} {'was' if kept == 1 else 'were'} there already" if kept else ""
    return f"{runs} finished{before}; the results are in {path}."
