"""Whether an edited kernel comes to what the compiler's own does: results, buffers, memory that it may not touch.

The measure is what the compiled code makes without the edit; eager and the calculation in float64 stand beside it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from inspector.model.deviation import Deviation
from inspector.model.edit import EditedOutput, Fate, KernelBuffer, KernelEdit
from inspector.say.units import size
from inspector.targets.dtypes import short
from inspector.worker.bench import muted
from inspector.worker.capture import TargetCapture
from inspector.worker.edits.build import KernelPlace
from inspector.worker.edits.memory import FILLS, bytes_of, copies_of, filled
from inspector.worker.outcomes import (
    CallOutcome,
    OutcomeComparison,
    Pair,
    compared,
    depends_on_chance,
    draws_apart,
    outcome,
)
from inspector.worker.private import swapped
from inspector.worker.profiling.deviation import deviation
from inspector.worker.profiling.numerics import in_double

_SIDES = ("with the compiler's own kernel", "with the edited one")
_LARGEST = 2 << 30
"""Bytes of a kernel's arguments that are copied to run the compiler's own beside the edited one."""
_CHANGES = "What it comes to depends on memory that nothing has written, or changes from call to call."
_CPP_PARAMETERS = re.compile(r"\bkernel\((?P<list>[^)]*)\)")
_TRITON_PARAMETERS = re.compile(r"@triton\.jit\s+def \w+\((?P<list>[^)]*)\)")


@dataclass(frozen=True)
class Baseline:
    """What a call comes to without any edit, from the state that all calls begin from."""

    inputs: object
    """The inputs that it was made on: others make another."""
    compiled: CallOutcome
    eager: CallOutcome
    double: Mapping[str, Tensor]
    chance: bool
    """Whether eager draws other random numbers than compiled, so that the two say nothing of each other."""
    notes: tuple[str, ...]
    steady: bool
    """Whether compiled agrees with itself, on memory that is filled in two ways."""


def baseline_of(capture: TargetCapture) -> Baseline:
    """Calls eager and compiled, compiled three times."""
    modules = [module for _, module in capture.modules]
    with muted():
        eager = outcome(capture, capture.built.call)
        compiled = outcome(capture, capture.compiled)
        depends = depends_on_chance(capture, eager)
        chance = draws_apart(capture, compared(eager, compiled), chance=depends)
        steady = True
        for fill in FILLS:
            with filled(modules, fill):
                again = outcome(capture, capture.compiled)
            steady &= _same(compared(compiled, again, _SIDES))
        double, note = ({}, "") if depends else in_double(capture, writes=bool(eager.changes))
    notes = [note] if note else []
    if not steady:
        notes.append("The compiled code called again from the same state does not agree with itself.")
    return Baseline(capture.inputs, compiled, eager, double, chance, tuple(notes), steady)


def _same(found: OutcomeComparison) -> bool:
    return not found.unlike and not any(deviation(pair.compiled, pair.eager).differing for pair in found.pairs)


@dataclass
class Witness:
    """Runs the compiler's own kernel on copies of what the edited one is given, and compares what they leave."""

    place: KernelPlace
    edited: Any
    text: str
    calling: Callable[[], AbstractContextManager[object]]
    """Around each call of the edited kernel, and nothing else: it may never return."""
    compares: bool = True
    """Whether the compiler's own kernel runs beside it."""
    calls: int = 0
    left: str = ""
    """Why buffers were not compared; empty where they were."""

    def __post_init__(self) -> None:
        self.worst: dict[int, Deviation] = {}

    @contextmanager
    def watching(self) -> Iterator[None]:
        """While this lasts, the module calls the edited kernel, and this sees each call."""
        standing_in = self._call if self.place.types is not None else _Runs(self.edited, self._run)
        with swapped(self.place.module, self.place.name, standing_in):
            yield

    def _call(self, *args: Any) -> Any:
        return self._both(args, lambda given: self.place.own(*given), lambda: self.edited(*args))

    def _run(self, *args: Any, **options: Any) -> Any:
        own = self.place.own
        return self._both(args, lambda given: own.run(*given, **options), lambda: self.edited.run(*args, **options))

    def _both(self, args: Sequence[Any], own: Callable[[list[Any]], object], edited: Callable[[], Any]) -> Any:
        self.calls += 1
        if not self.compares:
            with self.calling():
                return edited()
        if (whole := bytes_of(args)) > _LARGEST:
            self.left = f"The kernel's buffers are {size(whole)}, more than is copied: its results alone were compared."
            with self.calling():
                return edited()
        given = copies_of(args)
        own(given)
        with self.calling():
            found = edited()
        for at, (one, other) in enumerate(zip(args, given, strict=True)):
            if isinstance(one, Tensor) and isinstance(other, Tensor):
                apart = deviation(one, other)
                if at not in self.worst or apart.differing > self.worst[at].differing:
                    self.worst[at] = apart
        return found

    def buffers(self) -> tuple[KernelBuffer, ...]:
        """Those of its tensors that are not equal, by their names in the text."""
        names = parameters_of(self.text, triton=self.place.types is None)
        return tuple(
            KernelBuffer(name := names[at] if at < len(names) else f"argument {at}", apart, _naming(self.text, name))
            for at, apart in sorted(self.worst.items())
            if apart.differing
        )


