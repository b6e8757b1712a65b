"""Compiler Explorer for torch.compile, in the terminal.

The public interface, loaded on first use so that `import inspector` costs nothing:

    import inspector

    capture = inspector.capture("llama-mlp", batch=1, seq=8)
    print(capture.find(inspector.Stage.ATEN)[0].text)
    inspector.save(capture, "out.inspector")
    capture = inspector.open("out.inspector")

    with inspector.record("logs"):  # in your own program: whatever it compiles meanwhile
        model(x)
    capture = inspector.open("logs")
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from inspector.api import capture, open, record, save
    from inspector.errors import InspectorError
    from inspector.model.artifact import Artifact, Language, Position, Span
    from inspector.model.capture import Capture, Compilation, GraphBreak, Guard, Phase, Recompile
    from inspector.model.latency import LatencyRun
    from inspector.model.link import Link, LinkIndex, Origin
    from inspector.model.request import CacheMode, CaptureRequest
    from inspector.model.stage import Stage
    from inspector.version import __version__ as __version__
    from inspector.worker.packs.load import load_pack

_HOMES = {
    "inspector.api": ("capture", "open", "record", "save"),
    "inspector.errors": ("InspectorError",),
    "inspector.model.artifact": ("Artifact", "Language", "Position", "Span"),
    "inspector.model.capture": ("Capture", "Compilation", "GraphBreak", "Guard", "Phase", "Recompile"),
    "inspector.model.latency": ("LatencyRun",),
    "inspector.model.link": ("Link", "LinkIndex", "Origin"),
    "inspector.model.request": ("CacheMode", "CaptureRequest"),
    "inspector.model.stage": ("Stage",),
    "inspector.version": ("__version__",),
    "inspector.worker.packs.load": ("load_pack",),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Artifact",
    "CacheMode",
    "Capture",
    "CaptureRequest",
    "Compilation",
    "GraphBreak",
    "Guard",
    "InspectorError",
    "Language",
    "LatencyRun",
    "Link",
    "LinkIndex",
    "Origin",
    "Phase",
    "Position",
    "Recompile",
    "Span",
    "Stage",
    "capture",
    "load_pack",
    "open",
    "record",
    "save",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
