"""What inspector's own worker writes about the C++ compiler's runs."""

from __future__ import annotations

from inspector.model.build import Build
from inspector.model.number import finite_or_none
from inspector.trace.registry import Incoming, record_kind


@record_kind("artifact:inspector_build")
def _build(item: Incoming) -> None:
    seconds = finite_or_none(item.data["seconds"])
    if seconds is None:
        raise ValueError("its seconds are no number")
    item.state.builds.append(Build(str(item.data["so"]), seconds, str(item.data.get("command") or "")))
    item.state.version += 1
