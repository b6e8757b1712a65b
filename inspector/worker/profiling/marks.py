"""Makes the fused kernels visible: to torch's profiler under their names, and to whoever counts what they work on.

An output module looks its kernels up among its own globals at every call, so a kernel is replaced there by a
function that calls it, for as long as it is looked at. The generated code is not touched, neither its text nor its
binary; Inductor's own `cpp.enable_kernel_profile` would have written other C++, and would have it compiled again.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from types import ModuleType
from typing import Any

import torch
from torch._C._profiler import _RecordFunctionFast

from inspector.model.profile import Argument, KernelCall
from inspector.targets.dtypes import short
from inspector.worker.kernels import kernels_of
from inspector.worker.private import swapped

PREFIX = "inspector.kernel/"
"""In front of `COMPILE_ID/NAME` in the profiler's events."""

Modules = Sequence[tuple[str, ModuleType]]
"""Compile id and output module."""


@contextmanager
def _replaced(modules: Modules, make: Callable[[str, str, Any], Any]) -> Iterator[None]:
    """While this lasts, every kernel of some modules is what `make(compile_id, name, kernel)` returns."""
    with ExitStack() as stack:
        for compile_id, module in modules:
            for kernel in kernels_of(module, compile_id):
                replacement = make(compile_id, kernel.name, vars(module)[kernel.name])
                stack.enter_context(swapped(module, kernel.name, replacement))
        yield


@contextmanager
def named_for_the_profiler(modules: Modules) -> Iterator[None]:
    """While this lasts, torch's profiler has an event for each call of a kernel."""

    def make(compile_id: str, name: str, kernel: Any) -> Any:
        mark = f"{PREFIX}{compile_id}/{name}"

        @functools.wraps(kernel)
        def marked(*args: Any) -> Any:
            with _RecordFunctionFast(mark):
                return kernel(*args)

        return marked

    with _replaced(modules, make):
        yield


@contextmanager
def counted(modules: Modules) -> Iterator[Callable[[], tuple[KernelCall, ...]]]:
    """While this lasts, the arguments of every call of a kernel are kept; yields what returns them so far."""
    seen: Counter[tuple[str, str, tuple[Argument, ...]]] = Counter()

    def make(compile_id: str, name: str, kernel: Any) -> Any:
        @functools.wraps(kernel)
        def listening(*args: Any) -> Any:
            seen[compile_id, name, tuple(map(argument, args))] += 1
            return kernel(*args)

        return listening

    with _replaced(modules, make):
        yield lambda: tuple(KernelCall(*key, count) for key, count in seen.items())


def argument(value: Any) -> Argument:
    """What a kernel was given, as far as its work depends on it."""
    if isinstance(value, torch.Tensor):
        return Argument(short(value.dtype), touched(value), value.element_size())
    return Argument(value=int(value)) if isinstance(value, int) else Argument()


def touched(tensor: torch.Tensor) -> int:
    """Elements of a tensor in memory: expanded, or with windows that overlap, it shows the same ones several times.

    Of overlapping windows the places from the first to the last are counted, if that is less.
    """
    if not tensor.numel() or tensor.layout is not torch.strided:
        return tensor.numel()
    count = span = 1
    for size, stride in zip(tensor.shape, tensor.stride(), strict=True):
        count *= size if stride else 1
        span += (size - 1) * stride
    return min(count, span)
