"""What a call can change, kept so that every call begins from the same: tensors, Python objects, random numbers.

Everything that the target and its inputs lead to is walked once: arguments, parameters, buffers, attributes, what a
function closes over and the globals that it names. Tensors are kept by storage, so that views and tensors that share
memory stay what they are to one another; of lists, dictionaries and objects the contents are kept, not copies. What a
call writes is found by value and by torch's version counters, so a store of what was there already counts too.
"""

from __future__ import annotations

import random
import sys
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import FunctionType
from typing import Any

import torch
from torch import Tensor

from inspector.say import units
from inspector.targets.base import Inputs
from inspector.targets.memory import HEADROOM, available_memory
from inspector.worker.reach import MOST, Reached, attributes, dotted, is_torchs, item_of, named, names_in, walk

ABSENT = "nothing"
"""Stands for what is not there, before a call or after it."""
_PARAMETERS = 512 << 20
"""Bytes of parameters that are copied: a forward pass hardly ever writes them, and torch's counters tell if it does."""
_PLAIN = (bool, int, float, complex, str, bytes, type(None))


@dataclass(frozen=True)
class StateChange:
    """One thing that a call left otherwise than it found it."""

    name: str
    """``argument 0 `x` ``, ``buffer `running_mean` ``, ``attribute `step` ``."""
    before: Any
    """A copy of a tensor, a number or text, or the kind of what cannot be compared."""
    after: Any


@dataclass
class _Storage:
    """Memory that tensors lie in."""

    memory: torch.UntypedStorage
    kept: torch.UntypedStorage | None
    """Its contents; None where there was no room."""
    dirty: bool = False


@dataclass
class _Held:
    """A tensor as it was."""

    kind: str
    name: str
    tensor: Tensor
    was: Tensor
    """Shares its memory, and has its former shape."""
    storage: _Storage | None
    version: int
    grad: Tensor | None
    kept: Tensor | None = None
    """A copy, where it has no memory of its own (sparse ones)."""
    dirty: bool = False


@dataclass
class _Container:
    """A list, a dictionary, a set or an object's attributes."""

    kind: str
    path: str
    value: Any
    kept: Any
    dirty: bool = False
    only: frozenset[str] | None = None
    """Of a module's globals those that a function names."""


