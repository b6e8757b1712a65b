"""Records of Dynamo: starts, graphs, guards, breaks, recompiles, bytecode, errors, interned strings."""

from __future__ import annotations

from inspector.model.artifact import Language
from inspector.model.capture import Recompile
from inspector.model.eager import skips
from inspector.model.number import integer
from inspector.model.stage import Stage
from inspector.trace.breaks import read_graph_break
from inspector.trace.failures import keep_failure, read_failure
from inspector.trace.frames import read_frames
from inspector.trace.guards import read_guard_list, read_guard_tree
from inspector.trace.registry import Incoming, record_kind
from inspector.trace.state import CompileDraft


@record_kind("str")
def _string(item: Incoming) -> None:
    text, number = item.record.metadata["str"]
    item.strings[integer(number)] = str(text)


@record_kind("dynamo_start")
def _start(item: Incoming) -> None:
    compiling = item.compiling
    stack = read_frames(item.details.get("stack"), item.strings)
    if stack:
        compiling.stack, compiling.place, compiling.function = stack, stack[-1], stack[-1].function
        compiling.view.function_file = stack[-1].file
    compiling.started = True
    compiling.version += 1


@record_kind("dynamo_output_graph")
def _graph(item: Incoming) -> None:
    compiling = item.compiling
    compiling.view.graphs[Stage.DYNAMO] = compiling.put(Stage.DYNAMO, Language.FX, item.text)


@record_kind("dynamo_cpp_guards_str")
def _guard_tree(item: Incoming) -> None:
    if item.draft is None:
        return
    compiling = item.draft
    tree = read_guard_tree(item.text)
    compiling.guards, compiling.guard_tree, compiling.guard_seconds = tree.guards, tree.managers, tree.seconds
    compiling.version += 1


@record_kind("dynamo_guards")
def _guard_list(item: Incoming) -> None:
    compiling = item.compiling
    guards = item.json
    if not compiling.guards:
        compiling.guards = read_guard_list(guards, item.strings)
        compiling.version += 1


@record_kind("artifact:dynamo_graph_break_reason")
def _graph_break(item: Incoming) -> None:
    found = read_graph_break(item.compiling.compile_id, item.text)
    item.compiling.given_up = item.compiling.given_up or skips(item.text)
    if found not in item.state.graph_breaks:
        item.state.graph_breaks[found] = None
        item.state.version += 1


@record_kind("artifact:recompile_reasons")
def _recompile(item: Incoming) -> None:
    compiling = item.compiling
    try:  # torch writes a list; a reason that is alone as the bare text, which may have several lines
        data = item.json
    except ValueError:
        data = item.text
    reasons = tuple(str(reason).strip() for reason in (data if isinstance(data, list) else [data]))
    item.state.recompiles[compiling.compile_id] = Recompile(compiling.compile_id, compiling.function, reasons)
    item.state.version += 1


@record_kind("artifact:dynamo_error")
def _error(item: Incoming) -> None:
    compiling = item.compiling
    failure = read_failure(compiling.compile_id, item.text)
    compiling.error = f"{failure.kind}: {failure.reason}" if failure.kind else failure.reason
    compiling.version += 1
    keep_failure(item.state.failures, failure)
    item.state.version += 1


def bytecode(item: Incoming) -> None:
    """Reads `…_ORIGINAL_BYTECODE` and `…_MODIFIED_BYTECODE`, whose names begin with the function's."""
    keep_bytecode(item.compiling, item.text, modified=item.kind.endswith("_MODIFIED_BYTECODE"))


def keep_bytecode(draft: CompileDraft, text: str, *, modified: bool) -> None:
    """Keeps one of the two bytecodes of a compile."""
    suffix = "modified" if modified else ""
    artifact = draft.put(Stage.BYTECODE, Language.BYTECODE, text, suffix=suffix, order=(int(modified), 0))
    others = [item for item in draft.view.bytecode if item.id != artifact.id]
    draft.view.bytecode = sorted([*others, artifact], key=lambda item: item.id)
