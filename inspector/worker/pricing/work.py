"""What each statement of the generated code has to move and calculate: one call, with its operators counted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any

from inspector.model.profile import KernelCall, Work
from inspector.worker.capture import TargetCapture
from inspector.worker.pricing.clocking import Clocked, ClockedPlace
from inspector.worker.profiling.marks import Modules, counted
from inspector.worker.profiling.work import Account, inside

Counting = Callable[[Modules], AbstractContextManager[Callable[[], tuple[KernelCall, ...]]]]


class _ByReading(Account):
    """Operators by how often the clock had been read when they ran."""

    def __init__(self, log: Sequence[int]) -> None:
        super().__init__()
        self._log = log
        self.found: dict[int, Account] = {}

    def add(self, function: Any, args: Sequence[Any], kwargs: Mapping[str, Any], result: Any) -> None:
        """Counts one call of an operator overload."""
        self.found.setdefault(len(self._log) // 2, Account()).add(function, args, kwargs, result)


def works_of(
    capture: TargetCapture, clocked: Clocked, counting: Counting = counted
) -> tuple[dict[ClockedPlace, Work], tuple[KernelCall, ...]]:
    """The work of each statement that calls operators, in one call of the target; and how the kernels are called.

    Args:
        counting: keeps the kernels' calls: C++ ones are functions, Triton's are launched.
    """
    account = _ByReading(clocked.log)
    capture.put_back()
    with inside(capture.graphs, account), counting(capture.modules) as kernels, clocked.running():
        stretches = clocked.call(lambda: capture.call.repeat(capture.compiled, capture.inputs, 1))
    capture.put_back()
    works: dict[ClockedPlace, list[Work]] = {}
    for reading, found in account.found.items():
        if not found.wholes:
            works.setdefault(stretches[reading].place, []).extend(found.by_name().values())
    return {place: added for place, each in works.items() if (added := _added(each)) is not None}, kernels()


def _added(works: Sequence[Work]) -> Work | None:
    """All together; None of none, and where they calculate in several types, for the ceilings differ."""
    if len({work.dtype for work in works}) != 1:
        return None
    flops = [work.flops for work in works if work.flops is not None]
    return Work(
        sum(work.read for work in works),
        sum(work.written for work in works),
        sum(flops) if len(flops) == len(works) else None,
        works[0].dtype,
    )
