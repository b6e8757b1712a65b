"""What torch's own autotuning tried for an operator, how long each took, and which was fastest."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class AutotuningChoice:
    """One kernel that was timed for an operator."""

    name: str
    """torch's: `cpp_CppMicroGemmFP32Vec_0`, `_mkl_linear`."""
    kind: str
    """torch's class of it, or of what times it: `ExternKernelCaller`, `CppBenchmarkRequest`; empty if unknown."""
    seconds: float | None
    """Of a call, as torch timed it; None where it failed."""
    description: str = ""
    """torch's words, of a Triton template its block sizes."""
    code: str = ""
    """Its source; empty where it has none of its own (a library's), or it is not recorded."""


@dataclass(frozen=True)
class Autotuning:
    """One operator that a kernel was chosen for."""

    compile_id: str | None
    operator: str
    """torch's name: `mm`, `packed_linear`."""
    inputs: tuple[str, ...]
    """`float32[16, 256]`; empty where they are not recorded."""
    choices: tuple[AutotuningChoice, ...]
    """The fastest first, those that failed last. Of a log that inspector's worker did not write the fastest alone."""
    count: int | None
    """How many were timed; None where it is not recorded."""
    seconds: float | None = None
    """What the choosing took; None where it is not recorded."""
