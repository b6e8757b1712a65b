"""What one kernel's text and machine code say about it as a whole."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from inspector.model.number import whole


class KernelKey(NamedTuple):
    """Which kernel: one name is used again in another graph of its compile id, for another text."""

    compile_id: str
    unit: str
    """What tells its graph from others of the compile id: empty, `backward`, `1`, `1-backward`…"""
    name: str

    @property
    def local(self) -> str:
        """Within its compile id, as its artifacts' ids end: `cpp_fused_add_0`, `cpp_fused_add_0:backward`."""
        return f"{self.name}:{self.unit}" if self.unit else self.name


@dataclass(frozen=True, slots=True)
class KernelLoop:
    """One loop of a kernel's text."""

    line: int
    """1-based, in the kernel's text."""
    variable: str
    """`x0`."""
    start: str
    end: str
    """The bound that is not reached any more, as the text spells it: `16384L`, `ks0`."""
    step: str
    """`16` where a vector is worked on at once, `1` for single elements."""
    depth: int
    """Nesting, 0 for the outermost."""
    parallel: bool = False
    """Whether OpenMP shares it out among threads."""
    collapsed: int = 1
    """How many nested loops OpenMP shares out together, this one counted."""

    @property
    def extent(self) -> int | None:
        """How many values the variable runs over; None where the bounds are no plain numbers."""
        start, end = _number(self.start), _number(self.end)
        return None if start is None or end is None else max(0, end - start)

    @property
    def trips(self) -> int | None:
        """How often the body runs, all threads together; None where bounds or step are no plain numbers."""
        extent, step = self.extent, _number(self.step)
        return None if extent is None or not step else -(-extent // step)


@dataclass(frozen=True, slots=True)
class CalledFunction:
    """A function that the machine code calls."""

    name: str
    """`Sleef_expf16_u10`, as the listing spells it, without `@plt`."""
    lines: tuple[int, ...]
    """The listing's lines that call it, 1-based."""

    @property
    def count(self) -> int:
        """How many instructions call it."""
        return len(self.lines)


@dataclass(frozen=True, slots=True)
class Spill:
    """A place on the stack that a register is saved to and read back from within one function."""

    slot: str
    """`[rsp+0x40]`."""
    bits: int
    """How much is saved: 512 for a zmm register."""
    stores: tuple[int, ...]
    """The listing's lines that save, 1-based."""
    reloads: tuple[int, ...]
    """The listing's lines that read it back."""


@dataclass(frozen=True, slots=True)
class KernelFacts:
    """A kernel in numbers: from its text, and from its machine code where there is any."""

    loops: tuple[KernelLoop, ...] = ()
    """In the order of the text."""
    threads: int | None = None
    """`num_threads` of its parallel region; None where there is none, or where the text does not say."""
    lanes: int | None = None
    """Elements in the vectors it loads and stores; None where it works on single elements only."""
    instructions: int = 0
    """Machine instructions; 0 where there is no machine code."""
    linked: int = 0
    """How many of them a line of the kernel's text is known for."""
    calls: tuple[CalledFunction, ...] = ()
    """In the order of the listing."""
    spills: tuple[Spill, ...] = ()
    vectors: Mapping[int, int] = field(default_factory=dict)
    """Register width in bits (512, 256, 128) → instructions whose widest register is of it."""

    launch: Mapping[str, int] = field(default_factory=dict)
    """Of a Triton kernel: its block sizes by name (`XBLOCK`), `num_warps`, `num_stages`, and what the binary takes,
    `registers` and `spills` of a thread, `shared_bytes` of a block."""

    @property
    def vector_bits(self) -> int | None:
        """The widest vector register it uses; None where it uses none or the machine is not known."""
        return max(self.vectors, default=None)


def text_digest(text: str) -> str:
    """Tells one kernel text from another; blank lines at the end do not count, for some records lose them."""
    return hashlib.sha256(text.rstrip().encode(errors="surrogatepass")).hexdigest()[:16]


def _number(text: str) -> int | None:
    """`16384` of `16384L`."""
    return whole(text.rstrip("uUlL"))
