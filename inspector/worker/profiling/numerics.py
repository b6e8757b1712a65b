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
from inspector.worker.calls import Caller
from inspector.worker.capture import Capture
from inspector.worker.outcomes import Compared, Pair, compared, draws_apart, outcome
from inspector.worker.profiling.deviation import deviation
from inspector.worker.profiling.nodes import compared_nodes
from inspector.worker.profiling.roundings import roundings_of
from inspector.worker.ran import graphs_in
from inspector.worker.state import seeded

_FLOATS = (torch.float16, torch.bfloat16, torch.float32, torch.float64)


def numerics_of(
    capture: Capture, tolerance: float | None, progress: Callable[[str], object], *, nodes: bool = False
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
        chance = draws_apart(capture, eager, found)
        again = compared(eager, outcome(capture, capture.built.call))
        double, note = _in_double(capture)
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


def _notes(found: Compared, again: Compared) -> Iterator[str]:
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


def _in_double(capture: Capture) -> tuple[Mapping[str, Tensor], str]:
    """The results in float64, on the same weights and inputs, by name; none, and why, where that cannot be run."""
    target = capture.built.call
    weights = sum(item.numel() * 8 for item in target.parameters()) if isinstance(target, nn.Module) else 0
    available = available_memory(torch.device(capture.request.device))
    if available is not None and HEADROOM * weights > available:
        return {}, f"There is no comparison with float64, which takes {size(int(HEADROOM * weights))} of memory."
    capture.state.restore()
    try:
        with _in_float64(capture.built.call) as function:
            inputs = Inputs(*pytree.tree_map(_widened, copy.deepcopy(tuple(capture.inputs))))
            caller = Caller(function, train=capture.request.train)
            seeded(capture.request.seed)
            with _Widening() as widening:
                found = caller.results(function, inputs)
    except Exception as error:  # noqa: BLE001 - the target's own code runs, in a dtype that it may not be written for
        words = next(iter(str(error).splitlines()), type(error).__name__)
        return {}, f"There is no comparison with float64, in which the target fails: {words}"
    finally:
        capture.state.restore()
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

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.left: set[str] = set()
        """Operators that gave less than float64 all the same."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Calls the operator in float64."""
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


def _widened(value: Any) -> Any:
    if not isinstance(value, Tensor) or not value.is_floating_point():
        return value
    return value.detach().double().requires_grad_(value.requires_grad)
