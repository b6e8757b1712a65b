"""The recorder: what the hooks share, and where their findings become records."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType
from typing import Any
from weakref import WeakKeyDictionary

from inspector.worker.statements import tags
from inspector.worker.statements.record import KernelStatements, Recording, Sink, WrittenLine
from inspector.worker.statements.tags import TaggedLine, ThreadScope

_KINDS = {
    "load": "load",
    "load_seed": "load",
    "store": "store",
    "store_reduction": "store",
    "partial_accumulate": "store",
    "index_expr": "index",
    "value_expr": "index",
    "get_index": "index",
    "check_bounds": "index",
}
"""The kind of line by loop-body operation; all others compute."""


_SCRATCH = re.compile(r"local_buffer_data_\d+\b")
"""Memory that an outer-loop fusion keeps inside the kernel; the name cannot recur within one."""


class FailureGuard:
    """Keeps a failure of ours out of the compiler: it ends the recording, with a reason, and nothing else."""

    __slots__ = ("_doing", "_recording")

    def __init__(self, recording: Recording, doing: str) -> None:
        self._recording = recording
        self._doing = doing

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> bool:
        if not isinstance(error, Exception):
            return False
        self._recording.stop(f"Statement links stopped while {self._doing}: {type(error).__name__}: {error}")
        return True


class Recorder:
    """One recording's state. Only a process that has imported torch makes one."""

    def __init__(self, sink: Sink, recording: Recording) -> None:
        from torch._inductor.codegen.common import Kernel
        from torch._inductor.codegen.cpp import CppKernel, CppScheduling
        from torch._inductor.codegen.triton import TritonScheduling
        from torch._inductor.graph import SubgraphLowering
        from torch._inductor.virtualized import V

        self.here = ThreadScope()
        self.recording = recording
        self._sink = sink
        self._virtual: Any = V
        self._kernel_class, self._cpp_kernel_class = Kernel, CppKernel
        self._subgraph_class = SubgraphLowering
        self._backends = (CppScheduling, TritonScheduling)
        self._reading = self.guard("a kernel's tags were read")
        self._kernels: WeakKeyDictionary[Any, dict[str, str]] = WeakKeyDictionary()
        self._sites: WeakKeyDictionary[Any, Counter[str]] = WeakKeyDictionary()

    def guard(self, doing: str) -> FailureGuard:
        """A context that keeps failures out of the compiler; `doing` completes "stopped while …"."""
        return FailureGuard(self.recording, doing)

    # What Inductor is doing

    def knows(self, scheduling: Any) -> bool:
        """Whether kernels of this backend have their tags taken off again."""
        return isinstance(scheduling, self._backends)

    def kernel(self) -> Any:
        """The kernel being written."""
        return self._virtual.kernel

    def in_kernel(self) -> bool:
        """Whether a kernel is being written; loop bodies are also run merely to count or to print them."""
        return isinstance(self._virtual.kernel, self._kernel_class)

    def in_cpp_kernel(self) -> bool:
        """Whether that kernel is a C++ one."""
        return isinstance(self._virtual.kernel, self._cpp_kernel_class)

    def lowered_node(self) -> str | None:
        """Name of the post-grad node being lowered; None between nodes and at the graph's output."""
        node = self._virtual.current_node
        return self._name(node) if getattr(node, "op", "output") != "output" else None

    def buffer_node(self, buffer: Any) -> str | None:
        """Name of the node a buffer was made for, where there is exactly one."""
        node = buffer.origin_node
        if node is None and len(buffer.origins) == 1:
            node = next(iter(buffer.origins))
        return None if node is None else self._name(node)

    def _name(self, node: Any) -> str | None:
        """A node's name; None for one of a graph within the graph, whose names mean something else outside."""
        return str(node.name) if node.graph is self._virtual.graph.module.graph else None

    def definition(self, node: Any) -> str:
        """A loop-body node as the loop IR's text names it, `op2.body.load_1`; empty for one that no operation holds."""
        operation = getattr(self.kernel(), "current_node", None)
        body = getattr(operation, "_body", None)
        if body is None:
            return ""
        blocks = (("body", body.root_block), *body.subblocks.items())
        block = next((name for name, traced in blocks if traced.graph is node.graph), None)
        return "" if block is None else f"{operation.get_name()}.{block}.{node.name}"  # type: ignore[union-attr]

    def kind(self, buffer: Any, operation: str) -> str:
        """The kind of a line that `operation` writes to `buffer`."""
        if operation == "reduction":
            kernel = self.kernel()
            return "reduction" if buffer in (kernel.stores, kernel.compute, kernel.loads) else "accumulator"
        if operation.startswith("set_indirect"):
            return "index"
        return _KINDS.get(operation, "compute")

    # What becomes of a kernel's text

    def finish(self, text: str) -> str:
        """Take the tags off a whole kernel text, keeping them for `report`; they come off also after a failure."""
        clean = tags.strip(text)
        if clean is not text:
            with self._reading:
                scope = self.here.scope
                scope.finished[clean] = scope.lines(text)
        return clean

    def define(self, name: str, body: str) -> None:
        """Note the text of a new kernel of the current graph: `async_compile.…(…, r'''`, lines, `''')`."""
        head, quotes, rest = body.partition("'''\n")
        text = rest.rpartition("''')" if rest.rstrip().endswith("''')") else "'''")[0] if quotes else head
        self._kernels.setdefault(self._virtual.graph, {})[name] = text

    def report(self, name: str, clean: str, schedule: Any) -> None:
        """Give the sink the record of one call site of kernel `name`."""
        lines = self.here.scope.finished.pop(clean, {})
        if not self.recording.active:
            return
        graph = self._virtual.graph
        source = self._kernels.get(graph, {}).get(name)
        if source is None:
            return  # written by another hand (an external template), under its own rules
        sites = self._sites.setdefault(graph, Counter())
        self._sink(
            KernelStatements(
                kernel=name,
                site=sites[name],
                compile_id=_compile_id(),
                backward=bool(graph.is_backward),
                subgraph=graph.name if isinstance(graph, self._subgraph_class) else None,
                source=source,
                lines=_lines(lines, clean, source, _template_node(schedule)),
                operations=tuple(dict.fromkeys(_operations(schedule))),
            )
        )
        sites[name] += 1


