"""Records of `torch.export`, which the detailed trace (TORCH_DTRACE) has alone."""

from __future__ import annotations

from inspector.model.kernel import text_digest
from inspector.trace.kinds.aot import keep_aten
from inspector.trace.registry import Incoming, record_kind
from inspector.trace.units import begin_unit


@record_kind("export", "exported_program")
def _export(item: Incoming) -> None:
    """An export begins, or is there: its program is kept whole beside the stages too, as torch calls it."""
    draft = item.draft
    if draft is None:  # an older log: all it says is that there was one
        return
    draft.function = "(export)"
    draft.version += 1
    if item.kind == "exported_program":
        draft.exported = True
        if item.record.payload:  # an overview leaves it out
            keep_aten(draft, begin_unit(draft, item.text, backward=False), item.text)


@record_kind("artifact:inspector_exported")
def _nodes(item: Incoming) -> None:
    """Where the nodes of an exported program come from; which program, its text tells."""
    from inspector.trace.kinds.side import node_facts

    nodes = node_facts(item.data)
    for draft in item.state.compiles.values():
        for unit in draft.view.units if draft.exported else ():
            if unit.graph is not None and text_digest(unit.graph.text) == item.data["digest"]:
                unit.graph_nodes = nodes
                draft.version += 1


@record_kind("artifact:inspector_export_failed")
def _failed(item: Incoming) -> None:
    """The export that was begun last came to nothing."""
    begun = (draft for draft in reversed(item.state.compiles.values()) if draft.function == "(export)")
    if (draft := next(begun, None)) is not None and not draft.exported:
        draft.error = str(item.data["error"])
        draft.version += 1
