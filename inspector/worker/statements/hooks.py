"""The hooks: one small wrapper for each function of Inductor that has to be listened to.

Each hook is made from the original function and the `Recorder`, and calls the original exactly once with what
it was given, whatever happens to the recording.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from inspector.worker.statements import tags
from inspector.worker.statements.recorder import Recorder
from inspector.worker.statements.tags import GenerationScope

Function = Callable[..., Any]

NODE = "inspector_node"
"""Key in a loop-body node's meta, and attribute of a loop: the name of the FX node it stands for."""

_STATEMENTS = "inspector_statements"
"""Attribute of a CSE variable: the indices of the statements that define it; of a kernel: those of its reductions."""

_WRITES_ASIDE = frozenset({"store", "store_reduction"})
"""Operations that may define temporaries on the way to what they are named for; in C++, reductions too."""


# While FX nodes become loops


def loops_post_init(original: Function, recorder: Recorder) -> Function:
    """A loop's body is traced much later, often inside another node's; note the node that made it now."""
    here = recorder.here

    def as_node(inner_fn: Function, name: str, *args: Any, **kwargs: Any) -> Any:
        scope = here.scope
        before, scope.node = scope.node, name
        try:
            return inner_fn(*args, **kwargs)
        finally:
            scope.node = before

    noting = recorder.guard("a loop's node was noted")

    def __post_init__(self: Any) -> None:  # noqa: N807
        original(self)
        with noting:
            name = recorder.lowered_node()
            if name is None:
                return  # the graph's output copies what others made: their own bodies know their nodes
            object.__setattr__(self, NODE, name)
            object.__setattr__(self, "inner_fn", partial(as_node, self.inner_fn, name))
            if hasattr(self, "inner_fns"):  # scans and sorts carry several
                object.__setattr__(self, "inner_fns", tuple(partial(as_node, f, name) for f in self.inner_fns))

    return __post_init__


def get_store_function(original: Function, recorder: Recorder) -> Function:
    """Stores and reductions are traced outside of `inner_fn`: they belong to the loop's node."""
    here = recorder.here

    def as_node(store: Function, name: str, *args: Any, **kwargs: Any) -> Any:
        scope = here.scope
        before, scope.node = scope.node, name
        try:
            return store(*args, **kwargs)
        finally:
            scope.node = before

    noting = recorder.guard("a store's node was noted")

    def get_store_function(self: Any) -> Any:
        store = original(self)
        with noting:
            name = getattr(self.data, NODE, None) or recorder.buffer_node(self)
            if name is not None:
                return partial(as_node, store, name)
        return store

    return get_store_function


# While loop bodies are traced, re-traced and interpreted


def create_node(original: Function, recorder: Recorder) -> Function:
    """A loop body is an FX graph of its own: its nodes remember which post-grad node they stand for."""
    here = recorder.here

    def create_node(self: Any, *args: Any, **kwargs: Any) -> Any:
        node = original(self, *args, **kwargs)
        name = here.scope.node
        if name is not None:
            node.meta[NODE] = name
        return node

    return create_node


def run_node(original: Function, recorder: Recorder) -> Function:
    """While a loop-body node is interpreted, lines are written (or a body is re-traced) on its node's behalf."""
    here = recorder.here

    finding = recorder.guard("a loop-body node's origin was looked up")
    sharing = recorder.guard("a reduction was noted")

    def run_node(self: Any, n: Any) -> Any:
        scope = here.scope
        before = scope.node, scope.operation, scope.tagging, scope.definition
        first = scope.count
        with finding:
            scope.node, scope.operation = _origin(n), n.target
            scope.tagging = scope.writing > 0 and scope.node is not None and recorder.in_kernel()
            scope.definition = recorder.definition(n) if scope.tagging else ""
        try:
            result = original(self, n)
            if scope.tagging and n.target == "reduction":
                with sharing:
                    _share_reduction(recorder.kernel(), result, scope, first)
            return result
        finally:
            scope.node, scope.operation, scope.tagging, scope.definition = before

    return run_node


def _origin(node: Any) -> str | None:
    """The FX node a loop-body node stands for.

    Legalising bf16 and templates put in nodes (conversions) that no lowering made: they serve what they feed,
    or else what feeds them.
    """
    if node.op in ("placeholder", "output"):
        return None
    if NODE not in node.meta:
        node.meta[NODE] = None  # ends the search should it come back here
        relatives = [*node.users, *node.all_input_nodes]
        node.meta[NODE] = next((found for found in map(_origin, relatives) if found), None)
    name: str | None = node.meta[NODE]
    return name


def _share_reduction(kernel: Any, result: Any, scope: GenerationScope, first: int) -> None:
    """Equal reductions are written once, by a cache of the kernel's own: the second adds its node to the first's."""
    written = kernel.__dict__.setdefault(_STATEMENTS, {})
    if scope.count > first:
        written[str(result)] = range(first, scope.count)
    scope.share(written.get(str(result), ()))


# While kernels are written


def writing(original: Function, recorder: Recorder) -> Function:
    """Tags are made only while a scheduler's own kernels are written, never while a candidate is benchmarked."""
    here = recorder.here

    def codegen(self: Any, *args: Any, **kwargs: Any) -> Any:
        scope = here.scope
        wanted = recorder.recording.active and recorder.knows(self)
        scope.writing += wanted
        try:
            return original(self, *args, **kwargs)
        finally:
            scope.writing -= wanted

    return codegen


