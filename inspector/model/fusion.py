"""What Inductor put into one kernel, what that saved, and what it left outside."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Intermediate:
    """A value that is computed and used within kernels and never written to memory."""

    node: str
    """The post-grad node that computes it."""
    shape: tuple[str, ...]
    """Sizes; symbols where they are symbolic."""
    dtype: str
    size: int
    """Bytes; of a symbolic shape, for the inputs that the graph was compiled with."""
    reads: int
    """Operations of this kernel that use it."""
    written: bool = True
    """Whether the write that was saved counts here: a value computed anew in several kernels counts in the first."""

    @property
    def saved(self) -> int:
        """Bytes not written and not read: `size × (1 for the write + one for each read)`."""
        return self.size * (self.written + self.reads)


@dataclass(frozen=True, slots=True)
class Neighbour:
    """What a kernel shares data with and was not fused with."""

    name: str
    """A kernel's name, or the library function that is called: `extern_kernels.mm`."""
    nodes: tuple[str, ...]
    """The post-grad nodes there."""
    relation: str
    """`before` (its result is used here), `after` (it uses this kernel's result) or `beside` (both read the same)."""
    why: str
    """A sentence."""
    torch: str = ""
    """The scheduler's own words; empty where it gave no reason."""


@dataclass(frozen=True, slots=True)
class KernelFusion:
    """One kernel as the scheduler made it."""

    compile_id: str
    kernel: str
    nodes: tuple[str, ...]
    """The post-grad nodes that it computes; views are none."""
    loops: int
    """The scheduler's nodes that were fused into it: lowering alone has put several operations into most of them."""
    intermediates: tuple[Intermediate, ...] = ()
    neighbours: tuple[Neighbour, ...] = ()

    @property
    def saved_bytes(self) -> int:
        """Bytes that are not written and not read again, against one kernel for each of the nodes."""
        return sum(item.saved for item in self.intermediates)
