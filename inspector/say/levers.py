"""What would avoid a part of a cold compile, and what that costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from inspector.model.compile_time import CompilePart


@dataclass(frozen=True)
class Lever:
    """What would avoid a part, and at what price."""

    how: str
    """An option, an environment variable or a verb."""
    cost: str
    known: str = "reasoned"
    """How the cost is known: `reasoned` from what torch does, `tested`, or the command that measures it."""


_LEVERS = "benchmarks/levers.py"
_LAYERS = "inspector study layers"

_WHOLE_CACHE = Lever(
    "keep TORCHINDUCTOR_CACHE_DIR and TMPDIR from one process to the next",
    "a hit needs the same torch, CPU, code, shapes and settings; whoever can write to the folder can run code here",
)
_PACK = Lever(
    "inspector pack TARGET, and inspector.load_pack",
    "forward only; refused on another CPU or torch, and never compiled again for a shape or type it was not made for",
    "tested",
)
_REGIONS = Lever(
    "where a layer is repeated, compile one for all: torch.compiler.nested_compile_region on its forward",
    "nothing is fused over a layer's edge, which is one kernel more for each layer of a Llama",
    _LAYERS,
)

LEVERS: Mapping[CompilePart, tuple[Lever, ...]] = {
    CompilePart.IMPORT: (
        Lever(
            "import torch before the first request, in a process that waits", "some 220 MB of memory meanwhile", _LEVERS
        ),
    ),
    CompilePart.PROBES: (
        Lever(
            "TORCHINDUCTOR_VEC_ISA_OK=1, for those that ask whether an instruction set works at all",
            "the compiler is believed: one that cannot build for this CPU fails at the first kernel, where the probe "
            "would have chosen narrower vectors",
            _LEVERS,
        ),
        Lever(
            "keep TORCHINDUCTOR_CACHE_DIR",
            "what was built is only loaded again, in a process of Python for each probe",
            _LEVERS,
        ),
    ),
    CompilePart.HEADER: (
        Lever("keep TMPDIR: the header lies below it, not in TORCHINDUCTOR_CACHE_DIR", "some 160 MB of disk", _LEVERS),
        Lever(
            "TORCHINDUCTOR_CPP_CACHE_PRECOMPILE_HEADERS=0",
            "every kernel reads all headers again, which takes g++ more than twice as long: it pays with up to three",
            _LEVERS,
        ),
    ),
    CompilePart.KERNELS: (
        _WHOLE_CACHE,
        _PACK,
        Lever(
            "more CPUs: as many g++ run at once as there are, up to 32; TORCHINDUCTOR_COMPILE_THREADS says otherwise",
            "up to half a GB of memory for each",
            _LEVERS,
        ),
    ),
    CompilePart.BUILDS: (_WHOLE_CACHE,),
    CompilePart.DYNAMO: (_REGIONS, _PACK),
    CompilePart.AOT: (_WHOLE_CACHE, _REGIONS),
    CompilePart.PASSES: (_WHOLE_CACHE, _REGIONS),
    CompilePart.LOWERING: (_WHOLE_CACHE, _REGIONS),
    CompilePart.SCHEDULING: (_WHOLE_CACHE, _REGIONS),
    CompilePart.CODE: (_WHOLE_CACHE, _REGIONS),
    CompilePart.INDUCTOR: (_WHOLE_CACHE, _PACK),
    CompilePart.LOADING: (_PACK,),
}
"""Part → its levers, the most useful first; a part without one is not in it."""


def levers_of(part: CompilePart, *, packable: bool) -> tuple[Lever, ...]:
    """What would avoid a part.

    Args:
        part: which.
        packable: whether a pack can be made of what was compiled at all.
    """
    return tuple(lever for lever in LEVERS.get(part, ()) if packable or lever is not _PACK)
