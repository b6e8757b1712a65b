"""What every operator of a call reads, writes and calculates at least, from the tensors that it is really given.

The operators are seen where autograd and composite functions are behind them, so their sizes are plain numbers, also
where a graph was compiled for symbolic ones. A product's operations are counted by torch's own formulae
(`torch.utils.flop_counter`); any other operation counts one for each element of its largest tensor, and moving data
counts none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from inspector.model.profile import Work
from inspector.targets.dtypes import short
from inspector.worker.backend import CompiledGraph
from inspector.worker.calls import tensors
from inspector.worker.profiling.marks import touched

_PICKS = {"embedding", "index", "index_select", "gather", "_unsafe_index", "take", "slice_scatter", "select_scatter"}
"""Operators that read of their first tensor only as much as they return."""
_SCATTERS = {"index_put_", "index_put", "index_copy_", "scatter_", "index_add_", "scatter_add_"}
"""Operators that write of their first tensor only as much as their last one holds."""
_MOVES = _PICKS | _SCATTERS | {
    "copy_", "_to_copy", "clone", "cat", "stack", "fill_", "zero_", "zeros", "ones", "full", "arange", "zeros_like",
    "ones_like", "full_like", "constant_pad_nd", "contiguous", "masked_fill", "where", "new_zeros", "repeat", "flip",
}  # fmt: skip
_MAKES = {"empty", "empty_like", "empty_strided", "new_empty", "new_empty_strided", "detach", "lift_fresh", "alias"}
"""Operators that move nothing."""


@dataclass
class _Sum:
    read: int = 0
    written: int = 0
    flops: int = 0
    calculated: defaultdict[str, int] = field(default_factory=lambda: defaultdict(int))
    """dtype → operations, or bytes where there are none."""

    def add(self, read: int, written: int, flops: int, dtype: str) -> None:
        self.read += read
        self.written += written
        self.flops += flops
        self.calculated[dtype] += flops or 1

    def work(self) -> Work:
        dtype = max(self.calculated, key=self.calculated.__getitem__, default="f32")
        return Work(self.read, self.written, self.flops, dtype)


class Account:
    """The sums so far, by operator, and of the call as a whole."""

    def __init__(self) -> None:
        self._by_name: dict[str, _Sum] = {}
        self._whole = _Sum()
        self._made: set[int] = set()
        """Storages that an operator has written."""
        self._given: dict[int, int] = {}
        """Storage that came from outside → bytes of it that were read at most at once."""
        self._kept: list[Tensor] = []
        """Keeps storages alive, so that no address is given to another."""

    def by_name(self) -> dict[str, Work]:
        """`aten::mm` → what all its calls together have to do."""
        return {name: found.work() for name, found in self._by_name.items()}

    def least(self, outputs: Any) -> Work:
        """What the call cannot do without: what came from outside read once, the outputs written."""
        written = sum(touched(tensor) * tensor.element_size() for tensor in tensors(outputs))
        total = self._whole.work()
        return Work(sum(self._given.values()), written, total.flops, total.dtype)

    def add(self, function: Any, args: Sequence[Any], kwargs: Mapping[str, Any], result: Any) -> None:
        """Counts one call of an operator overload."""
        name = function._schema.name.partition("::")[2]
        if _is_view(function) or name in _MAKES:
            self._kept += tensors(result)
            if not _is_view(function):  # a view of what was given is given
                self._made.update(map(_storage, tensors(result)))
            return
        inputs, changed = _inputs(function, args, kwargs)
        outputs = changed or list(tensors(result))
        written = sum(map(_bytes, outputs))
        moved = {id(item): _bytes(item) for item in inputs}
        if name in _PICKS and inputs:
            moved[id(inputs[0])] = min(_bytes(inputs[0]), written)
        if name in _SCATTERS and changed:
            written = sum(map(_bytes, inputs[-1:]))
            moved.pop(id(changed[0]), None)
        flops = self._flops(function, args, kwargs, result, [*inputs, *outputs])
        dtype = next((short(item.dtype) for item in (*inputs, *outputs) if item.is_floating_point()), "i64")
        entry = self._by_name.setdefault(function._schema.name, _Sum())
        entry.add(sum(moved.values()), written, flops, dtype)
        self._whole.add(sum(moved.values()), written, flops, dtype)
        for item in inputs:
            storage = _storage(item)
            if storage not in self._made:
                self._given[storage] = max(self._given.get(storage, 0), moved.get(id(item), 0))
        self._made.update(_storage(item) for item in outputs if _storage(item) not in self._given)
        self._kept += outputs

    def _flops(
        self,
        function: Any,
        args: Sequence[Any],
        kwargs: Mapping[str, Any],
        result: Any,
        around: Sequence[Tensor],
    ) -> int:
        name = function._schema.name.partition("::")[2]
        if name.startswith("_scaled_dot_product"):  # torch's own formulae want as many heads of keys as of queries
            backward = name.endswith("backward")
            query, key, value = args[1:4] if backward else args[:3]
            products = (3, 2) if backward else (1, 1)  # with keys, backward one of them anew, and with values
            width = products[0] * query.shape[-1] + products[1] * value.shape[-1]
            return int(2 * query.shape[:-1].numel() * key.shape[-2] * width)
        formula = flop_registry.get(function._overloadpacket)
        plain = {key: value for key, value in kwargs.items() if key != "out"}
        if formula is not None:
            return int(formula(*args, **plain, out_val=result))
        if name == "_linear_pointwise":
            return 2 * int(result.numel()) * int(args[0].shape[-1])
        if name in _MOVES or not any(item.is_floating_point() for item in around):
            return 0
        return max((item.numel() for item in around), default=0)


class Counting(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """While active, every operator that is called is added to an account."""

    def __init__(self, account: Account) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._account = account

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Calls the operator, and counts it."""
        result = func(*args, **(kwargs or {}))
        self._account.add(func, args, kwargs or {}, result)
        return result


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
    before = [(result, result.current_callable) for result in results if getattr(result, "current_callable", None)]
    try:
        for graph, original in before:
            graph.current_callable = make(original)
        yield
    finally:
        for graph, original in before:
            graph.current_callable = original


def _inputs(function: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> tuple[list[Tensor], list[Tensor]]:
    """The tensors that an operator reads, each once, and those among its arguments that it writes."""
    read: dict[int, Tensor] = {}
    changed: list[Tensor] = []
    for number, argument in enumerate(function._schema.arguments):
        value = args[number] if number < len(args) else kwargs.get(argument.name)
        found = list(tensors(value))
        writes = argument.alias_info is not None and argument.alias_info.is_write
        if writes:
            changed += found
        overwritten = writes and (argument.is_out or function._schema.name.endswith(("copy_", "fill_", "zero_")))
        if not overwritten:
            read |= {id(item): item for item in found}
    return list(read.values()), changed


def _bytes(tensor: Tensor) -> int:
    return touched(tensor) * tensor.element_size()


def _storage(tensor: Tensor) -> int:
    return tensor.untyped_storage().data_ptr() or id(tensor)


def _is_view(function: Any) -> bool:
    """Whether an operator only looks at its input in another way; `_unsafe_view` says it does not, but does."""
    if function._schema.name in ("aten::_unsafe_view", "aten::_reshape_alias"):
        return True
    returned = function._schema.returns
    return bool(returned) and all(item.alias_info is not None and not item.alias_info.is_write for item in returned)
