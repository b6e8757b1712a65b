"""What the library knows of a capture that it keeps."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class KeptFacts:
    """What of a capture is listed and searched; the capture itself has all of it."""

    title: str
    """Its target, or what stands for one."""
    torch: str = ""
    machine: str = ""
    """The GPU where it was compiled for one, else the CPU; empty where that is not recorded."""
    mode: str = ""
    device: str = ""
    compiles: int | None = None
    breaks: int | None = None
    recompiles: int | None = None
    kernels: tuple[str, ...] | None = None
    """None of this, and of the three above, is not recorded, and never none."""
    kernel_names: tuple[str, ...] = ()
    """Those that are recorded, also where not all are: what a search looks at."""
    operators: tuple[str, ...] = ()
    """As the graphs name them, `aten.mul.Tensor`, each once."""
    compile_seconds: float | None = None
    """As torch counts them; None where that is not recorded."""
    latency: float | None = None
    """Seconds a compiled call, the median; None where it was not timed, or on a machine too busy to say."""


@dataclass(frozen=True)
class KeptCapture:
    """One capture in the library."""

    id: str
    facts: KeptFacts
    kept: str
    """When it was put there: ISO, UTC."""
    size: int
    """Bytes on disk."""
    tags: tuple[str, ...] = ()
    problem: str = ""
    """Why its bundle cannot be read; empty where it can."""
