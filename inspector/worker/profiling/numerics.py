"""How far compiled results are from eager's, and both from the same calculation in double precision."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree
from torch.utils._python_dispatch import TorchDispatchMode

from inspector.model.numerics import Numerics, OutputNumerics
from inspector.say.units import size
from inspector.targets.base import Inputs
from inspector.targets.dtypes import short
from inspector.targets.memory import HEADROOM, available_memory
from inspector.worker.bench import muted
from inspector.worker.calls import Caller, tensors
from inspector.worker.capture import TargetCapture
from inspector.worker.outcomes import OutcomeComparison, Pair, compared, depends_on_chance, draws_apart, outcome
from inspector.worker.profiling.deviation import deviation
from inspector.worker.profiling.nodes import compared_nodes
from inspector.worker.profiling.roundings import roundings_of
from inspector.worker.ran import graphs_in
from inspector.worker.state import seeded
from inspector.worker.user_errors import words

_CHANCE = "There is no comparison with float64, which draws other random numbers."
_FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)


def numerics_of(
    capture: TargetCapture, tolerance: float | None, progress: Callable[[str], object], *, nodes: bool = False
) -> Numerics:
    """Compares the results of one call each on the capture's present inputs, with the same random numbers.

    Args:
        tolerance: the largest relative deviation that is let pass; None for the dtype's own.
        progress: told in words what is going on.
        nodes: compare every ATen node too.

    Raises:
        UsageError: the ATen nodes cannot be compared.
    """
    progress("comparing the results")
    with muted():
        eager = outcome(capture, capture.built.call)
        with graphs_in() as graphs:
            compiled = outcome(capture, capture.compiled)
        found = compared(eager, compiled)
        depends = depends_on_chance(capture, eager)
        chance = draws_apart(capture, found, chance=depends)
        again = compared(eager, outcome(capture, capture.built.call))
        double, note = ({}, _CHANCE) if depends else in_double(capture, writes=bool(eager.changes))
    outputs = tuple(_output(pair, double) for pair in found.pairs)
    notes = [note, *_notes(found, again), *(capture.state.notes if eager.changes or compiled.changes else ())]
    made = Numerics(
        capture.shape,
        outputs,
        tolerance,
        note=" ".join(filter(None, notes)),
        values=found.values,
        unlike=found.unlike,
        writes=tuple(eager.changes),
        writes_compiled=tuple(compiled.changes),
        chance=chance,
        graphs=graphs(),
        laid=found.laid,
        form=True,
    )
    differ = any(item.compiled_eager.differing for item in outputs) and not chance
    if differ:
        with muted():
            made = replace(made, roundings=roundings_of(capture))
    if not nodes:
        return made
    progress("comparing ATen nodes")
    with muted():
        return compared_nodes(capture, made, progress)


def _notes(found: OutcomeComparison, again: OutcomeComparison) -> Iterator[str]:
    if found.uncompared:
        yield f"Not compared: {', '.join(found.uncompared)}."
    unsteady = [pair.name for pair in again.pairs if deviation(pair.compiled, pair.eager).differing]
    if unsteady or again.unlike:
        names = ", ".join(unsteady[:4]) or "; ".join(again.unlike)
        yield f"Eager called twice from the same state does not agree with itself: {names}."


def _output(pair: Pair, double: Mapping[str, Tensor]) -> OutputNumerics:
    exact = double.get(pair.name)
    comparable = exact is not None and exact.shape == pair.eager.shape and pair.eager.dtype in _FLOATS
    return OutputNumerics(
        pair.name,
        short(pair.eager.dtype),
        tuple(pair.eager.shape),
        deviation(pair.compiled, pair.eager),
        deviation(pair.compiled, exact) if comparable and exact is not None else None,
        deviation(pair.eager, exact) if comparable and exact is not None else None,
    )


def in_double(capture: TargetCapture, *, writes: bool) -> tuple[Mapping[str, Tensor], str]:
    """The results in float64, on the same weights and inputs, by name; none, and why, where that cannot be run.

    Args:
        writes: whether the target writes anything: then inputs have to share memory as they do.
    """
    target = capture.built.call
    if writes and _share_memory(capture.inputs):
        return {}, "There is no comparison with float64: inputs share memory, and the target writes."
    weights = sum(item.numel() * 8 for item in target.parameters()) if isinstance(target, nn.Module) else 0
    available = available_memory(torch.device(capture.request.device))
    if available is not None and HEADROOM * weights > available:
        return {}, f"There is no comparison with float64, which takes {size(int(HEADROOM * weights))} of memory."
    capture.state.restore()
    try:
        with _in_float64(capture.built.call) as function:
            inputs = _widened(capture.inputs)
            caller = Caller(function, train=capture.request.train)
            seeded(capture.request.seed)
            with _Widening() as widening:
                found = caller.results(function, inputs)
    except Exception as error:  # noqa: BLE001 - the target's own code runs, in a dtype that it may not be written for
        return {}, f"There is no comparison with float64, in which the target fails: {words(error)}."
    finally:
        capture.state.restore()
    if widening.unseen:
        names = ", ".join(sorted(widening.unseen)[:3])
        return {}, f"There is no comparison with float64: it is not seen in which dtype {names} calculates inside."
    if widening.left:
        return (
            {},
            f"There is no comparison with float64: {', '.join(sorted(widening.left)[:3])} still calculates in less.",
        )
    return {name: item for name, item in found.items() if isinstance(item, Tensor)}, ""


@contextmanager
def _in_float64(target: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    """A copy of a module in float64; a function as it is, since its inputs decide."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        yield copy.deepcopy(target).double() if isinstance(target, nn.Module) else target
    finally:
        torch.set_default_dtype(before)


