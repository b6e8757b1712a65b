"""The worker's record of what Inductor's passes did to a graph: one for each phase, written where `--passes` is."""

from __future__ import annotations

from inspector.codec import convert
from inspector.model.passes import GraphPasses
from inspector.trace.kinds.side import compile_of
from inspector.trace.registry import Incoming, record_kind


@record_kind("artifact:inspector_passes")
def _passes(item: Incoming) -> None:
    draft = compile_of(item, item.data)
    draft.passes.append(convert({**item.data, "compile_id": draft.compile_id}, GraphPasses))
    draft.version += 1
