"""How far compiled results are from eager's, and both from the same calculation in double precision."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils import _pytree as pytree

from inspector.model.numerics import Numerics, OutputNumerics
from inspector.targets.base import Inputs
from inspector.targets.dtypes import short
from inspector.targets.memory import HEADROOM, available_memory, gib
from inspector.worker.bench import muted
from inspector.worker.calls import Caller
from inspector.worker.capture import Capture
from inspector.worker.profiling.deviation import deviation
from inspector.worker.profiling.nodes import compared_nodes


def numerics_of(
    capture: Capture, tolerance: float, progress: Callable[[str], object], *, nodes: bool = False
) -> Numerics:
    """Compares the results of one call on the capture's present inputs, with the same random numbers.

    Args:
        tolerance: the largest relative deviation that is let pass.
        progress: told in words what is going on.
        nodes: compare every ATen node too.

    Raises:
        UsageError: the ATen nodes cannot be compared.
    """
    progress("comparing the results")
    seed = capture.request.seed
    with muted():
        eager = _results(capture.call, capture.built.call, capture.inputs, seed)
        compiled = _results(capture.call, capture.compiled, capture.inputs, seed)
        double, note = _in_double(capture)
    outputs = []
    for number, (one, other) in enumerate(zip(eager, compiled, strict=True)):
        exact = double[number] if double is not None else None
        comparable = exact is not None and exact.shape == one.shape
        outputs.append(
            OutputNumerics(
                _name(number, len(eager), capture),
                short(one.dtype),
                tuple(one.shape),
                deviation(other, one),
                deviation(other, exact) if comparable and exact is not None else None,
                deviation(one, exact) if comparable and exact is not None else None,
            )
        )
    if not nodes:
        return Numerics(capture.shape, tuple(outputs), tolerance, note=note)
    progress("comparing ATen nodes")
    with muted():
        graph, found = compared_nodes(capture, tolerance)
    return Numerics(capture.shape, tuple(outputs), tolerance, found, graph.compile_id, note, graph.backward)


def _results(call: Caller, function: Callable[..., Any], inputs: Inputs, seed: int) -> list[Tensor]:
    torch.manual_seed(seed)
    return call.results(function, inputs)


def _name(number: int, count: int, capture: Capture) -> str:
    if not capture.request.train:
        return f"output {number}"
    leaves = sum(leaf.requires_grad for leaf in capture.call.leaves(capture.inputs))
    return f"output {number}" if number < count - leaves else f"gradient {number - (count - leaves)}"


def _in_double(capture: Capture) -> tuple[list[Tensor] | None, str]:
    """The results in float64, on the same weights and inputs; None, and why, where that cannot be run."""
    target = capture.built.call
    weights = sum(item.numel() * 8 for item in target.parameters()) if isinstance(target, nn.Module) else 0
    available = available_memory(torch.device(capture.request.device))
    if available is not None and HEADROOM * weights > available:
        return None, f"There is no comparison with float64, which takes {gib(int(HEADROOM * weights))} of memory."
    try:
        with _in_float64(capture.built.call) as function:
            inputs = Inputs(*pytree.tree_map(_widened, tuple(capture.inputs)))
            caller = Caller(function, train=capture.request.train)
            return _results(caller, function, inputs, capture.request.seed), ""
    except Exception as error:  # noqa: BLE001 - the target's own code runs, in a dtype that it may not be written for
        words = next(iter(str(error).splitlines()), type(error).__name__)
        return None, f"There is no comparison with float64, in which the target fails: {words}"


@contextmanager
def _in_float64(target: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    """A copy of a module in float64; a function as it is, since its inputs decide."""
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        yield copy.deepcopy(target).double() if isinstance(target, nn.Module) else target
    finally:
        torch.set_default_dtype(before)


def _widened(value: Any) -> Any:
    if not isinstance(value, Tensor) or not value.is_floating_point():
        return value
    return value.detach().double().requires_grad_(value.requires_grad)