class State:
    """What one target and its inputs lead to, as it was when this was made.

    Args:
        call: the target.
        inputs: what it is called with.
        former: the same target's, with other inputs: what both lead to is not copied again.
    """

    def __init__(self, call: Callable[..., Any], inputs: Inputs, former: State | None = None) -> None:
        self.notes: list[str] = []
        """What could not be kept, a sentence each."""
        self._storages: dict[tuple[int, int], _Storage] = {}
        self._held: list[_Held] = []
        self._containers: list[_Container] = []
        self._generators: list[tuple[torch.Generator, Tensor]] = []
        self._former = former._storages if former is not None else {}
        self._room = _available()
        self._unkept: dict[str, int] = {}
        self._copied_parameters = 0
        count = 0
        with torch.no_grad():
            for count, found in enumerate(walk(call, inputs), 1):  # noqa: B007 - how many there were is asked below
                self._keep(found)
        if count >= MOST:
            self.notes.append(f"Only the first {MOST:,} objects that the target leads to are put back before a call.")
        for kind, size in self._unkept.items():
            self.notes.append(
                f"{units.size(size)} of {kind} are not copied: torch's counters tell if a call writes them, "
                "and then they stay written."
            )
        self._former = {}

    @property
    def tensors(self) -> Iterator[tuple[str, str, Tensor]]:
        """Kind, name and tensor of everything that holds numbers, in the order of walking."""
        return ((item.kind, item.name, item.tensor) for item in self._held)

    # --- around a call --------------------------------------------------------------------------------------

    def changes(self) -> list[StateChange]:
        """What is otherwise than it was: in the order of walking, each name once."""
        found: dict[str, StateChange] = {}
        with torch.no_grad():
            for storage in self._storages.values():
                if not storage.dirty and storage.kept is not None:
                    storage.dirty = not _equal(storage.memory, storage.kept)
            for item in self._held:
                if change := self._change(item):
                    found.setdefault(item.name, change)
            for container in self._containers:
                for change in _differences(container):
                    found.setdefault(change.name, change)
        return list(found.values())

    def restore(self) -> None:
        """Puts back what any call so far has changed."""
        self.changes()
        self.rewind()

    def rewind(self) -> None:
        """Puts back what was ever found changed, without looking for more."""
        with torch.no_grad():
            for container in self._containers:
                if container.dirty:
                    _put_back(container)
            for item in self._held:
                if item.dirty:
                    _put_tensor_back(item)
            for storage in self._storages.values():
                if storage.dirty and storage.kept is not None:
                    if storage.memory.nbytes() != storage.kept.nbytes():
                        storage.memory.resize_(storage.kept.nbytes())
                    storage.memory.copy_(storage.kept)
            for generator, state in self._generators:
                generator.set_state(state)

    # --- keeping ---------------------------------------------------------------------------------------------

    def _keep(self, found: Reached) -> None:
        """Keeps one object; what it leads to comes by itself."""
        value = found.value
        if isinstance(value, Tensor):
            if not hasattr(value, "__tensor_flatten__") and not value.is_meta:
                self._hold(found)
        elif isinstance(value, torch.Generator):
            self._generators.append((value, value.get_state()))
        elif isinstance(value, dict | list | deque | set):
            kept = list(value) if isinstance(value, deque) else value.copy()
            self._containers.append(_Container(found.kind, found.path, value, kept))
        elif isinstance(value, FunctionType):
            names = names_in(value)
            self._containers.append(_Container("global", "", value.__globals__, names, only=frozenset(names)))
        elif isinstance(value, torch.nn.Module) or not is_torchs(value):
            kind = "attribute" if isinstance(value, torch.nn.Module) else found.kind
            self._containers.append(_Container(kind, found.path, value, attributes(value)))

    def _hold(self, found: Reached) -> None:
        tensor: Tensor = found.value
        storage, kept = None, None
        try:
            storage = self._storage(found.kind, tensor.untyped_storage())
        except (NotImplementedError, RuntimeError):  # sparse ones have none
            kept = tensor.detach().clone()
        grad = tensor.grad if tensor.is_leaf else None
        self._held.append(_Held(found.kind, found.name, tensor, tensor.detach(), storage, _version(tensor), grad, kept))

    def _storage(self, kind: str, memory: torch.UntypedStorage) -> _Storage:
        key = (memory.data_ptr(), memory.nbytes())
        known = self._storages.get(key) or self._former.get(key)
        if known is not None:
            self._storages[key] = known
            return known
        kept = None
        parameters = self._copied_parameters + memory.nbytes() if kind == "parameter" else 0
        if parameters <= _PARAMETERS and self._room >= HEADROOM * memory.nbytes():
            kept = memory.clone()  # type: ignore[no-untyped-call]
            self._room -= memory.nbytes()
            self._copied_parameters = max(parameters, self._copied_parameters)
        else:
            what = "parameters" if kind == "parameter" else "tensors"
            self._unkept[what] = self._unkept.get(what, 0) + memory.nbytes()
        made = self._storages[key] = _Storage(memory, kept)
        return made

    def _change(self, item: _Held) -> StateChange | None:
        tensor, was = item.tensor, item.was
        moved = item.kept is None and (tensor.shape != was.shape or tensor.data_ptr() != was.data_ptr())
        regrown = tensor.is_leaf and tensor.grad is not item.grad
        counted = _version(tensor) != item.version
        before = _as_kept(item)
        other = moved or counted or (before is not None and not _same(before, tensor))
        if other and item.storage is not None and not moved:
            item.storage.dirty = True
        item.dirty |= other or regrown
        if not other and not regrown:
            return None
        if regrown and not other:
            return StateChange(f"gradient of {item.name}", _copy(item.grad), _copy(tensor.grad))
        return StateChange(item.name, before if before is not None else _copy(tensor), _copy(tensor))


