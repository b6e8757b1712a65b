"""Tensors as the compiler saw them: the inputs it described, and what each operation was estimated to make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class TensorMeta:
    """A tensor without its values."""

    shape: tuple[str, ...]
    """Sizes; symbols where they are symbolic."""
    stride: tuple[str, ...] = ()
    """Elements; empty where the log does not say."""
    dtype: str = ""
    """torch's name without `torch.`, `float32`."""
    device: str = ""
    """`cpu`, `cuda:0`; empty where the log does not say."""


@dataclass(frozen=True, slots=True)
class TensorInput:
    """A tensor that Dynamo met and described: an argument, a parameter, a global (`describe_tensor` and its kin)."""

    compile_id: str | None
    """None outside any compile (an export)."""
    source: str
    """How the user's code reaches it, `L['x']`; empty where the log does not say."""
    meta: TensorMeta
    storage: int | None = None
    """Number of its storage within the compile: two tensors with one number share memory. None for none."""
    storage_bytes: int | None = None
    """Bytes of that storage; None where it is symbolic or not said."""
    attributes: Mapping[str, Any] = field(default_factory=dict)
    """What else torch says of it, under torch's own names: `is_leaf`, `requires_grad`, `dynamo_dynamic_indices`…"""


@dataclass(frozen=True, slots=True)
class GraphOperation:
    """One operation of a scheduled graph, with the scheduler's own estimate."""

    name: str
    """A scheduler node, `op3`, or a collective's library function, `torch.ops._c10d_functional.all_reduce_.default`."""
    collective: bool
    seconds: float
    """Estimated run time."""
    outputs: tuple[TensorMeta, ...] = ()


@dataclass(frozen=True, slots=True)
class GraphEstimate:
    """The operations of one Inductor graph in the order they run (`inductor_runtime_and_tensor_meta`)."""

    compile_id: str
    operations: tuple[GraphOperation, ...]

    @property
    def seconds(self) -> float:
        """Estimated run time of the whole graph."""
        return sum(operation.seconds for operation in self.operations)


@dataclass(frozen=True, slots=True)
class CollectiveSchedule:
    """The collectives of one Inductor graph in the order they run (`inductor_collective_schedule`)."""

    compile_id: str
    operations: tuple[str, ...]
    """Library functions, the waits between them included, as torch lists them; `?` where torch knew no name."""

    @property
    def collectives(self) -> tuple[str, ...]:
        """The operations in which ranks take part together: all but the waits."""
        return tuple(operation for operation in self.operations if not is_wait(operation))

    @property
    def waits(self) -> int:
        """How many of the operations wait for one that was begun before."""
        return len(self.operations) - len(self.collectives)


def is_wait(operation: str) -> bool:
    """Whether a library function only waits for a collective that was begun before: no other rank notices it."""
    return "wait_tensor" in operation.split(".")


@dataclass(frozen=True, slots=True)
class ExecutedGraph:
    """One call of a compiled graph."""

    compile_id: str
    """Qualified as everywhere; empty where the log does not say."""
    details: Mapping[str, Any] = field(default_factory=dict)
    """What else the record holds, under torch's own names."""


@dataclass(frozen=True, slots=True)
class GraphExecution:
    """The compiled graphs that one process called, in order (`graph_execution`)."""

    log: str
    """The log file it is from."""
    order: tuple[ExecutedGraph, ...]
