"""What the scheduler fused, what it did not, and in its own words why: recorded as it decides.

torch says why two loops were not fused only in its `fusion` log, as `WhyNoFuse` objects; they are taken from the
logger before they become text. Which loops ended up in which kernel is seen where kernels are named. Private parts
used: `WhyNoFuse`, `Scheduler.codegen`, `CppScheduling.define_kernel` and `TritonScheduling.define_kernel`.
"""

from __future__ import annotations

import functools
import logging
import operator
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from typing import Any

from inspector.worker import ir_origins, records
from inspector.worker.direction import Direction
from inspector.worker.fusion_values import described_buffers, described_values, last_of, operations, stored_values
from inspector.worker.private import PrivateChanged, fallen_back, replaced, require

_LOGGER = "torch._inductor.scheduler.__fusion"
MOST = 20_000
"""Decisions of one graph that are kept; beyond them only their number is told."""


@dataclass
class _Decisions:
    """The scheduler's decisions about one graph, the latest about each pair."""

    made: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    left_out: int = 0

    def add(self, a: str, b: str, *, fused: bool, reason: str = "") -> None:
        key = (a, b)
        if key not in self.made and len(self.made) >= MOST:
            self.left_out += 1
            return
        self.made.pop(key, None)  # a later round decides about the same pair anew
        self.made[key] = {"a": a, "b": b, "fused": fused, "reason": reason}


class _Here(threading.local):
    """What the calling thread's schedulers are about."""

    def __init__(self) -> None:
        self.pending = _Decisions()
        """Decisions of a scheduler that has not begun to write code."""
        self.kernels: list[dict[str, list[str]]] = []
        """Kernel → its loops, for each scheduler at work: a graph inside a higher-order operator has its own."""


class FusionLog:
    """Writes an `inspector_fusion` record for every graph that Inductor schedules."""

    def __init__(self, direction: Direction) -> None:
        self._direction = direction
        self._here = _Here()

    @contextmanager
    def recording(self) -> Iterator[None]:
        """While this lasts, decisions are recorded; a user who did not ask for the log does not see it."""
        with ExitStack() as stack:
            try:
                self._hook(stack)
            except PrivateChanged as error:
                stack.close()
                fallen_back(error)
            yield

    def _hook(self, stack: ExitStack) -> None:
        """Puts everything in place, or nothing.

        Raises:
            PrivateChanged: this torch schedules in another way.
        """
        require("fusion", "torch._inductor.scheduler:WhyNoFuse.__call__")
        stack.enter_context(replaced("fusion", "torch._inductor.scheduler:Scheduler.codegen", self._wrap_codegen))
        for backend in ("cpp:CppScheduling", "triton:TritonScheduling"):
            name = f"torch._inductor.codegen.{backend}.define_kernel"
            stack.enter_context(replaced("fusion", name, self._wrap_define_kernel))
        stack.enter_context(self._listening())

    @contextmanager
    def _listening(self) -> Iterator[None]:
        logger = logging.getLogger(_LOGGER)
        handler, level = _Listener(self), logger.level
        logger.addHandler(handler)
        if level == logging.NOTSET:  # off: torch lets such a logger's text go nowhere else
            logger.setLevel(logging.DEBUG)
        try:
            yield
        finally:
            logger.removeHandler(handler)
            logger.setLevel(level)

    def decided(self, a: str, b: str, *, fused: bool, reason: str = "") -> None:
        """The scheduler has decided about two of its nodes, named as it names them."""
        self._here.pending.add(a, b, fused=fused, reason=reason)

    def _wrap_codegen(self, original: Any) -> Any:
        @functools.wraps(original)  # others check its signature before they wrap it too
        def codegen(scheduler: Any) -> Any:
            # What was decided up to here is this scheduler's: it decides when it is made, and writes code now.
            here = self._here
            decisions, here.pending = here.pending, _Decisions()
            kernels: dict[str, list[str]] = {}
            groups: list[dict[str, Any]] = []
            with records.unless_it_fails("what was fused"):
                groups = [_group(node) for node in scheduler.nodes]
            here.kernels.append(kernels)
            try:
                result = original(scheduler)
            finally:
                here.kernels.pop()
            with records.unless_it_fails("what was fused"):
                self._write(scheduler, groups, kernels, decisions)
            return result

        return codegen

    def _wrap_define_kernel(self, original: Any) -> Any:
        @functools.wraps(original)
        def define_kernel(scheduling: Any, src_code: Any, nodes: Any, *args: Any, **kwargs: Any) -> Any:
            name = original(scheduling, src_code, nodes, *args, **kwargs)
            if self._here.kernels:
                with records.unless_it_fails(f"the loops of {name}"):
                    found = self._here.kernels[-1].setdefault(str(name), [])
                    found += [loop.get_name() for loop in _loops(nodes) if loop.get_name() not in found]
            return name

        return define_kernel

    def _write(
        self,
        scheduler: Any,
        groups: list[dict[str, Any]],
        kernels: Mapping[str, list[str]],
        decisions: _Decisions,
    ) -> None:
        if not records.owned():
            return
        loops = {loop.get_name(): loop for loop in _loops(scheduler.nodes)}
        members = {kernel: [loops[name] for name in names if name in loops] for kernel, names in kernels.items()}
        elsewhere = {name for group in groups if group["extern"] for name in group["nodes"]}
        records.write(
            "fusion",
            {
                **records.owner(),
                "backward": self._direction.backward,
                "subgraph": ir_origins.graph_within(),
                "kernels": [
                    {"kernel": kernel, "loops": kernels[kernel], "stored": stored_values(found, elsewhere)}
                    for kernel, found in members.items()
                ],
                "groups": groups,
                "values": described_values(members, elsewhere),
                "buffers": described_buffers(),
                "decisions": list(decisions.made.values()),
                "left_out": decisions.left_out,
            },
        )


