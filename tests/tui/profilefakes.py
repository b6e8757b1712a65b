"""A profile and a comparison of the Llama MLP made by hand."""

from __future__ import annotations

from dataclasses import replace

from fakes import KERNEL, MODELING, llama_mlp

from inspector.model.capture import Capture
from inspector.model.deviation import Deviation
from inspector.model.frame import Frame
from inspector.model.numerics import NodeNumerics, Numerics, OutputNumerics
from inspector.model.profile import Ceiling, Ceilings, Part, Profile, ProfileRow, SideProfile, Work

SHAPE = "batch 1 · seq 8"
WEIGHTS = 201_326_592


def ceiling(median: float) -> Ceiling:
    return Ceiling(median, 0.97 * median, 1.02 * median, 9)


CEILINGS = Ceilings(
    ceiling(28.1e9),
    ceiling(24.4e9),
    {"f32": ceiling(327e9), "bf16": ceiling(2.1e12)},
    2,
    "a CPU",
    "2.13.0",
    "2026-11-23T07:00:00+00:00",
    0.01,
)
PRODUCTS = Work(WEIGHTS + 393_216, 589_824, 805_306_368)


def _row(name: str, part: Part, calls: float, own: float, total: float, work: Work | None = None) -> ProfileRow:
    compile_id = "0/0" if part is Part.KERNEL else ""
    return ProfileRow(name, part, calls, own * 1e-6, total * 1e-6, compile_id, work)


EAGER = (
    _row("aten::mm", Part.OPERATOR, 3, 7_420, 7_420, PRODUCTS),
    _row("aten::silu", Part.OPERATOR, 1, 61, 61, Work(262_144, 262_144, 65_536)),
    _row("aten::mul", Part.OPERATOR, 1, 23, 23, Work(524_288, 262_144, 65_536)),
    _row("aten::linear", Part.OPERATOR, 3, 12, 7_480),
    _row("aten::t", Part.OPERATOR, 3, 9, 16),
    _row("Python, allocation and calling", Part.PYTHON, 1, 45, 45),
)
COMPILED = (
    _row("aten::mm", Part.OPERATOR, 3, 7_380, 7_380, PRODUCTS),
    _row(KERNEL, Part.KERNEL, 1, 24, 24, Work(524_288, 262_144, 327_680)),
    _row("Torch-Compiled Region: 0/0", Part.RUNTIME, 1, 21, 7_441),
    _row("TorchDynamo Cache Lookup", Part.RUNTIME, 1, 8, 8),
    _row("Python, allocation and calling", Part.PYTHON, 1, 19, 19),
)


def profile(shape: str = SHAPE) -> Profile:
    return Profile(
        shape,
        SideProfile(208, 7.61e-3, 7.55e-3, EAGER),
        SideProfile(212, 7.48e-3, 7.41e-3, COMPILED),
        Work(WEIGHTS + 65_536, 65_536, 805_437_440),
        CEILINGS,
        threads=2,
        busy=0.02,
    )


def counted(absolute: float, relative: float, ulp: float, *, differing: int) -> Deviation:
    """Of the MLP's output, nearly all of what differs within three steps."""
    steps = (differing - 60, 40, 10, 5, 5)
    return Deviation(absolute, relative, ulp, 16_384, differing, 0, 0.03, steps, 1e-9)


def _node(name: str, relative: float, line: int, source: int) -> NodeNumerics:
    found = Frame(MODELING, source, "", "down_proj = self.down_proj(self.act_fn(self.gate_proj(x)) * self.up_proj(x))")
    apart = Deviation(relative / 3, relative, float(round(relative * 2e7)))
    return NodeNumerics(name, apart, relative <= 1e-6, line, found)


def numerics(*, nodes: bool = True, shape: str = SHAPE) -> Numerics:
    outputs = (
        OutputNumerics(
            "output 0",
            "f32",
            (1, 8, 2048),
            counted(3.1e-7, 8.2e-7, 2_260.0, differing=5_210),
            counted(2.9e-7, 7.8e-7, 7_312.0, differing=16_044),
            counted(3.0e-7, 7.9e-7, 9_572.0, differing=16_051),
        ),
    )
    graph = next(item for item in llama_mlp().artifacts if item.id == "0/0:aten")
    lines = {name: number for number, line in enumerate(graph.lines, 1) for name in [line.split(":")[0].strip()]}
    wanted = [("mm", 1.1e-7), ("neg", 0.0), ("exp", 4e-8), ("div", 2.1e-6), ("mm_1", 1.2e-7), ("mul", 3.4e-6)]
    found = tuple(_node(name, relative, lines[name], 164) for name, relative in wanted) if nodes else ()
    return Numerics(shape, outputs, 1e-6, found, "0/0" if nodes else "")


def measured(*profiles: Profile, numerics: tuple[Numerics, ...] = ()) -> Capture:
    return replace(llama_mlp(), profiles=profiles, numerics=numerics)
