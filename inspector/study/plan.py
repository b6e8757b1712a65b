"""Which runs an experiment consists of, in an order that gives something to compare early."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

from inspector.errors import UsageError
from inspector.model.study import Cure, Dynamic, Experiment, Mode, StudyRequest, Way

PAPER_SPOT = StudyRequest(Experiment.SPOT, "llama-1b", "f32", tokens=200, prompt=32, compile_mode="reduce-overhead")
PAPER_BATCHES = (1, 2, 4, 8, 32, 128, 256)
PAPER_SHAPES = StudyRequest(
    Experiment.SHAPES,
    "llama-1b",
    "f32",
    prompts=(5, 10, 100, 500),
    lengths=(10, 30, 100, 200),
    compile_mode="reduce-overhead",
)
"""What the paper ran; the length of its prompts is not recorded in its results."""


def spot(
    base: StudyRequest, *, batches: Sequence[int], modes: Sequence[str] = tuple(Mode), repeats: int = 1
) -> list[StudyRequest]:
    """Generations: every mode at every batch size, small batches first, repeats last.

    Raises:
        UsageError: a size that makes no sense.
    """
    if base.tokens < 2:
        raise UsageError(
            "At least two tokens have to be decoded.", "The first step compiles, the second one tells the rate."
        )
    rounds = product(range(repeats), sorted(set(batches)), modes)
    return [replace(base, batch=batch, variant=str(mode), repeat=number) for number, batch, mode in rounds]


def shapes(base: StudyRequest, *, dynamics: Sequence[str] = tuple(Dynamic), repeats: int = 1) -> list[StudyRequest]:
    """Changing lengths: every way to compile them.

    Raises:
        UsageError: there is no prompt, or no number of tokens.
    """
    if not base.prompts or not base.lengths:
        raise UsageError(
            "Changing lengths need prompts and numbers of tokens.", "For example: --prompts 5,10 --tokens 10,30"
        )
    prompt = base.prompts[0]
    rounds = product(range(repeats), dynamics)
    return [replace(base, prompt=prompt, variant=str(dynamic), repeat=number) for number, dynamic in rounds]


def layers(base: StudyRequest, *, ways: Sequence[str] = tuple(Way), repeats: int = 1) -> list[StudyRequest]:
    """A model of equal layers: every way to compile it."""
    return [replace(base, variant=str(way), repeat=number) for number, way in product(range(repeats), ways)]


def cures(
    base: StudyRequest, *, targets: Sequence[str], prepared: Sequence[str] = tuple(Cure), repeats: int = 1
) -> list[StudyRequest]:
    """Cold starts: every preparation for every target."""
    rounds = product(targets, range(repeats), prepared)
    return [replace(base, model=target, variant=str(cure), repeat=number) for target, number, cure in rounds]


def largest(requests: Sequence[StudyRequest]) -> StudyRequest:
    """The request of a plan that needs most memory, as an estimate.

    The gallery's targets, which the cures start, refuse by themselves what does not fit: there is no model then.
    """
    heaviest = max(requests, key=lambda item: item.batch * max((item.prompt + item.tokens, *item.prompts)))
    model = "" if heaviest.experiment is Experiment.CURES else heaviest.model
    return replace(heaviest, experiment=Experiment.ESTIMATE, model=model, repeat=0)
