"""Records of Dynamo: starts, graphs, guards, breaks, recompiles, bytecode, errors, interned strings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from inspector.model.artifact import Language
from inspector.model.capture import Frame, Recompile
from inspector.model.stage import Stage
from inspector.trace.breaks import read_graph_break
from inspector.trace.guards import read_guard_list, read_guard_tree
from inspector.trace.registry import Incoming, record_kind
from inspector.trace.state import CompileDraft


@record_kind("str")
def _string(item: Incoming) -> None:
    text, number = item.record.metadata["str"]
    item.strings[int(number)] = str(text)


def _frame(frame: Mapping[str, Any], strings: Mapping[int, str]) -> Frame:
    name = frame["filename"]
    file = strings.get(name, f"<string {name}>") if isinstance(name, int) else str(name)
    return Frame(file, int(frame["line"]), str(frame["name"]), str(frame.get("loc") or ""))


@record_kind("dynamo_start")
def _start(item: Incoming) -> None:
    compiling = item.compiling
    attempt = int(item.record.metadata.get("attempt") or 0)
    if attempt > compiling.attempt:
        compiling.restart(attempt)
    stack = item.details.get("stack") or []
    if stack:
        place = _frame(stack[-1], item.strings)
        compiling.place, compiling.function = place, place.function
        compiling.view.function_file = place.file
    compiling.version += 1


@record_kind("dynamo_output_graph")
def _graph(item: Incoming) -> None:
    compiling = item.compiling
    compiling.view.graphs[Stage.DYNAMO] = compiling.put(Stage.DYNAMO, Language.FX, item.text)


@record_kind("dynamo_cpp_guards_str")
def _guard_tree(item: Incoming) -> None:
    compiling = item.compiling
    compiling.guards = read_guard_tree(item.text)
    compiling.version += 1


@record_kind("dynamo_guards")
def _guard_list(item: Incoming) -> None:
    compiling = item.compiling
    guards = json.loads(item.text)
    if not compiling.guards:
        compiling.guards = read_guard_list(guards, item.strings)
        compiling.version += 1


@record_kind("artifact:dynamo_graph_break_reason")
def _graph_break(item: Incoming) -> None:
    found = read_graph_break(item.compiling.compile_id, item.text)
    if found not in item.state.graph_breaks:
        item.state.graph_breaks.append(found)
        item.state.version += 1


@record_kind("artifact:recompile_reasons")
def _recompile(item: Incoming) -> None:
    compiling = item.compiling
    text = item.text
    try:
        data = json.loads(text)
    except ValueError:
        data = [line for line in text.split("\n") if line.strip()]
    reasons = tuple(str(reason).strip() for reason in (data if isinstance(data, list) else [data]))
    known = [recompile for recompile in item.state.recompiles if recompile.compile_id != compiling.compile_id]
    item.state.recompiles[:] = [*known, Recompile(compiling.compile_id, compiling.function, reasons)]
    item.state.version += 1


@record_kind("artifact:dynamo_error")
def _error(item: Incoming) -> None:
    compiling = item.compiling
    compiling.error = _last_words(item.text)
    compiling.version += 1


def _last_words(traceback: str) -> str:
    """The exception's own text: what follows the last frame of the traceback, without the user's stack."""
    lines = traceback.rstrip().split("\n")
    start = max((i for i, line in enumerate(lines) if line.startswith("  ") and "File " in line), default=-1)
    first = next((i for i, line in enumerate(lines) if i > start and line and not line[0].isspace()), None)
    for number, line in enumerate(lines):
        if ": " in line and not line[0].isspace() and not line.startswith(("Traceback", "from user code")):
            first = number
            break
    body = "\n".join(lines[first:] if first is not None else lines[-1:])
    return body.split("\nfrom user code:", 1)[0].strip()


def bytecode(item: Incoming) -> None:
    """Reads `…_ORIGINAL_BYTECODE` and `…_MODIFIED_BYTECODE`, whose names begin with the function's."""
    keep_bytecode(item.compiling, item.text, modified=item.kind.endswith("_MODIFIED_BYTECODE"))


def keep_bytecode(draft: CompileDraft, text: str, *, modified: bool) -> None:
    """Keeps one of the two bytecodes of a compile."""
    suffix = "modified" if modified else ""
    artifact = draft.put(Stage.BYTECODE, Language.BYTECODE, text, suffix=suffix, order=(int(modified), 0))
    others = [item for item in draft.view.bytecode if item.id != artifact.id]
    draft.view.bytecode = sorted([*others, artifact], key=lambda item: item.id)
