"""CUDA graphs: what was left out of them and why, and each time one was recorded, which torch's trace does not tell.

Private parts used: `log_cudagraph_skip_and_bump_counter` as the modules hold it that call it, of `Scheduler`
`graph_partition` and `should_partition`, and of `CUDAGraphTreeManager` `run` and `record_function`. Where one is not
there, its part is not heard, and a note says so.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from inspector.worker import records
from inspector.worker.private import PrivateChanged, fallen_back, replaced
from inspector.worker.startup.imports import forget, when_imported

_SKIP = "log_cudagraph_skip_and_bump_counter"
_HOLDERS = ("torch._inductor.cudagraph_utils", "torch._inductor.output_code", "torch._inductor.compile_fx")
_PARTITION = "torch._inductor.scheduler:Scheduler.graph_partition"
_LEFT_OUT = "CUDA graphs left out"
TREES = "torch._inductor.cudagraph_trees"
"""Imported when the first CUDA graph is made."""
MOST = 1_000
"""Recordings and skips of one process that are written one by one; beyond them only their number is told."""


class _Here(threading.local):
    compile_id: str = ""
    """Whose compiled code this thread calls, while it calls some."""


class CudaGraphs:
    """Writes an `inspector_cudagraphs` record for each thing that happens, when it happens."""

    def __init__(self) -> None:
        self._here = _Here()
        self._undo = ExitStack()
        self.told: dict[str, int] = {"partitioned": 0, "skipped": 0, "recorded": 0}
        """How often each happened in this process."""

    @contextmanager
    def hearing(self) -> Iterator[None]:
        """While this lasts, CUDA graphs are heard of; Inductor is imported already."""
        with ExitStack() as stack:
            try:
                for holder in _HOLDERS:
                    stack.enter_context(replaced(_LEFT_OUT, f"{holder}:{_SKIP}", self._wrap_skip))
                stack.enter_context(replaced(_LEFT_OUT, _PARTITION, self._wrap_partition))
            except PrivateChanged as error:
                stack.close()
                fallen_back(error)
            when_imported(TREES, self._hook_trees)
            try:
                yield
            finally:
                forget(TREES, self._hook_trees)
                self._undo.close()

    def _hook_trees(self) -> None:
        with records.unless_it_fails("when CUDA graphs are recorded"), ExitStack() as halfway:
            try:
                for name, wrap in (
                    (_SKIP, self._wrap_skip),
                    ("CUDAGraphTreeManager.run", self._wrap_run),
                    ("CUDAGraphTreeManager.record_function", self._wrap_record),
                ):
                    halfway.enter_context(replaced("CUDA graphs recorded", f"{TREES}:{name}", wrap))
            except PrivateChanged as error:
                fallen_back(error)
            self._undo.enter_context(halfway.pop_all())

    def _wrap_skip(self, original: Any) -> Any:
        @functools.wraps(original)
        def skip(msg: str, *args: Any, **kwargs: Any) -> Any:
            self._write("skipped", reason=str(msg))
            return original(msg, *args, **kwargs)

        return skip

    def _wrap_partition(self, original: Any) -> Any:
        from torch._inductor import config

        @functools.wraps(original)
        def graph_partition(scheduler: Any) -> Any:
            result = original(scheduler)
            if config.triton.cudagraphs:
                with records.unless_it_fails("what CUDA graphs leave out"):
                    self._write("partitioned", **_partitions(scheduler, result))
            return result

        return graph_partition

    def _wrap_run(self, original: Any) -> Any:
        @functools.wraps(original)
        def run(manager: Any, new_inputs: Any, function_id: Any) -> Any:
            before = self._here.compile_id
            found = getattr(manager, "id_to_compile_id", {}).get(function_id)
            self._here.compile_id = "" if found is None else str(found)
            try:
                return original(manager, new_inputs, function_id)
            finally:
                self._here.compile_id = before

        return run

    def _wrap_record(self, original: Any) -> Any:
        @functools.wraps(original)
        def record_function(manager: Any, new_inputs: Any, function_id: Any) -> Any:
            with records.unless_it_fails("that a CUDA graph was recorded"):
                found = [value for value in new_inputs if hasattr(value, "shape")]
                sizes = [[str(size) for size in value.shape] for value in found]
                self._write("recorded", function=getattr(function_id, "id", None), inputs=sizes)
            return original(manager, new_inputs, function_id)

        return record_function

    def _write(self, event: str, **payload: Any) -> None:
        self.told[event] += 1
        if self.told[event] > MOST:
            return
        owner = records.owner()
        when = "compile" if owner["compile_id"] or "piece" in owner else "call"
        owner["compile_id"] = owner["compile_id"] or self._here.compile_id
        records.write("cudagraphs", owner | {"event": event, "when": when, **payload})


def _partitions(scheduler: Any, result: Any) -> dict[str, Any]:
    """How a graph was cut, and why operations stand outside CUDA graphs, in torch's words."""
    partitions, signatures = result
    outside = [(node, reason) for nodes in partitions for node in nodes if (reason := scheduler.should_partition(node))]
    return {
        "partitions": [
            {"operations": len(nodes), "outside": bool(signature.skip_cudagraph)}
            for nodes, signature in zip(partitions, signatures, strict=True)
        ],
        "reasons": [
            {"operation": node.get_name(), "reason": str(reason), "nodes": _origins(node), "stack": _stack(node)}
            for node, reason in outside
        ],
    }


def _origins(node: Any) -> list[str]:
    return [origin.name for origin in getattr(node.node, "origins", ())]


def _stack(node: Any) -> str:
    """Where the operation comes from in the user's files, as torch formats it."""
    texts = (origin.meta.get("stack_trace") for origin in getattr(node.node, "origins", ()))
    return next((str(text) for text in texts if text), "")