class _Listener(logging.Handler):
    """Takes `WhyNoFuse` objects and `fusing … with …` from the logger; what else it says is not turned into text."""

    def __init__(self, log: FusionLog) -> None:
        super().__init__(logging.DEBUG)
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        """Hands a decision on."""
        said: Any = record.msg
        if record.msg == "fusing %s with %s" and isinstance(record.args, tuple) and len(record.args) == 2:
            self._log.decided(str(record.args[0]), str(record.args[1]), fused=True)
        elif type(said).__name__ == "WhyNoFuse":
            with records.unless_it_fails("why two loops were not fused"):
                reason = said.reason % said.args if said.args else said.reason
                self._log.decided(said.name1, said.name2, fused=False, reason=reason)


def _loops(nodes: Iterable[Any]) -> Iterator[Any]:
    """The scheduler's single nodes; Triton's schedules have markers among them, which are none."""
    for node in nodes:
        if hasattr(node, "get_nodes"):
            yield from node.get_nodes()


def _group(node: Any) -> dict[str, Any]:
    """One of the scheduler's final nodes: what it holds, and the buffers that it reads and writes."""
    loops, extern = list(node.get_nodes()), _extern(node)
    # torch counts to a library call also what only makes its inputs.
    origins = [node for loop in loops for node in operations(loop, ()) if node.target is not operator.getitem]
    made = _made_for(node) if extern else None
    called = [made] if made is not None else last_of(origins) if extern else []
    return {
        "loops": [loop.get_name() for loop in loops],
        "extern": extern,
        "nodes": [node.name for node in called],
        "ranges": _ranges(node.group[1]) if getattr(node, "group", None) else [],
        "reads": sorted(dep.name for dep in node.read_writes.reads),
        "writes": sorted(node.get_buffer_names()),
    }


def _made_for(node: Any) -> Any:
    """The graph's node that a library call was made for, where Inductor names exactly one."""
    found = getattr(node.node, "origin_node", None)
    return found if found is not None and found.graph is _graph() else None


def _ranges(group: Iterable[Any]) -> list[list[str]]:
    """What a node runs over and reduces over: sizes of the loops for C++, for Triton the product of each alone."""
    return [[str(size) for size in (sizes if isinstance(sizes, list | tuple) else (sizes,))] for sizes in group]


def _extern(node: Any) -> str:
    """The library function that a node calls, `extern_kernels.mm`; empty for loops that Inductor writes itself, and
    for what needs no code."""
    if not node.is_extern():
        return ""
    found = getattr(node.node, "python_kernel_name", None) or getattr(node.node, "op_overload", None)
    return str(found or type(node.node).__name__)


def _graph() -> Any:
    """The graph that is being scheduled."""
    from torch._inductor.virtualized import V

    graph: Any = V.graph.module.graph
    return graph
