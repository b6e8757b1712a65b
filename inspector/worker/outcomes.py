"""What one call of eager and one of compiled come to, each from the same inputs, weights, objects and random numbers.

Compared are the outputs, when training the gradients, and what either call wrote: arguments, buffers and attributes as
they are afterwards. What differs in kind (a shape, a dtype, a number of outputs, a plain value) is told in words.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, NamedTuple

import torch
from torch import Tensor

from inspector.targets.dtypes import short
from inspector.worker.calls import Opaque
from inspector.worker.capture import TargetCapture
from inspector.worker.form import ResultForm, form_of
from inspector.worker.private import swapped
from inspector.worker.profiling.deviation import deviation
from inspector.worker.state import ABSENT, StateChange, seeded

_SHOWN = 60
"""Characters of a plain value that are printed."""


@dataclass(frozen=True)
class CallOutcome:
    """What one call came to."""

    values: Mapping[str, Any]
    """`output 0`, `gradient of \\`weight\\`` → copies of tensors, plain values, the kinds of others."""
    changes: Mapping[str, StateChange]
    """What it wrote, by name."""
    form: ResultForm


class Pair(NamedTuple):
    """Two tensors of the same name and shape."""

    name: str
    eager: Tensor
    compiled: Tensor


@dataclass(frozen=True)
class OutcomeComparison:
    """Two outcomes held against each other."""

    pairs: tuple[Pair, ...]
    """The tensors that can be compared element by element."""
    values: int
    """Plain values that were compared."""
    unlike: tuple[str, ...]
    """What differs in kind or value, a sentence's part each."""
    uncompared: tuple[str, ...]
    """Outputs that are neither tensors nor plain values."""
    laid: tuple[str, ...]
    """Tensors whose elements lie in memory otherwise, a sentence's part each."""


def outcome(capture: TargetCapture, function: Callable[..., Any], seed: int | None = None) -> CallOutcome:
    """Calls once, from the state that the capture keeps, and puts everything back.

    Args:
        capture: the target, its inputs and its state.
        function: eager or compiled.
        seed: of all random numbers; None for the request's.
    """
    state = capture.state
    state.restore()
    seeded(capture.request.seed if seed is None else seed)
    try:
        forms: list[ResultForm] = []
        given = [(name, tensor) for _, name, tensor in state.tensors]
        values = capture.call.results(function, capture.inputs, lambda result: forms.append(form_of(result, given)))
        changes = {change.name: change for change in state.changes()}
    finally:
        state.restore()
    capture.mutates |= bool(changes)
    return CallOutcome(values, changes, *forms)


def depends_on_chance(capture: TargetCapture, eager: CallOutcome) -> bool:
    """Whether other random numbers make another outcome: eager is asked, with another seed wherever one is set."""
    with _other_seeds():
        return _differ(compared(eager, outcome(capture, capture.built.call, capture.request.seed + 1)))


def draws_apart(capture: TargetCapture, found: OutcomeComparison, *, chance: bool) -> bool:
    """Whether results differ that depend on chance, where compiled code draws other random numbers than eager."""
    from torch._inductor import config

    return chance and _differ(found) and not capture.patches.get("fallback_random", config.fallback_random)


@contextmanager
def _other_seeds() -> Iterator[None]:
    """While this lasts, a target that sets torch's seed, or the state of its generator, draws other numbers all the
    same."""

    def seeding(seed: int) -> Any:
        return manual_seed(int(seed) + 1)

    def setting(state: Tensor) -> None:
        set_state(state)
        torch.rand(1)  # so that the next number is another one

    manual_seed, set_state = torch.random.manual_seed, torch.random.set_rng_state
    with ExitStack() as stack:
        for place in (torch, torch.random):
            stack.enter_context(swapped(place, "manual_seed", seeding))
            stack.enter_context(swapped(place, "set_rng_state", setting))
        yield


def _differ(found: OutcomeComparison) -> bool:
    return bool(found.unlike) or any(deviation(pair.compiled, pair.eager).differing for pair in found.pairs)


EAGER_COMPILED = ("in eager", "compiled")


