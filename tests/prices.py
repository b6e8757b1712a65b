"""A price that is made up over the sample's real links: four calls, with samples at lines of its machine code."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path

from inspector.bundle import read
from inspector.model.capture import Capture
from inspector.model.price import (
    EagerOperator,
    EagerPrice,
    PartKind,
    Price,
    PricedPlace,
    Sampled,
    Sampling,
    Site,
    Spot,
)
from inspector.model.stage import Stage

SAMPLE = Path(__file__).parents[1] / "samples" / "llama-mlp.inspector"
KERNEL = "cpp_fused__unsafe_view_mul_silu_0"
ASM = f"0/0:asm:{KERNEL}"
LIBRARY = "/lib/libtorch_cpu.so"
GATE, UP, FUSED, DOWN = 92, 98, 104, 109
"""Lines of the output code that call something."""
NONE = Sampled()
BY_TIMER = Sampling("cpu clock", 0, 1e-3, 100, threads=2)
CALL, ADD, DIVIDE, MULTIPLY, HEAD = 73, 74, 76, 77, 80
"""Lines of the machine code: Sleef is called, `+ 1`, `/`, `*`, the loop counts on."""


@cache
def sample() -> Capture:
    return read(SAMPLE)


def binary() -> str:
    return next(item.path or "" for item in sample().artifacts if item.stage is Stage.ASM)


def site(part: PartKind, name: str, line: int, seconds: float, sampled: Sampled = NONE) -> Site:
    code = next(item for item in sample().artifacts if item.stage is Stage.INDUCTOR)
    file = (code.path or "") if line else ""
    return Site(part, name, file, line, 1.0, seconds, 0.0, sampled, None, "0/0", code.id if line else "")


def spot(line: int, samples: int, below: str = "", number: int = 3) -> Spot:
    return Spot(number, binary(), 0x1000 + line, samples, below, artifact=ASM if line else "", line=line)


def price(
    spots: Iterable[Spot] = (),
    *,
    waiting: int = 0,
    main: int = 100,
    sampling: Sampling = BY_TIMER,
    eager: EagerPrice | None = None,
) -> Price:
    """10 s a call: 1 outside, 3 for the gate's product, 3 for the up projection's, 1 in the kernel, 2 in the last."""
    spots = tuple(spots)
    working = sum(item.samples for item in spots)
    fused = Sampled(main, waiting, working, 0, main * 1e-3)
    sites = (
        site(PartKind.OUTSIDE, "", 0, 1.0),
        site(PartKind.LIBRARY, "extern_kernels.mm", GATE, 3.0),
        site(PartKind.LIBRARY, "extern_kernels.mm", UP, 3.0),
        site(PartKind.KERNEL, KERNEL, FUSED, 1.0, fused),
        site(PartKind.LIBRARY, "extern_kernels.mm", DOWN, 2.0),
    )
    modules = {"0/0": {"linear": "L['self'].gate_proj", "silu": "L['self'].act_fn", "linear_1": "L['self'].up_proj"}}
    modules["0/0"]["down_proj"] = "L['self'].down_proj"
    return Price("batch 1 · seq 8", 10.0, 9.9, 7, sites, spots, sampling, eager, modules, threads=2, busy=0.0)


def eager() -> EagerPrice:
    source = next(item for item in sample().artifacts if item.id == "source:modeling_llama.py")
    number, text = next((n, line) for n, line in enumerate(source.lines, 1) if "self.gate_proj(x)" in line and n > 100)
    start = text.index("self.gate_proj(x)")
    place = PricedPlace(source.path or "", number, number, start, start + len("self.gate_proj(x)"))
    return EagerPrice((EagerOperator("aten::mm", 1.0, 4.0, (place,), "gate_proj"),), 5.0, 4.5, 3)


def dear() -> Price:
    """With samples in the kernel, and eager beside it."""
    spots = (spot(CALL, 40, LIBRARY), spot(DIVIDE, 30), spot(MULTIPLY, 10), spot(HEAD, 20))
    return price(spots, waiting=10, eager=eager())
