"""What inspector's own worker writes about the C++ compiler's runs."""

from __future__ import annotations

from inspector.model.build import Build
from inspector.trace.registry import Incoming, record_kind


@record_kind("artifact:inspector_build")
def _build(item: Incoming) -> None:
    item.state.builds.append(Build(str(item.data["so"]), float(item.data["seconds"])))
    item.state.version += 1
