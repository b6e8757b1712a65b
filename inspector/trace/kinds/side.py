"""The records that inspector's own worker writes beside torch's."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

from inspector.codec import convert
from inspector.link.asmtext import read_objdump
from inspector.link.facts import CompileView, GraphPiece, NodeFacts, StackFrame, Unit
from inspector.model.artifact import Artifact, Language, artifact_id
from inspector.model.number import integer
from inspector.model.request import CaptureRequest
from inspector.model.stage import Stage
from inspector.trace.kinds.aot import keep_aten, keep_post_grad
from inspector.trace.kinds.dynamo import keep_bytecode
from inspector.trace.kinds.inductor import keep_provenance
from inspector.trace.registry import Incoming, record_kind
from inspector.trace.state import CompileDraft
from inspector.trace.units import begin_unit, current_piece, current_unit, unit_of_direction, unit_of_graph


def compile_of(item: Incoming, data: Mapping[str, Any]) -> CompileDraft:
    """The compile id that the payload names: background threads have no compile context of their own.

    Work that is done ahead of time has none; it is the one that the record's place in the log belongs to.
    """
    compile_id = data["compile_id"]
    if not isinstance(compile_id, str):
        raise TypeError("it names no compile id")
    if not compile_id:
        return item.compiling
    return item.state.draft(item.state.qualified(compile_id, item.record))


@record_kind("artifact:inspector_request")
def _request(item: Incoming) -> None:
    item.state.request = convert(item.data, CaptureRequest)
    item.state.version += 1


@record_kind("artifact:inspector_target")
def _target(item: Incoming) -> None:
    item.state.target = item.data
    item.state.version += 1


@record_kind("artifact:inspector_source")
def _source(item: Incoming) -> None:
    data = item.data
    path, text = str(data["path"]), str(data["text"])
    name = str(data.get("name") or PurePath(path).name)
    taken = {source.id for source in item.state.sources.values() if source.path != path}
    key = artifact_id(Stage.SOURCE, None, None, name)
    if key in taken:
        key = artifact_id(Stage.SOURCE, None, None, "/".join(PurePath(path).parts[-3:]))
    focus = max(1, integer(data.get("focus") or 1))
    item.state.sources[path] = Artifact(key, Stage.SOURCE, None, None, Language.PYTHON, text, path, focus)
    item.state.version += 1


@record_kind("artifact:inspector_graph")
def _graph(item: Incoming) -> None:
    data = item.data
    compiling = compile_of(item, data)
    stage = Stage(data["stage"])
    nodes = node_facts(data)
    text = str(data.get("text") or "")
    if stage is Stage.POST_GRAD:
        unit = unit_of_graph(compiling, text)
        unit.post_grad_nodes = nodes
        if unit.post_grad is None and text:
            keep_post_grad(compiling, unit, text)
    elif stage in (Stage.ATEN, Stage.ATEN_BACKWARD):
        unit = _aten_unit(compiling, text, backward=stage is Stage.ATEN_BACKWARD)
        unit.graph_nodes = nodes
        if unit.graph is None and text:
            keep_aten(compiling, unit, text)
    else:
        holder: CompileView | GraphPiece = compiling.view if stage is Stage.DYNAMO else current_piece(compiling)
        holder.nodes[stage] = nodes
        if stage not in holder.graphs and text:
            suffix = holder.suffix if isinstance(holder, GraphPiece) else ""
            holder.graphs[stage] = compiling.put(stage, Language.FX, text, suffix=suffix)
    compiling.version += 1


def _aten_unit(draft: CompileDraft, text: str, *, backward: bool) -> Unit:
    """The unit an ATen graph's facts are about: the latest of its direction that has none yet."""
    matching = [unit for unit in draft.view.units if unit.backward is backward]
    free = [unit for unit in matching if unit.graph_nodes is None]
    if free or matching:
        return (free or matching)[-1]
    return begin_unit(draft, text, backward=backward, told=False)


def node_facts(data: Mapping[str, Any]) -> dict[str, NodeFacts]:
    """Name → what a record of a graph says about its nodes."""
    return {fact.name: fact for fact in map(_node, data.get("nodes") or ())}


def _node(node: Mapping[str, Any]) -> NodeFacts:
    frames = tuple(
        StackFrame(
            str(frame["file"]), integer(frame["line"]), *(_column(frame, key) for key in ("col", "end_line", "end_col"))
        )
        for frame in node.get("stack") or ()
    )
    origins, forward = (tuple(map(str, node.get(key) or ())) for key in ("from", "forward"))
    return NodeFacts(str(node["name"]), frames, origins, forward)


def _column(frame: Mapping[str, Any], key: str) -> int | None:
    value = frame.get(key)
    return None if value is None else integer(value)