def compared(eager: CallOutcome, compiled: CallOutcome, sides: tuple[str, str] = EAGER_COMPILED) -> OutcomeComparison:
    """Holds two calls against each other, what one of them alone wrote included.

    Args:
        eager: the one that is the measure.
        compiled: the other one.
        sides: what they are called where they differ in kind.
    """
    pairs: list[Pair] = []
    unlike: list[str] = []
    uncompared: list[str] = []
    values = 0
    for name, one, other in _matched(eager, compiled):
        if isinstance(one, Tensor) and isinstance(other, Tensor):
            if (one.shape, one.dtype) == (other.shape, other.dtype) and one.layout is other.layout:
                pairs.append(Pair(name, one, other))
            else:
                unlike.append(f"{name} is {_spelt(one)} {sides[0]} and {_spelt(other)} {sides[1]}")
        elif isinstance(one, Opaque) and isinstance(other, Opaque) and one == other:
            uncompared.append(f"{name}, a {one.kind}")
        elif isinstance(one, float) and isinstance(other, float) and not _equal(one, other):
            pairs.append(Pair(name, *_numbers(one, other)))
        else:
            values += 1
            if not _equal(one, other):
                unlike.append(f"{name} is {_spelt(one)} {sides[0]} and {_spelt(other)} {sides[1]}")
    unlike += _forms_apart(eager.form, compiled.form, sides)
    return OutcomeComparison(
        tuple(pairs), values, tuple(unlike), tuple(uncompared), tuple(_laid_apart(eager.form, compiled.form, sides))
    )


def _forms_apart(eager: ResultForm, compiled: ResultForm, sides: tuple[str, str]) -> Iterator[str]:
    """Containers of another kind, and memory that is shared on one side alone: who writes there changes the other."""
    for name in filter(compiled.kinds.__contains__, eager.kinds):
        if (one := eager.kinds[name]) != (other := compiled.kinds[name]):
            yield f"{name} is a {_short(one)} {sides[0]} and a {_short(other)} {sides[1]}"
    for name in filter(compiled.shared.__contains__, eager.shared):
        if (ours := eager.shared[name]) != (theirs := compiled.shared[name]):
            one, other = (_short(", ".join(sorted(side)) or "nothing") for side in (ours, theirs))
            yield f"{name} shares memory with {one} {sides[0]} and with {other} {sides[1]}"


def _laid_apart(eager: ResultForm, compiled: ResultForm, sides: tuple[str, str]) -> Iterator[str]:
    for name, steps in eager.strides.items():
        if (other := compiled.strides.get(name, steps)) != steps and len(other) == len(steps):
            yield f"{name} has strides {list(steps)} {sides[0]} and {list(other)} {sides[1]}"


def _matched(eager: CallOutcome, compiled: CallOutcome) -> Iterator[tuple[str, Any, Any]]:
    for name in {**eager.values, **compiled.values}:
        yield name, eager.values.get(name, ABSENT), compiled.values.get(name, ABSENT)
    for name in {**eager.changes, **compiled.changes}:
        changes = eager.changes.get(name), compiled.changes.get(name)
        before = next(change.before for change in changes if change is not None)
        one, other = (before if change is None else change.after for change in changes)
        yield f"{name} after the call", one, other


def _numbers(*values: float) -> list[Tensor]:
    """Numbers that differ, as tensors of the dtype that they come from by all that can be known: f32, if it holds
    them."""
    found = torch.tensor(values, dtype=torch.float64)
    narrow = found.float()
    return list((narrow if bool(((narrow == found) | found.isnan()).all()) else found).unbind())


def _equal(one: Any, other: Any) -> bool:
    if type(one) is not type(other):
        return False
    return bool(one == other) or (isinstance(one, float) and math.isnan(one) and math.isnan(other))


def _spelt(value: Any) -> str:
    if isinstance(value, Tensor):
        return f"{short(value.dtype)}{list(value.shape)}"
    if isinstance(value, Opaque):
        return f"a {value.kind}"
    return _short(value if value is ABSENT else repr(value))


def _short(words: str) -> str:
    return words if len(words) <= _SHOWN else f"{words[:_SHOWN]}…"