def _compile_id() -> str | None:
    from torch._guards import CompileContext

    compile_id = CompileContext.current_compile_id()
    return None if compile_id is None else str(compile_id)


def _operations(schedule: Iterable[Any]) -> Iterator[str]:
    """The names of the operations in a schedule, fused ones taken apart; a Triton schedule holds markers too."""
    for scheduled in schedule:
        parts: Sequence[Any] = scheduled.get_nodes() if hasattr(scheduled, "get_nodes") else ()
        if len(parts) == 1 and parts[0] is scheduled:
            yield str(scheduled.get_name())
        else:
            yield from _operations(parts)


def _template_node(schedule: Any) -> str | None:
    """Name of the node whose template makes up the kernel, for a template kernel.

    What is fused into a C++ template comes out tagged; with other templates its lines cannot be told apart.
    """
    from torch._inductor.ir import CppTemplateBuffer, TemplateBuffer

    wanted = TemplateBuffer if len(schedule) == 1 else CppTemplateBuffer
    for scheduled in schedule:
        buffer = getattr(scheduled, "node", None)
        if isinstance(buffer, wanted):
            node = buffer.get_origin_node() or next(iter(buffer.origins), None)
            return None if node is None else str(node.name)
    return None


def _lines(tagged: dict[int, TaggedLine], clean: str, source: str, template: str | None) -> tuple[WrittenLine, ...]:
    """The records of a text's lines, numbered as in `source` (which has lost the empty lines at its start)."""
    lost = clean[: len(clean) - len(clean.lstrip())].count("\n")
    found = {number + 1 - lost: WrittenLine(number + 1 - lost, *statement) for number, statement in tagged.items()}
    for number, text in enumerate(source.split("\n"), start=1):
        if number not in found and (scratch := _SCRATCH.search(text)) and text.endswith(";"):
            found[number] = WrittenLine(number, _writers(scratch[0], found, source), (), "buffer")
    if template is not None:
        own = {number: WrittenLine(number, (template,), (), "template") for number in _template_body(source)}
        found = own | found
    return tuple(found[number] for number in sorted(found) if found[number].nodes)


def _template_body(source: str) -> list[int]:
    """The lines of a template that do something: in C++ they end in a semicolon, in Triton they follow the `def`."""
    lines = list(enumerate(source.split("\n"), start=1))
    if 'extern "C"' in source:
        return [number for number, text in lines if text.endswith(";")]
    start = next((number for number, text in lines if text.startswith("def ")), len(lines))
    return [number for number, text in lines[start:] if text.strip() and not text.lstrip().startswith("#")]


def _writers(scratch: str, found: dict[int, WrittenLine], source: str) -> tuple[str, ...]:
    """The nodes whose stores fill a piece of scratch memory."""
    texts = source.split("\n")
    stores = [line for line in found.values() if line.kind == "store" and scratch in texts[line.line - 1]]
    return tuple(dict.fromkeys(node for line in stores for node in line.nodes))