def seeded(seed: int) -> None:
    """Sets every random state that a target may draw from: torch's, Python's and numpy's."""
    torch.manual_seed(seed)
    random.seed(seed)
    if (numpy := sys.modules.get("numpy")) is not None:
        numpy.random.seed(seed % 2**32)


def _differences(container: _Container) -> Iterator[StateChange]:
    """What is otherwise in a container; it is dirty from then on."""
    kind, path, kept = container.kind, container.path, container.kept
    if isinstance(kept, set):
        if kept != container.value:
            container.dirty = True
            yield StateChange(named(kind, path), len(kept), len(container.value))
        return
    before = kept if isinstance(kept, dict) else dict(enumerate(kept))
    now = _present(container)
    for number, key in enumerate({**before, **now}):
        # Not their own `get`: a program's dict may have another one (the registries of transformers do).
        one, other = dict.get(before, key, ABSENT), dict.get(now, key, ABSENT)
        if one is not other and not (isinstance(one, _PLAIN) and type(one) is type(other) and one == other):
            container.dirty = True
            keyed = isinstance(container.value, dict | list | deque) and container.only is None
            registered = kind in ("parameter", "buffer") and isinstance(container.value, dict)
            spelt = item_of(path, key, number) if keyed and not registered else dotted(path, key)
            yield StateChange(named(kind, spelt), _copy(one), _copy(other))


def _present(container: _Container) -> dict[Any, Any]:
    value = container.value
    if container.only is not None:
        return {name: value[name] for name in container.only if name in value}
    if isinstance(value, dict):
        return value
    return dict(enumerate(value)) if isinstance(value, list | deque) else attributes(value)


def _put_back(container: _Container) -> None:
    value, kept = container.value, container.kept
    if isinstance(value, list):
        value[:] = kept
    elif isinstance(value, deque | set):
        value.clear()
        getattr(value, "update" if isinstance(value, set) else "extend")(kept)
    else:
        target = value if isinstance(value, dict) else vars(value)
        for name in _present(container).keys() - kept.keys():
            del target[name]
        target.update(kept)


def _put_tensor_back(item: _Held) -> None:
    tensor, was = item.tensor, item.was
    if item.kept is not None:
        tensor.copy_(item.kept)
    elif tensor.shape != was.shape or tensor.data_ptr() != was.data_ptr() or tensor.stride() != was.stride():
        tensor.data = was
    if tensor.is_leaf and tensor.grad is not item.grad:
        tensor.grad = item.grad
    item.version = _version(tensor)


def _as_kept(item: _Held) -> Tensor | None:
    """A tensor's former contents; None where they were not kept."""
    if item.kept is not None:
        return item.kept
    if item.storage is None or item.storage.kept is None:
        return None
    was = item.was
    view = torch.empty(0, dtype=was.dtype, device=was.device)
    return view.set_(item.storage.kept, was.storage_offset(), was.shape, was.stride())


def _same(before: Tensor, now: Tensor) -> bool:
    """Whether two tensors hold the same, bit for bit, NaN included."""
    if before.layout is not torch.strided or before.shape != now.shape:
        return before.shape == now.shape and torch.equal(before.to_dense(), now.detach().to_dense())
    one, other = (item.detach().resolve_conj().resolve_neg().contiguous().view(-1) for item in (before, now))
    return torch.equal(one.view(torch.uint8), other.view(torch.uint8))


def _equal(one: torch.UntypedStorage, other: torch.UntypedStorage) -> bool:
    return one.nbytes() == other.nbytes() and torch.equal(*(_as_bytes(item) for item in (one, other)))


def _as_bytes(storage: torch.UntypedStorage) -> Tensor:
    return torch.empty(0, dtype=torch.uint8, device=storage.device).set_(storage)


def _copy(value: Any) -> Any:
    """What is compared of a value: a copy of a tensor, plain values as they are, of anything else its kind."""
    if isinstance(value, Tensor):
        return value.detach().clone()
    return value if isinstance(value, _PLAIN) else f"a {type(value).__name__}"


def _version(tensor: Tensor) -> int:
    return 0 if tensor.is_inference() else tensor._version


def _available() -> float:
    found = available_memory(torch.device("cpu"))
    return float("inf") if found is None else float(found)
