"""What every operator of a call reads, writes and calculates at least, from the tensors that it is really given.

The operators are seen where autograd and composite functions are behind them, so their sizes are plain numbers, also
where a graph was compiled for symbolic ones. What each moves is in `moves.py`, what it calculates in `operations.py`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from inspector.model.profile import Work
from inspector.targets.dtypes import short
from inspector.worker.backend import CompiledGraph
from inspector.worker.calls import tensors
from inspector.worker.private import swapped
from inspector.worker.profiling.marks import touched
from inspector.worker.profiling.moves import is_view, makes_nothing, moved
from inspector.worker.profiling.operations import operations
from inspector.worker.user_errors import words


@dataclass
class _Sum:
    read: int = 0
    written: int = 0
    flops: int | None = 0
    """None once those of one call are not known."""
    calls: int = 0
    calculated: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    """dtype → operations, or calls where there are none."""

    def add(self, read: int, written: int, flops: int | None, dtype: str) -> None:
        self.read += read
        self.written += written
        self.flops = None if flops is None or self.flops is None else self.flops + flops
        self.calls += 1
        self.calculated[dtype] += flops or 1

    def work(self) -> Work:
        dtype = max(self.calculated, key=self.calculated.__getitem__, default="f32")
        return Work(self.read, self.written, self.flops, dtype)


class Account:
    """The sums so far, by operator, and of the call as a whole."""

    def __init__(self) -> None:
        self.failure = ""
        """Why nothing was counted."""
        self.wholes: set[str] = set()
        """Higher-order operators, whose parts are not seen."""
        self._by_name: dict[str, _Sum] = {}
        self._whole = _Sum()
        self._made: set[int] = set()
        """Storages that an operator has written."""
        self._given: dict[int, int] = {}
        """Storage that came from outside → bytes of it that were read at most at once."""
        self._changed: dict[int, int] = {}
        """Storage that came from outside → bytes of it that were written at most at once."""
        self._kept: list[Tensor] = []
        """Keeps storages alive, so that no address is given to another."""

    def by_name(self) -> dict[str, Work]:
        """`aten::mm` → what all its calls together have to do."""
        return {name: found.work() for name, found in self._by_name.items()}

    def counted(self, name: str, calls: float) -> Work | None:
        """The work of an operator that was called so often; None where not every one of these calls was counted, as
        where another operator calls it inside."""
        found = self._by_name.get(name)
        return found.work() if found is not None and found.calls == calls else None

    def least(self, outputs: Any) -> Work | None:
        """What the call cannot do without: what came from outside read once, the outputs and what it changes outside
        written once; None where it was not counted. An output that only shows what was given is not written."""
        if self.failure:
            return None
        written = dict(self._changed)
        for tensor in tensors(outputs):
            if (storage := _storage(tensor)) in self._made:
                written[storage] = max(written.get(storage, 0), touched(tensor) * tensor.element_size())
        total = self._whole.work()
        return Work(sum(self._given.values()), sum(written.values()), None if self.wholes else total.flops, total.dtype)

    def forget(self) -> None:
        """Throws away what was counted of a call that did not end."""
        self._by_name.clear()

    def add(self, function: Any, args: Sequence[Any], kwargs: Mapping[str, Any], result: Any) -> None:
        """Counts one call of an operator overload."""
        if not isinstance(function, torch._ops.OpOverload):
            self.wholes.add(str(function))
            self._kept += tensors(result)
            self._made.update(map(_storage, tensors(result)))
            return
        if is_view(function) or makes_nothing(function):
            self._kept += tensors(result)
            if not is_view(function):  # a view of what was given is given
                self._made.update(map(_storage, tensors(result)))
            return
        found = moved(function, args, kwargs, result)
        flops = operations(function, args, kwargs, result)
        around = [*(item for item, _ in found.read), *found.outputs]
        dtype = next((short(item.dtype) for item in around if item.is_floating_point()), "")
        dtype = dtype or next((short(item.dtype) for item in around), "i64")
        read = found.bytes_read
        for sums in (self._by_name.setdefault(function._schema.name, _Sum()), self._whole):
            sums.add(read, found.written, flops, dtype)
        for item, size in found.read:
            storage = _storage(item)
            if storage not in self._made and storage not in self._changed:
                self._given[storage] = max(self._given.get(storage, 0), size)
        outside = set(map(_storage, tensors((args, kwargs)))) - self._made
        for item in found.outputs:
            if (storage := _storage(item)) in outside:
                size = touched(item) * item.element_size()
                self._changed[storage] = max(self._changed.get(storage, 0), size)
            else:
                self._made.add(storage)
        self._kept += found.outputs


class Counting(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """While active, every operator that is called is added to an account; a higher-order one as a whole."""

    supports_higher_order_operators = True

    def __init__(self, account: Account) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._account = account

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Calls the operator, and counts it."""
        result = func(*args, **(kwargs or {}))
        self._account.add(func, args, kwargs or {}, result)
        return result


def count(call: Callable[[], Any], account: Account) -> Any:
    """What a call of eager returns, with its operators counted; where it cannot run while it is watched, what it
    returns unwatched, and the account says so. What compiles itself (`flex_attention`) runs as it is: Dynamo refuses
    code under a mode, and would skip it from then on."""
    try:
        with torch.compiler.set_stance("force_eager"), Counting(account):
            return call()
    except Exception as error:  # noqa: BLE001 - the target's own code, which runs when nobody watches
        account.failure = words(error)
        account.forget()
        return call()


@contextmanager
def inside(graphs: Sequence[CompiledGraph], account: Account) -> Iterator[None]:
    """While this lasts, what compiled graphs call is counted.

    The mode is entered within each graph: Dynamo does not run compiled code under a mode that it did not see.

    Args:
        graphs: of the capture.
    """

    def make(original: Callable[..., Any]) -> Callable[..., Any]:
        def counting(*args: Any) -> Any:
            with Counting(account):
                return original(*args)

        return counting

    results = [graph.result for graph in graphs]
    with ExitStack() as stack:
        for result in results:
            if original := getattr(result, "current_callable", None):
                stack.enter_context(swapped(result, "current_callable", make(original)))
        yield


def _storage(tensor: Tensor) -> int:
    return tensor.untyped_storage().data_ptr() or id(tensor)