class _Runs:
    """Stands in for a Triton kernel, which output code calls by `run`."""

    def __init__(self, kernel: Any, run: Callable[..., Any]) -> None:
        self._kernel = kernel
        self.run = run

    def __getattr__(self, name: str) -> Any:
        return getattr(self._kernel, name)


def parameters_of(text: str, *, triton: bool) -> list[str]:
    """Names of a kernel's parameters, in order."""
    found = (_TRITON_PARAMETERS if triton else _CPP_PARAMETERS).search(text)
    if found is None:
        return []
    return [re.split(r"[:=]", item)[0].split()[-1].strip("*&") for item in found["list"].split(",") if item.strip()]


def _naming(text: str, name: str) -> tuple[int, ...]:
    """The lines that name a parameter, behind the one that declares it; the compiler stores through them."""
    lines = [at for at, line in enumerate(text.split("\n"), 1) if re.search(rf"\b{re.escape(name)}\b", line)]
    return tuple(lines[1:])


def checked(capture: TargetCapture, base: Baseline, witness: Witness, edit: KernelEdit) -> KernelEdit:
    """Calls the target with the edited kernel, on memory filled in two ways, and compares all that it comes to.

    Whatever the edited code raises is passed on.
    """
    modules = [module for _, module in capture.modules]
    notes = list(base.notes)
    touched = False
    found: list[OutcomeComparison] = []
    eagers: list[OutcomeComparison] = []
    with muted():
        for fill in FILLS:
            with filled(modules, fill) as fences:
                witness.compares = fill == FILLS[0]
                with witness.watching():
                    made = outcome(capture, capture.compiled)
                touched |= fences.broken(fill)
            found.append(compared(base.compiled, made, _SIDES))
            eagers.append(compared(base.eager, made))
            if not witness.calls:
                break
    calls = witness.calls // len(found)
    if not calls:
        return replace(edit, fate=Fate.UNCOMPARED, unraced="a call with the present inputs does not run it")
    if touched:
        notes.append("It writes outside the memory that it was given.")
    outputs = _outputs(found, eagers, base)
    worst = max(found, key=lambda item: len(item.unlike))
    unsure = _apart(found) if len(found) > 1 and base.steady else None
    if unsure is not None and unsure.differing:
        notes.append(_CHANGES if unsure.beyond else "Its last digits change from call to call.")
    edit = replace(
        edit,
        calls=calls,
        outputs=outputs,
        values=worst.values,
        unlike=worst.unlike,
        buffers=witness.buffers(),
        notes=(*notes, *([witness.left] if witness.left else [])),
    )
    return replace(edit, fate=_fate(edit, base, alone=touched or (unsure is not None and unsure.beyond > 0)))