@record_kind("artifact:inspector_bytecode")
def _bytecode(item: Incoming) -> None:
    data = item.data
    compiling = compile_of(item, data)
    for key, modified in (("original", False), ("modified", True)):
        if data.get(key):
            keep_bytecode(compiling, str(data[key]), modified=modified)
    continues = data.get("continues")
    if isinstance(continues, dict):
        earlier = item.state.qualified(str(continues["compile_id"]), item.record)
        compiling.metrics["continues"] = {"compile_id": earlier, "name": str(continues["name"])}
        compiling.version += 1


@record_kind("artifact:inspector_provenance")
def _provenance(item: Incoming) -> None:
    """torch's own mapping where torch leaves it out of its record: `postToPre` and `cppCodeToPost` as there."""
    data = item.data
    compiling = compile_of(item, data)
    backward = data.get("backward")
    unit = current_unit(compiling) if backward is None else unit_of_direction(compiling, backward=bool(backward))
    keep_provenance(compiling, unit, data)


@record_kind("artifact:inspector_kernel")
def _kernel(item: Incoming) -> None:
    data = item.data
    compiling = compile_of(item, data)
    found = unit_defining(item, compiling, str(data["kernel"]), str(data.get("output_code") or ""))
    if found is not None:
        item.state.kernel_units[str(data["so"])] = (found[0].compile_id, found[1])


def unit_defining(
    item: Incoming, named: CompileDraft, kernel: str, output_code: str
) -> tuple[CompileDraft, Unit] | None:
    """The unit that defines a kernel, and its compile.

    Two units may use one name, so the output code's path decides. It also decides about the compile: where several
    threads compile at once and a cache answers, the worker may name another's. Where no path is known, the unit is
    the first of the compile that the record names.
    """
    others = [draft for draft in item.state.compiles.values() if draft is not named]
    defining = [(draft, unit) for draft in (named, *others) for unit in draft.view.units if kernel in unit.kernels]
    same = [found for found in defining if output_code and found[1].code_path == output_code]
    unknown = [found for found in defining if found[0] is named and not (output_code and found[1].code_path)]
    return next(iter(same or unknown), None)


@record_kind("artifact:inspector_asm")
def _asm(item: Incoming) -> None:
    data = item.data
    compiling = compile_of(item, data)
    kernel, so = str(data["kernel"]), str(data.get("so") or "")
    found = unit_defining(item, compiling, kernel, str(data.get("output_code") or ""))
    known = item.state.kernel_units.get(so)
    if known and not data.get("output_code") and known[1] in compiling.view.units and kernel in known[1].kernels:
        found = compiling, known[1]
    if found is None:
        raise ValueError(f"there is no kernel {kernel} in that output code")
    compiling, unit = found
    assembly = read_objdump(str(data["objdump"]))
    if not assembly.instructions:
        raise ValueError(f"the listing of {kernel} holds no instruction")
    order = (compiling.unit_number(unit), list(unit.kernels).index(kernel))
    unit.assemblies[kernel] = assembly
    unit.asm[kernel] = compiling.put(
        Stage.ASM, Language.ASM, assembly.text, kernel=kernel, suffix=unit.suffix, path=so or None, order=order
    )


@record_kind("artifact:inspector_metrics")
def _metrics(item: Incoming) -> None:
    """What torch counted for one graph, added to that for others of its compile; the joint graph's is the forward's."""
    data = item.data
    compiling = compile_of(item, data)
    name = "inductor_backward" if data.get("backward") else "inductor"
    sums: dict[str, int] = dict(compiling.metrics.get(name, {}))
    for key, value in data.items():
        if type(value) is int and key != "piece":
            sums[key] = sums.get(key, 0) + value
    compiling.metrics[name] = sums
    compiling.version += 1


@record_kind("artifact:inspector_cudagraphs")
def _cudagraphs(item: Incoming) -> None:
    """One thing that happened about CUDA graphs, while code was compiled or while it was called."""
    data = item.data
    if str(data["event"]) not in ("partitioned", "skipped", "recorded"):
        raise ValueError(f"{data['event']!r} is nothing that happens to CUDA graphs")
    compiling = compile_of(item, data)
    compiling.metrics["cudagraphs"] = [*compiling.metrics.get("cudagraphs", ()), data]
    compiling.version += 1


@record_kind("artifact:inspector_runtime")
def _runtime(item: Incoming) -> None:
    """What torch counted while the program ran."""
    item.state.environment["counters"] = item.data.get("counters") or {}
    item.state.version += 1


@record_kind("artifact:inspector_piece")
def _piece(item: Incoming) -> None:
    """Where the work on one graph that Inductor was given begins and ends; other records name it by its number."""


@record_kind("artifact:inspector_note")
def _note(item: Incoming) -> None:
    data = item.data
    item.state.note(str(data["kind"]), str(data["message"]))


@record_kind("artifact:inspector_done")
def _done(item: Incoming) -> None:
    item.state.finished = True
    item.state.version += 1
