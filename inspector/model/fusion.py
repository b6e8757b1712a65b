"""What one kernel computes, reads and writes, what its fusion saved, and what was left outside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from inspector.model.kernel import KernelKey


@dataclass(frozen=True, slots=True)
class Intermediate:
    """A value that is computed and used within kernels and that no statement writes to memory."""

    node: str
    """The post-grad node that computes it."""
    shape: tuple[str, ...]
    """Sizes; symbols where they are symbolic."""
    dtype: str
    size: int | None
    """Bytes; of a symbolic shape, for the inputs that the graph was compiled with, None where it depends on their
    values."""
    reads: int
    """Operations of this kernel that use it."""
    written: bool = True
    """Whether the write that was saved counts here: a value computed anew in several kernels counts in the first."""

    @property
    def saved(self) -> int | None:
        """Bytes not written and not read: `size × (1 for the write + one for each read)`; None without a size."""
        return None if self.size is None else self.size * (self.written + self.reads)

    @property
    def symbolic(self) -> bool:
        """Whether other inputs give it another size."""
        return not all(size.isdecimal() for size in self.shape)


Relation = Literal["before", "after", "beside"]


@dataclass(frozen=True, slots=True)
class Neighbour:
    """What a kernel shares data with and was not fused with."""

    name: str
    """A kernel's name, or the library function that is called: `extern_kernels.mm`."""
    nodes: tuple[str, ...]
    """The post-grad nodes there."""
    relation: Relation
    """`before` (its result is used here), `after` (it uses this kernel's result) or `beside` (both read the same)."""
    why: str
    """A sentence."""
    torch: str = ""
    """The scheduler's own words; empty where it gave no reason."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor that a kernel reads from memory, or writes there."""

    name: str
    """As the code around the kernel calls it: `buf4`, `primals_3`."""
    node: str
    """The post-grad node whose value it holds; empty where that is not known."""
    size: int | None
    """Bytes of the whole tensor, whether or not all of it is touched; None where the log does not say."""


@dataclass(frozen=True, slots=True)
class Recomputed:
    """A value that this kernel computes although another one has computed it before."""

    node: str
    kernel: str
    """The first kernel that computes it."""
    forward: bool
    """Whether that kernel is one of the forward graph, and this one of the backward."""


@dataclass(frozen=True, slots=True)
class KernelFusion:
    """One kernel: what its statements were written for, and what the scheduler said about its neighbours."""

    compile_id: str
    kernel: str
    nodes: tuple[str, ...]
    """The post-grad nodes that its statements were written for, in the graph's order. Where that was not recorded
    (`known` is false), those that torch lists, some of which it may merely load."""
    loops: int
    """The scheduler's nodes that were fused into it: lowering alone has put several operations into most of them."""
    intermediates: tuple[Intermediate, ...] = ()
    neighbours: tuple[Neighbour, ...] = ()
    known: bool = False
    """Whether `nodes` come from the kernel's statements; if not, nothing is known of bytes."""
    unit: str = ""
    """What tells its graph from others of the compile id: empty, `backward`, `1`…; the end of its artifact's id."""
    loads: tuple[Tensor, ...] = ()
    """What its text reads from memory before it writes there itself, in the order of its arguments."""
    stores: tuple[Tensor, ...] = ()
    """What its text writes, in the order of its arguments; also what only its own later loops read again."""
    scratch: tuple[str, ...] = ()
    """Nodes whose values it keeps in a thread's scratch memory and reads again: not saved, but never outside."""
    recomputed: tuple[Recomputed, ...] = ()
    listed: tuple[str, ...] = ()
    """Nodes that torch lists for it although none of its statements was written for them: something else computes
    them, as far as that is known."""
    folded: tuple[str, ...] = ()
    """Nodes that torch lists for it and that no statement of any kernel was written for, nor a library call: constants,
    indices and copies that other nodes' statements do in passing."""

    around: tuple[str, ...] = ()
    """Nodes that a library call computes, and whose input it lays out or whose result it finishes (a bias)."""
    several: tuple[str, ...] = ()
    """Nodes that it computes and that have several results: which of these reach memory is not told apart."""

    @property
    def key(self) -> KernelKey:
        """Which kernel it is about."""
        return KernelKey(self.compile_id, self.unit, self.kernel)

    @property
    def saved_bytes(self) -> int | None:
        """Bytes that are not written and not read again, against one kernel for each of the nodes; None where the
        statements are not known, or a size."""
        sizes = [item.saved for item in self.intermediates]
        return None if not self.known or None in sizes else sum(size for size in sizes if size is not None)

    @property
    def symbolic(self) -> bool:
        """Whether other inputs save other numbers of bytes."""
        return any(item.symbolic for item in self.intermediates)