class _Widening(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """While active, what the target itself casts to less than float64 stays in float64, and tensors that it holds
    elsewhere (globals, attributes) are widened as they are read."""

    supports_higher_order_operators = True

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.left: set[str] = set()
        """Operators that gave less than float64 all the same."""
        self.unseen: set[str] = set()
        """Higher-order operators: what they call, and in which dtype, is not seen."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Calls the operator in float64."""
        if not isinstance(func, torch._ops.OpOverload):
            self.unseen.add(str(func))
            return func(*args, **(kwargs or {}))
        writes = any(item.alias_info is not None and item.alias_info.is_write for item in func._schema.arguments)
        widen: Callable[[Any], Any] = _cast if writes else _wide
        args, kwargs = (pytree.tree_map(widen, item) for item in (args, kwargs or {}))
        result = func(*args, **kwargs)
        if any(_is_narrow(item) and item.numel() for item in pytree.tree_leaves(result)):
            self.left.add(func._schema.name)
        return result


def _is_narrow(value: Any) -> bool:
    return isinstance(value, Tensor) and value.is_floating_point() and value.dtype is not torch.float64


def _cast(value: Any) -> Any:
    return torch.float64 if isinstance(value, torch.dtype) and value in _FLOATS else value


def _wide(value: Any) -> Any:
    return value.double() if _is_narrow(value) else _cast(value)


def _widened(inputs: Inputs) -> Inputs:
    """Copies of inputs, floating-point tensors in float64; one that is given twice stays one."""
    made: dict[int, Any] = {}

    def widened(value: Any) -> Any:
        if not isinstance(value, Tensor):
            return copy.deepcopy(value)
        if id(value) not in made:
            wide = value.detach().to(torch.float64 if value.is_floating_point() else value.dtype, copy=True)
            made[id(value)] = wide.requires_grad_(value.requires_grad)
        return made[id(value)]

    return Inputs(*pytree.tree_map(widened, tuple(inputs)))


def _share_memory(inputs: Inputs) -> bool:
    """Whether two tensors among the inputs, not one given twice, lie in the same memory."""
    seen = {id(item): item for item in tensors(tuple(inputs)) if item.layout is torch.strided}.values()
    places = [item.untyped_storage().data_ptr() for item in seen if item.numel()]
    return len(places) != len(set(places))
