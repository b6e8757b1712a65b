"""Records of `torch.export`, which the detailed trace (TORCH_DTRACE) has alone."""

from __future__ import annotations

from inspector.trace.registry import Incoming, record_kind


@record_kind("export", "exported_program")
def _export(item: Incoming) -> None:
    """An export begins, or is there: its program is kept whole beside the stages."""
    draft = item.draft
    if draft is None:  # an older log: all it says is that there was one
        return
    draft.function = "(export)"
    draft.exported = draft.exported or item.kind == "exported_program"
    draft.version += 1
