"""Tensors that Dynamo described: three kinds of records about one tensor, brought together."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from inspector.model.number import integer, integer_or_none

if TYPE_CHECKING:
    from inspector.model.tensors import TensorInput, TensorMeta

_DEVICE = re.compile(r"device\(type='(\w+)'(?:, index=(\d+))?\)$")
_SHOWN_ELSEWHERE = frozenset(
    ("id", "describer_id", "ndim", "dtype", "device", "size", "stride", "storage", "view_func")
)


@dataclass(frozen=True)
class _Key:
    """torch counts tensors and storages per describer, and describers per process."""

    log: str
    compile_id: str | None
    describer: int
    number: int


class TensorBook:
    """Described tensors in the order torch described them."""

    def __init__(self) -> None:
        self._tensors: dict[_Key, TensorInput] = {}
        self._storages: dict[_Key, int | None] = {}
        self._sources: dict[_Key, str] = {}
        self._frozen: tuple[TensorInput, ...] | None = ()

    def storage(self, log: str, compile_id: str | None, data: Mapping[str, Any]) -> None:
        """Takes a `describe_storage`."""
        size = data.get("size")
        self._storages[_key(log, compile_id, data)] = integer_or_none(size)
        self._frozen = None

    def source(self, log: str, compile_id: str | None, data: Mapping[str, Any]) -> None:
        """Takes a `describe_source`."""
        self._sources[_key(log, compile_id, data)] = str(data["source"])
        self._frozen = None

    def tensor(self, log: str, compile_id: str | None, data: Mapping[str, Any]) -> None:
        """Takes a `describe_tensor`."""
        from inspector.model.tensors import TensorInput

        storage = data.get("storage")
        self._tensors[_key(log, compile_id, data)] = TensorInput(
            compile_id,
            "",
            read_meta(data, data.get("size")),
            integer_or_none(storage),
            None,
            {key: value for key, value in data.items() if key not in _SHOWN_ELSEWHERE},
        )
        self._frozen = None

    def frozen(self) -> tuple[TensorInput, ...]:
        """All tensors so far, each with its source and its storage's size."""
        if self._frozen is None:
            self._frozen = tuple(self._whole(key, tensor) for key, tensor in self._tensors.items())
        return self._frozen

    def _whole(self, key: _Key, tensor: TensorInput) -> TensorInput:
        size = None
        if tensor.storage is not None:
            size = self._storages.get(replace(key, number=tensor.storage))
        return replace(tensor, source=self._sources.get(key, ""), storage_bytes=size)


def _key(log: str, compile_id: str | None, data: Mapping[str, Any]) -> _Key:
    return _Key(log, compile_id, integer(data["describer_id"]), integer(data["id"]))


def read_meta(data: Mapping[str, Any], shape: object) -> TensorMeta:
    """A tensor's type and layout as a record spells them.

    Args:
        data: with `stride`, `dtype` and `device`, as far as known.
        shape: its sizes; one record kind calls them `size`, another `shape`.
    """
    from inspector.model.tensors import TensorMeta

    device = str(data.get("device") or "")
    if match := _DEVICE.match(device):
        device = match[1] if match[2] is None else f"{match[1]}:{match[2]}"
    return TensorMeta(
        _sizes(shape), _sizes(data.get("stride")), str(data.get("dtype") or "").removeprefix("torch."), device
    )


def _sizes(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list) else ()