def once_more(capture: TargetCapture, base: Baseline, place: KernelPlace, edited: Any, edit: KernelEdit) -> KernelEdit:
    """Calls it again, after many calls: what is right once need not be right each time."""
    with muted(), swapped(place.module, place.name, edited):
        made = outcome(capture, capture.compiled)
    found, eager = compared(base.compiled, made, _SIDES), compared(base.eager, made)
    outputs = _outputs([found], [eager], base)
    if not base.steady or (_beyond(outputs) <= edit.beyond and not found.unlike):
        return edit
    words = "After the race it no longer comes to what it came to before."
    edit = replace(edit, outputs=outputs, unlike=found.unlike, notes=(*edit.notes, words))
    return replace(edit, fate=_fate(edit, base, alone=True), race=None, unraced="the numbers change from call to call")


def _apart(found: Sequence[OutcomeComparison]) -> Deviation:
    """How far two calls with the edited kernel are from each other, of the tensor that is furthest."""
    first, second = ({pair.name: pair.compiled for pair in item.pairs} for item in found)
    apart = [deviation(first[key], second[key]) for key in first.keys() & second.keys()]
    return max(apart, key=lambda item: (item.beyond, item.differing), default=Deviation(0.0, 0.0, 0.0))


def _beyond(outputs: Sequence[EditedOutput]) -> int:
    return sum(item.compiled.beyond for item in outputs)


def _fate(edit: KernelEdit, base: Baseline, *, alone: bool) -> Fate:
    """What to say of it as a whole.

    Args:
        alone: whether something is wrong with it that no number shows.
    """
    if edit.unlike or alone or any(item.wrong for item in edit.outputs):
        return Fate.WRONG
    if not edit.outputs and not edit.values:
        return Fate.UNCOMPARED
    if any(item.rounded for item in edit.outputs):
        return Fate.ROUNDED
    if edit.beyond:
        return Fate.OTHER
    return Fate.SAME if not edit.differing and base.steady else Fate.CLOSE


def _outputs(
    found: Sequence[OutcomeComparison], eagers: Sequence[OutcomeComparison], base: Baseline
) -> tuple[EditedOutput, ...]:
    """Each tensor once, of several calls the one that is furthest from compiled."""
    eager = {pair.name: pair.eager for pair in eagers[0].pairs} if not base.chance else {}
    made: dict[str, EditedOutput] = {}
    for item in found:
        for pair in item.pairs:
            output = _output(pair, eager.get(pair.name), base.double.get(pair.name))
            before = made.get(pair.name)
            if before is None or output.compiled.differing > before.compiled.differing:
                made[pair.name] = output
    return tuple(made.values())


def _output(pair: Pair, eager: Tensor | None, exact: Tensor | None) -> EditedOutput:
    compiled, edited = pair.eager, pair.compiled
    apart = deviation(edited, compiled)
    floats = compiled.is_floating_point() and exact is not None and exact.shape == compiled.shape

    def double(value: Tensor | None) -> Deviation | None:
        return deviation(value, exact) if floats and exact is not None and value is not None else None

    worst, values = _furthest(edited, compiled) if apart.differing else ((), None)
    return EditedOutput(
        pair.name,
        short(compiled.dtype),
        tuple(compiled.shape),
        apart,
        deviation(edited, eager) if eager is not None else None,
        deviation(compiled, eager) if eager is not None else None,
        double(edited),
        double(compiled),
        double(eager),
        worst,
        values,
    )


def _furthest(edited: Tensor, compiled: Tensor) -> tuple[tuple[int, ...], tuple[float, float] | None]:
    """Where two tensors are furthest apart, and what they have there."""
    if edited.layout is not torch.strided or edited.is_complex() or edited.is_quantized:
        return (), None
    one, other = edited.detach().double(), compiled.detach().double()
    same = (one == other) | (one.isnan() & other.isnan())
    apart = torch.where(same, 0.0, (one - other).abs()).nan_to_num(torch.inf, torch.inf)
    at = int(apart.reshape(-1).argmax())
    place = tuple(int(item) for item in torch.unravel_index(torch.tensor(at), edited.shape)) if edited.dim() else ()
    return place, (one.reshape(-1)[at].item(), other.reshape(-1)[at].item())