def writeline(original: Function, recorder: Recorder) -> Function:
    """Every line of a kernel goes through here, at first writing: the place to tag it."""
    here = recorder.here

    tagging = recorder.guard("a line was tagged")

    def writeline(self: Any, line: Any) -> None:
        scope = here.scope
        if scope.tagging:
            with tagging:
                if isinstance(line, str):
                    line = scope.tag(line, recorder.kind(self, scope.operation))
                elif isinstance(getattr(line, "line", None), str):  # a line that may yet be withdrawn
                    line = line._new_line(scope.tag(line.line, recorder.kind(self, scope.operation)))
        original(self, line)

    return writeline


def iteration_ranges_entry(original: Function, recorder: Recorder) -> Function:
    """A Triton kernel works out its positions once, when the first node asks: the lines are no node's own."""
    here = recorder.here

    def codegen_iteration_ranges_entry(self: Any, entry: Any) -> Any:
        scope = here.scope
        before, scope.tagging = scope.tagging, False
        try:
            return original(self, entry)
        finally:
            scope.tagging = before

    return codegen_iteration_ranges_entry


def augment_key(original: Function, _: Recorder) -> Function:
    """Common subexpressions are found by text: the tags in it must not tell two equal ones apart."""

    def augment_key(self: Any, cache_key: str) -> Any:
        return original(self, tags.strip(cache_key))

    return augment_key


def generate(original: Function, recorder: Recorder) -> Function:
    """A common subexpression is written once, for its first node; the later ones are noted beside it."""
    here = recorder.here

    sharing = recorder.guard("a common subexpression was noted")

    def generate(self: Any, buffer: Any, expr: Any, **kwargs: Any) -> Any:
        scope = here.scope
        if not scope.tagging:
            return original(self, buffer, expr, **kwargs)
        before, first = scope.operation, scope.count
        if before in _WRITES_ASIDE or (before == "reduction" and recorder.in_cpp_kernel()):
            scope.operation = "temporary"
        try:
            variable = original(self, buffer, expr, **kwargs)
        finally:
            scope.operation = before
        if variable is not expr:  # a variable handed in is handed back: nothing is written, nothing shared
            with sharing:
                _share_variable(variable, expr, scope, first)
        return variable

    return generate


def _share_variable(variable: Any, expr: Any, scope: GenerationScope, first: int) -> None:
    """Remember the lines that define a new variable; add the current node to those of a known one."""
    known = variable.__dict__.get(_STATEMENTS)
    if known is not None:
        scope.share(known)
        return
    written = range(first, scope.count)
    inside = tags.indices(expr.getvalue()) if hasattr(expr, "getvalue") else []
    variable.__dict__[_STATEMENTS] = [*written, *inside] if inside else written


def reduction_prefix(original: Function, recorder: Recorder) -> Function:
    """Accumulators are declared when the loops are known, long after the reduction: keep its node until then."""
    here = recorder.here

    tagging = recorder.guard("an accumulator was tagged")

    def _gen_reduction_prefix(self: Any, *args: Any, **kwargs: Any) -> Any:
        inner = original(self, *args, **kwargs)
        scope = here.scope
        node, definition = scope.node if scope.tagging else None, scope.definition

        def tagged(*args: Any, **kwargs: Any) -> Any:
            declaration = inner(*args, **kwargs)  # one line, or a buffer of lines
            before = scope.node, scope.definition
            scope.node, scope.definition = node, definition
            try:
                with tagging:
                    if isinstance(declaration, str):
                        return scope.tag(declaration, "accumulator")
                    return declaration.map(lambda line: scope.tag(line, "accumulator"))
            finally:
                scope.node, scope.definition = before
            return declaration

        return inner if node is None else tagged

    return _gen_reduction_prefix


# When a kernel is whole


def codegen_kernel(original: Function, recorder: Recorder) -> Function:
    """A Triton kernel's text is hashed next: take the tags off here and keep them for `define_kernel`."""

    def codegen_kernel(self: Any, *args: Any, **kwargs: Any) -> Any:
        return recorder.finish(original(self, *args, **kwargs))

    return codegen_kernel


def define_kernel(original: Function, recorder: Recorder) -> Function:
    """The text is whole and not yet hashed or compared: take the tags off, and report them under the name it gets."""

    reporting = recorder.guard("a kernel was reported")

    def define_kernel(self: Any, src_code: str, nodes: Any, *args: Any, **kwargs: Any) -> Any:
        clean = recorder.finish(src_code)
        name = original(self, clean, nodes, *args, **kwargs)
        with reporting:
            recorder.report(name, clean, nodes)
        return name

    return define_kernel


def wrapper_define_kernel(original: Function, recorder: Recorder) -> Function:
    """Sees the exact text that goes into the output code, and makes sure that no tag ever does."""

    keeping = recorder.guard("a kernel's text was kept")

    def define_kernel(self: Any, kernel_name: str, kernel_body: str, *args: Any, **kwargs: Any) -> Any:
        body = tags.strip(kernel_body)
        with keeping:
            recorder.define(kernel_name, body)
        return original(self, kernel_name, body, *args, **kwargs)

    return define_kernel
